"""How many ticks of each exchange the stream acknowledged: what completeness is a share of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.feed import Fate
from tests.unit.gateway.feeds.building import Fed, make_tick

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds


def send_three(feeds: Feeds) -> Fed:
    """One of SHFE before two of DCE, in one batch."""
    fed = Fed(feeds)
    fed.go_live()
    fed.receive(*(make_tick(number, exchange="DCE" if number > 1 else "SHFE") for number in (1, 2, 3)))
    fed.send()
    return fed


def test_a_batch_counts_by_exchange_when_its_last_tick_is_acknowledged(feeds: Feeds) -> None:
    fed = send_three(feeds)
    fed.feed.settle(1, Fate.STORED, 2)
    assert dict(fed.feed.stored) == {}

    fed.feed.settle(1, Fate.DUPLICATE, 1)

    assert dict(fed.feed.stored) == {"SHFE": 1, "DCE": 2}


def test_of_a_batch_that_is_given_up_counts_what_was_acknowledged(feeds: Feeds) -> None:
    fed = send_three(feeds)
    fed.feed.settle(1, Fate.STORED, 2)

    fed.feed.on_disconnected()

    assert dict(fed.feed.stored) == {"SHFE": 1, "DCE": 1}
    assert sum(fed.feed.stored.values()) == fed.feed.counts.acked


def test_what_is_refused_is_not_stored(feeds: Feeds) -> None:
    fed = send_three(feeds)

    fed.feed.settle(1, Fate.REFUSED, 1)

    assert dict(fed.feed.stored) == {}
