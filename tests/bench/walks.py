"""What every long proof on a cluster of its own is asked on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def build_parser(
    description: str | None, cluster: str, minutes: float, result: Path, part: str
) -> argparse.ArgumentParser:
    """`part`: what is not begun after so many minutes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cluster", default=cluster, help=f"made if it is not there (default: {cluster})")
    parser.add_argument("--minutes", type=float, default=minutes, help=f"no {part} is begun later")
    parser.add_argument("--result", type=Path, default=result)
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    parser.add_argument("--docs", action="store_true", help="write the pages from the last result, no more")
    return parser


def read_names[T](known: dict[str, T], separator: str) -> Callable[[str], list[T]]:
    """In the order in which they are known. An unknown one is refused with those that there are."""

    def read(text: str) -> list[T]:
        names = [name.strip() for name in text.split(separator)]
        if unknown := [name for name in names if name not in known]:
            there = f"{separator} ".join(known)
            raise argparse.ArgumentTypeError(f"no {f'{separator} '.join(unknown)}; there are: {there}")
        return [each for name, each in known.items() if name in names]

    return read
