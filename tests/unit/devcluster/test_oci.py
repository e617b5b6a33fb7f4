from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from mds_devcluster import loading, oci

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = b"\x7fELF of a test"
BUSYBOX = oci.build_busybox(PROGRAM)


def read_blob(files: dict[str, bytes], described: dict[str, Any]) -> bytes:
    blob = files["blobs/" + described["digest"].replace(":", "/")]
    assert described["size"] == len(blob)
    assert described["digest"] == "sha256:" + hashlib.sha256(blob).hexdigest()
    return blob


def test_every_digest_leads_to_what_it_is_the_digest_of() -> None:
    files, _ = oci.build_archive(BUSYBOX)
    manifest = json.loads(read_blob(files, json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(read_blob(files, manifest["config"]))
    layer = read_blob(files, manifest["layers"][0])

    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        program = tar.extractfile("bin/sh")  # by its link
        assert program is not None
        assert program.read() == PROGRAM


def test_the_same_program_is_the_same_archive_and_another_one_another_tag() -> None:
    files, name = oci.build_archive(BUSYBOX)

    assert oci.build_archive(BUSYBOX) == (files, name)
    assert oci.build_archive(oci.build_busybox(PROGRAM + b"!"))[1] != name
    assert name.startswith("mds.local/busybox:")


def test_a_program_of_ours_is_alone_in_its_image_and_its_entry_point() -> None:
    files, name = oci.build_archive(oci.Content("promtool", PROGRAM))
    manifest = json.loads(read_blob(files, json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(read_blob(files, manifest["config"]))
    with tarfile.open(fileobj=io.BytesIO(read_blob(files, manifest["layers"][0]))) as tar:
        modes = {entry.name: entry.mode for entry in tar if not entry.isdir()}

    assert config["config"]["Entrypoint"] == ["/bin/promtool"]
    assert config["config"]["Cmd"] == []
    assert modes == {"bin/promtool": 0o755}
    assert name.startswith("mds.local/promtool:")


def test_an_archive_is_told_by_what_containerd_will_list(tmp_path: Path) -> None:
    oci.write_archive(BUSYBOX, tmp_path)
    archive = oci.read_archive(tmp_path)
    (image,) = loading.read_images(archive.path)
    listing = (
        "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"
        f"{archive.name} application/vnd.oci.image.manifest.v1+json {image.digest} 1.0 MiB linux/amd64 -\n"
    )

    assert loading.parse_images(listing) == {image}
    # Another tag of the same content has to be loaded.
    assert loading.parse_images(listing.replace(archive.name, "mds.local/other:1")) != {image}


def test_the_archive_of_buildah_is_told_by_the_name_that_it_writes(tmp_path: Path) -> None:
    index = {
        "manifests": [{"digest": "sha256:1", "annotations": {"org.opencontainers.image.ref.name": "a/b:1"}}]
    }
    content = json.dumps(index).encode()
    entry = tarfile.TarInfo("index.json")
    entry.size = len(content)
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        tar.addfile(entry, io.BytesIO(content))

    assert loading.read_images(tmp_path / "image.tar") == {loading.Image("a/b:1", "sha256:1")}


def test_an_empty_list_has_no_images() -> None:
    assert loading.parse_images("REF TYPE DIGEST SIZE PLATFORMS LABELS\n") == set()
