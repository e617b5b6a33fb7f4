"""Wrong and unlucky inputs, each under the title that it has in docs/troubleshooting.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.desks import build_account, build_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.kube import Object

DESK, QUOTA_DESK = "desk-wrong", "desk-quota"
SERVED, ORPHAN = "served", "orphan"
"""What the subscriptions select accounts by: the label `group`."""
NOWHERE: Final = "tcp://192.0.2.1"
"""An address that is set aside for documents: nobody answers there."""
PATIENT: Final[Mapping[str, Any]] = MappingProxyType({"restartAfter": "1h"})
"""The page tells what is seen before a restart."""
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class WrongInput:
    name: str
    """Of the account, its Secret and its user."""
    title: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    front: str = "a"
    secret: Mapping[str, str | None] | None = NOTHING
    """What differs in it; None for a key: it is not there. None for all: there is no Secret."""
    refuse: int = 0
    """The code with which the broker refuses this user."""
    group: str = SERVED
    namespace: str = DESK
    differs: Mapping[str, str] = NOTHING
    """Texts of the page that are others here, as patterns."""

    @property
    def objects(self) -> list[Object]:
        account = build_account(self.name, front=self.front, recovery=dict(PATIENT), **self.spec)
        account["metadata"]["labels"] = {"group": self.group}
        return [*self._build_secret(), account]

    def _build_secret(self) -> list[Object]:
        if self.secret is None:
            return []
        made = build_secret(self.name)
        data = made["stringData"] | self.secret
        made["stringData"] = {key: value for key, value in data.items() if value is not None}
        return [made]

    @property
    def priority(self) -> str:
        return str(self.spec.get("priority", 100))

    @property
    def names(self) -> dict[str, str]:
        """The page's words, and what they are here."""
        return {
            "ctp-a": self.name,
            " desk:": f" {self.namespace}:",
            "-n desk ": f"-n {self.namespace} ",
            "tcp://front:": f"tcp://mds-sim-{self.front}:",
        }


def name_pod(name: str) -> dict[str, str]:
    return {"ctp-a-1f2e3": f"{name}-[0-9a-f]{{5}}"}


def build_fronts(trade: str, market_data: str) -> dict[str, Any]:
    """Of two kinds, so that one can be taken away without the other."""
    return {
        "brokerID": "9999",
        "environment": "Test",
        "tradeFronts": [f"{trade}:10201"],
        "marketDataFronts": [f"{market_data}:10211"],
    }


A, B = "tcp://mds-sim-a", "tcp://mds-sim-b"
SITE: Final = {"name": "site", "key": "name"}

PASSWORD: Final = WrongInput("password", "a wrong password, and ticks come all the same")
"""Made once the contracts are known: then market data need not wait for the trading login."""

ROWS: Final = (
    # --- the Secret
    WrongInput("no-secret", "the Secret does not exist", secret=None),
    WrongInput("no-password", "a key is missing in it", secret={"password": None}),
    WrongInput("long-code", "a value is too long for CTP", secret={"authCode": "01234567890123456"}),
    WrongInput("not-ascii", "a value is not ASCII", secret={"password": "密码"}),
    # --- the pod
    WrongInput(
        "quota",
        "a quota is used up",
        namespace=QUOTA_DESK,
        differs={
            "requested: requests.cpu=1, used: requests.cpu=8, limited: requests.cpu=8": (
                "requested: pods=1, used: pods=0, limited: pods=0"
            )
        },
    ),
    WrongInput(
        "host-network",
        "an admission policy refuses the pod",
        namespace=QUOTA_DESK,
        spec={"pod": {"hostNetwork": True}},
        differs={"(hostNetwork=true)": r"\(hostNetwork=true\).*"},
    ),
    WrongInput(
        "affinity",
        "an affinity that Kubernetes does not know",
        spec={
            "pod": {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}
                    }
                }
            }
        },
    ),
    WrongInput(
        "nowhere",
        "no node takes the pod",
        spec={"pod": {"nodeSelector": {"zone": "nowhere"}}},
        differs={"0/2 nodes are available: 2 Insufficient cpu.": "0/1 nodes are available: .*"},
    ),
    WrongInput(
        "no-image",
        "the image does not exist",
        spec={"pod": {"image": "mds.local/gateway:0123456789ab"}},
        differs={'(failed to pull and unpack image "mds.local/gateway:0123456789ab": not found)': r"\(.*\)"},
    ),
    WrongInput(
        "odd-image",
        "an image name that is none",
        spec={"pod": {"image": "a//b"}},
        differs={
            "mds.local/gateway:0123456789ab": "a//b",
            '(couldn\'t parse image name "a//b": invalid reference format)': r"\(.*invalid reference.*\)",
        },
    ),
    WrongInput(
        "no-map",
        "pod.env names a ConfigMap that does not exist",
        spec={"pod": {"env": [{"name": "SITE", "valueFrom": {"configMapKeyRef": SITE}}]}},
    ),
    WrongInput(
        "memory",
        "out of memory",
        spec={"pod": {"resources": {"requests": {"memory": "16Mi"}, "limits": {"memory": "32Mi"}}}},
    ),
    # --- the broker
    WrongInput("waits", "a wrong password, and market data waits for that login", refuse=3),
    PASSWORD,
    WrongInput("not-ready", "the front is not ready yet", refuse=7),
    WrongInput("sessions", "too many sessions", refuse=60),
    WrongInput("auth-code", "appID or authCode is wrong", refuse=63),
    WrongInput("locked", "the login is locked", refuse=75),
    WrongInput("weak", "a weak password", refuse=131),
    WrongInput("first-login", "the first login of this user", refuse=140),
    WrongInput("address", "the broker does not admit the address", refuse=143),
    # --- what is asked of it
    WrongInput("unused", "no subscription selects the account", group="nobody"),
    WrongInput("zero", "priority 0", spec={"priority": 0}),
    WrongInput("disabled", "disabled and forgotten", spec={"enabled": False}),
    # --- what is broken while it runs
    WrongInput(
        "front-lost",
        "the front hangs up during the session",
        front="b",
        spec={"ctp": build_fronts(trade=A, market_data=B)},
    ),
    WrongInput(
        "trade-lost",
        "only the trading front is lost",
        spec={"priority": 900, "ctp": build_fronts(trade=B, market_data=A)},
        differs={"tcp://front:10201": "tcp://mds-sim-b:10201", "epoch 5": r"epoch \d+"},
    ),
    WrongInput(
        "orphan",
        "the Secret was deleted while the account publishes",
        group=ORPHAN,
        differs={"Publishes futures (epoch 5)": r"Publishes orphan \(epoch \d+\)"},
    ),
    WrongInput(
        "far-away",
        "an unknown front: nobody answers",
        spec={"ctp": build_fronts(NOWHERE, NOWHERE)},
        differs={"tcp://front:10211": f"{NOWHERE}:10211", "00:59:52": r"\d\d:\d\d:\d\d"},
    ),
)  # fmt: skip
