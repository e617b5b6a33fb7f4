"""The table of objects, put to the API server: accepted, filled in, or refused in words that help.

By its HTTP, as `kubectl create --dry-run=server` asks it: a kubectl for each of them would take its time.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from tests.component.conftest import KUBECTL
from tests.unit.resources.cases import CASES, KINDS, Case, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.component.conftest import ApiServer

STRICTLY = "dryRun=All&fieldValidation=Strict"
TYPED = {
    "priority 1001 is refused",
    "a misspelt field is refused by name",
    "gateway CTP without its block is refused with what to add",
}
"""One of each kind of refusal: by the schema, by its strictness, by a rule of ours."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    warnings: list[str]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proxy:
    """kubectl, which logs in; one connection to it for all objects."""

    connection: HTTPConnection

    def create(self, made: dict[str, Any]) -> Answer:
        plural = KINDS[made["kind"]].KIND.plural
        path = f"/apis/{made['apiVersion']}/namespaces/default/{plural}?{STRICTLY}"
        self.connection.request("POST", path, json.dumps(made), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers.get_all("Warning", []), json.load(answer))


@pytest.fixture(scope="module")
def proxy(crds: ApiServer) -> Iterator[Proxy]:
    command = [str(KUBECTL), f"--kubeconfig={crds.kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        said = running.stdout.readline() if running.stdout else ""
        serves = re.search(r"127\.0\.0\.1:(\d+)", said)
        assert serves, said
        connection = HTTPConnection("127.0.0.1", int(serves[1]), timeout=60)
        yield Proxy(connection)
        connection.close()
        running.terminate()


def cases(*, refused: bool) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in CASES if bool(case.refused) is refused]


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", cases(refused=False))
def test_accepted(proxy: Proxy, case: Case) -> None:
    answer = proxy.create(case.object)

    assert (answer.status, answer.warnings) == (201, []), answer.body
    assert {path: value_at(answer.body, path) for path in case.defaults} == case.defaults


@pytest.mark.parametrize("case", cases(refused=True))
def test_refused(proxy: Proxy, case: Case) -> None:
    answer = proxy.create(case.object)

    assert answer.status in {400, 422}
    assert case.refused in answer.body["message"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES if case.name in TYPED])
def test_a_person_reads_it_in_the_terminal(crds: ApiServer, case: Case) -> None:
    answer = crds.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(case.object))

    assert answer.returncode == 1
    assert case.refused in answer.stderr
