"""Whether a line contradicts the stream, or what else stands in the same line: pure.

The fronts call the market open all the while, and nobody kills a container: the steps are chosen so. A
status may be a moment behind, so what is wrong must be so in every look of five seconds. Some texts are wrong
at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.desks import RESTARTED_AT, describe_run
from tests.e2e.kube import read_condition
from tests.first_day.looking import SHORT, parse_moment
from tests.first_day.stream import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tests.e2e.kube import Object
    from tests.first_day.looking import Look, Row

SETTLED_S: Final = 5.0
PROBED_S: Final = 2.5
"""A standby whose own message was stored so lately is probing: docs/failover-rules.md."""
A_MINUTE_S: Final = 60.0
ORDERED: Final = frozenset({"Disabled", "Held", "Draining", "Restarting"})
"""Reasons of being Unhealthy that tell what a person ordered, not what is heard."""
FALSE_HERE: Final = {
    "ContainerDied": "no container died by itself",
    "Silent": "no process stood still: its pod was told to go, or was just made",
    "subscription selects this account": "one selects all of them",
}
"""What no word may say in this walk, and why."""
ADDRESS: Final = re.compile(r"tcp://[\w.-]+:\d+")
WAITS: Final = re.compile(r"\bwait", re.IGNORECASE)
NOTHING: Final = Held()


@dataclass(frozen=True, slots=True)
class Moment:
    """A look, and what the stream held of each subscription since the one before."""

    look: Look
    held: Mapping[str, Held] = field(default_factory=dict)

    def of(self, subscription: str) -> Held:
        return self.held.get(subscription, NOTHING)

    def count_by(self, account: str) -> int:
        return sum(held.stored.get(account, 0) for held in self.held.values())


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    text: str
    at_once: bool = field(default=False, compare=False)


def judge(moments: Sequence[Moment]) -> list[list[Finding]]:
    """What contradicts, by moment: what is wrong at once, and what lasts, from its beginning on."""
    found = [list(chain.from_iterable(check(moment) for check in CHECKS)) for moment in moments]
    times = [moment.look.at_ns for moment in moments]
    return [
        [one for one in told if one.at_once or _last_ns(one, place, found, times) >= SETTLED_S * 1e9]
        for place, told in enumerate(found)
    ]


def _last_ns(finding: Finding, place: int, found: Sequence[list[Finding]], times: Sequence[int]) -> int:
    """For how long it is so on end, around this place."""
    begin = end = place
    while begin > 0 and finding in found[begin - 1]:
        begin -= 1
    while end + 1 < len(found) and finding in found[end + 1]:
        end += 1
    return times[end] - times[begin]


# --- subscriptions


def _check_ready_subscriptions(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.subscriptions:
        ready, held = read_condition(row.object, "Ready"), moment.of(row.name)
        status, reason = ready.get("status"), ready.get("reason")
        if status == "True" and not held.total:
            yield Finding(f"fs/{row.name}", f"READY True {reason}, and the stream takes nothing")
        if status == "False" and held.total:
            yield Finding(f"fs/{row.name}", f"READY False {reason}, and ticks flow")
        if status == "True" and reason == "MarketClosed" and held.total:
            yield Finding(f"fs/{row.name}", "MarketClosed, and ticks flow")


def _check_active(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.subscriptions:
        active, held = row.status.get("activeAccount"), moment.of(row.name)
        if active and held.total and active not in held.stored:
            yield Finding(f"fs/{row.name}", f"ACTIVE {active}, and every tick is of {', '.join(held.stored)}")
        if held.total and not active:
            yield Finding(f"fs/{row.name}", f"ACTIVE nobody, and ticks of {', '.join(held.stored)} flow")


def _check_next(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.subscriptions:
        following = row.status.get("nextAccount")
        why = following and find_hindrance(moment.look, row, following)
        if why:
            yield Finding(f"fs/{row.name}", f"NEXT {following}, which may not take over: {why}")


def _check_redundant(moment: Moment) -> Iterator[Finding]:
    """Somebody must be able to take over where it says so."""
    for row in moment.look.subscriptions:
        if read_condition(row.object, "Redundant").get("status") != "True":
            continue
        others = [one.name for one in moment.look.accounts if one.name != row.status.get("activeAccount")]
        hindered = {name: find_hindrance(moment.look, row, name) for name in others}
        if all(hindered.values()):
            told = "; ".join(f"{name}: {why}" for name, why in hindered.items()) or "there is no other"
            yield Finding(f"fs/{row.name}", f"Redundant=True, and nobody may take over ({told})")


def _check_nobody(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.subscriptions:
        healthy = [one.name for one in moment.look.accounts if one.status.get("health") == "Healthy"]
        if read_condition(row.object, "Ready").get("reason") == "NoHealthyAccount" and healthy:
            text = f"NoHealthyAccount, beside {', '.join(healthy)}, which is Healthy"
            yield Finding(f"fs/{row.name}", text)


def find_hindrance(look: Look, subscription: Row, account: str) -> str:
    """Why this account may not take the feed now; empty where it may."""
    failover = subscription.spec.get("failover", {})
    candidate = look.find_account(account)
    active = look.find_account(subscription.status.get("activeAccount") or "")
    if subscription.spec.get("paused"):
        return "the subscription is paused"
    if active is not None and active.spec.get("paused"):
        return f"{active.name} is paused, so its routes do not move"
    if failover.get("mode") == "Manual" and failover.get("pinnedAccount") != account:
        return "the mode is Manual"
    return "there is no such account" if candidate is None else _find_own_hindrance(candidate)


def _find_own_hindrance(account: Row) -> str:
    if account.spec.get("enabled") is False:
        return "it is disabled"
    if account.spec.get("paused"):
        return "it is paused"
    if account.spec.get("priority") == 0:
        return "its priority is 0"
    health = account.status.get("health")
    return "" if health == "Healthy" else f"its health is {health}"


# --- accounts


def _check_publishing(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.accounts:
        ready, about = read_condition(row.object, "Ready").get("status"), f"fa/{row.name}"
        published = [one["name"] for one in row.status.get("subscriptions", []) if one["role"] == "Active"]
        silent = [name for name in published if not moment.of(name).stored.get(row.name)]
        if ready == "True" and silent:
            yield Finding(about, f"READY True, publishes {', '.join(silent)}, of which it stores nothing")
        reason = row.status.get("reason")
        if row.status.get("health") == "Unhealthy" and reason not in ORDERED and moment.count_by(row.name):
            yield Finding(about, f"HEALTH Unhealthy {reason}, and its ticks flow")


def _check_login(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.accounts:
        login = read_condition(row.object, "LoggedIn")
        is_ready = read_condition(row.object, "Ready").get("status") == "True"
        if is_ready and login.get("status") == "False" and row.spec.get("enabled") is not False:
            yield Finding(f"fa/{row.name}", f"READY True, and LoggedIn=False {login.get('reason')}")
        front = row.status.get("fronts", {}).get("trade", {})
        if "75" in re.findall(r"\d+", str(front.get("lastError", ""))):
            yield Finding(
                f"fa/{row.name}", "the broker locked the login: it was tried too often", at_once=True
            )


def _check_role(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.accounts:
        has_pod = moment.look.find_pod(row.name) is not None
        if row.status.get("role") == "Standby" and row.spec.get("standby") != "Cold" and not has_pod:
            yield Finding(f"fa/{row.name}", "ROLE Standby, and it has no pod")


def _check_restarts(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.accounts:
        pod = moment.look.find_pod(row.name)
        started = describe_run(pod)[1] if pod else 0
        shown = int(row.cells.get("Restarts") or 0)
        if shown < started:
            yield Finding(
                f"fa/{row.name}", f"RESTARTS {shown}, and its container was started again {started}x"
            )


def _check_times(moment: Moment) -> Iterator[Finding]:
    for row in moment.look.accounts:
        pod = moment.look.find_pod(row.name)
        if pod is None or not any("over a minute" in text for text in row.texts):
            continue
        age_s = moment.look.at_ns / 1e9 - parse_moment(pod["metadata"]["creationTimestamp"])
        if age_s < A_MINUTE_S:
            yield Finding(f"fa/{row.name}", "“over a minute”, and the pod is younger than that", at_once=True)


def _check_falsehoods(moment: Moment) -> Iterator[Finding]:
    for kind, rows in moment.look.tables.items():
        for row in rows:
            reasons = [one.get("reason", "") for one in row.status.get("conditions", [])]
            said = "\n".join([*reasons, row.status.get("reason", ""), *row.texts])
            for text in find_falsehoods(said):
                yield Finding(f"{SHORT[kind]}/{row.name}", text, at_once=True)


def judge_events(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """What an Event tells that never was, each once, with its time."""
    told = {
        f"Event of {one['about']}: {text}": one["at_s"]
        for one in events
        for text in find_falsehoods(f"{one['reason']}\n{one['message']}")
    }
    return [f"{text} (at {at_s:g} s)" for text, at_s in told.items()]


def find_falsehoods(said: str) -> list[str]:
    return [f"{words}, and {truth}" for words, truth in FALSE_HERE.items() if words in said]


def _check_addresses(moment: Moment) -> Iterator[Finding]:
    """It must name one that the pod has; it may name another beside it."""
    for row in moment.look.accounts:
        pod = moment.look.find_pod(row.name)
        told = {address for text in row.texts for address in ADDRESS.findall(text)}
        has = _list_addresses(pod) if pod else set()
        if has and told and not told & has:
            text = f"it speaks of {', '.join(sorted(told))}; its pod has {', '.join(sorted(has))}"
            yield Finding(f"fa/{row.name}", text)


def _list_addresses(pod: Object) -> set[str]:
    variables = chain.from_iterable(one.get("env", []) for one in pod["spec"]["containers"])
    return {address for one in variables for address in ADDRESS.findall(one.get("value", ""))}


def _check_probes(moment: Moment) -> Iterator[Finding]:
    """What is stored did not fail."""
    for row in moment.look.accounts:
        stored_ns = moment.look.probes.get(row.name)
        is_fresh = stored_ns is not None and moment.look.at_ns - stored_ns < PROBED_S * 1e9
        proof = "its ticks are stored" if moment.count_by(row.name) else "its test messages are stored"
        if row.status.get("reason") == "ProbeFailing" and (is_fresh or moment.count_by(row.name)):
            yield Finding(f"fa/{row.name}", f"ProbeFailing, and {proof}")


def _check_waiting(moment: Moment) -> Iterator[Finding]:
    """A change that is not made yet must say that it waits."""
    for row in moment.look.accounts:
        pod = moment.look.find_pod(row.name)
        if pod is None or any(WAITS.search(text) for text in row.texts):
            continue
        wanted = row.spec.get("pod", {}).get("labels") or {}
        if not wanted.items() <= pod["metadata"]["labels"].items():
            yield Finding(f"fa/{row.name}", "its pod lacks a label of spec.pod, and no word says why")
        asked = row.object["metadata"].get("annotations", {}).get(RESTARTED_AT)
        if asked and parse_moment(asked) > parse_moment(pod["metadata"]["creationTimestamp"]):
            yield Finding(f"fa/{row.name}", "the restart that was asked for is due, and no word says why not")


CHECKS: Final[Sequence[Callable[[Moment], Iterator[Finding]]]] = (
    _check_ready_subscriptions,
    _check_active,
    _check_next,
    _check_redundant,
    _check_nobody,
    _check_publishing,
    _check_login,
    _check_role,
    _check_restarts,
    _check_times,
    _check_falsehoods,
    _check_addresses,
    _check_probes,
    _check_waiting,
)
