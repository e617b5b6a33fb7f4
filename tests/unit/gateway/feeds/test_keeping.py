"""What a feed keeps of the latest ticks, and how far that reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.gateway.feeds.building import KEEP_S, Fed, make_tick

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds


@pytest.mark.parametrize(
    ("age_s", "sent"),
    [pytest.param(KEEP_S, 4, id="just within"), pytest.param(KEEP_S + 0.001, 1, id="just beyond")],
)
def test_what_is_older_than_it_keeps_goes(feeds: Feeds, age_s: float, sent: int) -> None:
    fed = Fed(feeds)
    fed.receive(*(make_tick(number) for number in (1, 2, 3)))
    fed.now += age_s
    fed.receive(make_tick(4))

    assert fed.go_live().sent_again == sent


def test_bytes_are_bounded_and_the_reach_says_so(feeds: Feeds) -> None:
    fed = Fed(feeds, max_bytes=10_000)
    for number in range(10):
        fed.now = float(number)
        fed.receive(make_tick(number + 1, body=b"x" * 2_000))

    assert 0 < fed.feed.log_bytes <= 10_000
    assert fed.feed.log_reach_s(9.0) < 9.0


def test_narrower_bounds_hold_at_once(feeds: Feeds) -> None:
    fed = Fed(feeds)
    for number in range(10):
        fed.receive(make_tick(number + 1, body=b"x" * 2_000))
    before = fed.feed.log_bytes

    fed.feed.use_log_bounds(keep_s=KEEP_S, max_bytes=before // 2, now=fed.now)

    assert fed.feed.log_bytes <= before // 2


def test_an_empty_log_reaches_nowhere(feeds: Feeds) -> None:
    assert Fed(feeds).feed.log_reach_s(6.0) == 0.0
