"""What there is to look at while this replica leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mds_operator.adapters.kube.requests import KubeRequests
    from mds_operator.adapters.nats.heart import Heart
    from mds_operator.desk import Desk
    from mds_operator.service import Service


@dataclass(frozen=True, slots=True)
class Source:
    service: Service
    heart: Heart
    requests: KubeRequests
    now: float
    wall: datetime

    @property
    def desks(self) -> Iterable[Desk]:
        return self.service.desks.values()
