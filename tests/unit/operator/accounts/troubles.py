"""Wrong and unlucky inputs: what a person did or met, as the operator gets to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.unit.operator.accounts.troubles_of_feeds import WITH_THE_FEED
from tests.unit.operator.accounts.troubles_of_pods import WITH_THE_POD

if TYPE_CHECKING:
    from tests.unit.operator.accounts.trouble import Trouble

TROUBLES: Final[tuple[Trouble, ...]] = WITH_THE_POD + WITH_THE_FEED
