"""A label selector selects what Kubernetes' would."""

from __future__ import annotations

import pytest

from mds_operator.domain.selectors import matches
from mds_protocol.resources.feedsubscription import LabelSelector

DESK = {"desk": "futures", "site": "shanghai"}


def require(key: str, operator: str, *values: str) -> dict[str, object]:
    return {"matchExpressions": [{"key": key, "operator": operator} | ({"values": values} if values else {})]}


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        pytest.param({}, True, id="nothing required"),
        pytest.param({"matchLabels": {"desk": "futures"}}, True, id="label equal"),
        pytest.param({"matchLabels": {"desk": "options"}}, False, id="label different"),
        pytest.param({"matchLabels": {"rack": "1"}}, False, id="label absent"),
        pytest.param({"matchLabels": {"desk": "futures", "site": "dalian"}}, False, id="one of two equal"),
        pytest.param(require("desk", "In", "options", "futures"), True, id="In, listed"),
        pytest.param(require("desk", "In", "options"), False, id="In, not listed"),
        pytest.param(require("rack", "In", "1"), False, id="In, absent"),
        pytest.param(require("desk", "NotIn", "options"), True, id="NotIn, not listed"),
        pytest.param(require("desk", "NotIn", "futures"), False, id="NotIn, listed"),
        pytest.param(require("rack", "NotIn", "1"), True, id="NotIn, absent"),
        pytest.param(require("desk", "Exists"), True, id="Exists, there"),
        pytest.param(require("rack", "Exists"), False, id="Exists, absent"),
        pytest.param(require("desk", "DoesNotExist"), False, id="DoesNotExist, there"),
        pytest.param(require("rack", "DoesNotExist"), True, id="DoesNotExist, absent"),
    ],
)
def test_a_selector_means_what_kubernetes_means(selector: dict[str, object], meant: bool) -> None:  # noqa: FBT001 - a column
    assert matches(LabelSelector.model_validate(selector), DESK) is meant


def test_labels_and_expressions_must_both_hold() -> None:
    selector = {"matchLabels": {"desk": "futures"}} | require("site", "In", "dalian")

    assert not matches(LabelSelector.model_validate(selector), DESK)


def test_an_empty_value_is_a_value() -> None:
    assert matches(LabelSelector.model_validate(require("desk", "Exists")), {"desk": ""})
