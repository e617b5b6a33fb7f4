"""Several subscriptions on one connection: whose turn it is, how much may leave, and whose an answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.claiming import Claiming
from mds_gateway.domain.feed import Fate
from mds_gateway.domain.serving import Destination, Served, Serving
from mds_gateway.domain.window import LIMIT
from mds_protocol.failover.fencing import Fence
from mds_protocol.wire.encodings import Encoding
from tests.unit.gateway.feeds.building import LAST_PREFIX, make_tick
from tests.unit.gateway.world import World

if TYPE_CHECKING:
    from tests.unit.gateway.feeds.makers import Feeds

NOW = 100.0
BATCH = 500


def serve(feeds: Feeds, *names: str) -> Serving:
    """Each of them active, with far more to send than may be in flight."""
    serving, world = Serving(), World(feeds, 1)
    for name in names:
        feed = feeds.make_feed(keep_s=10.0, max_bytes=1 << 30, last_prefix=LAST_PREFIX)
        claiming = Claiming("a", feed)
        destination = Destination(
            name, "u", "MD", f"md.{name}.>", f"mds.fence.desk.{name}", "k", Encoding.JSON
        )
        served = Served(destination, claiming)
        serving.add(served)
        claiming.on_connected(NOW)
        world.write_route("a", "Test")
        claiming.on_route(world.route, NOW)
        claiming.on_standing(world.route, None, NOW, NOW)
        served.on_fence_stored(Fence(world.route.epoch, "a", "n", 7), NOW)
        claiming.on_last_read(7, {}, NOW)
        feed.extend(feeds.make_run([make_tick(number) for number in range(1, 3 * LIMIT)]), NOW)
    return serving


def send(serving: Serving) -> list[str]:
    """One round: who has sent, in order."""
    return [name for name in serving.turns if serving.take(name, now=NOW, now_ns=0) is not None]


def test_who_has_sent_comes_last_the_next_time(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two", "three")
    for _ in range(2):
        send(serving)
    serving.window.limit = serving.window.in_flight + BATCH

    assert send(serving) == ["one"]
    serving.window.limit += BATCH
    assert send(serving) == ["two"]


def test_no_counter_falls_when_a_subscription_is_dropped(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two")
    send(serving)
    serving.drop("one")

    assert sum(counts.published for counts in serving.counts) == 2 * BATCH


def test_all_of_them_share_one_window(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two")
    while send(serving):
        pass

    assert serving.window.in_flight == LIMIT


def test_an_answer_finds_whose_batch_it_was(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two")
    send(serving)

    assert serving.note_stored(2, BATCH, NOW) is serving.by_name["two"]
    assert serving.note_refused(1) is serving.by_name["one"]
    assert serving.window.in_flight == BATCH - 1


def test_an_answer_to_what_was_dropped_belongs_to_nobody_but_frees_its_places(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two")
    send(serving)
    serving.drop("one")

    assert serving.note_stored(1, BATCH, NOW) is None
    assert serving.window.in_flight == BATCH
    assert list(serving.by_name) == ["two"]


def test_no_count_of_stored_ticks_falls_when_a_subscription_is_edited(feeds: Feeds) -> None:
    serving = serve(feeds, "one", "two")
    send(serving)
    for batch in (1, 2):
        serving.by_name["one" if batch == 1 else "two"].feed.settle(batch, Fate.STORED, BATCH)
    assert serving.stored == {("one", "X"): BATCH, ("two", "X"): BATCH}

    serving.drop("one")

    assert serving.stored == {("one", "X"): BATCH, ("two", "X"): BATCH}
