"""The screen of a try, drawn from `Screen` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mds_tryout.journal import Tone
from mds_tryout.screen import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from mds_tryout.journal import Note
    from mds_tryout.screen import AccountRow, Screen

BARS: Final = "▁▂▃▄▅▆▇█"
SPARK_SECONDS: Final = 48
_ROLES: Final = {
    Role.ACTIVE: "bold green",
    Role.TAKING_OVER: "bold yellow",
    Role.STANDBY: "cyan",
    Role.NONE: "dim",
}
_TONES: Final = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "red"}
_DIM: Final = "dim"


def render(screen: Screen) -> RenderableType:
    parts = (
        _draw_head(screen),
        _draw_accounts(screen.accounts),
        _draw_subscription(screen),
        _draw_ticks(screen),
        _draw_notes(screen.notes),
        _draw_foot(screen),
    )
    return Padding(Group(*(Group(part, Text()) for part in parts[:-1]), parts[-1]), (0, 1))


def _draw_head(screen: Screen) -> RenderableType:
    minutes, seconds = divmod(int(screen.elapsed_s), 60)
    left = Text.assemble(("mds", "bold"), "  make try  ", (f"{minutes:02d}:{seconds:02d}", _DIM))
    return _spread(left, Text(screen.nats_url, style=_DIM))


def _draw_accounts(rows: Sequence[AccountRow]) -> RenderableType:
    table = _table()
    for name in ("ACCOUNT", "ROLE", "HEALTH", "FRONTS"):
        table.add_column(name)
    for name in ("CONTRACTS", "TICKS/S", "LOG"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            Text(row.role.value, style=_ROLES[row.role]),
            Text(row.health, style="" if row.is_well else "yellow"),
            Text.assemble(_lamp("trade", is_on=row.trade), "  ", _lamp("md", is_on=row.market_data)),
            f"{row.subscribed:,}/{row.contracts:,}",
            f"{row.ticks_per_s:,.0f}",
            f"{row.log_reach_s:.0f} s",
        )
    return table


def _lamp(name: str, *, is_on: bool) -> tuple[str, str]:
    return (f"● {name}", "green") if is_on else (f"○ {name}", _DIM)


def _draw_subscription(screen: Screen) -> RenderableType:
    active = (screen.active, "bold green") if screen.active else ("nobody yet", _DIM)
    text = Text.assemble(
        ("subscription ", _DIM), screen.subscription, (" → ", _DIM), screen.subject, ("   epoch ", _DIM),
        str(screen.epoch), ("   active ", _DIM), active,
    )  # fmt: skip
    rate = screen.rates[-1] if screen.rates else 0
    spark = Text.assemble(("ticks/s ", _DIM), (draw_spark(screen.rates), "cyan"), f" {rate:,}")
    return Group(text, spark)


def draw_spark(rates: Sequence[int]) -> str:
    """The latest seconds as bars, against the largest of them; a second without a tick is a gap."""
    shown = rates[-SPARK_SECONDS:]
    top = max(shown, default=0)
    return "".join(" " if not rate else BARS[(rate * len(BARS) - 1) // top] for rate in shown)


def _draw_ticks(screen: Screen) -> RenderableType:
    table = _table()
    for name in ("CONTRACT", "TIME"):
        table.add_column(name)
    for name in ("LAST", "BID", "ASK", "VOLUME", "SERIAL"):
        table.add_column(name, justify="right")
    table.add_column("FROM")
    for tick in screen.latest:
        prices = (_price(price) for price in (tick.last, tick.bid, tick.ask))
        table.add_row(
            tick.contract,
            tick.time,
            *prices,
            f"{tick.volume:,}",
            str(tick.serial),
            Text(tick.account, style=_DIM),
        )
    return table


def _price(price: float | None) -> str:
    return "-" if price is None else f"{price:,.2f}"


def _draw_notes(notes: Sequence[Note]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", style=_DIM, no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for note in notes:
        grid.add_row(f"{note.at_s:.2f} s", Text(note.text, style=_TONES[note.tone]))
    return grid


def _draw_foot(screen: Screen) -> RenderableType:
    tally = screen.tally
    counts = Text.assemble(
        f"stored {tally.stored:,}", "   ", _count("lost", tally.lost), "   ",
        _count("repeated", tally.repeated), "   ", _count("out of order", tally.disordered),
    )  # fmt: skip
    keys = Text.assemble(
        ("m", "bold"), " move  ", ("k", "bold"), " kill the active  ", ("q", "bold"), " quit"
    )
    return _spread(counts, keys)


def _count(name: str, number: int) -> tuple[str, str]:
    return f"{name} {number:,}", "bold red" if number else "green"


def _spread(left: Text, right: Text) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_row(left, right)
    return grid


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, header_style=_DIM, show_edge=False)
