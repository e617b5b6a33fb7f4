"""What an alert tells to type is a command that a shell takes as it stands, whatever its labels are."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

import pytest

from monitoring.rendering import fill_group
from monitoring.sources import Alert, read_alerts
from tests.component.monitoring import cases

BASH: Final = shutil.which("bash") or "/bin/bash"
ALERTS: Final = [pytest.param(alert, id=alert.name) for alert in read_alerts()]


def list_commands(alert: Alert) -> set[str]:
    """With the labels of all its cases."""
    group = fill_group(alert.name)
    told = [
        cases.fill_annotations(labels, value, group)["description"]
        for case in cases.read_cases(alert)
        for fired in case.expected.values()
        for labels, value in fired
    ]
    return {text.rpartition("Next: ")[2] for text in told}


@pytest.mark.parametrize("alert", ALERTS)
def test_the_next_command_can_be_typed(alert: Alert) -> None:
    for command in list_commands(alert):
        ended = subprocess.run((BASH, "-n", "-c", command), capture_output=True, text=True, check=False)

        assert (ended.stderr, ended.returncode) == ("", 0), command
