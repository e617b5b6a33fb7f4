"""The window of a connection: what is in flight is what was sent and not answered, whatever else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from mds_gateway.domain.window import OVERDUE_S, Window

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_an_answer_finds_whose_batch_it_is_until_all_of_it_is_answered() -> None:
    window: Window[str] = Window()
    window.note_sent(1, "a", 2, 0.0)
    window.note_sent(2, "b", 1, 0.0)

    assert [window.note_answered(number, 1) for number in (1, 2, 1)] == ["a", "b", "a"]
    assert window.note_answered(1, 1) is None
    assert window.in_flight == 0


def test_the_window_is_shared_and_says_how_much_is_free() -> None:
    window: Window[str] = Window(limit=600)
    window.note_sent(1, "a", 500, 0.0)
    window.note_sent(2, "b", 100, 0.0)

    assert window.free == 0
    window.note_answered(1, 500)
    assert window.free == 500


@pytest.mark.parametrize(
    ("waited_s", "overdue"),
    [pytest.param(OVERDUE_S, False, id="just in time"), pytest.param(OVERDUE_S + 0.01, True, id="too late")],
)
def test_a_batch_that_is_not_answered_to_the_last_tick_makes_the_connection_overdue(
    waited_s: float, *, overdue: bool
) -> None:
    window: Window[str] = Window()
    window.note_sent(1, "a", 4000, 10.0)
    window.note_answered(1, 3999)

    assert window.oldest_unanswered_s(10.0 + waited_s) == pytest.approx(waited_s)
    assert window.is_overdue(10.0 + waited_s) is overdue
    window.note_answered(1, 1)
    assert window.oldest_unanswered_s(20.0) is None


class AnyHistory(RuleBasedStateMachine):
    """Sends, acknowledgements, refusals, drops, silences and reconnects in any order."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.window: Window[str] = Window()
        self.number = 0
        self.unanswered: dict[int, int] = {}

    @rule(target=batches, count=st.integers(1, 500), owner=st.sampled_from("ab"))
    def send(self, count: int, owner: str) -> int:
        self.number += 1
        self.window.note_sent(self.number, owner, count, float(self.number))
        self.unanswered[self.number] = count
        return self.number

    @rule(batch=batches, count=st.integers(1, 500))
    def answer(self, batch: int, count: int) -> None:
        """Stored or refused is all the same here, and so is whether its subscription is served still."""
        count = min(count, self.unanswered.get(batch, 0))
        if count:
            assert self.window.note_answered(batch, count) is not None
            self.unanswered[batch] -= count

    @rule(batch=consumes(batches))
    def answer_twice(self, batch: int) -> None:
        left = self.unanswered.pop(batch, 0)
        self.window.note_answered(batch, left)
        assert self.window.note_answered(batch, 1) is None

    @rule()
    def reconnect(self) -> None:
        self.window.forget_connection()
        self.unanswered.clear()
        assert self.window.in_flight == 0

    @invariant()
    def in_flight_is_what_was_sent_and_not_answered(self) -> None:
        left: Sequence[int] = [count for count in self.unanswered.values() if count]
        assert self.window.in_flight == sum(left)
        assert (self.window.oldest_unanswered_s(0.0) is None) is (not left)


TestAnyHistory = AnyHistory.TestCase
