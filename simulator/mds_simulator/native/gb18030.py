"""The locale zh_CN.GB18030, without which vnpy_ctp aborts the process at the first text it decodes.

Debian and most images lack it, and its sources lie in a package that only root installs. The bindings use one
thing of it, the conversion of GB18030 to Unicode, so a locale that holds that and empty shells for the rest
will do: its table comes from Python's own codec, and `localedef` (libc-bin, always there) compiles it. It is
made once, into the cache, and found through LOCPATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from mds_simulator.native.cache import BuildError, cache_dir, move_into_place

NAME: Final = "zh_CN.GB18030"
_CHARSET: Final = "GB18030"
_REMEDY: Final = "on Debian, as root: apt-get install locales && localedef -i zh_CN -f GB18030 zh_CN.GB18030"

# Every category must exist, as std::locale asks for all of them at once.
_SOURCE: Final = """\
comment_char %
escape_char /
LC_IDENTIFICATION
title "GB18030 for vnpy_ctp"
category "i18n:2012";LC_IDENTIFICATION
END LC_IDENTIFICATION
LC_CTYPE
upper <U0041>;<U0042>
lower <U0061>;<U0062>
END LC_CTYPE
LC_COLLATE
order_start forward
<U0041>
order_end
END LC_COLLATE
LC_MONETARY
END LC_MONETARY
LC_NUMERIC
decimal_point "."
thousands_sep ""
END LC_NUMERIC
LC_TIME
END LC_TIME
LC_MESSAGES
yesexpr "y"
noexpr "n"
END LC_MESSAGES
LC_PAPER
height 297
width 210
END LC_PAPER
LC_NAME
name_fmt "%p"
END LC_NAME
LC_ADDRESS
postal_fmt "%a"
END LC_ADDRESS
LC_TELEPHONE
tel_int_fmt "%c"
END LC_TELEPHONE
LC_MEASUREMENT
measurement 1
END LC_MEASUREMENT
"""


def locale_path() -> Path | None:
    """The folder for LOCPATH; None if the system has the locale. Makes it if need be, in a quarter second."""
    if _works(None):
        return None
    done = cache_dir() / f"locale-{hashlib.sha256(_SOURCE.encode()).hexdigest()[:8]}"
    if not done.is_dir():
        _make(done)
    if not _works(done):
        raise BuildError(f"libc does not take the locale {NAME} in {done}: delete that folder, or {_REMEDY}")
    return done


def build_charmap() -> str:
    """The character set as localedef reads it: each character with its bytes."""
    lines = [f"<U{ord(character):04X}> {_escape(character)}" for character in _characters()]
    head = [f"<code_set_name> {_CHARSET}", "<comment_char> %", "<escape_char> /"]
    return "\n".join([*head, "<mb_cur_min> 1", "<mb_cur_max> 4", "CHARMAP", *lines, "END CHARMAP", ""])


def _characters() -> list[str]:
    surrogates = range(0xD800, 0xE000)
    return [chr(point) for point in range(0x1_0000) if point not in surrogates]


def _escape(character: str) -> str:
    return "".join(f"/x{byte:02x}" for byte in character.encode(_CHARSET))


def _make(done: Path) -> None:
    program = shutil.which("localedef")
    if program is None:
        raise BuildError(f"no localedef to make {NAME} with; {_REMEDY}")
    done.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=done.parent) as scratch:
        folder = Path(scratch)
        (folder / "source").write_text(_SOURCE)
        (folder / _CHARSET).write_text(build_charmap())
        built = folder / "built"
        built.mkdir()
        _compile(program, folder, built / NAME)
        move_into_place(built, done)


def _compile(program: str, folder: Path, target: Path) -> None:
    # -c: an empty category is a warning, and it would stop the compilation.
    command = [program, "-c", "-i", str(folder / "source"), "-f", str(folder / _CHARSET), str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if not (target / "LC_CTYPE").is_file():
        said = ended.stderr.strip().splitlines()
        raise BuildError(f"localedef cannot make {NAME} ({said[-1] if said else 'no word'}); {_REMEDY}")


def _works(place: Path | None) -> bool:
    """Whether libc finds the locale; asked of `locale`, as our own process must not change its."""
    program = shutil.which("locale")
    if program is None:
        return place is not None
    environment = {**os.environ, "LC_ALL": NAME} | ({} if place is None else {"LOCPATH": str(place)})
    asked = subprocess.run([program, "charmap"], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    return asked.stdout.strip() == _CHARSET
