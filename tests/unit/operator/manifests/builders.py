"""The accounts of the examples, and an installation as the chart makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from mds_operator.manifests.installation import Installation
from mds_operator.manifests.pod import RenderedPod, render_pod
from mds_protocol.resources.feedaccount import FeedAccount

HERE: Final = Path(__file__).parent
FULL: Final = yaml.safe_load((HERE / "full.yaml").read_text())
MINIMAL: Final = yaml.safe_load((HERE / "minimal.yaml").read_text())

LONE: Final = Installation(gateway_image="mds.local/gateway:1", nats_url="nats://mds-nats:4222")
SECURED: Final = Installation(
    gateway_image="mds.local/gateway:1",
    default_resources={"requests": {"cpu": "250m", "memory": "512Mi"}},
    nats_url="tls://mds-nats:4222",
    nats_credentials_secret="mds-nats-gateway",
    subject_prefix="mds2",
    follow_front_clock=True,
    log_level="DEBUG",
)


def make_account(found: dict[str, Any], **spec: Any) -> FeedAccount:
    metadata = found["metadata"] | {"namespace": "desk", "uid": "11111111-2222-3333-4444-555555555555"}
    return FeedAccount.read(found | {"metadata": metadata, "spec": found["spec"] | spec})


def render(account: FeedAccount, installation: Installation = LONE, **changes: Any) -> RenderedPod:
    fields: dict[str, Any] = {
        "suffix": "0a1b2",
        "secret_digest": "digest-of-the-broker-secret",
        "nats_digest": None,
        "request": None,
    }
    return render_pod(account, installation=installation, **(fields | changes))
