"""The real stack, telling a receiver of ours everything, each alert by itself and at once."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mds_devcluster.monitoring.objects import NAMESPACE
from tests.alerts.receiver import open_inbox
from tests.chaos.link import find_own_address
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_devcluster.monitoring import Flavour, Stack
    from tests.alerts.receiver import Inbox
    from tests.e2e.kube import Kube

GROUP_WAIT_S: Final = 10
_NAME: Final = "told"
_SEES_ALL: Final = {"spec": {"alertmanagerConfigMatcherStrategy": {"type": "None"}}}


@contextlib.contextmanager
def open_telling(kube: Kube, flavour: Flavour, stack: Stack) -> Iterator[Inbox]:
    """When this begins, Alertmanager has read whom to tell."""
    host = urlsplit(stack.alertmanager).hostname
    assert host is not None
    with open_inbox(find_own_address(host)) as inbox:
        here = f"--namespace={NAMESPACE}"
        name = flavour.traits.alertmanager
        kube.kubectl("patch", "alertmanager", name, here, "--type=merge", f"--patch={json.dumps(_SEES_ALL)}")
        kube.apply(NAMESPACE, build_config(inbox.url))
        wait_until(
            "Alertmanager knows the receiver",
            lambda: _read_config(stack),
            lambda told: f"{NAMESPACE}/{_NAME}/{_NAME}" in told,
            every_s=1.0,
        )
        yield inbox


def build_config(url: str) -> dict[str, Any]:
    """Nothing is grouped, so that a second alert is a second notification and is counted."""
    route = {
        "receiver": _NAME,
        "matchers": [{"name": "alertname", "matchType": "=~", "value": "Mds.+"}],
        "groupBy": ["..."],
        "groupWait": f"{GROUP_WAIT_S}s",
        "groupInterval": "10s",
        "repeatInterval": "12h",
    }
    receiver = {"name": _NAME, "webhookConfigs": [{"url": url, "sendResolved": True}]}
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": _NAME},
        "spec": {"route": route, "receivers": [receiver]},
    }


def _read_config(stack: Stack) -> str:
    # http.client, as it knows no proxies.
    with contextlib.closing(http.client.HTTPConnection(urlsplit(stack.alertmanager).netloc)) as connection:
        connection.request("GET", "/api/v2/status")
        return str(json.loads(connection.getresponse().read())["config"]["original"])
