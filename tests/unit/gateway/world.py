"""A world in which feeds run under claims: an exchange, a stream that fences, dedupes and evicts, slow links.

Time is virtual.

The stream refuses as nats-server does: a message must expect the sequence of the newest fence. The links keep
order and lose nothing until they are cut; what was under way then may still arrive later.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from mds_gateway.domain import actions
from mds_gateway.domain.claiming import Claiming, Phase
from mds_gateway.domain.feed import LANE
from mds_gateway.domain.framing import FenceHead
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.renewing import StreamRoom
from mds_gateway.domain.ticks import FinishedTick
from mds_gateway.domain.window import Window
from mds_protocol.failover.fencing import FENCE_REFUSED, Fence
from mds_protocol.wire.route import Route
from mds_simulator.counting import join
from tests.unit.gateway.feeds.building import LAST_PREFIX
from tests.unit.gateway.feeds.frames import read_frames
from tests.unit.gateway.world_stream import Stream

if TYPE_CHECKING:
    from mds_gateway.domain.feed import Parcel
    from mds_gateway.domain.framing import SharedHead
    from tests.unit.gateway.feeds.frames import Message
    from tests.unit.gateway.feeds.makers import Feeds

STEP_S = 0.005
TICKS_A_STEP = 5
CONTRACTS = 7
SERIAL_NS = int(STEP_S * 1e9) * CONTRACTS // TICKS_A_STEP
"""What one serial of a contract takes."""
FENCE = b"mds.fence.desk.all"


@dataclass
class Sent:
    """One batch on its way to the server."""

    due: float
    number: int
    epoch: int
    messages: list[Message]
    connection: int
    is_last: bool
    """Of last values."""


class Account:
    """One gateway: its claim and feed, its link to NATS, its front's own losses."""

    def __init__(self, world: World, name: str, seed: int) -> None:
        self.world = world
        self.name = name
        self.random = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
        self.feed = world.feeds.make_feed(keep_s=10, max_bytes=1 << 30, last_prefix=LAST_PREFIX)
        self.claiming = Claiming(name, self.feed)
        self.window: Window[str] = Window()
        self.delivered: list[FinishedTick] = []
        self.answers: deque[tuple[float, object]] = deque()
        self.wire: deque[Sent] = deque()
        self.connection = 1
        self.alive = True
        self.has_front = True
        self.asleep_until = 0.0
        self.answers_left: int | None = None
        """On this connection; None: all of them come."""
        self.slices = 0
        self.batches = 0
        self.head = FenceHead(name, 0, FENCE, 0)
        self.epoch = 0
        self.act(self.claiming.on_connected(0.0))

    @property
    def awake(self) -> bool:
        return self.alive and self.world.now >= self.asleep_until

    # --- events

    def deliver(self, ticks: list[FinishedTick]) -> None:
        kept = [tick for tick in ticks if self.random.random() > self.world.front_loss]
        self.delivered += kept
        self.receive(kept)

    def log_in(self) -> None:
        """Its front is there again, and sends the newest tick of each contract."""
        self.has_front = True
        self.feed.note_login(int(self.world.now * 1e9))
        newest = sorted(self.world.newest.values(), key=lambda tick: tick.arrival)
        received_ns = int(self.world.now * 1e9)
        snapshots = [replace(tick, snapshot=True, received_ns=received_ns) for tick in newest]
        self.delivered += snapshots
        self.receive(snapshots)

    def overload(self, ticks: list[FinishedTick]) -> None:
        """Its front delivers more than it finishes: of each contract the newest tick comes through."""
        self.delivered += ticks
        came = Counter(tick.contract for tick in ticks)
        newest = {tick.contract: tick for tick in ticks}
        self.receive([replace(tick, gave_way=came[tick.contract] - 1) for tick in newest.values()])

    def receive(self, ticks: list[FinishedTick]) -> tuple[actions.Action, ...]:
        """Return what came of it, after it was done."""
        if not ticks:
            return ()
        told = self.feed.extend(self.world.feeds.make_run(ticks), self.world.now)
        self.act(told)
        return told

    def on_route(self, route: Route) -> None:
        self.act(self.claiming.on_route(route, self.world.now))

    def cut(self) -> None:
        """The connection ends here; what is under way may still reach the server."""
        self.lose_connection()
        self.connect()

    def lose_connection(self) -> None:
        self.connection += 1
        self.answers_left = None
        self.window.forget_connection()
        self.act(self.claiming.on_disconnected(self.world.now))

    def connect(self) -> None:
        self.act(self.claiming.on_connected(self.world.now))

    def step(self) -> None:
        while self.answers and self.answers[0][0] <= self.world.now:
            self.hear(self.answers.popleft()[1])
        self.act(self.claiming.on_clock(self.world.now))
        if self.window.is_overdue(self.world.now):
            self.cut()
        while parcel := self.claiming.take(LANE, self.batches + 1, self.window.free):
            self.send(parcel, self.head)
        if not self.world.writes_last_values:
            return
        if values := self.claiming.take_last(self.batches + 1, self.window.free, self.world.now):
            self.send(values, self.head.of_last_values, is_last=True)

    def send(self, parcel: Parcel, head: SharedHead, *, is_last: bool = False) -> None:
        self.batches += 1
        self.window.note_sent(self.batches, self.name, parcel.count, self.world.now)
        due = self.world.now + self.world.delay(self, jitter=not is_last)
        messages = list(read_frames(parcel.frame(head.of_batch(b"_INBOX.1", parcel.count), 0)))
        self.wire.append(Sent(due, self.batches, self.epoch, messages, self.connection, is_last))

    def hear(self, answer: object) -> None:
        now, claiming = self.world.now, self.claiming
        match answer:
            case (("stored" | "refused") as verdict, int() as connection, int() as batch, int() as sequence):
                if connection == self.connection:
                    self.hear_of_a_tick(verdict, batch, sequence)
            case ("standing", asked, route, fence):
                self.act(claiming.on_standing(route, fence, asked, now))  # type: ignore[arg-type]
            case ("fence", fence):
                self.hear_of_the_fence(fence)
            case ("last", int() as fence, last):
                self.hear_last(fence, last)
            case ("room", StreamRoom() as room):
                claiming.on_room(room)
            case "go on":
                self.slices += 1
                self.act(claiming.go_on(now))

    def hear_of_the_fence(self, fence: object) -> None:
        now, claiming = self.world.now, self.claiming
        match fence:
            case Fence():
                actions = claiming.on_fence_stored(fence, now)
                if claiming.fence == fence:
                    self.head = FenceHead(self.name, fence.epoch, FENCE, fence.sequence)
                    self.epoch = fence.epoch
                self.act(actions)
            case None:
                self.act(claiming.on_fence_refused(now))
            case _:
                self.act(claiming.on_request_failed(now))

    def hear_of_a_tick(self, verdict: str, batch: int, sequence: int) -> None:
        now, claiming = self.world.now, self.claiming
        self.window.note_answered(batch, 1)
        if verdict == "stored":
            self.act(claiming.on_stored(batch, 1, sequence, now))
        else:
            self.act(claiming.on_refused(batch, FENCE_REFUSED, now))

    def hear_last(self, fence: int, last: object) -> None:
        if isinstance(last, dict):
            self.act(self.claiming.on_last_read(fence, last, self.world.now))
        else:
            self.claiming.on_read_failed(self.world.now)

    def act(self, wanted: tuple[actions.Action, ...]) -> None:
        """Requests are answered from the stream as it is when they arrive there: here, at once."""
        stream = self.world.stream
        for action in wanted:
            match action:
                case actions.ReadStanding():
                    route = None if self.world.route_is_lost else self.world.route
                    self.answer(("standing", self.world.now, route, stream.fence))
                case actions.WriteFence(epoch, over):
                    nonce = f"{self.name}-{self.random.random()}"
                    stored = stream.write_fence(self.name, epoch, over, nonce)
                    is_lost = self.random.random() < self.world.fence_answers_lost
                    self.answer(("fence", "no answer" if is_lost else stored))
                case actions.ReadLast(fence):
                    gone = stream.fence is None or stream.fence.sequence != fence
                    failed = gone or self.world.now < self.world.reads_fail_until
                    self.answer(("last", fence, None if failed else stream.last(fence)))
                case actions.ReadRoom():
                    self.answer(("room", stream.room))
                case actions.GoOn():
                    self.answer("go on")
                case actions.TookOver() | actions.LetGo() | Loss() | actions.HeldBack():
                    self.world.happened.append((self.name, action))

    def answer(self, what: object, *, jitter: bool = True) -> None:
        self.answers.append((self.world.now + self.world.delay(self, jitter=jitter), what))


class World:
    def __init__(
        self,
        feeds: Feeds,
        seed: int,
        names: tuple[str, ...] = ("a", "b"),
        *,
        front_loss: float = 0.01,
        max_messages: int | None = None,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
        self.now = 0.0
        self.feeds = feeds
        self.made: dict[bytes, FinishedTick] = {}
        """By identity."""
        self.newest: dict[bytes, FinishedTick] = {}
        """By contract."""
        self.front_loss = front_loss
        self.extra_delay: dict[str, float] = {}
        self.reads_fail_until = 0.0
        self.route_is_lost = False
        """Or cannot be read."""
        self.fence_answers_lost = 0.0
        """How many of them."""
        self.stream = Stream(max_messages)
        self.happened: list[tuple[str, actions.Report]] = []
        self.route = Route(uid="u", epoch=0, named=None, reason="Start", nonce="0", decided_at_ns=0)
        self.serial = 0
        self.stored_at: list[tuple[float, FinishedTick]] = []
        self.writes_last_values = True
        self.quiet: frozenset[int] = frozenset()
        """Contracts of which no tick goes out."""
        self.accounts = {name: Account(self, name, seed + index) for index, name in enumerate(names)}

    def delay(self, account: Account, *, jitter: bool = True) -> float:
        """Last values have no jitter: the same seed means the same for ticks with and without them."""
        extra = self.extra_delay.get(account.name, 0.0)
        return self.random.uniform(0.0005, 0.004) + extra if jitter else extra

    def move(self, name: str, reason: str = "Test") -> None:
        self.write_route(name, reason)
        for account in self.accounts.values():
            if account.awake:
                account.on_route(self.route)

    def write_route(self, name: str, reason: str) -> None:
        """Nobody hears of it; whoever asks the leader does."""
        epoch = self.route.epoch + 1
        self.route = Route(uid="u", epoch=epoch, named=name, reason=reason, nonce=str(epoch), decided_at_ns=0)

    def begin_anew(self, name: str) -> Account:
        """The process is killed, and another begins with an empty log."""
        self.accounts[name] = Account(self, name, self.random.randrange(1 << 16))
        return self.accounts[name]

    def run(self, seconds: float, *, ticks: bool = True) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_S
            made = [self.make_tick() for _ in range(TICKS_A_STEP)] if ticks else []
            batch = [tick for tick in made if tick.arrival % CONTRACTS not in self.quiet]
            for account in self.accounts.values():
                self.carry(account)
                if account.awake:
                    if account.has_front:
                        account.deliver(batch)
                    account.step()

    def carry(self, account: Account) -> None:
        """Moves what is due from the account's wire into the stream, and the answers back."""
        while account.wire and account.wire[0].due <= self.now:
            sent = account.wire.popleft()
            for message in sent.messages:
                stored = self.store(account, sent.epoch, message)
                verdict = "stored" if stored else "refused"
                back = (verdict, sent.connection, sent.number, self.stream.sequence)
                if account.answers_left is None or account.answers_left > 0:
                    account.answer(back, jitter=not sent.is_last)
                if account.answers_left:
                    account.answers_left -= 1

    def store(self, account: Account, epoch: int, message: Message) -> bool:
        if message.subject.startswith(LAST_PREFIX):
            tick = self.made[message.headers[b"Mds-Last"]]
            assert (message.subject, message.body) == (LAST_PREFIX + tick.contract, tick.body)
            return self.stream.store_last(message.expected, tick)
        tick = self.made[message.identity]
        stored = self.stream.store(account.name, message.expected, epoch, tick, message.number)
        if stored:
            self.stored_at.append((self.now, tick))
        return stored

    def make_tick(self) -> FinishedTick:
        """Time and volume stand still over several serials, as in life."""
        self.serial += 1
        contract, serial = self.serial % CONTRACTS, self.serial // CONTRACTS
        tick = FinishedTick(
            contract=b"md.X.c%d" % contract,
            order_key=(serial // 2 * 2 * SERIAL_NS, serial // 3),
            identity=b"%d-%d" % (contract, serial),
            body=b"%50d" % self.serial,
            received_ns=int(self.now * 1e9),
            arrival=self.serial,
            snapshot=False,
        )
        self.made[tick.identity] = tick
        self.newest[tick.contract] = tick
        return tick

    # --- counting, by the oracle and as a reader counts

    def count_holes(self) -> int:
        """What the numbers say is lost: all that lies between two of one fence, and before its first."""
        newest: Counter[int] = Counter()
        holes = 0
        for fence, number in self.stream.numbers:
            holes += max(0, number - newest[fence] - 1)
            newest[fence] = max(newest[fence], number)
        return holes

    def count(self) -> join.Counts:
        """The exchange's serial is the clock; due is what came before the newest stored tick."""
        entries = [tick for _, tick, _, _ in self.stream.entries]
        until = entries[-1].arrival if entries else 0
        delivered = [
            join.Delivered(name, tick.contract.decode(), _serial(tick), tick.arrival)
            for name, account in self.accounts.items()
            for tick in account.delivered
        ]
        stored = [
            join.Stored(epoch, tick.contract.decode(), _serial(tick), tick.identity.decode(), tick.order_key)
            for _, tick, _, epoch in self.stream.entries
        ]
        writers = {epoch: account for _, _, account, epoch in self.stream.entries}
        epochs = [join.Epoch(epoch, account, active_ns=0) for epoch, account in sorted(writers.items())]
        return join.count(delivered, stored, epochs, until_ns=until)


class BuildWorld(Protocol):
    """`World` with a feed chosen."""

    def __call__(
        self,
        seed: int,
        names: tuple[str, ...] = ("a", "b"),
        *,
        front_loss: float = 0.01,
        max_messages: int | None = None,
    ) -> World: ...


class Start(Protocol):
    """`start` with a feed chosen."""

    def __call__(self, seed: int, *, front_loss: float = 0.01) -> World: ...


def start(feeds: Feeds, seed: int, *, front_loss: float = 0.01) -> World:
    """Account a publishes in it for a second."""
    world = World(feeds, seed, front_loss=front_loss)
    world.run(0.5)
    world.move("a")
    world.run(1.0)
    return world


def publishers(world: World) -> list[str]:
    return [name for name, account in world.accounts.items() if account.claiming.phase is Phase.ACTIVE]


def assert_whole(world: World) -> None:
    counts = world.count()
    assert (counts.lost, counts.repeated, counts.disordered) == ((), (), ()), counts
    # What a purge took away is sent again, and the dedupe lets none of it in: not in the stream, so a hole.
    assert world.stream.purged_up_to or world.count_holes() == 0


def _serial(tick: FinishedTick) -> int:
    return int(tick.identity.split(b"-")[1])
