"""The soak's page: a row a minute, and what the whole of it comes to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.bench import pages
from tests.bench.histogram import Histogram, show_percentiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    type Minute = dict[str, Any]

PART: Final = "soak"
MIB: Final = 1 << 20
COUNTED: Final = ("lost", "repeated", "disordered")
HEADINGS: Final = (
    *("minute", "ticks/s stored", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "cores: gateway", "nats-server"),
    *("RSS MiB: gateway", "nats-server", "lost", "repeated", "out of order"),
)
SHOWN: Final = "ordered consumer"
"""Whose latency a row shows: it hears every tick that the stream has. Below the table all are told."""


def build_table(result: dict[str, Any], where: Path) -> str:
    minutes: Sequence[Minute] = result["minutes"]
    rows = [build_row(str(number), minute, before) for number, minute, before in _number(minutes)]
    told = [tell_asked(result), *(tell_way(way, minutes) for way in minutes[0]["heard"]), tell_whole(minutes)]
    parts = [pages.build_table(HEADINGS, rows), "", *(f"- {one}" for one in told), ""]
    return "\n".join([*parts, pages.tell_run(result["made"], where)])


def _number(minutes: Sequence[Minute]) -> list[tuple[int, Minute, Minute | None]]:
    befores: list[Minute | None] = [None, *minutes[:-1]]
    return [(n, *pair) for n, pair in enumerate(zip(minutes, befores, strict=True), 1)]


def build_row(name: str, minute: Minute, before: Minute | None) -> tuple[str, ...]:
    lost, repeated, disordered = (count(minute, before, what) for what in COUNTED)
    return (
        name,
        f"{minute['counters']['acked'] / minute['took_s']:,.0f}",
        *show_percentiles(Histogram.read(minute["heard"][SHOWN]["latency"])),
        f"{minute['cores']['gateway']:.2f}",
        f"{minute['cores']['nats-server']:.2f}",
        f"{minute['gateway']['rss'] / MIB:.0f}",
        f"{minute['nats_rss'] / MIB:.0f}",
        *(str(one) for one in (lost, repeated, disordered)),
    )


def count(minute: Minute, before: Minute | None, what: str) -> int:
    """Of the worse subscriber; their tallies go on from the first tick."""
    return max(
        int(heard["tally"][what] - (before["heard"][way]["tally"][what] if before else 0))
        for way, heard in minute["heard"].items()
    )


def tell_minute(minute: Minute) -> str:
    """One line for who waits."""
    p50, p99, p999, most = show_percentiles(Histogram.read(minute["heard"][SHOWN]["latency"]))
    rate = minute["counters"]["acked"] / minute["took_s"]
    tally = minute["heard"][SHOWN]["tally"]
    counted = ", ".join(f"{what} {tally[what]}" for what in COUNTED)
    return (
        f"{rate:,.0f}/s, p50 {p50}, p99 {p99}, p99.9 {p999}, max {most} ms, gateway "
        f"{minute['cores']['gateway']:.2f} cores {minute['gateway']['rss'] / MIB:.0f} MiB; so far {counted}"
    )


def tell_asked(result: dict[str, Any]) -> str:
    asked, done = result["asked"], len(result["minutes"])
    missing = "" if done == asked["minutes"] else f", interrupted after {done} of {asked['minutes']} minutes"
    return (
        f"{asked['rate']:,} ticks/s over {asked['contracts']:,} contracts, JSON, a stream of "
        f"{asked['stream_mib']:,} MiB{missing}."
    )


def tell_way(way: str, minutes: Sequence[Minute]) -> str:
    whole = Histogram.merge(Histogram.read(minute["heard"][way]["latency"]) for minute in minutes)
    p50, p99, p999, most = show_percentiles(whole)
    tally = minutes[-1]["heard"][way]["tally"]
    return (
        f"By {way}: {whole.samples:,} ticks, p50 {p50} ms, p99 {p99} ms, p99.9 {p999} ms, max {most} ms; "
        f"lost {tally['lost']}, repeated {tally['repeated']}, out of order {tally['disordered']} "
        f"of {tally['stored']:,} since the first tick."
    )


def tell_whole(minutes: Sequence[Minute]) -> str:
    stream, fences = minutes[-1]["stream"], {minute["fence"] for minute in minutes}
    held = stream["last"] - stream["first"] + 1
    counters = {name: sum(minute["counters"][name] for minute in minutes) for name in minutes[0]["counters"]}
    return (
        f"{counters['received']:,} received, {counters['acked']:,} acknowledged, "
        f"{counters['refused']} refused, {counters['conflated']} conflated. The stream turned over "
        f"{stream['last'] / held:.1f} times, and the fence was seen at {len(fences)} places."
    )
