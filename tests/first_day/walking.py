"""One step of the day: what was done, seen and stored before, during and after."""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.ground import FIRST, NAMESPACE, SECOND, SUBSCRIPTION, build_changes, mend
from tests.chaos.samples import gather, open_window
from tests.e2e.desks import ACCOUNTS, SUBSCRIPTIONS, is_hot
from tests.e2e.installation import NATS
from tests.first_day.judging import Finding, Moment, judge
from tests.first_day.looking import SHORT, Look, Watch, list_conditions, read_events
from tests.first_day.stream import Held, split
from tests.kit.direct_reading import read_stream
from tests.kit.reading_back import parse_ns
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.chaos.ground import Ground
    from tests.chaos.samples import Evidence
    from tests.e2e.kube import Object

QUIET_S: Final = 3.0
CALM_S: Final = 3.0
MENDS_ITSELF_S: Final = 45.0
"""After this a person deletes the pods that are not well."""
EVENTS_STREAM: Final = "MDS-EVENTS"
HOME: Final = ("--namespace", NAMESPACE)


@dataclass(slots=True)
class Walk:
    """A step under way: what it does is written down as a person would type it."""

    ground: Ground
    begin_ns: int
    notes: list[dict[str, Any]] = field(default_factory=list)
    """What was done, with its time and what came back."""
    descriptions: dict[str, str] = field(default_factory=dict)
    unmet: list[str] = field(default_factory=list)
    """What was waited for in vain."""

    # --- what a person does

    def kubectl(
        self, *arguments: str, stdin: str | None = None, shown: str = "", namespace: Sequence[str] = HOME
    ) -> str:
        """A command that fails is part of what is seen. `shown`: of what it reads, what is written down."""
        note = self.note(f"kubectl {shlex.join([*namespace, *arguments])}", shown)
        ended = self.ground.kube.run_kubectl(*namespace, *arguments, stdin=stdin)
        note["answer"] = (ended.stdout + ended.stderr).strip()
        return str(note["answer"])

    def patch(self, kind: str, name: str, change: Object) -> None:
        self.kubectl("patch", kind, name, "--type=merge", f"--patch={json.dumps(change)}")

    def edit(self, account: str, **spec: Any) -> None:
        self.patch("fa", account, {"spec": spec})

    def edit_failover(self, **failover: Any) -> None:
        self.patch("fs", SUBSCRIPTION, {"spec": {"failover": failover}})

    def apply(self, *objects: Object) -> None:
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("apply", "--filename=-", stdin=listed, shown=" ".join(map(_show, objects)))

    def upgrade(self, changes: Mapping[str, Any]) -> None:
        """Beside what the ground needs; returns when operator and NATS are ready."""
        self.note(f"helm upgrade mds ... --values=- <<< '{json.dumps(changes)}'")
        self.ground.installation.upgrade(build_changes() | dict(changes))

    def hold(self, seconds: float) -> None:
        """What the person does meanwhile: look."""
        time.sleep(seconds)

    def expect(self, what: str, look: Callable[[], object], *, within_s: float) -> None:
        """What must come of it; what does not is told, and the walk goes on."""
        began = time.monotonic()
        try:
            wait_until(what, look, within_s=within_s)
            self.note(f"# {what}: after {time.monotonic() - began:.1f} s")
        except AssertionError:
            self.refuse(f"not within {within_s:g} s: {what}")

    def refuse(self, text: str) -> None:
        self.note(f"# {text}")
        self.unmet.append(text)

    def describe(self, name: str) -> None:
        """What a person would print at this moment."""
        self.descriptions[name] = self.ground.kube.run_kubectl(*HOME, "describe", "fa,fs").stdout

    def note(self, command: str, stdin: str = "") -> dict[str, Any]:
        at_s = round((time.time_ns() - self.begin_ns) / 1e9, 1)
        self.notes.append({"at_s": at_s, "command": command, "stdin": stdin, "answer": ""})
        return self.notes[-1]

    # --- what there is

    def account(self, name: str) -> Object:
        return self.ground.kube.find(ACCOUNTS, NAMESPACE, name) or {}

    def is_hot(self, name: str) -> bool:
        found = self.account(name)
        return bool(found) and is_hot(found)

    @property
    def active(self) -> str:
        publisher = self.ground.read_publisher()
        return publisher.account if publisher else ""


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    title: str
    """As the issue says it."""
    during: Callable[[Walk], None]
    after: Callable[[Walk], None]
    """How a person mends it."""
    prepare: Callable[[Walk], None] = lambda _: None
    """Before the quiet seconds."""
    musts: Sequence[Callable[[Seen], str]] = ()
    """What must be there beside the lines; each returns what is missing, or nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a step brought."""

    walk: Walk
    looks: Sequence[Look]
    events: Sequence[Mapping[str, Any]]
    """Events of Kubernetes about accounts and subscriptions, since the step began."""
    told: Sequence[Mapping[str, Any]]
    """What mds wrote to its own events stream meanwhile."""
    evidence: Evidence

    @property
    def lost(self) -> int:
        """By holes: what nobody could store is lost, too."""
        return self.evidence.count_missing()

    @property
    def moves(self) -> list[Object]:
        """The records of this step."""
        last = self.looks[-1].find_subscription(SUBSCRIPTION)
        records = last.status.get("failovers", []) if last else []
        return [one for one in records if one.get("decidedAt", "") > self.begun]

    @property
    def begun(self) -> str:
        """As times of a status are compared with it."""
        return datetime.fromtimestamp(self.walk.begin_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _show(made: Object) -> str:
    """Of a Secret, the name."""
    return f"Secret {made['metadata']['name']}" if made["kind"] == "Secret" else json.dumps(made)


def walk(ground: Ground, step: Step) -> dict[str, Any]:
    """From a steady ground, and back to it."""
    first = Walk(ground, time.time_ns())
    step.prepare(first)
    ground.desk.simulator.forget_delivered()
    time.sleep(1.0)  # what is stored from now on was delivered since
    events = read_events(ground.kube)
    window = open_window(ground)
    under_way = Walk(ground, window.begin_ns, notes=_date(first, window.begin_ns), unmet=first.unmet)
    marks = {}
    with Watch(ground) as watch:
        time.sleep(QUIET_S)
        under_way.describe("before")
        marks["during"] = time.time_ns()
        step.during(under_way)
        under_way.describe("during")
        marks["after"] = time.time_ns()
        step.after(under_way)
        settle(ground)
        time.sleep(CALM_S)
        under_way.describe("after")
    evidence = gather(ground, window)
    new = [event for key, event in read_events(ground.kube).items() if key not in events]
    seen = Seen(
        under_way, watch.looks, sorted(new, key=_moment), read_told(ground, window.begin_ns), evidence
    )
    return write_down(step, seen, marks)


def _date(before: Walk, begin_ns: int) -> list[dict[str, Any]]:
    """What was done before it began, in its time."""
    earlier_s = _to_s(begin_ns, before.begin_ns)
    return [note | {"at_s": round(note["at_s"] - earlier_s, 1)} for note in before.notes]


def _moment(event: Mapping[str, Any]) -> str:
    return str(event["at"])


def settle(ground: Ground) -> None:
    """As it is between steps, whatever the step left; what does not mend itself is replaced."""
    restore(ground)
    try:
        ground.wait_until_steady(within_s=MENDS_ITSELF_S)
    except AssertionError:
        for name in (FIRST, SECOND):
            if not is_hot(ground.desk.account(name)):
                ground.kube.kubectl(*HOME, "delete", "pod", f"--selector=mds.dev/account={name}")
        ground.wait_until_steady()


def restore(ground: Ground) -> None:
    kube, failover = ground.kube, {"mode": None, "pinnedAccount": None}
    kube.scale("statefulsets", ground.installation.namespace, NATS, 1)
    kube.kubectl("uncordon", "--selector=kubernetes.io/hostname")
    mend(ground)
    kube.patch(SUBSCRIPTIONS, NAMESPACE, SUBSCRIPTION, {"spec": {"paused": None, "failover": failover}})
    for name in (FIRST, SECOND):
        ground.desk.edit(name, enabled=None, paused=None, schedule=None)
    for kind, kept in ((ACCOUNTS, (FIRST, SECOND)), (SUBSCRIPTIONS, (SUBSCRIPTION,))):
        for found in kube.list_all(kind, NAMESPACE):
            if found["metadata"]["name"] not in kept:
                kube.delete(kind, NAMESPACE, found["metadata"]["name"])


def read_told(ground: Ground, since_ns: int) -> list[dict[str, Any]]:
    messages = read_stream(ground.nats, EVENTS_STREAM, f"mds.event.{NAMESPACE}.>")
    return [
        {"at": one.stored_at, "subject": one.subject, "body": json.loads(one.data)}
        for one in messages
        if parse_ns(one.stored_at) >= since_ns
    ]


# --- what is kept


def write_down(step: Step, seen: Seen, marks: Mapping[str, int]) -> dict[str, Any]:
    counts, begin_ns = seen.evidence.count(), seen.walk.begin_ns
    times = [look.at_ns for look in seen.looks]
    held = split(seen.evidence.ticks, begin_ns, times)
    moments = [Moment(look, {SUBSCRIPTION: span}) for look, span in zip(seen.looks, held, strict=True)]
    findings = judge(moments)
    missing = [text for must in step.musts if (text := must(seen))]
    return {
        "step": step.name,
        "title": step.title,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "lasted_s": round((times[-1] - begin_ns) / 1e9, 1),
        "marks_s": {name: _to_s(at_ns, begin_ns) for name, at_ns in marks.items()},
        "done": seen.walk.notes,
        "lines": collapse(moments, findings, begin_ns),
        "stream": {
            "stored": len(seen.evidence.ticks),
            "lost": seen.lost,
            "lost_by_delivery": len(counts.lost),
            "repeated": len(counts.repeated),
            "disordered": len(counts.disordered),
            "invented": len(counts.invented),
            "late_stored": seen.evidence.late,
            "silence_ms": round(max(span.silence_ms for span in held)),
            "publishers": [epoch.account for epoch in seen.evidence.epochs],
        },
        "events": [dict(event) | {"at_s": _to_s(_parse(event["at"]), begin_ns)} for event in seen.events],
        "told": [dict(one) | {"at_s": _to_s(parse_ns(one["at"]), begin_ns)} for one in seen.told],
        "describe": seen.walk.descriptions,
        "contradictions": _list_once(findings, moments, begin_ns),
        "missing": [*seen.walk.unmet, *missing],
    }


def collapse(
    moments: Sequence[Moment], findings: Sequence[Sequence[Finding]], begin_ns: int
) -> list[dict[str, Any]]:
    """A line for each look that differs from the one before, with what the stream held until the next."""
    lines: list[dict[str, Any]] = []
    spans: list[Held] = []
    faces: list[tuple[object, ...]] = []
    for moment, found in zip(moments, findings, strict=True):
        told = sorted(f"{one.about}: {one.text}" for one in found)
        flows = tuple(sorted(moment.of(SUBSCRIPTION).stored))
        face = (moment.look.face, flows, *told)
        if not faces or face != faces[-1]:
            faces.append(face)
            spans.append(Held())
            lines.append({"from_s": _to_s(moment.look.at_ns, begin_ns), "contradicts": told})
            lines[-1] |= {"printed": moment.look.print(), "conditions": _list_all(moment.look)}
        spans[-1] += moment.of(SUBSCRIPTION)
        lines[-1]["until_s"] = _to_s(moment.look.at_ns, begin_ns)
        lines[-1]["stream"] = str(spans[-1])
    return lines


def _list_all(look: Look) -> dict[str, list[str]]:
    return {
        f"{SHORT[kind]}/{row.name}": list_conditions(row)
        for kind, rows in look.tables.items()
        for row in rows
    }


def _list_once(
    findings: Iterable[Sequence[Finding]], moments: Sequence[Moment], begin_ns: int
) -> list[dict[str, Any]]:
    """Each contradiction, with the looks from the first to the last."""
    told: dict[Finding, list[float]] = {}
    for moment, found in zip(moments, findings, strict=True):
        for one in found:
            told.setdefault(one, []).append(_to_s(moment.look.at_ns, begin_ns))
    return [
        {"about": one.about, "text": one.text, "looks": len(at), "from_s": at[0], "until_s": at[-1]}
        for one, at in told.items()
    ]


def _parse(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e9)


def _to_s(at_ns: int, begin_ns: int) -> float:
    return round((at_ns - begin_ns) / 1e9, 1)
