"""The state of every product now: what the calendar says, unless the control port imposes something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_simulator.exchange.calendar import Calendar, second_of_day
from mds_simulator.exchange.sessions import Force, Phase, Status, phase_at, schedule_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_simulator.exchange.products import Exchange, Product

_NO_SEGMENT: Final = 0


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One push of the trading API: a product entered a state."""

    product_id: str
    exchange: Exchange
    status: Status
    since: int  # second of the day
    segment: int  # counts the states of this product


class Board:
    """Products by their CTP id: an option series is a product of its own, with its future's hours."""

    def __init__(self, products: Mapping[str, Product], calendar: Calendar, *, always_open: bool) -> None:
        self._products = dict(products)
        self._calendar = calendar
        self._default = Force.OPEN if always_open else Force.CALENDAR
        self._forces: dict[str, Force] = {}
        self._now: dict[str, StatusChange] = {}
        self._open: dict[str, bool] = dict.fromkeys(products, False)
        self.all_open = False

    def add(self, product_id: str, product: Product) -> None:
        """One that may be there already; its state shows at the next update."""
        if product_id not in self._products:
            self._products[product_id] = product
            self._open[product_id] = False

    def impose(self, force: Force, *, exchange: str | None, product: str | None) -> int:
        """How many products it touches; the change itself shows at the next update."""
        chosen = [
            product_id
            for product_id, facts in self._products.items()
            if exchange in {None, facts.exchange.value} and product in {None, product_id}
        ]
        self._forces.update(dict.fromkeys(chosen, force))
        return len(chosen)

    def update(self, moment_ns: int) -> list[StatusChange]:
        changes = []
        for product_id, product in self._products.items():
            phase = self._phase(product_id, product, moment_ns)
            before = self._now.get(product_id)
            if before is None or before.status is not phase.status:
                segment = before.segment + 1 if before else _NO_SEGMENT
                change = StatusChange(product_id, product.exchange, phase.status, phase.since, segment)
                self._now[product_id] = change
                self._open[product_id] = phase.status is Status.CONTINUOUS
                changes.append(change)
        self.all_open = all(self._open.values())
        return changes

    def _phase(self, product_id: str, product: Product, moment_ns: int) -> Phase:
        force = self._forces.get(product_id, self._default)
        if force is Force.CALENDAR:
            return phase_at(schedule_of(product), moment_ns, self._calendar)
        status = Status.CONTINUOUS if force is Force.OPEN else Status.CLOSED
        return Phase(second_of_day(moment_ns), status)

    def is_open(self, product_id: str) -> bool:
        return self._open[product_id]

    def statuses(self) -> list[StatusChange]:
        return list(self._now.values())
