from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_demo import killing
from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = "268a6a00f59a8ef4832663a65735426b09a3afdffae16c3403b448a7908be7eb"


def make_pod(container: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "ctp-a-1f3c9"},
        "status": {"containerStatuses": [{"containerID": container}] if container else []},
    }


def make_proc(folder: Path, groups: dict[str, str]) -> Path:
    for name, text in groups.items():
        (folder / name).mkdir()
        (folder / name / "cgroup").write_text(text)
    return folder


@pytest.mark.parametrize("runtime", ["containerd", "cri-o"])
def test_the_container_is_named_without_its_runtime(runtime: str) -> None:
    assert killing.parse_container_id(make_pod(f"{runtime}://{CONTAINER}")) == CONTAINER


@pytest.mark.parametrize(
    "container",
    [
        pytest.param("", id="it was never started"),
        pytest.param("containerd://", id="it has no id yet"),
        pytest.param("containerd://268a", id="an id that others could hold by chance"),
    ],
)
def test_a_pod_without_a_running_container_is_no_victim(container: str) -> None:
    with pytest.raises(DemoError, match="pod ctp-a-1f3c9 has no running container"):
        killing.parse_container_id(make_pod(container))


def test_only_the_processes_of_that_container_are_found(tmp_path: Path) -> None:
    other = CONTAINER.replace("268a", "268b")
    proc = make_proc(
        tmp_path,
        {
            "100": f"4:memory:/mds/pod1/{CONTAINER}\n0::/\n",
            "101": f"0::/kubepods.slice/cri-containerd-{CONTAINER}.scope\n",
            "102": f"0::/mds/pod2/{other}\n",
            "103": "0::/\n",
            "self": f"0::/mds/pod1/{CONTAINER}\n",
        },
    )
    (proc / "104").mkdir()  # it ended while we looked

    assert sorted(killing.find_processes(CONTAINER, proc)) == [100, 101]
