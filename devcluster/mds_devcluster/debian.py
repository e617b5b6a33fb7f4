"""Debian packages unpacked into the cache, so that the system is not changed.

apt resolves and downloads with a state of its own, against the sources and keys that the system trusts;
`dpkg-deb -x` unpacks what the machine lacks. No maintainer script runs: links that one would have made
are made here. Paths that a package compiled in are overridden by `Unpacked.environment`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache
from mds_devcluster.errors import NotInstalledError
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_devcluster.building import Workshop

_APT_GET: Final = Path("/usr/bin/apt-get")
_DPKG_DEB: Final = Path("/usr/bin/dpkg-deb")
_ENV: Final = Path("/usr/bin/env")
_SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAM_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
_LIBRARY_FOLDERS: Final = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
# What update-alternatives would have linked.
_LINKS: Final = {
    f"usr/sbin/{family}{suffix}": "xtables-nft-multi"
    for family in ("iptables", "ip6tables")
    for suffix in ("", "-save", "-restore")
}


@dataclass(frozen=True, slots=True)
class Unpacked:
    root: Path

    def program(self, name: str) -> Path:
        """Its path; to be run with `environment`, as its libraries may lie here too."""
        for folder in _PROGRAM_FOLDERS:
            path = self.root / folder / name
            if path.exists():
                return path
        raise NotInstalledError(path=self.root / name, remedy="name the Debian package that holds it")

    def environment(self) -> dict[str, str]:
        """For the programs from here and for those alone: a system program may not like these libraries."""
        return {
            "PATH": ":".join([*(str(self.root / folder) for folder in _PROGRAM_FOLDERS), _SYSTEM_PATH]),
            "LD_LIBRARY_PATH": ":".join(str(self.root / folder) for folder in _LIBRARY_FOLDERS),
            "XTABLES_LIBDIR": str(self.root / "usr/lib/x86_64-linux-gnu/xtables"),
            "DEBOOTSTRAP_DIR": str(self.root / "usr/share/debootstrap"),
        }


def obtain_debian(names: Sequence[str], workshop: Workshop) -> Unpacked:
    """These packages and what they need beyond the machine's own, downloaded first if the cache has not."""
    folder = cache.obtain(
        _locate(names, workshop),
        partial(_unpack, tuple(names), workshop),
        on_wait=partial(workshop.progress.note, "Debian packages: waiting for another download of them"),
    )
    return Unpacked(folder / "root")


def is_unpacked(names: Sequence[str], workshop: Workshop) -> bool:
    return _locate(names, workshop).exists()


def _locate(names: Sequence[str], workshop: Workshop) -> Path:
    return workshop.root / "debian" / build_key(names, _read_release())


def build_key(names: Sequence[str], release: str) -> str:
    """The first name, for the reader, and a hash of all names and the release that they come from."""
    first, *_ = ordered = sorted(names)
    return f"{first}-{hashlib.sha256(' '.join([release, *ordered]).encode()).hexdigest()[:8]}"


def parse_installed(simulation: str) -> tuple[str, ...]:
    """The packages that `apt-get --simulate install` would install."""
    return tuple(re.findall(r"^Inst (\S+) ", simulation, re.MULTILINE))


def _read_release() -> str:
    found = re.search(r"^VERSION_ID=.*$", Path("/etc/os-release").read_text(), re.MULTILINE)
    return found[0] if found else "rolling"


def _unpack(names: tuple[str, ...], workshop: Workshop, target: Path) -> None:
    for tool in (_APT_GET, _DPKG_DEB):
        if not tool.exists():
            raise NotInstalledError(
                path=tool, remedy="the native cluster needs Debian or Ubuntu, or use Docker"
            )
    state = target / "apt"
    for folder in (state / "lists/partial", state / "archives/partial", target / "root"):
        folder.mkdir(parents=True)
    apt = (str(_APT_GET), *_build_options(state))
    titled = f"Debian packages ({', '.join(names)})"
    _run(f"{titled}: reading the lists", (*apt, "--quiet=2", "update"), state, workshop)
    simulate = (*apt, "--simulate", "--no-install-recommends", "install", *names)
    simulation = _run(f"{titled}: resolving", simulate, state, workshop)
    wanted = sorted({*names, *parse_installed(simulation)})
    _run(f"{titled}: downloading {len(wanted)}", (*apt, "--quiet=2", "download", *wanted), state, workshop)
    _extract(sorted(state.glob("*.deb")), target / "root", workshop)
    shutil.rmtree(state)


def _build_options(state: Path) -> tuple[str, ...]:
    settings = (
        f"Dir::State::lists={state}/lists",
        f"Dir::Cache={state}",
        f"Dir::Log={state}",
        "APT::Sandbox::User=root",  # _apt may not enter our cache
        "APT::Get::List-Cleanup=false",
        "Debug::NoLocking=true",  # the lock of the system's state is root's, and we only read it
    )
    return tuple(word for setting in settings for word in ("-o", setting))


def _run(title: str, command: tuple[str, ...], folder: Path, workshop: Workshop) -> str:
    step = Step(
        title=title,
        command=(str(_ENV), f"--chdir={folder}", *command),
        environment={**workshop.environment, "LC_ALL": "C"},
        log=workshop.root / "logs" / "debian.log",
    )
    run_step(step, workshop.progress)
    return step.log.read_text(errors="replace")


def _extract(archives: Sequence[Path], root: Path, workshop: Workshop) -> None:
    each = f'for archive in *.deb; do {_DPKG_DEB} -x "$archive" "$0" || exit; done'
    _run(
        f"Debian packages: unpacking {len(archives)}",
        ("/bin/sh", "-c", each, str(root)),
        archives[0].parent,
        workshop,
    )
    for link, program in _LINKS.items():
        if (root / link).with_name(program).exists():
            (root / link).symlink_to(program)
