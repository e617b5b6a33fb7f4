"""What answers of JetStream's API mean, and how long they are believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mds_operator.domain.nats_seen import (
    FORGET_S,
    OURS,
    NatsSeen,
    RoundTrip,
    StorageState,
    forget_old,
    note_consumers,
    note_streams,
    read_consumer_state,
    read_storage_state,
    read_stream_state,
)
from tests.unit.operator.nats.builders import (
    NOW,
    consumer,
    consumer_answer,
    consumers,
    stream_answer,
    stream_state,
)

# --- streams


def test_a_stream_is_read_as_its_leader_describes_it() -> None:
    assert read_stream_state(stream_answer(), seen_at=NOW) == stream_state()


READINGS = [
    pytest.param({"config": {"max_bytes": -1}}, "limit_bytes", None, id="no limit of bytes"),
    pytest.param({"config": {"max_msgs": 9}}, "limit_messages", 9, id="a limit of messages"),
    pytest.param({"config": {"discard": "new"}}, "refuses_when_full", True, id="refuses"),
    pytest.param({"config": {"discard": "old"}}, "refuses_when_full", False, id="lets go"),
    pytest.param({"config": {"max_age": 0}}, "max_age_s", None, id="no age"),
    pytest.param({"state": {"messages": 0, "first_ts": "0001-01-01T00:00:00Z"}}, "oldest_age_s", None,
        id="empty"),
    pytest.param({"state": {"first_ts": "2026-11-29T02:00:01Z"}}, "oldest_age_s", 0.0, id="from the future"),
    pytest.param({"cluster": {}}, "leader", None, id="nobody leads"),
    pytest.param({"cluster": {"leader": 'a"b'}}, "leader", "Other", id="a name that is no label"),
    pytest.param({"cluster": {"leader": "n" * 65}}, "leader", "Other", id="a name that is too long"),
    pytest.param({"cluster": {"leader": "n" * 64}}, "leader", "n" * 64, id="a name just short enough"),
    pytest.param({"config": {"num_replicas": 3}}, "replicas", 3, id="copies"),
    pytest.param(
        {"cluster": {"leader": "a", "replicas": [{"current": True}, {"current": True}]}},
        "replicas_behind", 0, id="copies that are current",
    ),
    pytest.param(
        {"cluster": {"leader": "a", "replicas": [{"current": False}, {"current": True, "offline": True}]}},
        "replicas_behind", 2, id="one behind, one gone",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("differs", "name", "value"), READINGS)
def test_what_an_answer_says_is_read(differs: dict[str, Any], name: str, value: object) -> None:
    assert getattr(read_stream_state(stream_answer(**differs), seen_at=NOW), name) == value


FILLS = [
    pytest.param({"limit_bytes": 1000}, 0.25, id="by bytes"),
    pytest.param({"limit_bytes": 1000, "limit_messages": 5}, 0.8, id="by messages, which is nearer"),
    pytest.param({"limit_bytes": None}, None, id="no limit"),
]


@pytest.mark.parametrize(("limits", "fill"), FILLS)
def test_a_stream_is_as_full_as_the_nearer_limit_says(limits: dict[str, Any], fill: float | None) -> None:
    assert stream_state(**limits).fill == fill


def test_a_look_replaces_what_answered_and_keeps_what_did_not() -> None:
    old, new = stream_state(seen_at=NOW - 5), stream_state(messages=9)
    seen = NatsSeen(streams={"MD": old, "MD-LAST": old, "GONE": old, "DROPPED": old}, whole_at=NOW - 5)

    found = note_streams(seen, {"MD": new, "GONE": None}, ("MD", "MD-LAST", "GONE"), now=NOW)

    assert found == NatsSeen(streams={"MD": new, "MD-LAST": old}, whole_at=NOW - 5)


def test_a_look_is_whole_when_each_stream_answered_one_that_is_missing_too() -> None:
    found = note_streams(NatsSeen(), {"MD": stream_state(), "GONE": None}, ("MD", "GONE"), now=NOW)

    assert found.whole_at == NOW


# --- consumers


def test_a_consumer_is_read_as_the_server_lists_it() -> None:
    assert read_consumer_state(consumer_answer()) == consumer("risk", age_s=120.0)


KINDS = [
    pytest.param({"config": {"name": "risk"}}, "is_durable", False, id="not durable"),
    pytest.param({"config": {"metadata": OURS | {"_nats.req.level": "0"}}}, "is_ours", True, id="ours"),
    pytest.param({"config": {"metadata": {"mds.dev/consumer": "x"}}}, "is_ours", False, id="somebody's"),
    pytest.param({"created": "2026-11-29T02:00:09Z"}, "age_s", 0.0, id="from the future"),
]


@pytest.mark.parametrize(("differs", "name", "value"), KINDS)
def test_what_kind_of_consumer_it_is_is_read(differs: dict[str, Any], name: str, value: object) -> None:
    assert getattr(read_consumer_state(consumer_answer(**differs)), name) == value


def test_lists_that_did_not_come_are_kept_while_their_stream_carries_ticks() -> None:
    old, new = consumers(consumer("a"), seen_at=NOW - 5), consumers(consumer("b"))
    seen = NatsSeen(consumers={"MD": old, "MD2": old, "GONE": old})

    assert note_consumers(seen, {"MD": new}, ("MD", "MD2")) == NatsSeen(consumers={"MD": new, "MD2": old})


# --- the account

NO_LIMITS = {"max_memory": -1, "max_storage": -1}
ACCOUNTS = [
    pytest.param({"limits": NO_LIMITS}, None, id="no limit"),
    pytest.param({"limits": {"max_memory": -1, "max_storage": 1000}}, 1000, id="a limit"),
    pytest.param(
        {
            "limits": {"max_memory": 0, "max_storage": 0},
            "tiers": {
                "R1": {"limits": {"max_memory": 0, "max_storage": 700}},
                "R3": {"limits": {"max_memory": 0, "max_storage": 300}},
            },
        },
        1000,
        id="a limit for each number of replicas",
    ),
    pytest.param(
        {
            "limits": NO_LIMITS,
            "tiers": {"R1": {"limits": NO_LIMITS}, "R3": {"limits": {"max_memory": 1, "max_storage": 1}}},
        },
        None,
        id="a tier without one",
    ),
]


@pytest.mark.parametrize(("said", "limit"), ACCOUNTS)
def test_the_accounts_storage_is_read_with_its_limit(said: dict[str, Any], limit: int | None) -> None:
    found = read_storage_state({"memory": 1, "storage": 400, **said}, seen_at=NOW)

    assert (found.memory_bytes, found.storage_bytes, found.storage_limit_bytes) == (1, 400, limit)


# --- age

STORAGE = StorageState(
    seen_at=NOW, storage_bytes=1, storage_limit_bytes=None, memory_bytes=0, memory_limit_bytes=None
)
FULL = NatsSeen(
    streams={"MD": stream_state()},
    consumers={"MD": consumers(consumer("risk"))},
    storage=STORAGE,
    round_trip=RoundTrip(seen_at=NOW, seconds=0.001),
    whole_at=NOW,
)


def test_what_was_said_is_believed_for_half_a_minute() -> None:
    assert forget_old(FULL, now=NOW + FORGET_S) == FULL


def test_then_it_is_forgotten_but_when_it_was() -> None:
    assert forget_old(FULL, now=NOW + FORGET_S + 0.1) == NatsSeen(whole_at=NOW)


def test_each_answer_ages_by_itself() -> None:
    later = NOW + FORGET_S + 0.1
    seen = replace(FULL, streams={"MD": stream_state(), "MD2": stream_state(seen_at=later)})

    assert forget_old(seen, now=later).streams.keys() == {"MD2"}
