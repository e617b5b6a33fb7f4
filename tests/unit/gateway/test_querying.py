"""The contract table is asked for until it is there, never too fast."""

from __future__ import annotations

import pytest

from mds_gateway.domain.login import Answer
from mds_gateway.domain.querying import ANSWER_S, Confirm, ContractQuery, Query, QueryState
from mds_gateway.ports import Note

DAY = "20261123"


def asked(actions: tuple[object, ...]) -> list[object]:
    return [action for action in actions if not isinstance(action, Note)]


def asking() -> ContractQuery:
    query = ContractQuery()
    query.on_login(DAY, 0.0)
    assert asked(query.advance(0.0)) == [Query()]
    return query


def test_one_query_is_in_flight() -> None:
    query = asking()

    assert query.advance(1.0) == ()


def test_a_complete_table_ends_it_for_the_day() -> None:
    query = asking()
    query.on_complete(5000, 3.0)
    query.on_disconnect()
    query.on_login(DAY, 100.0)

    assert query.state is QueryState.DONE
    assert query.due_at() is None


def test_a_new_trading_day_asks_again() -> None:
    query = asking()
    query.on_complete(5000, 3.0)
    query.on_login("20261124", 100.0)

    assert asked(query.advance(100.0)) == [Query()]


def test_a_lost_front_ends_the_query_and_the_next_login_repeats_it() -> None:
    query = asking()
    query.on_disconnect()
    assert query.due_at() is None
    query.on_login(DAY, 5.0)

    assert asked(query.advance(5.0)) == [Query()]


@pytest.mark.parametrize("code", [-1, -2, -3])
def test_what_the_library_does_not_send_is_sent_a_second_later(code: int) -> None:
    query = asking()
    query.on_not_sent(code, 0.0)

    assert query.advance(1.0) == ()
    assert asked(query.advance(1.1)) == [Query()]


def test_a_front_that_refuses_is_asked_ever_more_slowly_but_never_given_up() -> None:
    query = asking()
    now, pauses = 0.0, []
    for _ in range(8):
        query.on_refused(Answer(90, "not ready"), now)
        due = query.due_at()
        assert due is not None
        pauses.append(round(due - now, 1))
        now = due
        query.advance(now)

    assert pauses == [1.1, 2.2, 4.4, 8.8, 17.6, 30.0, 30.0, 30.0]


def test_an_empty_table_is_asked_for_again() -> None:
    query = asking()
    query.on_complete(0, 1.0)

    assert asked(query.advance(2.1)) == [Query()]


def test_the_settlement_is_confirmed_only_if_the_front_insists() -> None:
    query = asking()
    query.on_refused(Answer(42), 0.0)

    assert asked(query.advance(1.1)) == [Confirm()]
    assert asked(query.on_confirmed(Answer(0), 1.2)) == [Query()]


@pytest.mark.parametrize(("after_s", "gives_up"), [(ANSWER_S - 0.001, False), (ANSWER_S, True)])
def test_rows_keep_a_query_alive_and_silence_ends_it(after_s: float, gives_up: bool) -> None:  # noqa: FBT001
    query = asking()
    query.on_row(20.0)
    query.advance(20.0 + after_s)

    assert (query.state is QueryState.DUE) is gives_up


def test_a_front_that_was_silent_is_asked_after_a_confirmation() -> None:
    query = asking()
    query.advance(ANSWER_S)

    assert asked(query.advance(ANSWER_S + 1.1)) == [Confirm()]


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    query = asking()
    query.on_disconnect()

    assert query.on_complete(5000, 1.0) == ()
    assert query.state is QueryState.IDLE
