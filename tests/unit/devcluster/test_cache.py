from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mds_devcluster import cache

WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


def fill(folder: Path) -> None:
    (folder / "thing").write_text("whole")


def refuse(folder: Path) -> None:
    raise AssertionError(f"{folder} should not have been made again")


def ignore() -> None:
    pass


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"MDS_CACHE": "/c", "XDG_CACHE_HOME": "/x"}, Path("/c"), id="MDS_CACHE wins"),
        pytest.param({"XDG_CACHE_HOME": "/x"}, Path("/x/mds"), id="then XDG"),
        pytest.param({"XDG_CACHE_HOME": "x"}, Path.home() / ".cache/mds", id="a relative XDG is ignored"),
        pytest.param({"MDS_CACHE": ""}, Path.home() / ".cache/mds", id="empty is unset"),
        pytest.param({}, Path.home() / ".cache/mds", id="else the home"),
    ],
)
def test_the_cache_lies_where_the_environment_says(environment: dict[str, str], expected: Path) -> None:
    assert cache.locate_cache(environment) == expected


def test_a_thing_is_made_once(tmp_path: Path) -> None:
    place = tmp_path / "things" / "1.0"

    cache.obtain(place, fill, on_wait=ignore)
    cache.obtain(place, refuse, on_wait=ignore)

    assert (place / "thing").read_text() == "whole"
    assert list(place.parent.iterdir()) == [place]


def test_a_failed_making_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.obtain(tmp_path / "1.0", fail, on_wait=ignore)

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_maker_left_is_never_taken_for_the_thing(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pathlib; from mds_devcluster import cache\n"
        "def die(folder):\n"
        "    (folder / 'thing').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.obtain(pathlib.Path(sys.argv[1]) / '1.0', die, on_wait=print)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    left = [path.name for path in tmp_path.iterdir()]

    place = cache.obtain(tmp_path / "1.0", fill, on_wait=ignore)

    assert len(left) == 1
    assert left != ["1.0"]
    assert (place / "thing").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [place]


def test_of_two_that_want_it_one_makes_and_one_waits(tmp_path: Path) -> None:
    place = tmp_path / "1.0"
    making, waiting = threading.Event(), threading.Event()

    def fill_when_the_other_waits(folder: Path) -> None:
        making.set()
        assert waiting.wait(timeout=WITHIN_S)
        fill(folder)

    first = threading.Thread(
        target=cache.obtain, args=(place, fill_when_the_other_waits), kwargs={"on_wait": ignore}
    )
    first.start()
    assert making.wait(timeout=WITHIN_S)
    cache.obtain(place, refuse, on_wait=waiting.set)
    first.join()

    assert (place / "thing").read_text() == "whole"
