"""The smallest images there can be: one static program each, as an OCI archive.

busybox keeps pods' namespaces (what others call the pause image), and it has a shell and the usual tools,
so that it serves tests as well. Made here, as a cluster must come up without any tool that builds images.
The others are programs that we build, each the entry point of its image.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from mds_devcluster import building, cache
from mds_devcluster.debian import obtain_debian

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mds_devcluster.building import Program, Workshop

BUSYBOX: Final = ("busybox-static",)
_NAME: Final = "name"
_APPLETS: Final = ("cat", "echo", "env", "httpd", "id", "ls", "nc", "nslookup", "sh", "sleep", "true")
# Longer than any cluster lives; "infinity" is not known to every busybox.
_FOREVER_S: Final = 2**31 - 1
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
# Not compressed: it never leaves this machine, and both ends would spend seconds on a large program.
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Content:
    """What an image is made of: a program, by this name in /bin and by those of `links`."""

    name: str
    program: bytes
    links: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()  # where the pod gives none


@dataclass(frozen=True, slots=True)
class Archive:
    name: str
    path: Path


def obtain_busybox(workshop: Workshop) -> Archive:
    program = locate_busybox(workshop).read_bytes()
    place = workshop.root / "busybox" / hashlib.sha256(program).hexdigest()[:12]
    return _obtain(place, lambda: build_busybox(program), workshop)


def build_busybox(program: bytes) -> Content:
    return Content("busybox", program, _APPLETS, ("sleep", str(_FOREVER_S)))


def obtain_program_image(program: Program, workshop: Workshop) -> Archive:
    """One of ours, built first if it is missing."""
    place = workshop.root / "packed" / program.name / building.build_key(program, workshop.repository)
    return _obtain(
        place,
        lambda: Content(program.name, building.obtain_program(program, workshop).read_bytes()),
        workshop,
    )


def _obtain(place: Path, read: Callable[[], Content], workshop: Workshop) -> Archive:
    folder = cache.obtain(
        place,
        lambda folder: write_archive(read(), folder),
        on_wait=partial(workshop.progress.note, f"{place.parent.name}: waiting for somebody who packs it"),
    )
    return read_archive(folder)


def locate_busybox(workshop: Workshop) -> Path:
    return obtain_debian(BUSYBOX, workshop).program("busybox")


def read_archive(folder: Path) -> Archive:
    (path,) = folder.glob("*.tar")
    return Archive((folder / _NAME).read_text(), path)


def write_archive(content: Content, folder: Path) -> None:
    files, name = build_archive(content)
    with tarfile.open(folder / f"{content.name}.tar", "w") as tar:
        for path, blob in files.items():
            _add(tar, path, blob, mode=0o644)
    (folder / _NAME).write_text(name)


def build_archive(content: Content) -> tuple[dict[str, bytes], str]:
    """The files of the archive, and the name of the image, whose tag follows from what is in it."""
    layer = _build_layer(content)
    name = f"mds.local/{content.name}:{hashlib.sha256(layer).hexdigest()[:12]}"
    config = _encode(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": [f"/bin/{content.name}"],
                "Cmd": list(content.arguments),
                "Env": ["PATH=/bin"],
            },
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _encode(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _describe(_CONFIG, config),
            "layers": [_describe(_LAYER, layer)],
        }
    )
    described = _describe(_MANIFEST, manifest) | {"annotations": {"io.containerd.image.name": name}}
    index = _encode({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [described]})
    files = {f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in (config, manifest, layer)}
    return {"oci-layout": _encode({"imageLayoutVersion": "1.0.0"}), "index.json": index, **files}, name


def _build_layer(content: Content) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("bin", "tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        _add(tar, f"bin/{content.name}", content.program, mode=0o755)
        for name in content.links:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, content.name
            tar.addfile(link)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, *, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _describe(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _encode(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
