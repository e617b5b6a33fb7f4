"""What builds an image: one interface for Docker and buildah, so that nothing else knows which it is."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from mds_devcluster.images.host_settings import Secret, write_secrets
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mds_devcluster.building import Workshop

_ANSWER_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Build:
    """`context` is the folder that the Dockerfile may copy from; `arguments` are the Dockerfile's."""

    reference: str
    dockerfile: Path
    context: Path
    stands_on_base: bool
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"image {self.reference}"


class Engine(Protocol):
    """Builds one image at a time: the caller holds a lock."""

    base_key: str

    def has_base(self) -> bool:
        """Whether what the images stand on is there, or comes by itself."""

    def make_base(self) -> None: ...

    def build(self, build: Build, archive: Path, scratch: Path) -> None:
        """Leave the image in `archive`; `scratch` is an empty folder for this build alone."""

    def holds(self, reference: str) -> bool:
        """Whether another image can be built on this one."""

    def forget(self, references: Sequence[str]) -> None:
        """Free the room of these; those that it does not hold are no error."""


def build_options(build: Build, secrets: Sequence[Secret]) -> tuple[str, ...]:
    """The words that both builders understand."""
    arguments = (f"--build-arg={name}={value}" for name, value in build.arguments.items())
    handed = (f"--secret=id={secret.id},src={secret.file}" for secret in secrets)
    return (f"--file={build.dockerfile}", f"--tag={build.reference}", *arguments, *handed)


class Docker:
    """Builds on the public base image. Not run here, where no Docker answers."""

    base_key = "python:3.13-slim-trixie"

    def __init__(self, program: str, workshop: Workshop) -> None:
        self._program = program
        self._workshop = workshop

    def has_base(self) -> bool:
        return True

    def make_base(self) -> None:
        """The first build pulls it."""

    def build(self, build: Build, archive: Path, scratch: Path) -> None:
        options = build_options(build, write_secrets(self._workshop.environment, scratch))
        self._run(build.title, "build", *options, str(build.context))
        self._run(f"{archive.name}: writing it", "save", f"--output={archive}", build.reference)

    def holds(self, reference: str) -> bool:
        return _is_done([self._program, "image", "inspect", reference])

    def forget(self, references: Sequence[str]) -> None:
        _is_done([self._program, "image", "rm", "--force", *references])

    def _run(self, title: str, *words: str) -> None:
        step = Step(
            title=title,
            command=(self._program, *words),
            environment=self._workshop.environment,
            log=self._workshop.root / "logs" / "images.log",
        )
        run_step(step, self._workshop.progress)


def find_docker(workshop: Workshop) -> Docker | None:
    """A client alone is not enough: a daemon must answer."""
    program = shutil.which("docker", path=workshop.environment.get("PATH"))
    return Docker(program, workshop) if program and _is_done([program, "info"]) else None


def _is_done(command: Sequence[str]) -> bool:
    try:
        ended = subprocess.run(command, capture_output=True, check=False, timeout=_ANSWER_WITHIN_S)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0
