"""How Hypothesis draws: the same examples in every run of the gate, other ones in each nightly run.

A deadline for one example would bet on the machine, and so would the check that examples come fast enough.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "gate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# `pytest --hypothesis-profile=nightly`: a failure prints the line that draws the same example again.
settings.register_profile(
    "nightly", settings.get_profile("gate"), derandomize=False, max_examples=1_000, print_blob=True
)
settings.load_profile("gate")

pytest_plugins = ["tests.kit.durations"]
