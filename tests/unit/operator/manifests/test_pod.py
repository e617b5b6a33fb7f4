"""The pod as the API server gets it, and which edits make it anew.

The golden files are the proof that an upgrade of the operator restarts nothing: another byte in them is
another pod at every site. `python -m tests.unit.operator.manifests.generate` writes them anew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mds_gateway.adapters.ctp.settings import LIMITS_BYTES as GATEWAY_LIMITS
from mds_gateway.settings import KEYS, TRADING_KEYS, GatewaySettings
from mds_operator.domain import credentials
from mds_operator.domain.pod_hash import PodHash
from mds_operator.manifests.container import LIVENESS_PROBE
from mds_operator.manifests.pod import GRACE_S
from mds_protocol.failover import timings
from mds_runtime.environment import variable_of
from tests.unit.operator.manifests.builders import FULL, LONE, MINIMAL, SECURED, make_account, render
from tests.unit.operator.manifests.generate import GOLDEN, read_golden, show

PAGE = Path("docs/accounts.md")
ACCOUNT = make_account(MINIMAL)
CTP = MINIMAL["spec"]["ctp"]
POD_CHANGES: dict[str, Any] = FULL["spec"]["pod"] | {"hostNetwork": True}
SPEC_CHANGES: dict[str, dict[str, Any]] = {
    "`priority`": {"priority": 7},
    "`enabled`": {"enabled": False},
    "`standby`": {"standby": "Cold"},
    "`paused`": {"paused": True},
    "`health`": {"health": {"staleAfter": "20s"}},
    "`recovery`": {"recovery": {"maxPerHour": 1}},
    "`schedule`": {"schedule": {"dailyRestarts": ["08:30"]}},
    "`limits`": {"limits": {"subscribeBatch": 10}},
    "`ctp.brokerID`": {"ctp": CTP | {"brokerID": "8000"}},
    "`ctp.environment`": {"ctp": CTP | {"environment": "Test"}},
    "`ctp.tradeFronts`": {"ctp": CTP | {"tradeFronts": ["tcp://b:1"]}},
    "`ctp.marketDataFronts`": {"ctp": CTP | {"marketDataFronts": ["tcp://b:1"]}},
    "`credentialsSecretRef`": {"credentialsSecretRef": {"name": "other"}},
    **{f"`pod.{field}`": {"pod": {field: value}} for field, value in POD_CHANGES.items()},
}


def parts(account: Any, **changes: Any) -> PodHash:
    found = PodHash.parse(render(account, **changes).spec_hash)
    assert found is not None
    return found


def env_of(body: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value") for entry in body["spec"]["containers"][0]["env"]}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_pod_is_as_in_the_golden_file(name: str) -> None:
    assert show(GOLDEN[name]()) == read_golden(name)


def rolling_edits() -> dict[str, bool]:
    """By the table of the page."""
    text = PAGE.read_text().split("<!-- edits: begin -->")[1].split("<!-- edits: end -->")[0]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {field: answer == "yes" for cell, answer, *_ in rows for field in cell.split(", ")}


def test_the_page_says_of_every_field_whether_an_edit_makes_the_pod_anew() -> None:
    measured = {
        field: parts(make_account(MINIMAL, **spec)).spec != parts(ACCOUNT).spec
        for field, spec in SPEC_CHANGES.items()
    }

    assert rolling_edits() == measured


@pytest.mark.parametrize(
    ("account", "changes", "changed"),
    [
        pytest.param(ACCOUNT, {}, "", id="nothing"),
        pytest.param(ACCOUNT, {"suffix": "fffff"}, "", id="the-name"),
        pytest.param(
            make_account(MINIMAL | {"metadata": MINIMAL["metadata"] | {"labels": {"desk": "x"}}}),
            {},
            "",
            id="labels-of-the-account",
        ),
        pytest.param(ACCOUNT, {"secret_digest": "other"}, "secrets login", id="the-brokers-secret"),
        pytest.param(ACCOUNT, {"nats_digest": "other"}, "secrets", id="the-secret-for-nats"),
        pytest.param(
            ACCOUNT, {"request": "2027-01-05T00:30:00Z"}, "login", id="a-request-alone-changes-no-pod"
        ),
        pytest.param(
            make_account(MINIMAL, ctp=CTP | {"brokerID": "8000"}),
            {},
            "spec login",
            id="broker",
        ),
        pytest.param(
            make_account(MINIMAL, pod={"labels": {"team": "x"}}), {}, "spec", id="labels-of-the-pod"
        ),
        pytest.param(ACCOUNT, {"installation": replace(LONE, gateway_image="g:2")}, "spec", id="the-image"),
        pytest.param(
            ACCOUNT, {"installation": replace(LONE, nats_url="nats://b:1")}, "spec", id="where-nats-is"
        ),
    ],
)
def test_the_hash_tells_what_changed(account: Any, changes: dict[str, Any], changed: str) -> None:
    before, after = parts(ACCOUNT), parts(account, **changes)

    differing = [
        part for part in ("spec", "secrets", "login") if getattr(before, part) != getattr(after, part)
    ]
    assert differing == changed.split()


def test_the_hash_does_not_follow_the_order_of_keys() -> None:
    one = make_account(MINIMAL, pod={"labels": {"a": "1", "b": "2"}, "nodeSelector": {"x": "1", "y": "2"}})
    other = make_account(MINIMAL, pod={"nodeSelector": {"y": "2", "x": "1"}, "labels": {"b": "2", "a": "1"}})

    assert parts(one) == parts(other)


@pytest.mark.parametrize(
    ("found", "installation"),
    [(MINIMAL, LONE), (MINIMAL, SECURED), (FULL, SECURED)],
    ids=["lone", "secured", "full"],
)
def test_the_gateway_understands_its_environment(
    found: dict[str, Any], installation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account(found)
    env = env_of(render(account, installation).body)
    for name, value in env.items():
        monkeypatch.setenv(name, value if value is not None else "of-the-pod")

    settings = GatewaySettings()

    assert settings.account == account.metadata.name
    assert account.spec.ctp is not None
    assert settings.broker_id == account.spec.ctp.broker_id
    assert settings.trade_fronts == account.spec.ctp.trade_fronts
    assert settings.market_data_fronts == account.spec.ctp.market_data_fronts
    assert settings.follow_front_clock is installation.follow_front_clock
    assert {name for name in env if name.startswith("MDS_")} <= {
        variable_of(field) for field in GatewaySettings.model_fields
    }


def test_keys_and_limits_are_the_gateways() -> None:
    assert credentials.LIMITS_BYTES.items() <= GATEWAY_LIMITS.items()
    assert (credentials.LOGIN_KEYS, credentials.TRADING_KEYS) == (KEYS, TRADING_KEYS)


def test_a_dollar_reaches_the_gateway_as_it_is() -> None:
    account = make_account(MINIMAL, ctp=CTP | {"brokerID": "$(A)$$"})

    assert env_of(render(account).body)["MDS_BROKER_ID"] == "$$(A)$$$$"


def test_the_operators_variables_come_after_the_persons() -> None:
    names = list(env_of(render(make_account(FULL)).body))

    assert names.index("TZ") < names.index("MDS_NAMESPACE")


def test_only_the_keys_that_are_judged_are_mounted() -> None:
    alone = make_account(MINIMAL, ctp={"brokerID": "9999", "marketDataFronts": ["tcp://a:1"]})

    assert mounted_keys(render(ACCOUNT).body) == ["userID", "password", "appID", "authCode"]
    assert mounted_keys(render(alone).body) == ["userID", "password"]


def mounted_keys(body: dict[str, Any]) -> list[str]:
    return [item["key"] for item in body["spec"]["volumes"][0]["secret"]["items"]]


@pytest.mark.parametrize(
    ("pod", "tolerated"),
    [
        pytest.param({}, [("not-ready", None), ("unreachable", None)], id="for-ever"),
        pytest.param(
            {
                "tolerations": [
                    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 30}
                ]
            },
            [("unreachable", 30), ("not-ready", None)],
            id="as-the-person-says",
        ),
    ],
)
def test_a_lost_node_is_tolerated_so_that_the_operator_decides(pod: dict[str, Any], tolerated: Any) -> None:
    found = render(make_account(MINIMAL, pod=pod)).body["spec"]["tolerations"]

    assert [(each["key"].split("/")[1], each.get("tolerationSeconds")) for each in found] == tolerated


@pytest.mark.parametrize(
    ("affinity", "kinds"),
    [
        pytest.param(None, {"podAntiAffinity": True}, id="apart-by-default"),
        pytest.param(
            {"nodeAffinity": {"a": 1}}, {"nodeAffinity": True, "podAntiAffinity": True}, id="beside-another"
        ),
        pytest.param({"podAntiAffinity": {"a": 1}}, {"podAntiAffinity": False}, id="the-persons-instead"),
        pytest.param({"podAntiAffinity": {}}, {}, id="switched-off"),
    ],
)
def test_accounts_rather_do_not_share_a_node(affinity: Any, kinds: dict[str, bool]) -> None:
    pod = {"affinity": affinity} if affinity is not None else {}

    found = render(make_account(MINIMAL, pod=pod)).body["spec"].get("affinity", {})

    assert set(found) == set(kinds)
    ours = "preferredDuringSchedulingIgnoredDuringExecution" in found.get("podAntiAffinity", {})
    assert ours is kinds.get("podAntiAffinity", False)


def test_the_nodes_network_still_resolves_the_clusters_names() -> None:
    spec = render(make_account(MINIMAL, pod={"hostNetwork": True})).body["spec"]

    assert (spec["hostNetwork"], spec["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    assert "hostNetwork" not in render(ACCOUNT).body["spec"]


def test_the_pod_lives_under_the_restricted_profile() -> None:
    spec = render(make_account(FULL), SECURED).body["spec"]
    container = spec["containers"][0]["securityContext"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert spec["automountServiceAccountToken"] is False
    assert all(
        entry.get("readOnly")
        for entry in spec["containers"][0]["volumeMounts"]
        if "run" in entry["mountPath"]
    )


def test_a_gateway_has_time_to_hand_over() -> None:
    assert GRACE_S >= 2 * timings.LEAVE_S + 5


@pytest.mark.parametrize(("stopped_s", "dies"), [(0.4, False), (20, False), (40, False), (80, True)])
def test_the_kubelet_ends_a_process_that_stopped_for_a_minute_and_none_that_stopped_for_20_s(
    stopped_s: float, *, dies: bool
) -> None:
    """The worst case: a probe is asked just after the stop began, each waits its time and counts."""
    misses = sum(1 for asked in range(0, 1000, LIVENESS_PROBE["period"]) if asked < stopped_s)

    assert (misses >= LIVENESS_PROBE["failures"]) is dies
