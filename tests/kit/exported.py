"""Every metric that operator and gateway export, by their own tables: for what reads them by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mds_gateway.metrics import FAMILIES as GATEWAY_FAMILIES
from mds_gateway.metrics import HOPS, INFO
from mds_gateway.metrics import PREFIX as GATEWAY
from mds_operator.adapters.metrics.families import PREFIX as OPERATOR
from mds_operator.adapters.metrics.groups import FAMILIES as OPERATOR_FAMILIES
from mds_runtime.http.own_figures import list_families

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_runtime.http.figures import Family, Histogram

TARGET: Final = frozenset(("job", "instance", "namespace", "pod", "container", "endpoint"))
"""What a scrape adds; the operator's own `namespace`, the feed's, stays (honorLabels)."""
OF_PREFIX: Final = {OPERATOR: TARGET, GATEWAY: TARGET | {"account"}}


@dataclass(frozen=True, slots=True)
class Exported:
    kind: str
    """counter, gauge or histogram."""
    labels: frozenset[str]
    """With those of the target."""

    @property
    def grows(self) -> bool:
        return self.kind != "gauge"


@cache
def list_exported() -> Mapping[str, Exported]:
    """By name; a histogram's under the names of its series."""
    families: dict[str, tuple[Family[Any] | Histogram[Any], ...]] = {
        OPERATOR: (*OPERATOR_FAMILIES, *list_families(OPERATOR)),
        GATEWAY: (*GATEWAY_FAMILIES, *list_families(GATEWAY)),
    }
    found = {
        f"{GATEWAY}{INFO}_info": Exported("gauge", OF_PREFIX[GATEWAY]),
        **_histogram(f"{GATEWAY}{HOPS}", OF_PREFIX[GATEWAY] | {"hop"}),
    }
    for prefix, family in ((prefix, family) for prefix, each in families.items() for family in each):
        labels = OF_PREFIX[prefix] | set(family.labels)
        if family.kind == "histogram":
            found |= _histogram(family.full_name, labels)
        else:
            found[family.full_name] = Exported(family.kind, labels)
    return found


def _histogram(name: str, labels: frozenset[str]) -> dict[str, Exported]:
    return {
        f"{name}_bucket": Exported("histogram", labels | {"le"}),
        f"{name}_count": Exported("histogram", labels),
        f"{name}_sum": Exported("histogram", labels),
    }


def family_of(series: str) -> str:
    """The name without what a histogram appends."""
    if series in list_exported() and list_exported()[series].kind == "histogram":
        return series.rsplit("_", 1)[0]
    return series
