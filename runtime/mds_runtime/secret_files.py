"""Secrets from files, as Kubernetes mounts them: one value a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_BYTES: Final = 4_096  # nobody's password; keeps a wrong mount from being read whole


class SecretFileError(ValueError):
    """A file holds no secret. One line for a person that names it, without what it holds."""


def read_secret(path: Path) -> str | None:
    """Return the value without the line feed that editors add; None where there is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
        value = data.rstrip(b"\r\n").decode()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise SecretFileError(f"{path} cannot be read ({exc.strerror})") from None
    except UnicodeDecodeError:
        raise SecretFileError(f"{path} is no text; it must hold the value alone") from None
    if len(data) > LIMIT_BYTES:
        raise SecretFileError(f"{path} is longer than {LIMIT_BYTES} bytes")
    if not value:
        raise SecretFileError(f"{path} is empty")
    return value
