"""The ways to install the chart that the tests go through, each as arguments of helm."""

from __future__ import annotations

from tests.component.chart.rendering import PASSWORDS

VARIATIONS = {
    "default": PASSWORDS,
    "several-namespaces": (
        *PASSWORDS,
        *("--set", "watchNamespaces={desk-a,desk-b}"),
        *("--set", "operator.replicas=2"),
        *("--set", "operator.priorityClassName=system-cluster-critical"),
        *("--set-json", 'imagePullSecrets=[{"name":"registry"}]'),
        *("--set-json", 'operator.nodeSelector={"zone":"a"}'),
        *("--set", "commonLabels.team=futures"),
        *("--set", "networkPolicy.enabled=true"),
        *("--set-json", 'networkPolicy.natsClients=[{"podSelector":{"matchLabels":{"app":"quant"}}}]'),
        *("--set", "nats.storage.className=fast"),
    ),
    "external-nats": (
        *("--set", "nats.enabled=false"),
        *("--set", "nats.url=tls://nats-0.example:4222\\,tls://nats-1.example:4222"),
        *("--set", "nats.credentialsSecret=nats-login"),
        *("--set", "nats.operatorCredentialsSecret=nats-operator"),
        *("--set", "streams[0].replicas=3"),
        *("--set", "crds.enabled=false"),
        *("--set", "rbac.nodes=false"),
        *("--set", "operator.image.digest=sha256:" + 64 * "a"),
    ),
    "trial": (
        *("--set", "nats.storage.emptyDir=true"),
        *("--set", "nats.auth.enabled=false"),
        *("--set", "gateway.followFrontClock=true"),
        *("--set", "gateway.image.tag=0123456789ab"),
        *("--set", "subjectPrefix=trial"),
        *("--set", "logLevel=DEBUG"),
        *("--set", "gateway.logLevel=WARNING"),
    ),
}
