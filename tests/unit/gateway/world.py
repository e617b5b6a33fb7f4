"""A world in which publications run: an exchange, a stream that fences and dedupes, slow links. Virtual time.

The stream refuses as nats-server does: a message must expect the sequence of the newest fence. The links keep
order and lose nothing until they are cut; what was under way then may still arrive later.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from mds_gateway.domain import publication as pub
from mds_gateway.domain.log import TickLog
from mds_gateway.domain.publication import Publication
from mds_gateway.domain.sending import Window
from mds_gateway.domain.ticks import FinishedTick
from mds_protocol.failover.fencing import Fence
from mds_protocol.failover.takeover import Last
from mds_protocol.wire.route import Route
from mds_simulator.counting import join

STEP_S = 0.005


@dataclass
class Stream:
    """What is stored, and the rules of storing."""

    entries: list[tuple[int, FinishedTick, str, int]] = field(default_factory=list)
    fence: Fence | None = None
    sequence: int = 0
    identities: set[bytes] = field(default_factory=set)
    refused: int = 0

    def write_fence(self, account: str, epoch: int, over: int, nonce: str) -> Fence | None:
        if (self.fence.sequence if self.fence else 0) != over:
            return None
        self.sequence += 1
        self.fence = Fence(epoch, account, nonce, self.sequence)
        return self.fence

    def store(self, account: str, expected: int, epoch: int, tick: FinishedTick) -> bool:
        if self.fence is None or self.fence.sequence != expected:
            self.refused += 1
            return False
        if tick.identity not in self.identities:
            self.sequence += 1
            self.identities.add(tick.identity)
            self.entries.append((self.sequence, tick, account, epoch))
        return True

    def last(self, up_to: int) -> dict[bytes, Last[bytes]]:
        return {
            tick.contract: Last(tick.order_key, tick.identity)
            for sequence, tick, _, _ in self.entries
            if sequence < up_to
        }


@dataclass
class Sent:
    """One batch on its way to the server."""

    due: float
    number: int
    expected: int
    epoch: int
    ticks: list[FinishedTick]
    connection: int


class Account:
    """One gateway: its publication, its link to NATS, its front's own losses."""

    def __init__(self, world: World, name: str, seed: int) -> None:
        self.world = world
        self.name = name
        self.random = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
        self.publication = Publication(name, TickLog(keep_s=10, max_bytes=1 << 30), Window())
        self.delivered: list[FinishedTick] = []
        self.answers: deque[tuple[float, object]] = deque()
        self.wire: deque[Sent] = deque()
        self.connection = 1
        self.alive = True
        self.asleep_until = 0.0
        self.batches = 0
        self.fence = 0
        self.epoch = 0
        self.act(self.publication.on_connected(0.0))

    @property
    def awake(self) -> bool:
        return self.alive and self.world.now >= self.asleep_until

    # --- events

    def deliver(self, ticks: list[FinishedTick]) -> None:
        kept = [tick for tick in ticks if self.random.random() > self.world.front_loss]
        self.delivered += kept
        self.act(self.publication.on_ticks(kept, self.world.now))

    def on_route(self, route: Route) -> None:
        self.act(self.publication.on_route(route, self.world.now))

    def cut(self) -> None:
        """The connection ends here; what is under way may still reach the server."""
        self.connection += 1
        self.act(self.publication.on_disconnected(self.world.now))
        self.act(self.publication.on_connected(self.world.now))

    def step(self) -> None:
        while self.answers and self.answers[0][0] <= self.world.now:
            self.hear(self.answers.popleft()[1])
        self.act(self.publication.on_clock(self.world.now))
        while True:
            self.batches += 1
            ticks = self.publication.next_batch(self.batches, self.world.now)
            if not ticks:
                return
            due = self.world.now + self.world.delay(self)
            self.wire.append(Sent(due, self.batches, self.fence, self.epoch, ticks, self.connection))

    def hear(self, answer: object) -> None:
        now, publication = self.world.now, self.publication
        match answer:
            case ("stored", int() as connection, int() as batch, int() as count):
                if connection == self.connection:
                    publication.on_stored(batch, count)
            case ("refused", int() as connection, int() as batch):
                if connection == self.connection:
                    self.act(publication.on_refused(batch, now))
            case ("standing", asked, route, fence):
                self.act(publication.on_standing(route, fence, asked, now))  # type: ignore[arg-type]
            case ("fence", Fence() as fence):
                actions = publication.on_fence_stored(fence, now)
                if publication.fence == fence:
                    self.fence, self.epoch = fence.sequence, fence.epoch
                self.act(actions)
            case ("fence", None):
                publication.on_request_failed()
            case ("last", int() as fence, last):
                self.hear_last(fence, last)

    def hear_last(self, fence: int, last: object) -> None:
        if isinstance(last, dict):
            self.act(self.publication.on_last_read(fence, last, self.world.now))
        else:
            self.publication.on_read_failed(self.world.now)

    def act(self, actions: tuple[pub.Action, ...]) -> None:
        """Requests are answered from the stream as it is when they arrive there: here, at once."""
        stream = self.world.stream
        for action in actions:
            match action:
                case pub.ReadStanding():
                    self.answer(("standing", self.world.now, self.world.route, stream.fence))
                case pub.WriteFence(epoch, over):
                    nonce = f"{self.name}-{self.random.random()}"
                    self.answer(("fence", stream.write_fence(self.name, epoch, over, nonce)))
                case pub.ReadLast(fence):
                    failed = self.world.now < self.world.reads_fail_until
                    self.answer(("last", fence, None if failed else stream.last(fence)))
                case pub.DropConnection():
                    self.cut()
                case pub.TookOver() | pub.LetGo() | pub.Gap():
                    self.world.happened.append((self.name, action))

    def answer(self, what: object) -> None:
        self.answers.append((self.world.now + self.world.delay(self), what))


class World:
    def __init__(self, seed: int, names: tuple[str, ...] = ("a", "b"), *, front_loss: float = 0.01) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
        self.now = 0.0
        self.front_loss = front_loss
        self.extra_delay: dict[str, float] = {}
        self.reads_fail_until = 0.0
        self.stream = Stream()
        self.happened: list[tuple[str, pub.Action]] = []
        self.route = Route(uid="u", epoch=0, named=None, reason="Start", nonce="0", decided_at="")
        self.serial = 0
        self.accounts = {name: Account(self, name, seed + index) for index, name in enumerate(names)}

    def delay(self, account: Account) -> float:
        return self.random.uniform(0.0005, 0.004) + self.extra_delay.get(account.name, 0.0)

    def move(self, name: str) -> None:
        epoch = self.route.epoch + 1
        self.route = Route(uid="u", epoch=epoch, named=name, reason="Test", nonce=str(epoch), decided_at="")
        for account in self.accounts.values():
            if account.awake:
                account.on_route(self.route)

    def begin_anew(self, name: str) -> Account:
        """The process is killed, and another begins with an empty log."""
        self.accounts[name] = Account(self, name, self.random.randrange(1 << 16))
        return self.accounts[name]

    def run(self, seconds: float, *, ticks: bool = True) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_S
            batch = [self.make_tick() for _ in range(5)] if ticks else []
            for account in self.accounts.values():
                self.carry(account)
                if account.awake:
                    account.deliver(batch)
                    account.step()

    def carry(self, account: Account) -> None:
        """Moves what is due from the account's wire into the stream, and the answers back."""
        while account.wire and account.wire[0].due <= self.now:
            sent = account.wire.popleft()
            for tick in sent.ticks:
                stored = self.stream.store(account.name, sent.expected, sent.epoch, tick)
                back = (
                    ("stored", sent.connection, sent.number, 1)
                    if stored
                    else ("refused", sent.connection, sent.number)
                )
                account.answer(back)

    def make_tick(self) -> FinishedTick:
        """Time and volume stand still over several serials, as in life."""
        self.serial += 1
        contract, serial = self.serial % 7, self.serial // 7
        return FinishedTick(
            contract=b"md.X.c%d" % contract,
            order_key=(serial // 2, serial // 3),
            identity=b"%d-%d" % (contract, serial),
            body=b"x" * 50,
            received_ns=0,
            arrival=self.serial,
            snapshot=False,
        )

    # --- counting, by the oracle

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


def _serial(tick: FinishedTick) -> int:
    return int(tick.identity.split(b"-")[1])
