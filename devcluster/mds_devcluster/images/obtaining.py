"""Images as archives in the cache: built when their tag is not there, and no more than a few of each kept."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.images import recipes, wheels
from mds_devcluster.images.buildah import Buildah
from mds_devcluster.images.engines import Build, Engine, find_docker
from mds_devcluster.images.recipes import RECIPES, Recipe
from mds_devcluster.preparing import Job, Kind, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from mds_devcluster.building import Workshop

# Enough to go back and forth between two branches without building.
_KEPT: Final = 3
_BASE_S: Final = 60.0
_BYTES: Final = 10**9  # the compiler of vnpy_ctp
_LANE: Final = "images"


@dataclass(frozen=True, slots=True)
class Image:
    """`name` is what a manifest says; `archive` is what a node is given."""

    name: str
    archive: Path
    size: int  # of the archive, in bytes


def obtain_images(names: Iterable[str], workshop: Workshop) -> dict[str, Image]:
    """These, by their short names; what is missing is built first."""
    return obtain_from(choose_engine(workshop), names, workshop)


def list_images(names: Iterable[str], workshop: Workshop) -> tuple[Task, ...]:
    """What `obtain_images` of these would have to make first, one image a task, and their base."""
    return list_from(choose_engine(workshop), names, workshop)


def list_from(engine: Engine, names: Iterable[str], workshop: Workshop) -> tuple[Task, ...]:
    missing = [name for name in names if not _is_there(engine, name, workshop)]
    below = [
        recipe for recipe in recipes.order_recipes(missing) if not _is_there(engine, recipe.name, workshop)
    ]
    tasks = [
        Task(Job(f"image {recipe.name}", Kind.BUILD, recipe.expected_s, _BYTES, lane=_LANE), _obtain(recipe))
        for recipe in below
    ]
    if tasks and not engine.has_base():
        tasks.insert(0, Task(Job("base of the images", Kind.BUILD, _BASE_S, _BYTES, lane=_LANE), _make_base))
    return tuple(tasks)


def _is_there(engine: Engine, name: str, workshop: Workshop) -> bool:
    reference = recipes.build_reference(RECIPES[name], workshop.repository, base=engine.base_key)
    return _locate(workshop, reference).exists()


def _obtain(recipe: Recipe) -> Callable[[Workshop], object]:
    return partial(obtain_images, (recipe.name,))


def _make_base(workshop: Workshop) -> None:
    with _alone(workshop):
        choose_engine(workshop).make_base()


def _alone(workshop: Workshop) -> AbstractContextManager[None]:
    """One at a time: the store has no other guard, and of two who want one image the second finds it."""
    waiting = partial(workshop.progress.note, "images: waiting for another build")
    return cache.locked(workshop.root / "images" / "building", on_wait=waiting)


def obtain_from(engine: Engine, names: Iterable[str], workshop: Workshop) -> dict[str, Image]:
    wanted = tuple(names)
    references = {
        recipe.name: recipes.build_reference(recipe, workshop.repository, base=engine.base_key)
        for recipe in recipes.order_recipes(wanted)
    }
    if any(not _locate(workshop, references[name]).exists() for name in wanted):
        _Builder(engine, workshop, references).build_missing(wanted)
    return {name: _describe(_locate(workshop, references[name]), references[name]) for name in wanted}


def choose_engine(workshop: Workshop) -> Engine:
    docker = find_docker(workshop)
    if docker is not None:
        return docker
    if os.geteuid() != 0:
        raise NotPossibleError(
            "images need Docker or root", remedy="start Docker, or see mds with neither: make try"
        )
    return Buildah(workshop)


class _Builder:
    def __init__(self, engine: Engine, workshop: Workshop, references: dict[str, str]) -> None:
        self._engine = engine
        self._workshop = workshop
        self._references = references

    def build_missing(self, names: Iterable[str]) -> None:
        with _alone(self._workshop):
            for name in names:
                if not _locate(self._workshop, self._references[name]).exists():
                    self._build(RECIPES[name])

    def _build(self, recipe: Recipe) -> None:
        for below in recipe.below.values():
            # In the archive is not enough: the store may have been deleted since.
            if not self._engine.holds(self._references[below]):
                self._build(RECIPES[below])
        archive = _locate(self._workshop, self._references[recipe.name])
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix="building-") as scratch:
            written = Path(scratch) / archive.name
            self._engine.build(self._plan(recipe, Path(scratch)), written, Path(scratch))
            self._check_unchanged(recipe)
            written.rename(archive)
        self._retire(recipe.name)

    def _check_unchanged(self, recipe: Recipe) -> None:
        now = recipes.build_reference(recipe, self._workshop.repository, base=self._engine.base_key)
        if now != self._references[recipe.name]:
            raise NotPossibleError(
                f"what goes into image {recipe.name} changed while it was built", remedy="run it again"
            )

    def _plan(self, recipe: Recipe, scratch: Path) -> Build:
        repository = self._workshop.repository
        context = repository
        if recipe.from_wheel is not None:
            lock, program = recipe.from_wheel
            context = wheels.place_program(lock, program, scratch / "context", self._workshop)
        return Build(
            reference=self._references[recipe.name],
            dockerfile=repository / recipe.dockerfile,
            context=context,
            stands_on_base=recipe.stands_on_base,
            arguments={argument: self._references[name] for argument, name in recipe.below.items()},
        )

    def _retire(self, name: str) -> None:
        images = self._workshop.root / "images"
        # By the tag's length: gateway-sim-<tag> is not an archive of gateway.
        archives = images.glob(f"{name}-{'[0-9a-f]' * recipes.TAG_DIGITS}.tar")
        surplus = sorted(archives, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]
        for archive in surplus:
            archive.unlink()
        if surplus:
            self._engine.forget([recipes.name_tagged(name, path.stem.rpartition("-")[2]) for path in surplus])


def _locate(workshop: Workshop, reference: str) -> Path:
    return workshop.root / "images" / f"{reference.rpartition('/')[2].replace(':', '-')}.tar"


def _describe(archive: Path, reference: str) -> Image:
    archive.touch()  # in use, so not the next to go
    return Image(reference, archive, archive.stat().st_size)
