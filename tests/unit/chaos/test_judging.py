"""What a sample must have kept, by kind of fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.judging import find_breaches
from tests.chaos.matrix import KINDS, Kind, Outcome
from tests.chaos.samples import Sample

MOVED: dict[str, Any] = {"gap_ms": 350.0, "control_ms": 50.0, "moves": ("ctp-b",), "restarted": ("ctp-a",)}
STAYED: dict[str, Any] = {"gap_ms": 9000.0, "control_ms": 50.0}


def find_kind(outcome: Outcome, **facts: Any) -> Kind:
    """The first of the matrix that is like this."""
    return next(
        kind
        for kind in KINDS
        if kind.outcome is outcome and all(getattr(kind, name) == value for name, value in facts.items())
    )


PLANNED = find_kind(Outcome.MOVES, bar_ms=300)
STAYS = find_kind(Outcome.STAYS, publishes=True)
NATS_AWAY = find_kind(Outcome.STAYS, publishes=False)
ALONE = find_kind(Outcome.ALONE)


def judge(kind: Kind, facts: dict[str, Any], *, with_bars: bool = True) -> list[str]:
    sample = Sample(kind.name, 1, "2026-11-21T15:00:00+00:00", **facts)
    return find_breaches(kind, sample, with_bars=with_bars)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        pytest.param(PLANNED, MOVED, id="a move exactly at the bar"),
        pytest.param(PLANNED, MOVED | {"moves": ("ctp-b", "ctp-a")}, id="a move that came back meanwhile"),
        pytest.param(STAYS, STAYED, id="a feed that stays has no bar"),
        pytest.param(NATS_AWAY, STAYED | {"lost": 4}, id="what nobody could store is lost"),
        pytest.param(
            ALONE, STAYED | {"lost": 4, "restarted": ("ctp-a",)}, id="one pod alone promises little"
        ),
    ],
)
def test_kept(kind: Kind, facts: dict[str, Any]) -> None:
    assert judge(kind, facts) == []


@pytest.mark.parametrize(
    ("kind", "facts", "breach"),
    [
        pytest.param(
            PLANNED, MOVED | {"gap_ms": 351.0}, "gap 301 ms over the control, bar 300", id="too slow"
        ),
        pytest.param(PLANNED, MOVED | {"moves": ()}, "moved to nobody", id="a move that was due"),
        pytest.param(PLANNED, MOVED | {"lost": 1}, "lost 1", id="a lost tick"),
        pytest.param(PLANNED, MOVED | {"missing": 3}, "lost 3", id="a tick that only the standby had"),
        pytest.param(PLANNED, MOVED | {"late_stored": 2}, "late stored 2", id="late bytes"),
        pytest.param(STAYS, STAYED | {"moves": ("ctp-b",)}, "moved to ctp-b", id="a move that was not due"),
        pytest.param(STAYS, STAYED | {"restarted": ("ctp-a",)}, "restarted ctp-a", id="a restart"),
        pytest.param(STAYS, STAYED | {"lost": 1}, "lost 1", id="lost without a cause"),
        pytest.param(NATS_AWAY, STAYED | {"repeated": 1}, "repeated 1", id="repeated after an outage"),
        pytest.param(ALONE, STAYED | {"disordered": 1}, "disordered 1", id="out of order"),
        pytest.param(ALONE, STAYED | {"problem": "no tick"}, "no tick", id="an invalid sample"),
        pytest.param(
            STAYS,
            STAYED | {"early": "ctp-b (epoch 8)"},
            "moved to ctp-b (epoch 8) before any fault was made",
            id="a move before the fault",
        ),
    ],
)
def test_broken(kind: Kind, facts: dict[str, Any], breach: str) -> None:
    assert judge(kind, facts) == [breach]


VOID = {"pauses_ms": (301.0,)}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        pytest.param(STAYS, STAYED | {"moves": ("ctp-b",)}, id="a move that was not due"),
        pytest.param(STAYS, STAYED | {"restarted": ("ctp-a",)}, id="a restart"),
        pytest.param(STAYS, STAYED | {"early": "ctp-b (epoch 8)"}, id="a move before the fault"),
        pytest.param(PLANNED, MOVED | {"moves": ()}, id="a move that was due"),
        pytest.param(PLANNED, MOVED | {"gap_ms": 9000.0}, id="a gap"),
    ],
)
def test_excused_where_the_machine_stood_still_and_nowhere_else(kind: Kind, facts: dict[str, Any]) -> None:
    assert judge(kind, facts) != []
    assert judge(kind, facts | VOID) == []


@pytest.mark.parametrize("count", ["lost", "repeated", "disordered", "invented", "late_stored"])
def test_what_is_counted_is_never_excused(count: str) -> None:
    assert judge(STAYS, STAYED | VOID | {count: 1}) == [f"{count.replace('_', ' ')} 1"]


def test_without_bars_a_gap_is_not_judged_and_all_else_is() -> None:
    slow = MOVED | {"gap_ms": 9000.0, "lost": 1}

    assert judge(PLANNED, slow, with_bars=False) == ["lost 1"]
