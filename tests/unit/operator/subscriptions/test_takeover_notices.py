"""What an Event says of a takeover."""

from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.history import History
from mds_operator.domain.subscription_notices import tell_takeover
from mds_protocol.resources.feedsubscription import FailoverRecord
from tests.unit.operator.subscriptions.builders import WALL


def make_move(epoch: int, to: str, reason: str = "Silent", *, taken: bool = True) -> FailoverRecord:
    return FailoverRecord(epoch=epoch, to_account=to, reason=reason, active_at=WALL if taken else None)


FIRST = make_move(1, "a", "FirstElection")


@pytest.mark.parametrize(
    ("before", "move", "kind", "text"),
    [
        pytest.param(
            [], FIRST, "Normal", "a publishes from epoch 1 on: Nobody was named yet.", id="the first"
        ),
        pytest.param(
            [FIRST],
            make_move(2, "b", "Draining"),
            "Normal",
            "b publishes from epoch 2 on, instead of a: The named account's pod was told to stop.",
            id="a farewell",
        ),
        pytest.param(
            [make_move(2, "b", taken=False), FIRST],
            make_move(3, "c", "TakeoverStalled"),
            "Warning",
            "c publishes from epoch 3 on, instead of a: The named account did not store",
            id="who was only named never published",
        ),
        pytest.param(
            [FIRST],
            make_move(2, "a", "RouteLost"),
            "Warning",
            "a publishes from epoch 2 on: The route was gone from NATS",
            id="named anew after itself",
        ),
        pytest.param(
            [FIRST],
            make_move(2, "b", "FromTomorrow"),
            "Warning",
            "b publishes from epoch 2 on, instead of a: FromTomorrow",
            id="a reason of another version",
        ),
    ],
)
def test_an_event_says_who_publishes_instead_of_whom_and_why(
    before: Any, move: FailoverRecord, kind: str, text: str
) -> None:
    notice = tell_takeover(History((move, *before)), move)

    assert (str(notice.type), notice.reason) == (kind, move.reason)
    assert notice.message.startswith(text)
