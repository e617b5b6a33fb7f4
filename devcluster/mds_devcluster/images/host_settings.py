"""What a build has to know about the network of the machine it runs on: proxies, package index, certificates.

It is handed over as build secrets, which no layer ever holds: an index address may contain a password.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# A closed list: what names a folder of this machine would only confuse a container.
_PASSED_ON: Final = (
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY"),
    *("UV_INSECURE_HOST", "UV_HTTP_TIMEOUT"),
)
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Secret:
    """A file that a build step finds at /run/secrets/<id>."""

    id: str
    file: Path


def write_secrets(environment: Mapping[str, str], folder: Path) -> tuple[Secret, ...]:
    """`folder` is private to this build and goes with it."""
    host = folder / "host"
    host.touch(mode=0o600)
    host.write_text(render_variables(environment))
    found = (
        Secret("host", host),
        Secret("pip", _choose_file(_list_pip_settings(environment))),
        Secret("ca", _choose_file([Path(environment.get("SSL_CERT_FILE", "")), _CERTIFICATES])),
    )
    return tuple(secret for secret in found if secret.file.is_file())


def render_variables(environment: Mapping[str, str]) -> str:
    """As lines for a shell."""
    chosen = ((name, environment[name]) for name in _PASSED_ON if environment.get(name))
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in chosen)


def _list_pip_settings(environment: Mapping[str, str]) -> list[Path]:
    # In pip's own order of precedence.
    home = Path(environment.get("HOME", "/root"))
    named = environment.get("PIP_CONFIG_FILE", "")
    return [Path(named), home / ".config/pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf")]


def _choose_file(candidates: list[Path]) -> Path:
    return next((path for path in candidates if path.is_file()), candidates[-1])
