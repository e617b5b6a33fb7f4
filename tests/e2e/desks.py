"""A desk: a namespace with a simulator, accounts and subscriptions, and what the tests do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.containers import kill_container
from tests.e2e.kube import Object, read_condition
from tests.kit.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_simulator.testing import RunningSimulator
    from tests.e2e.kube import Kube

ACCOUNTS: Final = "feedaccounts"
SUBSCRIPTIONS: Final = "feedsubscriptions"
API_VERSION: Final = "mds.dev/v1alpha1"
RESTARTED_AT: Final = "mds.dev/restartedAt"
DRILL_AT: Final = "mds.dev/drillAt"


def build_account(name: str, *, front: str = "a", **spec: Any) -> Object:
    """Logs in to the fronts of `mds-sim-<front>`, by its own Secret of the same name."""
    address = f"tcp://mds-sim-{front}"
    ctp = {
        "brokerID": "9999",
        "environment": "Test",
        "tradeFronts": [f"{address}:10201"],
        "marketDataFronts": [f"{address}:10211"],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "FeedAccount",
        "metadata": {"name": name},
        "spec": {"gateway": "CTP", "ctp": ctp, "credentialsSecretRef": {"name": name}} | spec,
    }


def build_secret(name: str, **keys: str) -> Object:
    """A login under the name of the account, so that a delivery of the simulator tells whose it was."""
    login = {"userID": name, "password": f"secret-of-{name}", "appID": "mds_e2e_1.0", "authCode": "0000"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": login | keys}


def build_subscription(name: str, subject: str, **spec: Any) -> Object:
    """Everything, unless the spec says otherwise. Two with one subject would be in each other's way."""
    publish = {"subject": f"{subject}.{{exchange}}.{{symbol}}"}
    return {
        "apiVersion": API_VERSION,
        "kind": "FeedSubscription",
        "metadata": {"name": name},
        "spec": {"select": [{}], "publish": publish} | spec,
    }


@dataclass(frozen=True, slots=True)
class Desk:
    kube: Kube
    namespace: str
    simulator: RunningSimulator

    def apply(self, *objects: Object) -> None:
        self.kube.apply(self.namespace, *objects)

    # --- accounts

    def account(self, name: str) -> Object:
        return self.kube.read(ACCOUNTS, self.namespace, name)

    def edit(self, name: str, **spec: Any) -> Object:
        return self.kube.patch(ACCOUNTS, self.namespace, name, {"spec": spec})

    def annotate(self, kind: str, name: str, annotation: str, value: str) -> Object:
        return self.kube.patch(kind, self.namespace, name, {"metadata": {"annotations": {annotation: value}}})

    def set_secret(self, name: str, **keys: str) -> None:
        self.kube.patch("secrets", self.namespace, name, {"stringData": keys})

    def wait_for_account(
        self,
        what: str,
        name: str,
        is_enough: Callable[[Object], object],
        *,
        within_s: float = PATIENCE_S,
    ) -> Object:
        return wait_until(
            f"{self.namespace}/{name} {what}", lambda: self.account(name), is_enough, within_s=within_s
        )

    def wait_for_reason(self, name: str, *reasons: str, within_s: float = PATIENCE_S) -> Object:
        return self.wait_for_account(
            f"says {' or '.join(reasons)}",
            name,
            lambda found: read_reason(found) in reasons,
            within_s=within_s,
        )

    def wait_until_hot(self, *names: str) -> None:
        """Each is healthy and does all that is asked of it."""
        for name in names:
            self.wait_for_account("is hot", name, is_hot)

    def wait_until_observed(self, name: str) -> Object:
        """The operator has seen the newest spec and said what it thinks of it."""
        return self.wait_for_account("is observed", name, is_observed)

    # --- pods

    def pods(self, account: str) -> list[Object]:
        return self.kube.list_all("pods", self.namespace, f"mds.dev/account={account}")

    def pod(self, account: str) -> Object:
        """The only one."""
        found = self.pods(account)
        assert len(found) == 1, f"{account} has {len(found)} pods"
        return found[0]

    def kill(self, account: str) -> None:
        """kill -9 of its container."""
        kill_container(self.pod(account))

    def wait_for_another_pod(self, account: str, than: Object) -> Object:
        """That the old one is gone, too: there is never more than one."""
        before = than["metadata"]["uid"]

        def is_another(pods: list[Object]) -> bool:
            return len(pods) == 1 and pods[0]["metadata"]["uid"] != before

        return wait_until(f"{account} has another pod", lambda: self.pods(account), is_another)[0]

    def snapshot_pods(self, *accounts: str) -> Mapping[str, tuple[str, int]]:
        """Of each account, the pod's uid and how often its container was started again."""
        return {account: describe_run(self.pod(account)) for account in accounts}

    # --- subscriptions

    def subscription(self, name: str) -> Object:
        return self.kube.read(SUBSCRIPTIONS, self.namespace, name)

    def wait_for_subscription(self, what: str, name: str, is_enough: Callable[[Object], object]) -> Object:
        return wait_until(
            f"subscription {self.namespace}/{name} {what}", lambda: self.subscription(name), is_enough
        )

    def wait_for_move(self, name: str, to: str, *, epoch_after: int) -> Object:
        """The newest entry of its history, once that account has stored its fence."""

        def is_moved(found: Object) -> bool:
            newest = find_newest_move(found)
            return newest.get("to") == to and newest.get("epoch", 0) > epoch_after and "activeAt" in newest

        return find_newest_move(self.wait_for_subscription(f"has moved to {to}", name, is_moved))

    def wait_until_redundant(self, name: str) -> Object:
        """Somebody publishes for it, and somebody else could."""
        return self.wait_for_subscription("is ready and redundant", name, is_redundant)

    def close(self) -> None:
        """Nothing of it goes on; nobody waits for that."""
        kinds = f"{ACCOUNTS},{SUBSCRIPTIONS},deployments"
        self.kube.kubectl("--namespace", self.namespace, "delete", kinds, "--all", "--wait=false")


def describe_run(pod: Object) -> tuple[str, int]:
    started = sum(one["restartCount"] for one in pod["status"].get("containerStatuses", []))
    return pod["metadata"]["uid"], started


def read_reason(found: Object) -> str:
    return str(found.get("status", {}).get("reason", ""))


def read_message(found: Object) -> str:
    return str(found.get("status", {}).get("message", ""))


def is_observed(found: Object) -> bool:
    return bool(found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"])


def is_ready(found: Object) -> bool:
    return read_condition(found, "Ready").get("status") == "True"


def is_hot(found: Object) -> bool:
    return is_ready(found) and found["status"].get("health") == "Healthy" and is_observed(found)


def is_active(found: Object) -> bool:
    return is_hot(found) and found["status"].get("role") == "Active"


def is_redundant(found: Object) -> bool:
    return is_ready(found) and read_condition(found, "Redundant").get("status") == "True"


def find_newest_move(subscription: Object) -> Object:
    moves: list[Object] = subscription.get("status", {}).get("failovers", [])
    return moves[0] if moves else {}
