"""The real Alertmanager, with what the real operator makes of the examples, tells the real text of an alert.

What is changed in the examples is where they send to; the SMTP server asks for TLS and the password.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from monitoring import rendering
from tests.component.notifications.conftest import (
    DESK,
    EXAMPLES,
    MONITORING,
    OF_ALERTMANAGER,
    RELEASE,
    ROOT,
    Watched,
    running,
)
from tests.component.notifications.receivers import HOST, Mailbox, Web, open_mailbox, open_web
from tests.kit.nats_kinds import make_certificates
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD: Final = "of the relay"
LINKS: Final = {"runbookUrl": "https://wiki.example/mds", "dashboardUrl": "https://grafana.example"}
OBJECT: Final = {"namespace": DESK, "subscription": "futures"}
# Older than any groupWait, so that the first of a group is told at once.
SINCE: Final = "2026-01-05T01:00:00Z"
ALL: Final = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def read_object(name: str, mail: str, web: str) -> Any:
    """The example, sending to servers of this test."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for there, here in (
        ("smtp.example.com:587", mail),
        ("https://events.pagerduty.com/v2/enqueue", f"{web}/pagerduty"),
        ("https://qyapi.weixin.qq.com/cgi-bin/", f"{web}/wecom/"),
    ):
        text = text.replace(there, here)
    return yaml.safe_load(text)


def build_secret(web: str) -> Any:
    values = {f"{name}-url": f"{web}/{name}" for name in ("slack", "dingtalk", "feishu", "heartbeat")}
    values |= {"smtp-password": PASSWORD, "pagerduty-key": "k" * 32, "wecom-secret": "s"}
    metadata = {"name": "mds-notifications"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def build_alert(name: str, labels: dict[str, str]) -> dict[str, Any]:
    """As Prometheus sends it, of the rule that the chart brings."""
    (rule,) = rendering.fill_group(name, **LINKS)["rules"]
    labels = {"alertname": name, **rule["labels"], **labels}

    def expand(text: str) -> str:
        return re.sub(r"\{\{ \$labels\.(\w+)\s+\}\}", lambda found: labels[found[1]], text)

    told = {key: expand(text) for key, text in rule["annotations"].items()}
    return {"labels": labels, "annotations": told, "startsAt": SINCE}


ALERT: Final = build_alert("MdsFeedDown", OBJECT)
WATCHDOG: Final = {"labels": {"alertname": "Watchdog", "severity": "none"}, "startsAt": SINCE}


@dataclass(frozen=True, slots=True)
class Told:
    configuration: Path
    alertmanager: str
    mailbox: Mailbox
    web: Web

    def read(self, path: str) -> Any:
        """The one body that came to it."""
        (body,) = self.web.posts[path]
        return body


@pytest.fixture(scope="module")
def told(
    watched: Watched, programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    make_certificates(folder)
    with ExitStack() as stack:
        mailbox = stack.enter_context(open_mailbox(folder, PASSWORD))
        web = stack.enter_context(open_web())
        configuration = folder / "alertmanager.yaml"
        configuration.write_text(apply_examples(watched, f"{HOST}:{mailbox.port}", web.url))
        log = folder / "alertmanager.log"
        stack.enter_context(running(build_command(programs["alertmanager"], configuration, folder), log))
        url = wait_until("Alertmanager listens", lambda: find_address(log), explain=log.read_text)
        post(url, [ALERT, WATCHDOG])
        wait_until(
            "all were told",
            lambda: (len(mailbox.mails), sorted(web.posts)),
            lambda seen: seen == (2, sorted(EXPECTED)) and len(web.posts["/slack"]) == 2,
            explain=log.read_text,
        )
        yield Told(configuration, url, mailbox, web)


EXPECTED: Final = ("/slack", "/pagerduty", "/wecom/message/send", "/dingtalk", "/feishu", "/heartbeat")


def apply_examples(watched: Watched, mail: str, web: str) -> str:
    """All of them, each where the page says; what the operator made of them."""
    strategy = {"type": "OnNamespaceExceptForAlertmanagerNamespace"}
    selectors: dict[str, Any] = {
        "alertmanagerConfigSelector": {},
        "alertmanagerConfigNamespaceSelector": {},
        "alertmanagerConfigMatcherStrategy": strategy,
    }
    patch = ("patch", "alertmanager", "main", f"--namespace={MONITORING}", "--type=merge")
    watched.server.kubectl(*patch, f"--patch={json.dumps({'spec': selectors})}", check=True)
    expected = []
    for namespace in (DESK, MONITORING):
        names = [name for name in ALL if (name in OF_ALERTMANAGER) == (namespace == MONITORING)]
        objects = [build_secret(web), *(read_object(name, mail, web) for name in names)]
        watched.server.kubectl(
            *("apply", f"--namespace={namespace}", "--filename=-"),
            stdin=yaml.safe_dump_all(objects),
            check=True,
        )
        expected += [
            f"{namespace}/{each['metadata']['name']}/{receiver['name']}"
            for each in objects[1:]
            for receiver in each["spec"]["receivers"]
        ]
    return watched.await_receivers(*expected)


def build_command(program: Path, configuration: Path, folder: Path) -> tuple[str, ...]:
    return (
        *("/usr/bin/env", f"SSL_CERT_FILE={folder / 'ca.crt'}", str(program)),
        f"--config.file={configuration}",
        f"--storage.path={folder / 'storage'}",
        f"--web.listen-address={HOST}:0",
        "--cluster.listen-address=",
    )


def find_address(log: Path) -> str:
    found = re.search(r"msg=\"Listening on\" address=(\S+)", log.read_text())
    return f"http://{found[1]}" if found else ""


def post(url: str, alerts: list[dict[str, Any]]) -> None:
    asked = urllib.request.Request(  # noqa: S310 - the address that Alertmanager told
        f"{url}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(asked).close()  # noqa: S310 - the same


def check(text: str) -> None:
    """It names the object, the runbook and the dashboard with the object chosen."""
    for part in (
        "desk/futures has no feed while its market is open",
        "kubectl -n desk describe fs futures",
        "https://wiki.example/mds/MdsFeedDown.md",
        "https://grafana.example/d/mds-subscription?var-namespace=desk&var-subscription=futures",
    ):
        assert part in text


def test_a_mail_came_by_tls_and_password_and_says_what_to_do(told: Told) -> None:
    mail, _of_quiet_hours = sorted(told.mailbox.mails, key=lambda each: "has no feed" not in each["Subject"])
    text = mail.get_body(("plain",))
    page = mail.get_body(("html",))

    assert mail["Subject"] == "[firing] desk/futures has no feed while its market is open"
    assert mail["To"] == "desk@example.com"
    assert text is not None
    assert page is not None
    check(text.get_content())
    check(page.get_content().replace("&amp;", "&"))


def test_slack(told: Told) -> None:
    bodies = {body["channel"]: body["attachments"][0] for body in told.web.posts["/slack"]}

    assert set(bodies) == {"#desk-alerts", "#futures-alerts"}
    message = bodies["#desk-alerts"]
    assert message["title_link"] == "https://wiki.example/mds/MdsFeedDown.md"
    check(message["text"])


def test_pagerduty(told: Told) -> None:
    body = told.read("/pagerduty")

    assert body["event_action"] == "trigger"
    assert body["payload"]["severity"] == "critical"
    check(json.dumps(body))


def test_wecom(told: Told) -> None:
    body = told.read("/wecom/message/send")

    assert (body["msgtype"], body["agentid"], body["toparty"]) == ("text", "1000002", "1")
    check(body["text"]["content"])


@pytest.mark.parametrize("name", ["dingtalk", "feishu"])
def test_a_bridge_gets_all_that_it_needs(told: Told, name: str) -> None:
    body = told.read(f"/{name}")

    (alert,) = body["alerts"]
    assert body["version"] == "4"
    check(json.dumps(alert["annotations"]))


def test_the_dead_mans_switch_is_told_and_nothing_else(told: Told) -> None:
    assert [alert["labels"]["alertname"] for alert in told.read("/heartbeat")["alerts"]] == ["Watchdog"]


def amtool(programs: dict[str, Path], *arguments: str) -> str:
    return subprocess.run(
        [programs["amtool"], *arguments], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def test_amtool_finds_nothing_wrong(told: Told, programs: dict[str, Path]) -> None:
    assert "SUCCESS" in amtool(programs, "check-config", str(told.configuration))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        pytest.param(
            {"namespace": DESK, "severity": "warning"},
            {
                *(f"desk/mds-{name}/{name}" for name in ("dingtalk", "email", "feishu", "slack", "wecom")),
                "desk/mds-quiet-hours/email",
                "monitoring/mds-by-desk/futures",
            },
            id="a warning of a desk wakes nobody",
        ),
        pytest.param(
            {"namespace": RELEASE, "severity": "critical"},
            {"monitoring/mds-by-desk/platform"},
            id="what is of no desk goes to the platform, and not by the objects of a desk",
        ),
        pytest.param(
            {"namespace": "index-options", "severity": "critical"},
            {"monitoring/mds-by-desk/options"},
            id="another desk",
        ),
        pytest.param(
            {"namespace": DESK, "severity": "critical", "alertname": "KubePodCrashLooping"},
            {"null"},
            id="what is not of mds",
        ),
    ],
)
def test_who_is_told(
    told: Told, programs: dict[str, Path], labels: dict[str, str], receivers: set[str]
) -> None:
    given = [f"{name}={value}" for name, value in ({"alertname": "MdsFeedDown"} | labels).items()]
    asked = ("config", "routes", "test", f"--config.file={told.configuration}")

    assert set(amtool(programs, *asked, *given).strip().split(",")) == receivers


@pytest.mark.parametrize(
    ("command", "listed"),
    [("alert add", ("alert", "query", "alertname=MdsTest")), ("silence add", ("silence", "query"))],
)
def test_the_page_says_how_to_try_it_and_how_to_silence(
    told: Told, programs: dict[str, Path], command: str, listed: tuple[str, ...]
) -> None:
    """The last of this module: what is added here is told later."""
    page = (ROOT / "docs" / "notifications.md").read_text()
    found = re.search(rf"\bamtool (?:--alertmanager\.url=\S+ )?({command} [^`\n]*)", page)
    at = f"--alertmanager.url={told.alertmanager}"
    assert found is not None
    amtool(programs, at, *shlex.split(found[1]))

    assert DESK in amtool(programs, at, *listed, "--output=json")
