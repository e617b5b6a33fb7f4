"""The CRDs themselves, objects there and back, what may not change, and the status subresource."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mds_protocol.resources.crd import build_crd
from mds_protocol.resources.feedaccount import FeedAccount
from tests.component.crds.conftest import CRDS
from tests.component.crds.statuses import FAILOVERS, account_status, subscription_status
from tests.unit.resources.cases import CASES, KINDS, Case, account, subscription

if TYPE_CHECKING:
    from mds_protocol.resources.objects import Resource
    from tests.component.conftest import ApiServer
    from tests.component.crds.conftest import Namespace

EXAMPLES = CRDS.parent / "examples"


def accepted() -> list[Case]:
    return [case for case in CASES if not case.refused]


def test_the_crds_are_established_without_a_warning(crds: ApiServer) -> None:
    applied = crds.kubectl("apply", "--server-side", "--validate=strict", f"--filename={CRDS}")
    found = json.loads(crds.kubectl("get", f"--filename={CRDS}", "-o", "json").stdout)

    assert (applied.returncode, applied.stderr) == (0, "")
    # A schema that is not structural would add a third condition.
    conditions = [{c["type"]: c["status"] for c in crd["status"]["conditions"]} for crd in found["items"]]
    assert conditions == [{"NamesAccepted": "True", "Established": "True"}] * 2


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_api_server_keeps_the_schema_as_it_was_built(crds: ApiServer, kind: type[Resource]) -> None:
    found = json.loads(crds.kubectl("get", "crd", f"{kind.KIND.plural}.mds.dev", "-o", "json").stdout)

    assert found["spec"]["versions"] == build_crd(kind)["spec"]["versions"]


def test_what_is_dumped_and_applied_is_read_back_equal(namespace: Namespace) -> None:
    made = {
        f"object-{index}": case.object | {"metadata": {"name": f"object-{index}"}}
        for index, case in enumerate(accepted())
    }
    written = {name: KINDS[found["kind"]].read(found) for name, found in made.items()}
    items = [resource.dump() for resource in written.values()]

    namespace.done(
        "apply", "--server-side", "--filename=-", stdin={"apiVersion": "v1", "kind": "List", "items": items}
    )

    found = namespace.get("feedaccounts,feedsubscriptions")["items"]
    assert len(found) == len(items) > 30
    for item in found:
        resource = KINDS[item["kind"]].read(item)
        assert resource.spec == written[resource.metadata.name].spec


def test_the_examples_are_applied_and_applied_again_without_a_change(namespace: Namespace) -> None:
    for path in sorted(EXAMPLES.glob("feed*.yaml")):
        namespace.done("apply", "--validate=strict", f"--filename={path}")
        again = namespace.done("apply", "--validate=strict", f"--filename={path}")

        assert again.split()[-1] == "unchanged"


def test_the_full_example_comes_back_as_it_was_written(namespace: Namespace) -> None:
    written = yaml.safe_load((EXAMPLES / "feedaccount-full.yaml").read_text())
    namespace.done("apply", "--filename=-", stdin=written)

    assert namespace.get("feedaccount", "ctp-b")["spec"] == written["spec"]


def test_a_gateway_type_cannot_be_changed(crds: ApiServer, namespace: Namespace) -> None:
    """Only CTP exists, so the rule is shown on a copy of the CRD that knows a second type."""
    crd = copy.deepcopy(build_crd(FeedAccount))
    crd["metadata"]["name"] = "feedaccounts.proof.mds.dev"
    crd["spec"] |= {"group": "proof.mds.dev", "names": {"kind": "FeedAccount", "plural": "feedaccounts"}}
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["gateway"]["enum"].append("SOPT")
    crds.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(crd), check=True)
    crds.establish("crd/feedaccounts.proof.mds.dev")
    proof = account() | {"apiVersion": "proof.mds.dev/v1alpha1"}
    namespace.done("create", "--filename=-", stdin=proof)

    change = json.dumps({"spec": {"gateway": "SOPT", "ctp": None}})
    answer = namespace.kubectl(
        "patch", "feedaccounts.proof.mds.dev/ctp-a", "--type=merge", f"--patch={change}"
    )

    assert (
        'spec.gateway: Invalid value: "SOPT": gateway cannot be changed:'
        " create a FeedAccount with another name, then delete this one"
    ) in answer.stderr
    crds.kubectl("delete", "crd", "feedaccounts.proof.mds.dev", check=True)


def write_status(namespace: Namespace, kind: str, name: str, status: Any) -> str:
    patch = json.dumps({"status": status})
    answer = namespace.kubectl(
        "patch", kind, name, "--subresource=status", "--type=merge", f"--patch={patch}"
    )
    return answer.stderr


@pytest.mark.parametrize(
    ("made", "status"),
    [
        pytest.param(account(), account_status(), id="account"),
        pytest.param(subscription(), subscription_status(), id="subscription"),
    ],
)
def test_a_status_is_written_and_read_back_equal(namespace: Namespace, made: Any, status: Any) -> None:
    namespace.done("create", "--filename=-", stdin=made)
    kind, name = made["kind"].lower(), made["metadata"]["name"]

    assert write_status(namespace, kind, name, status.dump()) == ""

    assert KINDS[made["kind"]].read(namespace.get(kind, name)).status == status


def test_an_unknown_field_of_a_status_is_pruned_with_a_warning(namespace: Namespace) -> None:
    """A merge patch; a server-side apply, as the operator writes, is refused instead: see below."""
    namespace.done("create", "--filename=-", stdin=account())

    said = write_status(namespace, "feedaccount", "ctp-a", {"phase": "Streaming", "temper": "bad"})

    assert said == 'Warning: unknown field "status.temper"\n'
    assert namespace.get("feedaccount", "ctp-a")["status"] == {"phase": "Streaming"}


def test_an_unknown_field_of_an_applied_status_is_refused(namespace: Namespace) -> None:
    namespace.done("create", "--filename=-", stdin=account())
    applied = {key: value for key, value in account().items() if key != "spec"} | {
        "status": {"temper": "bad"}
    }

    answer = namespace.kubectl(
        "apply", "--server-side", "--subresource=status", "--filename=-", stdin=applied
    )

    assert ".status.temper: field not declared in schema" in answer.stderr


def test_a_status_written_with_the_spec_is_dropped(namespace: Namespace) -> None:
    namespace.done("create", "--filename=-", stdin=account() | {"status": {"phase": "Streaming"}})

    assert "status" not in namespace.get("feedaccount", "ctp-a")


def test_a_spec_written_with_the_status_is_dropped(namespace: Namespace) -> None:
    namespace.done("create", "--filename=-", stdin=account())
    patch = json.dumps({"spec": {"priority": 7}, "status": {"phase": "Blocked"}})
    namespace.done(
        "patch", "feedaccount", "ctp-a", "--subresource=status", "--type=merge", f"--patch={patch}"
    )

    found = namespace.get("feedaccount", "ctp-a")
    assert (found["spec"]["priority"], found["status"]["phase"]) == (100, "Blocked")


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        pytest.param(
            {"phase": "Dancing"}, 'status.phase: Unsupported value: "Dancing"', id="an unknown phase"
        ),
        pytest.param({"restarts": {"count": -1}}, "greater than or equal to 0", id="a negative count"),
        pytest.param({"reason": "two words"}, "must be one CamelCase word", id="a reason of two words"),
        pytest.param({"healthSince": "noon"}, "must be of type date-time", id="a time that is none"),
        pytest.param(
            {"conditions": [{"type": "Ready"}]}, "conditions[0].status: Required", id="half a condition"
        ),
    ],
)
def test_a_wrong_status_is_refused(namespace: Namespace, status: object, refusal: str) -> None:
    namespace.done("create", "--filename=-", stdin=account())

    assert refusal in write_status(namespace, "feedaccount", "ctp-a", status)


def test_an_eleventh_failover_is_refused(namespace: Namespace) -> None:
    namespace.done("create", "--filename=-", stdin=subscription())

    said = write_status(namespace, "feedsubscription", "futures", {"failovers": FAILOVERS + FAILOVERS[:1]})

    assert "status.failovers: Too many: 11: must have at most 10 items" in said


def test_two_writers_of_conditions_keep_each_others(namespace: Namespace) -> None:
    namespace.done("create", "--filename=-", stdin=account())
    frame = {key: value for key, value in account().items() if key != "spec"}
    now = dt.datetime(2027, 1, 4, tzinfo=dt.UTC).isoformat()

    for kind in ("Ready", "Accepted"):
        condition = {"type": kind, "status": "True", "reason": "Active", "lastTransitionTime": now}
        applied = frame | {"status": {"conditions": [condition]}}
        arguments = (
            "apply",
            "--server-side",
            "--subresource=status",
            f"--field-manager={kind}",
            "--filename=-",
        )
        namespace.done(*arguments, stdin=applied)

    found = namespace.get("feedaccount", "ctp-a")["status"]["conditions"]
    assert sorted(condition["type"] for condition in found) == ["Accepted", "Ready"]
