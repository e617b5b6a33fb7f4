"""Values that cannot be meant, and the line that helm prints for each; docs/install.md shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrongValues:
    what: str
    arguments: tuple[str, ...]
    said: str
    name: str = "mds"

    @property
    def row(self) -> str:
        shown = " ".join(argument for argument in self.arguments if argument not in {"--set", "--set-json"})
        return f"| {self.what} | `{shown or self.name}` | {self.said} |"


def _set(what: str, said: str, *values: str) -> WrongValues:
    return WrongValues(what, tuple(word for value in values for word in ("--set", value)), said)


def _json(what: str, said: str, value: str) -> WrongValues:
    return WrongValues(what, ("--set-json", value), said)


CASES = (
    _set(
        "two NATS at once",
        "nats.enabled and nats.url are both set; for your own NATS add --set nats.enabled=false",
        "nats.url=nats://nats:4222",
    ),
    _set(
        "no NATS",
        "nats.enabled is false and nats.url is empty; say where NATS is: --set nats.url=nats://host:4222",
        "nats.enabled=false",
    ),
    _set(
        "a NATS address of HTTP",
        'nats.url is "http://nats:8222"; it must be nats://host:4222 or tls://host:4222, several with commas',
        "nats.enabled=false",
        "nats.url=http://nats:8222",
    ),
    _set(
        "a NATS address with a password",
        "nats.url holds an '@', so it is not shown; a login belongs into nats.credentialsSecret",
        "nats.enabled=false",
        "nats.url=nats://u:p@nats:4222",
    ),
    _set(
        "a Secret for the embedded NATS",
        "nats.credentialsSecret is set, but belongs to nats.url; the embedded NATS makes its own (nats.auth)",
        "nats.credentialsSecret=nats-login",
    ),
    _set(
        "a Secret for the operator alone",
        "nats.operatorCredentialsSecret is set and nats.credentialsSecret is not; gateways need a login, too",
        "nats.enabled=false",
        "nats.url=nats://nats:4222",
        "nats.operatorCredentialsSecret=nats-login",
    ),
    _set(
        "a store smaller than its stream",
        "nats.storage.size is 8Gi, too small for streams[].maxBytes; at least 12Gi, or smaller streams",
        "nats.storage.size=8Gi",
    ),
    _set(
        "a stream larger than its store",
        "nats.storage.size is 16Gi, too small for streams[].maxBytes; at least 112Gi, or smaller streams",
        "streams[0].maxBytes=107374182400",
    ),
    _set(
        "a size in gigabytes",
        'nats.storage.size is "16GB"; it must be a whole number of Mi, Gi or Ti, such as 16Gi',
        "nats.storage.size=16GB",
    ),
    _set(
        "three copies in one server",
        "streams[0].replicas is 3, but the embedded NATS is one server; use 1, or a NATS cluster by nats.url",
        "streams[0].replicas=3",
    ),
    _set("two copies", "at '/streams/0/replicas': value must be one of 1, 3, 5", "streams[0].replicas=2"),
    _json(
        "two streams",
        "streams has 2 entries; one is the most, as fences and probes of two would overlap in NATS",
        'streams=[{},{"name":"MD2"}]',
    ),
    _set(
        "ticks among the control subjects",
        "streams[0].tickSubjects: mds.tick.> begins with a word that is taken (mds, live); choose another",
        "streams[0].tickSubjects={mds.tick.>}",
    ),
    _set(
        "ticks where live ones go",
        "streams[0].tickSubjects: live.> begins with a word that is taken (mds, live); choose another",
        "streams[0].tickSubjects={live.>}",
    ),
    _set(
        "a stream of everything",
        'streams[0].tickSubjects: ">" does not begin with a word of its own; write one such as md.>',
        "streams[0].tickSubjects={>}",
    ),
    _set(
        "the prefix of live ticks",
        "subjectPrefix is live, which begins the subjects of live ticks; choose another word",
        "subjectPrefix=live",
    ),
    _set(
        "a misspelt value",
        "at '/operator': additional properties 'replica' not allowed",
        "operator.replica=2",
    ),
    _set("a value at the wrong depth", "at '': additional properties 'replicas' not allowed", "replicas=2"),
    _set("three operators", "at '/operator/replicas': maximum: got 3, want 2", "operator.replicas=3"),
    _set("a number as text", "at '/operator/replicas': got string, want integer", "operator.replicas=two"),
    _set(
        "an unknown log level",
        "at '/logLevel': value must be one of 'DEBUG', 'INFO', 'WARNING', 'ERROR'",
        "logLevel=TRACE",
    ),
    _set(
        "the same for gateways",
        "at '/gateway/logLevel': value must be one of 'DEBUG', 'INFO', 'WARNING', 'ERROR'",
        "gateway.logLevel=debug",
    ),
    _set(
        "a namespace in capitals",
        "at '/watchNamespaces/0': 'Desk' does not match pattern '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$'",
        "watchNamespaces={Desk}",
    ),
    _set(
        "a namespace twice",
        "at '/watchNamespaces': items at 0 and 1 are equal",
        "watchNamespaces={desk,desk}",
    ),
    _set(
        "one namespace, not in a list",
        "at '/watchNamespaces': got string, want array",
        "watchNamespaces=desk",
    ),
    _set(
        "a tag in the repository's place",
        "at '/gateway/image/tag': 'mds-gateway:1.2' does not match pattern '^[A-Za-z0-9_.-]{0,128}$'",
        "gateway.image.tag=mds-gateway:1.2",
    ),
    _set(
        "a digest without its kind",
        "at '/gateway/image/digest': '0123abcd' does not match pattern '^(sha256:[0-9a-f]{64})?$'",
        "gateway.image.digest=0123abcd",
    ),
    _set(
        "a short password",
        "nats.auth.passwords.reader is set, but not to 16 to 64 letters, digits, '-' and '_'",
        "nats.auth.passwords.reader=secret",
    ),
    _set(
        "memory in words",
        "at '/gateway/resources/limits/memory': 'much' does not match pattern '^[0-9.]+[mkKMGTi]*$'",
        "gateway.resources.limits.memory=much",
    ),
    _json(
        "pull secrets by name alone",
        "at '/imagePullSecrets/0': got string, want object",
        'imagePullSecrets=["registry"]',
    ),
    _json(
        "a label of Kubernetes",
        "commonLabels: app.kubernetes.io/name is set by the chart itself; choose another key",
        'commonLabels={"app.kubernetes.io/name":"x"}',
    ),
    _json(
        "the same for a Prometheus",
        "metrics.additionalLabels: helm.sh/chart is set by the chart itself; choose another key",
        'metrics.additionalLabels={"helm.sh/chart":"x"}',
    ),
    _set(
        "metrics for nobody",
        "metrics.enabled is true, but the Prometheus Operator is not there; install it first, or add"
        " --api-versions monitoring.coreos.com/v1 to helm template",
        "metrics.enabled=true",
    ),
    _set(
        "alerts for nobody",
        "alerts.enabled is true, but the Prometheus Operator is not there; install it first, or add"
        " --api-versions monitoring.coreos.com/v1 to helm template",
        "alerts.enabled=true",
    ),
    _set(
        "an interval without a unit",
        "at '/metrics/interval': got number, want string",
        "metrics.interval=15",
    ),
    _set(
        "an alert that there is not",
        "alerts.exclude: there is no alert MdsFeedDwn; docs/runbooks has a page for each that there is",
        "alerts.exclude={MdsFeedDwn}",
    ),
    _set(
        "a label that Prometheus refuses",
        "alerts.additionalLabels: Prometheus takes no label team-name; use letters, digits and '_', such as"
        " team_name",
        "alerts.additionalLabels.team-name=futures",
    ),
    _set(
        "a label that each alert has",
        "alerts.additionalLabels: severity is set by Prometheus or by each alert; choose another name",
        "alerts.additionalLabels.severity=critical",
    ),
    _set(
        "a label of Prometheus' own",
        "alerts.additionalLabels: __name__ is set by Prometheus or by each alert; choose another name",
        "alerts.additionalLabels.__name__=mds",
    ),
    _json(
        "a label that is half a template",
        "at '/alerts/additionalLabels/desk': '{{ $labels.namespace' does not match pattern"
        " '^([^{}]|[{][{] [$]labels[.][a-z_]+ [}][}])*$'",
        'alerts.additionalLabels={"desk":"{{ $labels.namespace"}',
    ),
    _json(
        "a threshold out of range",
        "at '/alerts/thresholds/MdsCoverageLow/share': maximum: got 95, want 1",
        "alerts.thresholds.MdsCoverageLow.share=95",
    ),
    _json(
        "a time of an alert that is none",
        "at '/alerts/thresholds/MdsFeedDown/for': '30' does not match pattern '^[0-9]{1,5}[smhd]$'",
        'alerts.thresholds.MdsFeedDown.for="30"',
    ),
    _json(
        "an objective in per cent",
        "at '/alerts/slo/completeness': maximum: got 99.99, want 0.999999",
        "alerts.slo.completeness=99.99",
    ),
    _set(
        "a fraction, which --set takes for text",
        "at '/alerts/slo/completeness': got string, want number",
        "alerts.slo.completeness=0.999",
    ),
    _set(
        "an address without its protocol",
        "at '/alerts/dashboardUrl': 'grafana:3000' does not match pattern"
        " '^https?://[A-Za-z0-9._~:/?&=%+-]*[A-Za-z0-9]$'",
        "alerts.dashboardUrl=grafana:3000",
    ),
    WrongValues(
        "a long release name",
        (),
        "the release's name has 43 characters; 40 is the most, as names of objects are made from it",
        name="market-data-of-the-futures-desk-in-shanghai",
    ),
)


def read_message(stderr: str) -> str:
    """What helm prints, without the frame that is the same each time."""
    lines = stderr.splitlines()
    by_schema = [line.removeprefix("- ") for line in lines if line.startswith("- at ")]
    return by_schema[0] if by_schema else lines[0].partition("): ")[2]
