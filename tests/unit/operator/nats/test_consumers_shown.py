"""Which consumers have a series of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.domain.consumers_shown import NAMED, STANDS_AFTER_S, ConsumerSums, choose_shown
from tests.unit.operator.nats.builders import consumer, consumers

if TYPE_CHECKING:
    from mds_operator.domain.nats_seen import ConsumerState

CHOICES = [
    pytest.param(consumer("risk"), True, id="durable"),
    pytest.param(consumer("n" * 64), True, id="a name just short enough"),
    pytest.param(consumer("n" * 65), False, id="a name that is too long"),
    pytest.param(consumer("风险"), False, id="letters that are not plain"),
    pytest.param(consumer('a"b'), False, id="a quote"),
    pytest.param(consumer("risk", age_s=0), True, id="durable, this very moment"),
    pytest.param(consumer("x", durable=False, age_s=STANDS_AFTER_S), True, id="stands for a minute"),
    pytest.param(consumer("x", durable=False, age_s=STANDS_AFTER_S - 0.1), False, id="comes and goes"),
    pytest.param(consumer("x", durable=False, is_ours=True), False, id="ours"),
]


@pytest.mark.parametrize(("which", "named"), CHOICES)
def test_a_consumer_has_a_name_of_plain_characters_that_stays(which: ConsumerState, *, named: bool) -> None:
    shown = choose_shown({"MD": consumers(which)})

    assert shown.named == ((which,) if named else ())
    assert shown.others == {"MD": ConsumerSums() if named else ConsumerSums(5, 3, 1)}


def test_of_too_many_the_durable_ones_come_first_then_the_alphabet_and_nothing_is_left_out() -> None:
    durable = [consumer(f"d{number:03}") for number in range(NAMED - 1)]
    others = [consumer(name, durable=False, pending=7) for name in ("c", "a", "b")]

    shown = choose_shown({"MD": consumers(*others, *reversed(durable)), "MD2": consumers()})

    assert [each.name for each in shown.named] == [*(each.name for each in durable), "a"]
    assert shown.others == {"MD": ConsumerSums(14, 6, 2), "MD2": ConsumerSums()}


def test_the_limit_is_one_for_all_streams() -> None:
    many = tuple(consumer(f"d{number:03}") for number in range(NAMED))
    more = (consumer("risk", stream="MD2"),)

    shown = choose_shown({"MD2": consumers(*more), "MD": consumers(*many)})

    assert shown.named == many
    assert shown.others["MD2"] == ConsumerSums(5, 3, 1)
