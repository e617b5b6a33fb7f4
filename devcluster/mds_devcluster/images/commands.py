"""The command `images`: build what is missing and print what a manifest has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mds_devcluster.images.obtaining import list_images, obtain_images
from mds_devcluster.images.recipes import RECIPES
from mds_devcluster.preparing import carry_out

if TYPE_CHECKING:
    import argparse

    from mds_devcluster.building import Workshop


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    add_options(commands.add_parser("images", help="build the container images that are not in the cache"))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", nargs="*", choices=RECIPES, help="default: all")


def run(chosen: argparse.Namespace, workshop: Workshop) -> None:
    """One line for each image: its name with the tag, its size, its archive."""
    names = chosen.image or tuple(RECIPES)
    carry_out(list_images(names, workshop), workshop)
    for image in obtain_images(names, workshop).values():
        print(f"{image.name}  {image.size / 1e6:.0f} MB  {image.archive}")
