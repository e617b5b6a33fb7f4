"""Objects and what becomes of them: one table for two judges, the API server and the models.

tests/unit holds it to the models, tests/component/crds to a real API server. A case changes a minimal object
at dotted paths; `ABSENT` takes a field out. `refused` is what a person must read. `defaults` are read back.
"""

from __future__ import annotations

from tests.unit.resources.cases.accounts import ACCOUNTS
from tests.unit.resources.cases.case import KINDS, Case, account, subscription, value_at
from tests.unit.resources.cases.subscriptions import SUBSCRIPTIONS

__all__ = ["CASES", "KINDS", "Case", "account", "subscription", "value_at"]

CASES = ACCOUNTS + SUBSCRIPTIONS
