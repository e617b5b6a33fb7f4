"""Builds with buildah, unpacked from its Debian package, in a store of its own: for machines without Docker.

It is told by arguments where everything lies, so that no configuration of the machine counts. Needs root.
What a killed build left in the store is cleared by the next.
"""

from __future__ import annotations

import subprocess
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mds_devcluster.debian import obtain_debian
from mds_devcluster.images import base
from mds_devcluster.images.engines import Build, build_options
from mds_devcluster.images.host_settings import write_secrets
from mds_devcluster.images.isolation import seclude
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mds_devcluster.building import Workshop
    from mds_devcluster.debian import Unpacked

_PACKAGES: Final = ("buildah", "debian-archive-keyring", "debootstrap", "wget")
_POLICY: Final = '{"default": [{"type": "insecureAcceptAnything"}]}'  # nothing is pulled that could be signed
# A tenth larger and a third cheaper than the default, and nobody carries these far.
_QUICKLY: Final = ("--compression-format=gzip", "--compression-level=1")
_LDCONFIG: Final = "/sbin/ldconfig"
_LOADER_CACHE: Final = "/etc/ld.so.cache"
_MULTIARCH: Final = "usr/lib/x86_64-linux-gnu"
# Some file systems, another overlay among them, cannot carry one. The mount ends with the command.
_TRY_OVERLAY: Final = (
    'cd "$0" && mkdir -p lower upper work merged && '
    "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged"
)


class Buildah:
    base_key = base.build_key()

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._home = workshop.root / "images" / "buildah"

    def has_base(self) -> bool:
        return base.locate(self._workshop).exists()

    def make_base(self) -> None:
        self._prepare()
        self._ensure_base()

    def build(self, build: Build, archive: Path, scratch: Path) -> None:
        self._prepare()
        options = build_options(build, write_secrets(self._workshop.environment, scratch))
        if build.stands_on_base:
            options = (*options, f"--build-arg=BASE={self._ensure_base()}")
        self._run_build(build.title, *options, str(build.context))
        target = f"oci-archive:{archive}:{build.reference}"
        self._run(
            f"{archive.name}: writing", "push", "--quiet", *_QUICKLY, self._policy, build.reference, target
        )

    def holds(self, reference: str) -> bool:
        return self._is_done("inspect", "--type=image", reference)

    def forget(self, references: Sequence[str]) -> None:
        self._is_done("rmi", "--force", *references)

    def _prepare(self) -> None:
        for folder in ("store", "run", "tmp"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        (self._home / "policy.json").write_text(_POLICY)
        (self._home / "ld.so.conf").write_text(f"{self._tools.root / _MULTIARCH}\ninclude /etc/ld.so.conf\n")
        settings = (f"-f{self._home / 'ld.so.conf'}", f"-C{self._home / 'ld.so.cache'}")
        subprocess.run([_LDCONFIG, "-X", *settings], check=True)
        self._is_done("rm", "--all")  # the working containers of killed builds

    def _ensure_base(self) -> str:
        reference = f"mds.local/base:{self.base_key}"
        if not self.holds(reference):
            folder = base.obtain_base(self._tools, self._workshop)
            self._run_build("base image: into the store", f"--tag={reference}", str(folder))
        return reference

    def _run_build(self, title: str, *words: str) -> None:
        self._run(title, "build", self._policy, "--isolation=chroot", "--layers", "--pull-never", *words)

    def _run(self, title: str, *words: str) -> None:
        log = self._workshop.root / "logs" / "images.log"
        run_step(Step(title, self._compose(words), self._environment, log), self._workshop.progress)

    def _is_done(self, *words: str) -> bool:
        command = self._compose(words)
        return not subprocess.run(command, env=self._environment, capture_output=True, check=False).returncode

    def _compose(self, words: Sequence[str]) -> tuple[str, ...]:
        program = (
            str(self._tools.program("buildah")),
            f"--root={self._home / 'store'}",
            f"--runroot={self._home / 'run'}",
            f"--storage-driver={self._driver}",
            "--registries-conf=/dev/null",
        )
        # By the loader's cache, not LD_LIBRARY_PATH: buildah starts itself again with an empty environment.
        return seclude((*program, *words), mounts={self._home / "ld.so.cache": _LOADER_CACHE})

    @cached_property
    def _tools(self) -> Unpacked:
        return obtain_debian(_PACKAGES, self._workshop)

    @cached_property
    def _driver(self) -> str:
        trial = self._home / "trial"
        trial.mkdir(parents=True, exist_ok=True)
        tried = seclude(("/bin/sh", "-ec", _TRY_OVERLAY, str(trial)))
        return "vfs" if subprocess.run(tried, capture_output=True, check=False).returncode else "overlay"

    @property
    def _environment(self) -> dict[str, str]:
        ours = {"TMPDIR": str(self._home / "tmp"), "CONTAINERS_CONF": "/dev/null", "HOME": str(self._home)}
        return {**self._workshop.environment, **ours}

    @property
    def _policy(self) -> str:
        return f"--signature-policy={self._home / 'policy.json'}"
