"""The table of objects, by way of kubectl: accepted, filled in, or refused in words that help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.resources.cases import CASES, Case, value_at

if TYPE_CHECKING:
    from tests.component.conftest import ApiServer


def cases(*, refused: bool) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in CASES if bool(case.refused) is refused]


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", cases(refused=False))
def test_accepted(crds: ApiServer, case: Case) -> None:
    answer = crds.kubectl(
        "create", "--dry-run=server", "-o", "json", "--filename=-", stdin=json.dumps(case.object)
    )

    assert answer.stderr == ""
    made = json.loads(answer.stdout)
    assert {path: value_at(made, path) for path in case.defaults} == case.defaults


@pytest.mark.parametrize("case", cases(refused=True))
def test_refused(crds: ApiServer, case: Case) -> None:
    answer = crds.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(case.object))

    assert answer.returncode == 1
    assert case.refused in answer.stderr
