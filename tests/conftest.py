"""What holds for all tests.

How Hypothesis draws: the same examples in every run of the gate, other ones in each nightly run. A deadline
for one example would bet on the machine, and so would the check that examples come fast enough.
"""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "gate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# `pytest --hypothesis-profile=nightly`: a failure prints the line that draws the same example again.
settings.register_profile(
    "nightly", settings.get_profile("gate"), derandomize=False, max_examples=1_000, print_blob=True
)
settings.load_profile("gate")

# A shell that runs the tests in the background has them ignore Ctrl-C, and what they start inherits that: a
# program that a test interrupts would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.kit.durations"]
