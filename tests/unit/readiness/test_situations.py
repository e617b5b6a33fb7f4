"""Every situation gets the verdict, the order, the text and the next step that a person would give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.readiness.judging import readiness
from mds_protocol.resources.reasons import ReadinessProblem
from tests.unit.readiness import situations_of_accounts, situations_of_feeds, situations_of_logins

if TYPE_CHECKING:
    from mds_protocol.readiness.verdict import Verdict

ALL = tuple(
    row
    for module in (situations_of_feeds, situations_of_logins, situations_of_accounts)
    for row in module.SITUATIONS
)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.what) for row in ALL])
def test_a_situation_gets_its_verdict(row: Any) -> None:
    verdict = readiness(row.facts, now=row.moment)

    assert (verdict.state, say(verdict)) == (row.is_, row.problems)
    assert tell_worst(verdict) == (row.text, row.step)


def tell_worst(verdict: Verdict) -> tuple[str, str]:
    return (verdict.worst.text, verdict.worst.step) if verdict.worst else ("", "")


def say(verdict: Verdict) -> str:
    told = ((found.weight, found.problem, found.about) for found in verdict.findings)
    return " ".join(":".join(filter(None, parts)) for parts in told)


def test_they_are_many_and_each_is_told_once() -> None:
    assert len({row.what for row in ALL}) == len(ALL) >= 40


def test_every_problem_occurs_in_one_of_them() -> None:
    found = {problem for row in ALL for problem in readiness(row.facts, now=row.moment).problems}

    assert set(ReadinessProblem) - found == set()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.what) for row in ALL if row.problems])
def test_every_step_names_what_it_is_about(row: Any) -> None:
    for found in readiness(row.facts, now=row.moment).findings:
        assert "{" not in found.step.replace('{"spec":{"paused":false}}', "")
        assert found.step.split()[0] in ("kubectl", "nats", "helm")
        assert found.about in found.text
