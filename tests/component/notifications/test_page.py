"""The commands of docs/notifications.md work as they stand; the real API knows all fields of the examples."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.component.conftest import KUBECTL
from tests.component.notifications.conftest import DESK, EXAMPLES, LONELY, MONITORING, ROOT, Watched
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = (ROOT / "docs" / "notifications.md").read_text()
LINES: Final = [
    line
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in re.findall(r"(?m)^\$ (.*)$", block)
]
SECRETS: Final = {
    "smtp-password": "of the relay",
    "slack-url": "https://slack.example/hook",
    "heartbeat-url": "https://alive.example/mds",
}
RECEIVERS: Final = (
    *("desk/mds-email/email", "mds/mds-email/email"),
    *("monitoring/mds-by-desk/platform", "monitoring/dead-mans-switch/outside"),
)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_api_server_knows_every_field(watched: Watched, path: Path) -> None:
    answer = watched.server.kubectl(
        *("create", f"--namespace={DESK}", "--dry-run=server", "--validate=strict", "--output=name"),
        f"--filename={path}",
    )

    assert answer.stderr == ""
    assert answer.stdout.startswith("alertmanagerconfig.monitoring.coreos.com/")


def test_the_page_can_be_followed(watched: Watched, programs: dict[str, Path], tmp_path: Path) -> None:
    for name, text in SECRETS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").symlink_to(KUBECTL)
    (tmp_path / "bin" / "amtool").symlink_to(programs["amtool"])
    ours = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "KUBECONFIG": str(watched.server.kubeconfig)}
    said = ""
    for line in LINES:
        if "alertmanager-main-generated" in line:
            watched.await_receivers(*RECEIVERS)
        ended = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            check=False,
            cwd=tmp_path,
            env=os.environ | ours | {"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        said = ended.stdout

    assert set(said.strip().split(",")) == {"desk/mds-email/email", "monitoring/mds-by-desk/futures"}


def test_an_object_without_its_secret_is_left_out_with_an_event(watched: Watched) -> None:
    path = EXAMPLES / "wecom.yaml"
    selectors = '{"spec":{"alertmanagerConfigSelector":{},"alertmanagerConfigNamespaceSelector":{}}}'
    patch = ("patch", "alertmanager", "main", f"--namespace={MONITORING}", "--type=merge")
    watched.server.kubectl(*patch, f"--patch={selectors}", check=True)
    watched.server.kubectl("apply", f"--namespace={LONELY}", f"--filename={path}", check=True)

    listed = ("get", "events", f"--namespace={LONELY}", "--output=jsonpath={.items[*].message}")
    wait_until(
        "an Event that says why",
        lambda: watched.server.kubectl(*listed, check=True).stdout,
        lambda said: "mds-wecom was rejected" in said and "mds-notifications" in said,
    )
    assert "mds-wecom" not in watched.read_generated()
