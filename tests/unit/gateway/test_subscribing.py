"""Subscriptions are paced, confirmed, repeated and let go, on a clock of the test's own."""

from __future__ import annotations

import pytest

from mds_gateway.domain.subscribing import ACK_S, Pace, Standing, Subscribe, Subscriber, Unsubscribe

PACE = Pace(batch=3, per_second=6)


def names(count: int) -> list[str]:
    return [f"c{number:05d}" for number in range(count)]


def logged_in(symbols: list[str], pace: Pace = PACE) -> Subscriber:
    subscriber = Subscriber(pace)
    subscriber.use_contracts(symbols)
    subscriber.on_login(0.0)
    return subscriber


def drain(subscriber: Subscriber, until: float, *, acks: bool = True) -> list[tuple[float, tuple[str, ...]]]:
    """All that is sent up to a moment, at the moments that the machine names."""
    sent, now = [], 0.0
    while now <= until:
        while (action := subscriber.advance(now)) is not None:
            sent.append((now, action.symbols))
            if acks and isinstance(action, Subscribe):
                for symbol in action.symbols:
                    subscriber.on_answer(symbol, 0, 0.0)
        due = subscriber.due_at(now)
        if due is None:
            break
        now = max(due, now)
    return sent


def test_nothing_is_asked_before_the_login() -> None:
    subscriber = Subscriber(PACE)
    subscriber.use_contracts(names(3))

    assert subscriber.advance(0.0) is None


def test_batches_are_evenly_spaced() -> None:
    sent = drain(logged_in(names(7)), 10.0)

    assert sent == [(0.0, tuple(names(7)[:3])), (0.5, tuple(names(7)[3:6])), (1.0, tuple(names(7)[6:]))]


@pytest.mark.parametrize(
    ("contracts", "pace", "seconds"),
    [
        pytest.param(5000, Pace(500, 1000), 4.5, id="500 at once, 1,000 a second"),
        pytest.param(5000, Pace(1000, 1000), 4.0, id="as many at once as a second allows"),
        pytest.param(5000, Pace(9000, 1000), 4.0, id="a batch above the rate is cut to it"),
        pytest.param(300, Pace(1, 100), 2.99, id="one by one"),
    ],
)
def test_many_contracts_take_their_time(contracts: int, pace: Pace, seconds: float) -> None:
    sent = drain(logged_in(names(contracts), pace), 60.0)

    assert sum(len(batch) for _, batch in sent) == contracts
    assert sent[-1][0] == pytest.approx(seconds)
    for at, _ in sent:
        in_that_second = sum(len(batch) for t, batch in sent if at <= t < at + 1.0 - 1e-6)
        assert in_that_second <= pace.per_second


def test_it_is_settled_when_the_last_answer_came() -> None:
    subscriber = logged_in(["a", "b"])
    subscriber.advance(0.0)

    subscriber.on_answer("a", 0, 0.0)
    assert not subscriber.is_settled
    subscriber.on_answer("b", 16, 0.0)
    assert subscriber.is_settled


def test_without_a_plan_a_login_settles_nothing() -> None:
    subscriber = Subscriber(PACE)
    subscriber.on_login(0.0)
    subscriber.advance(0.0)

    assert not subscriber.is_settled


def test_a_later_addition_does_not_unsettle() -> None:
    subscriber = logged_in(["a"])
    drain(subscriber, 1.0)
    subscriber.use_contracts(["a", "b"])

    assert subscriber.is_settled
    assert subscriber.advance(2.0) == Subscribe(("b",))


def test_a_reconnect_subscribes_everything_again_at_the_same_pace() -> None:
    subscriber = logged_in(names(7))
    first = drain(subscriber, 10.0)
    subscriber.on_disconnect()
    assert (subscriber.held_count, subscriber.is_settled) == (0, False)
    subscriber.on_login(0.0)

    assert [batch for _, batch in drain(subscriber, 10.0)] == [batch for _, batch in first]


def test_a_quick_reconnect_does_not_spend_the_same_second_twice() -> None:
    subscriber = logged_in(names(6))
    subscriber.advance(0.0)
    subscriber.on_login(0.1)

    assert subscriber.advance(0.1) is None
    assert subscriber.advance(0.5) == Subscribe(tuple(names(3)))


@pytest.mark.parametrize(("after_s", "asked_again"), [(ACK_S - 0.001, False), (ACK_S, True)])
def test_what_is_never_confirmed_is_asked_for_again(after_s: float, asked_again: bool) -> None:  # noqa: FBT001
    subscriber = logged_in(["a", "b"])
    subscriber.advance(0.0)
    subscriber.on_answer("a", 0, 0.0)

    again = subscriber.advance(after_s)

    assert again == (Subscribe(("b",)) if asked_again else None)
    assert subscriber.repeated == int(asked_again)
    assert subscriber.is_settled is asked_again


def test_a_refusal_is_news_once_and_not_asked_again_before_the_next_login() -> None:
    subscriber = logged_in(["a"])
    subscriber.advance(0.0)

    assert subscriber.on_answer("a", 6000, 0.0)
    assert not subscriber.on_answer("a", 6000, 0.0)
    assert subscriber.refused == {"a"}
    assert subscriber.due_at(1.0) is None
    subscriber.on_login(2.0)
    assert subscriber.advance(2.0) == Subscribe(("a",))


def test_a_smaller_plan_lets_go_what_the_front_knows_and_forgets_the_rest() -> None:
    subscriber = logged_in(names(6))
    subscriber.advance(0.0)
    subscriber.on_answer(names(1)[0], 0, 0.0)
    subscriber.use_contracts(names(6)[5:])

    assert subscriber.advance(0.5) == Unsubscribe(tuple(names(3)))
    assert subscriber.advance(1.0) == Subscribe((names(6)[5],))
    assert subscriber.held_count == 0


def test_an_ack_for_what_was_let_go_does_not_bring_it_back() -> None:
    subscriber = logged_in(["a"])
    subscriber.advance(0.0)
    subscriber.use_contracts([])
    subscriber.on_answer("a", 0, 0.0)

    assert subscriber.held_count == 0


def test_what_the_library_refuses_goes_first_a_second_later() -> None:
    subscriber = logged_in(names(5))
    subscriber.advance(0.0)
    subscriber.on_not_sent(names(3)[1:], 0.0)

    assert subscriber.advance(0.999) is None
    assert subscriber.advance(1.0) == Subscribe((*names(3)[1:], names(4)[3]))


@pytest.mark.parametrize(("limit", "left_out"), [(2, 1), (3, 0), (None, 0)])
def test_contracts_beyond_the_limit_are_left_out_and_counted(limit: int | None, left_out: int) -> None:
    subscriber = logged_in(names(3), Pace(10, 10, limit))

    assert subscriber.left_out == left_out
    assert subscriber.advance(0.0) == Subscribe(tuple(names(3)[: 3 - left_out]))


def test_a_higher_limit_takes_in_what_was_left_out() -> None:
    subscriber = logged_in(names(3), Pace(10, 10, 2))
    drain(subscriber, 0.0)
    subscriber.use_pace(Pace(10, 10, 3))

    assert subscriber.advance(1.0) == Subscribe((names(3)[2],))
    assert subscriber.left_out == 0


def test_each_contract_says_how_far_it_is() -> None:
    subscriber = logged_in(["a", "b", "c"], Pace(2, 2))
    subscriber.advance(0.0)
    subscriber.on_answer("a", 0, 0.2)
    subscriber.on_answer("b", 6000, 0.3)

    assert subscriber.describe("a") == Standing(0.0, 0.2, None)
    assert subscriber.describe("b") == Standing(0.0, None, 6000)
    assert subscriber.describe("c") == Standing(None, None, None)
    subscriber.on_disconnect()
    assert subscriber.describe("a") == Standing(None, None, None)
