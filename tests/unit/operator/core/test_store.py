"""The newest version of every object, whatever way and in whatever order it comes."""

from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.seen import Key
from mds_operator.domain.store import Store, found_of
from tests.unit.operator.core.builders import pod_body

KEY = Key("desk", "ctp-a-11111")
ASKED_AT = 100.0


def body(version: int = 5, uid: str = "u1") -> dict[str, Any]:
    found = pod_body()
    found["metadata"] |= {"resourceVersion": str(version), "uid": uid}
    return found


def holding(version: int = 5, uid: str = "u1", at: float = ASKED_AT - 1.0) -> Store:
    store = Store()
    store.put(found_of(body(version, uid), at))
    return store


VERSIONS = [
    pytest.param(4, "u1", False, id="an older version"),
    pytest.param(5, "u1", False, id="the same version"),
    pytest.param(6, "u1", True, id="a newer version"),
    pytest.param(4, "u2", True, id="a namesake, whose version says nothing"),
]


@pytest.mark.parametrize(("version", "uid", "kept"), VERSIONS)
def test_the_newest_version_is_kept(version: int, uid: str, *, kept: bool) -> None:
    store = holding()

    assert store.put(found_of(body(version, uid), 1.0)) is kept
    assert store.get(KEY) == (body(version, uid) if kept else body())


def test_a_deletion_takes_the_object_away() -> None:
    store = holding()

    assert store.remove(body(7))
    assert KEY not in store


def test_a_deletion_leaves_the_namesake_that_came_since() -> None:
    store = holding(uid="u2")

    assert not store.remove(body(uid="u1"))
    assert KEY in store


def test_what_was_deleted_does_not_come_back_by_a_late_event() -> None:
    store = holding()
    store.remove(body(7))

    assert not store.put(found_of(body(7), 2.0))
    assert store.put(found_of(body(6, uid="u2"), 2.0))


def test_a_pod_that_has_its_label_again_is_back() -> None:
    store = holding()
    store.remove(body(7))

    assert store.put(found_of(body(8), 2.0))


MISSED = [
    pytest.param(5, "u1", False, id="the version that is known"),
    pytest.param(4, "u1", False, id="a version that the watch has overtaken"),
    pytest.param(6, "u1", True, id="a version that the watch has not brought"),
    pytest.param(4, "u2", True, id="a namesake that the watch has not brought"),
]


@pytest.mark.parametrize(("version", "uid", "missed"), MISSED)
def test_a_list_shows_what_the_watch_missed(version: int, uid: str, *, missed: bool) -> None:
    audit = holding().audit("desk", [found_of(body(version, uid), ASKED_AT)], asked_at=ASKED_AT)

    assert bool(audit.missed) is missed
    assert audit.is_clean is not missed
    assert audit.vanished == ()


ARRIVALS = [
    pytest.param(ASKED_AT - 0.001, True, id="known before the list was asked for"),
    pytest.param(ASKED_AT, False, id="arrived as it was asked for"),
    pytest.param(ASKED_AT + 1.0, False, id="arrived while the list was on its way"),
]


@pytest.mark.parametrize(("at", "vanished"), ARRIVALS)
def test_what_a_list_lacks_is_gone_if_it_was_known_before(at: float, *, vanished: bool) -> None:
    audit = holding(at=at).audit("desk", [], asked_at=ASKED_AT)

    assert audit.vanished == ((KEY,) if vanished else ())


def test_a_list_that_was_asked_for_before_a_deletion_brings_nothing_back() -> None:
    store = holding()
    store.remove(body(7))

    assert store.audit("desk", [found_of(body(5), ASKED_AT)], asked_at=ASKED_AT).is_clean


def test_a_list_of_one_namespace_says_nothing_about_another() -> None:
    assert holding().audit("elsewhere", [], asked_at=ASKED_AT).is_clean


def test_nodes_have_no_namespace() -> None:
    store = Store()
    store.put(found_of({"metadata": {"name": "node-1", "uid": "n", "resourceVersion": "1"}}, 1.0))

    assert store.audit("", [], asked_at=ASKED_AT).vanished == (Key("", "node-1"),)
