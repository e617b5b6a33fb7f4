"""The smallest image there can be: one static program from Debian, as an OCI archive.

It keeps pods' namespaces (what others call the pause image), and it has a shell and the usual tools, so
that it serves tests as well. Made here, as a cluster must come up without any tool that builds images.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache
from mds_devcluster.debian import obtain_debian

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.building import Workshop

BUSYBOX: Final = ("busybox-static",)
_FILE: Final = "image.tar"
_NAME: Final = "name"
_PROGRAM: Final = "bin/busybox"
_APPLETS: Final = ("cat", "echo", "env", "httpd", "id", "ls", "nc", "nslookup", "sh", "sleep", "true")
# Longer than any cluster lives; "infinity" is not known to every busybox.
_FOREVER_S: Final = 2**31 - 1
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, slots=True)
class Archive:
    name: str
    path: Path


def obtain_busybox(workshop: Workshop) -> Archive:
    program = locate_busybox(workshop).read_bytes()
    folder = cache.obtain(
        workshop.root / "busybox" / hashlib.sha256(program).hexdigest()[:12],
        partial(write_archive, program),
        on_wait=partial(workshop.progress.note, "busybox: waiting for somebody who packs it"),
    )
    return read_archive(folder)


def locate_busybox(workshop: Workshop) -> Path:
    return obtain_debian(BUSYBOX, workshop).program("busybox")


def read_archive(folder: Path) -> Archive:
    return Archive((folder / _NAME).read_text(), folder / _FILE)


def write_archive(program: bytes, folder: Path) -> None:
    files, name = build_archive(program)
    with tarfile.open(folder / _FILE, "w") as tar:
        for path, content in files.items():
            _add(tar, path, content, mode=0o644)
    (folder / _NAME).write_text(name)


def build_archive(program: bytes) -> tuple[dict[str, bytes], str]:
    """The files of the archive, and the name of the image, whose tag follows from the program."""
    layer = _build_layer(program)
    name = f"mds.local/busybox:{hashlib.sha256(layer).hexdigest()[:12]}"
    compressed = gzip.compress(layer, mtime=0)
    config = _encode(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": ["/bin/busybox"],
                "Cmd": ["sleep", str(_FOREVER_S)],
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
            "layers": [_describe(_LAYER, compressed)],
        }
    )
    described = _describe(_MANIFEST, manifest) | {"annotations": {"io.containerd.image.name": name}}
    index = _encode({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [described]})
    files = {f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in (config, manifest, compressed)}
    return {"oci-layout": _encode({"imageLayoutVersion": "1.0.0"}), "index.json": index, **files}, name


def _build_layer(program: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("bin", "tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        _add(tar, _PROGRAM, program, mode=0o755)
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
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
