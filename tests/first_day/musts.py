"""What must be there at the end of a step beside lines that do not lie: pure, on what was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.ground import SUBSCRIPTION
from tests.e2e.kube import read_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.first_day.looking import Row
    from tests.first_day.walking import Seen

LOSS: Final = re.compile(r"\blost\b|\bloss(es)?\b|\bgap\b", re.IGNORECASE)
AGE: Final = re.compile(r"\d+ ?(s|seconds?)\b|\b(since|for|attempt|tried)\b", re.IGNORECASE)


def nothing_is_lost(seen: Seen) -> str:
    return f"{seen.lost} ticks are lost" if seen.lost else ""


def losses_are_told(seen: Seen) -> str:
    """In status, in the events stream and as an Event."""
    if not seen.lost:
        return ""
    last = seen.looks[-1].find_subscription(SUBSCRIPTION)
    places = {
        "status.losses": any(
            one["toldAt"] >= seen.begun for one in (last.status.get("losses", []) if last else ())
        ),
        "an Event": any(LOSS.search(one["message"]) for one in seen.events),
        "the events stream": any(LOSS.search(one["subject"]) for one in seen.told),
    }
    silent = [place for place, tells in places.items() if not tells]
    return f"{seen.lost} ticks are lost, and nothing tells it in: {', '.join(silent)}" if silent else ""


def moves_have_their_reason(seen: Seen) -> str:
    """No account that could publish is deleted in these steps, and somebody was named long before."""
    reasons = [str(one.get("reason")) for one in seen.moves]
    reasons += [str(one["body"].get("reason")) for one in seen.told]
    wrong = sorted({"AccountDeleted", "FirstElection"}.intersection(reasons))
    return f"{', '.join(wrong)} is told as the reason of a move, and was none" if wrong else ""


def _has_event(reason: str) -> Callable[[Seen], str]:
    def look(seen: Seen) -> str:
        return "" if any(one["reason"] == reason for one in seen.events) else f"no Event has reason {reason}"

    return look


held_has_an_event: Final = _has_event("Held")


def pause_and_mode_are_columns(seen: Seen) -> str:
    rows = [*seen.looks[-1].subscriptions, *seen.looks[-1].accounts]
    lacking = [row.name for row in rows if not re.search("paused|mode", " ".join(row.cells), re.IGNORECASE)]
    return f"no column shows paused or mode of {', '.join(lacking)}" if lacking else ""


def the_pin_is_told(seen: Seen) -> str:
    """While it named nobody, a condition of its own said so, Accepted stood, and nothing moved."""
    pinned = [row for row in _each(seen, SUBSCRIPTION) if _read_pin(row) == "ctp-x"]
    wrong = []
    if not any("ctp-x" in one.get("message", "") for row in pinned for one in row.status["conditions"]):
        wrong.append("no condition names ctp-x")
    if any(read_condition(row.object, "Accepted").get("status") != "True" for row in pinned):
        wrong.append("Accepted was not True")
    if len({row.status.get("epoch") for row in _each(seen, SUBSCRIPTION) if _read_pin(row)}) > 1:
        wrong.append("the feed moved")
    return "; ".join(wrong)


def nobody_is_named_without_a_stream(seen: Seen) -> str:
    named = {row.status.get("activeAccount") or row.status.get("nextAccount") for row in _each(seen, "ghost")}
    told = [one["message"] for one in seen.events if _says_that_ghost_goes_out(one)]
    wrong = [f"it names {name}" for name in sorted(filter(None, named))]
    wrong += [f"an Event says: {text}" for text in told[:1]]
    return "; ".join(wrong)


def _says_that_ghost_goes_out(event: Mapping[str, Any]) -> bool:
    """It never does."""
    if event["about"] == "fs/ghost":
        return "publishes" in event["message"]
    return bool(re.search(r"Publishes[^.]*\bghost\b", event["message"]))


def the_next_restart_is_told(seen: Seen) -> str:
    """In status: when, or why there is none."""
    rows = [row for look in seen.looks if (row := look.find_account("ctp-b")) and row.spec.get("schedule")]
    restarts = [row.status.get("restarts", {}) for row in rows]
    says = any(one.get("next") or one.get("unscheduled") for one in restarts)
    return "" if says else "status tells neither the next restart nor why there is none"


def the_attempt_is_told(seen: Seen) -> str:
    texts = [text for look in seen.looks if (row := look.find_account("ctp-e")) for text in row.texts]
    connecting = [text for text in texts if "onnect" in text]
    return "" if any(map(AGE.search, connecting)) else "no word of the attempt and its age"


def _each(seen: Seen, name: str) -> Iterator[Row]:
    return (row for look in seen.looks if (row := look.find_subscription(name)))


def _read_pin(row: Row) -> str | None:
    pin: str | None = row.spec.get("failover", {}).get("pinnedAccount")
    return pin
