"""Brings images to a node: OCI archives into its containerd, each but once."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import settings

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.debian import Unpacked
    from mds_devcluster.nodes import Node

_INDEX: Final = "index.json"
# Where the maker of an archive writes the name, in the order in which containerd looks.
_NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


@dataclass(frozen=True, slots=True)
class Image:
    """The digest alone does not do: the same content may be wanted under another tag."""

    name: str
    digest: str


def load_archive(node: Node, debian: Unpacked, archive: Path) -> bool:
    """False if the node has it already."""
    if read_images(archive) <= parse_images(_run(node, debian, "list")):
        return False
    _run(node, debian, "import", str(archive))
    return True


def read_images(archive: Path) -> set[Image]:
    """Those in an OCI archive, by the names that containerd will give them."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(_INDEX)
        if file is None:
            raise LookupError(f"{archive}: {_INDEX} is not a file; an OCI archive is wanted")
        return {_read_image(manifest) for manifest in json.load(file)["manifests"]}


def parse_images(listing: str) -> set[Image]:
    """From the table of `ctr images list`: name, type and digest come first."""
    rows = (line.split() for line in listing.splitlines()[1:])
    return {Image(name=row[0], digest=row[2]) for row in rows}


def _read_image(manifest: dict[str, Any]) -> Image:
    written = manifest.get("annotations", {})
    name = next((written[key] for key in _NAMES if key in written), "")
    return Image(name=name, digest=manifest["digest"])


def _run(node: Node, debian: Unpacked, *words: str) -> str:
    return node.run(
        f"{node.name}: images {words[0]}",
        str(debian.program("ctr")),
        f"--address={settings.CONTAINERD_SOCKET}",
        "--namespace=k8s.io",
        "images",
        *words,
        environment=debian.environment(),
    )
