"""The course of one alert, from a fault to the message that all is well: by the stamps of others."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.alerts.receiver import Told
    from tests.kit.prometheus import Prometheus

PENDING, FIRING = "pending", "firing"
_LOOKED_BACK_S: Final = 60
"""More than the range needs, as a query of a range takes whole seconds."""


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds since 1970; None where it did not come."""

    fault: float
    """When all of the fault was done, by this machine's clock, which is the cluster's."""
    pending: float | None = None
    """The first evaluation that found it, by Prometheus; where there is no `for` it fires at once."""
    firing: float | None = None
    """By Prometheus, as Alertmanager tells it."""
    received: float | None = None
    mended: float | None = None
    resolved: float | None = None
    """By Prometheus, as Alertmanager tells it."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read_pending(prometheus: Prometheus, labels: Mapping[str, str], since: float, now: float) -> float | None:
    """The first sample of the alert in whatever state."""
    chosen = ",".join(f'{name}="{value}"' for name, value in labels.items())
    found = prometheus.query(f"ALERTS{{{chosen}}}[{int(now - since) + _LOOKED_BACK_S}s]")
    stamps = [at for series in found for at, _ in series.samples if at >= since]
    return min(stamps, default=None)


def find_first(told: Sequence[Told], *, is_firing: bool) -> Told | None:
    return next((one for one in told if one.is_firing == is_firing), None)
