"""FeedAccounts that are accepted, filled in or refused."""

from __future__ import annotations

from tests.unit.resources.cases.case import ABSENT, NAME, Object, fa

FRONT = (
    "must be tcp://host:port, ssl://host:port, or a socks4://, socks4a:// or socks5:// address as the"
    " broker gave it; no '@': everyone who may read this object could read a proxy password"
)
STALE = "must be a duration from 2s to 10m, written as 10s, 5m or 1m30s"
SECRET = "looks like a secret, and value is readable by everyone who may read this object:"
CANARIES = "name at least three of different products, or leave canaries out"


def fronts(*addresses: str) -> Object:
    return {"spec.ctp.marketDataFronts": list(addresses)}


def env(*variables: Object) -> Object:
    return {"spec.pod.env": list(variables)}


ACCOUNTS = (
    fa(
        "a minimal account is accepted and filled in",
        {},
        defaults={
            "spec.ctp.environment": "Production",
            "spec.priority": 100,
            "spec.enabled": True,
            "spec.standby": "Hot",
            "spec.paused": False,
            "spec.health": {"staleAfter": "10s"},
            "spec.recovery": {"restartAfter": "30s", "cooldown": "60s", "maxPerHour": 6},
            "spec.schedule": {"timeZone": "Asia/Shanghai"},
            "spec.limits": {"subscribeBatch": 500, "subscribePerSecond": 1000},
            "spec.pod": {"hostNetwork": False},
        },
    ),
    fa(
        "a block given in part keeps the other defaults",
        {"spec.recovery": {"maxPerHour": 0}},
        defaults={"spec.recovery": {"restartAfter": "30s", "cooldown": "60s", "maxPerHour": 0}},
    ),
    # names
    fa("a name of 40 characters is accepted", {"metadata.name": "a" * 40}),
    fa(
        "a name of 41 characters is refused",
        {"metadata.name": "a" * 41},
        "metadata.name: Too long",
        native=True,
    ),
    fa("a name of one character is accepted", {"metadata.name": "a"}),
    fa(
        "a name with a dot is refused",
        {"metadata.name": "ctp.a"},
        f'metadata.name: Invalid value: "ctp.a": {NAME}',
    ),
    # gateway and its block
    fa("no spec is refused", {"spec": ABSENT}, "spec: Required value", native=True),
    fa("no gateway is refused", {"spec.gateway": ABSENT}, "spec.gateway: Required value", native=True),
    fa(
        "a gateway that does not exist yet is refused with those that do",
        {"spec.gateway": "SOPT"},
        'spec.gateway: Unsupported value: "SOPT": supported values: "CTP"',
        native=True,
    ),
    fa(
        "gateway CTP without its block is refused with what to add",
        {"spec.ctp": ABSENT},
        "add ctp with brokerID and marketDataFronts, or correct gateway",
    ),
    fa(
        "a gateway's block that is null is refused",
        {"spec.ctp": None},
        "add ctp with brokerID and marketDataFronts, or correct gateway",
    ),
    # broker
    fa("a broker number of 10 characters is accepted", {"spec.ctp.brokerID": "1234567890"}),
    fa(
        "a broker number of 11 characters is refused",
        {"spec.ctp.brokerID": "12345678901"},
        "spec.ctp.brokerID: Too long: may not be more than 10 bytes",
        native=True,
    ),
    fa(
        "a broker number without quotes is refused",
        {"spec.ctp.brokerID": 9999},
        'spec.ctp.brokerID: Invalid value: "integer": spec.ctp.brokerID in body must be of type string',
        native=True,
    ),
    fa(
        "a broker number in characters of several bytes is refused",
        {"spec.ctp.brokerID": "期货公司"},
        "must be 1 to 10 letters, digits or signs of ASCII, without blanks",
    ),
    fa(
        "an empty broker number is refused",
        {"spec.ctp.brokerID": ""},
        "must be 1 to 10 letters, digits or signs",
    ),
    fa("a test environment is accepted", {"spec.ctp.environment": "Test"}),
    fa(
        "an abbreviated environment is refused",
        {"spec.ctp.environment": "Prod"},
        'spec.ctp.environment: Unsupported value: "Prod": supported values: "Production", "Test"',
        native=True,
    ),
    # fronts
    fa(
        "no market data front is refused",
        fronts(),
        "name at least one market data front, such as tcp://host:port",
    ),
    fa("16 fronts are accepted", fronts(*(f"tcp://front:{port}" for port in range(1, 17)))),
    fa(
        "17 fronts are refused",
        fronts(*(f"tcp://front:{port}" for port in range(1, 18))),
        "spec.ctp.marketDataFronts: Too many: 17: must have at most 16 items",
        native=True,
    ),
    fa(
        "TLS and proxied fronts are accepted",
        fronts("ssl://a.b-c.example:1", "socks5://10.0.0.1:1080/tcp:1.2.3.4:1"),
    ),
    fa(
        "17 trade fronts are refused",
        {"spec.ctp.tradeFronts": [f"tcp://front:{port}" for port in range(1, 18)]},
        "spec.ctp.tradeFronts: Too many: 17: must have at most 16 items",
        native=True,
    ),
    fa("port 65535 is accepted", fronts("tcp://10.0.0.1:65535")),
    fa("port 65536 is refused", fronts("tcp://10.0.0.1:65536"), f'"tcp://10.0.0.1:65536": {FRONT}'),
    fa("port 0 is refused", fronts("tcp://10.0.0.1:0"), FRONT),
    fa("a front without scheme is refused", fronts("10.0.0.1:10211"), FRONT),
    fa("a front without port is refused", fronts("tcp://10.0.0.1"), FRONT),
    fa("a web address as front is refused", fronts("https://10.0.0.1:443"), FRONT),
    fa("a front with a blank is refused", fronts("tcp://10.0.0.1:10211 "), FRONT),
    fa("a proxy's password in a front is refused", fronts("socks5://user:word@10.0.0.1:1080"), FRONT),
    fa("the same front twice is refused", fronts("tcp://a:1", "tcp://a:1"), "Duplicate value"),
    # credentials
    fa(
        "no credentials are refused",
        {"spec.credentialsSecretRef": ABSENT},
        "spec.credentialsSecretRef: Required value",
        native=True,
    ),
    fa(
        "a Secret's name with an underscore is refused",
        {"spec.credentialsSecretRef.name": "ctp_a"},
        '"ctp_a": must be the name of a Kubernetes object',
    ),
    # who goes first
    fa("priority 0 is accepted", {"spec.priority": 0}),
    fa("priority 1000 is accepted", {"spec.priority": 1000}),
    fa(
        "priority 1001 is refused",
        {"spec.priority": 1001},
        "should be less than or equal to 1000",
        native=True,
    ),
    fa("priority -1 is refused", {"spec.priority": -1}, "should be greater than or equal to 0", native=True),
    fa("priority in quotes is refused", {"spec.priority": "100"}, "must be of type integer", native=True),
    fa(
        "a lower-case standby is refused",
        {"spec.standby": "hot"},
        'supported values: "Hot", "Cold"',
        native=True,
    ),
    # health
    fa("three canaries are accepted", {"spec.health.canaries": ["rb2705.SHFE", "m2705.DCE", "TA705.CZCE"]}),
    fa("no canaries are accepted", {"spec.health.canaries": []}),
    fa("two canaries are refused", {"spec.health.canaries": ["rb2705.SHFE", "m2705.DCE"]}, CANARIES),
    fa(
        "a canary without exchange is refused with the form",
        {"spec.health.canaries": ["rb2705", "m2705.DCE", "TA705.CZCE"]},
        '"rb2705": must be <contract>.<exchange>, such as rb2701.SHFE; exchanges: CFFEX, SHFE',
    ),
    fa("stale after 2s is accepted", {"spec.health.staleAfter": "2s"}),
    fa("stale after 1s is refused", {"spec.health.staleAfter": "1s"}, f'"1s": {STALE}'),
    fa("stale after 10m is accepted", {"spec.health.staleAfter": "10m"}),
    fa("stale after 10m1s is refused", {"spec.health.staleAfter": "10m1s"}, STALE),
    fa("a duration without unit is refused", {"spec.health.staleAfter": "10"}, "written as 10s, 5m or 1m30s"),
    fa("an empty duration is refused", {"spec.health.staleAfter": ""}, "written as 10s, 5m or 1m30s"),
    fa("a duration in words is refused", {"spec.health.staleAfter": "10 sec"}, "written as 10s, 5m or 1m30s"),
    # recovery, schedule, limits
    fa("restart after 4s is refused", {"spec.recovery.restartAfter": "4s"}, "a duration from 5s to 1h"),
    fa("a cool-down of 9s is refused", {"spec.recovery.cooldown": "9s"}, "a duration from 10s to 6h"),
    fa(
        "61 restarts an hour are refused",
        {"spec.recovery.maxPerHour": 61},
        "less than or equal to 60",
        native=True,
    ),
    fa("the last minute of a day is accepted", {"spec.schedule.dailyRestarts": ["00:00", "23:59"]}),
    fa(
        "24:00 is refused",
        {"spec.schedule.dailyRestarts": ["24:00"]},
        "from 00:00 to 23:59; quote it in YAML",
    ),
    fa("8:30 is refused", {"spec.schedule.dailyRestarts": ["8:30"]}, "must be a time of day as HH:MM"),
    fa(
        "an offset as time zone is refused",
        {"spec.schedule.timeZone": "+08:00"},
        "must be an IANA time zone, such as Asia/Shanghai",
    ),
    fa(
        "a batch of 0 is refused",
        {"spec.limits.subscribeBatch": 0},
        "greater than or equal to 1",
        native=True,
    ),
    fa("a bound of contracts is accepted", {"spec.limits.maxContracts": 1}),
    # the pod
    fa(
        "quantities as number and text are accepted",
        {"spec.pod.resources": {"requests": {"cpu": 1, "memory": "512Mi"}}},
    ),
    fa(
        "a quantity with a blank is refused",
        {"spec.pod.resources": {"limits": {"memory": "1 Gi"}}},
        'limits[memory]: Invalid value: "1 Gi": must be a quantity, such as 500m, 2 or 512Mi',
        native=True,
    ),
    fa(
        "a quantity as a fraction without quotes is refused",
        {"spec.pod.resources": {"limits": {"cpu": 0.5}}},
        "spec.pod.resources.limits.cpu in body must be of type integer,string",
        native=True,
    ),
    fa(
        "variables by value and by reference are accepted",
        env(
            {"name": "TZ", "value": ""},
            {"name": "TOKEN_FILE", "value": "/run/token"},
            {"name": "A_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ),
    ),
    fa("a password by value is refused", env({"name": "PROXY_PASSWORD", "value": "x"}), SECRET),
    fa("a login in a URL is refused", env({"name": "HTTPS_PROXY", "value": "http://u:p@proxy:1"}), SECRET),
    fa(
        "a variable of the operator's is refused",
        env({"name": "MDS_ACCOUNT", "value": "x"}),
        "must not begin with MDS_: the operator sets these",
    ),
    fa(
        "a variable without value is refused",
        env({"name": "A"}),
        "variable A: set exactly one of value and valueFrom",
    ),
    fa(
        "a variable from nowhere is refused",
        env({"name": "A", "valueFrom": {}}),
        "set exactly one of secretKeyRef, configMapKeyRef and fieldRef",
    ),
    fa(
        "a variable from two places is refused",
        env(
            {
                "name": "A",
                "valueFrom": {
                    "secretKeyRef": {"name": "a", "key": "b"},
                    "configMapKeyRef": {"name": "a", "key": "b"},
                },
            }
        ),
        "set exactly one of secretKeyRef, configMapKeyRef and fieldRef",
    ),
    fa(
        "the same variable twice is refused",
        env({"name": "A", "value": "1"}, {"name": "A", "value": "2"}),
        "Duplicate value",
    ),
    fa("a label of one's own is accepted", {"spec.pod.labels": {"team": "futures"}}),
    fa(
        "a label that the operator sets is refused",
        {"spec.pod.labels": {"app.kubernetes.io/name": "x"}},
        '"app.kubernetes.io/name": keys must not begin with mds.dev/ or app.kubernetes.io/: the operator',
    ),
    fa(
        "an annotation that the operator sets is refused",
        {"spec.pod.annotations": {"mds.dev/x": "y"}},
        "keys must not begin with mds.dev/: the operator sets these",
    ),
    fa(
        "a misspelt affinity is refused by name",
        {"spec.pod.affinity": {"nodeAfinity": {}}},
        'unknown field "spec.pod.affinity.nodeAfinity"',
        native=True,
    ),
    fa(
        "affinity keeps Kubernetes' own shape",
        {"spec.pod.affinity": {"nodeAffinity": {"inventedLater": {"weight": [1, "a", None]}}}},
        defaults={"spec.pod.affinity": {"nodeAffinity": {"inventedLater": {"weight": [1, "a", None]}}}},
    ),
    # what is not in the schema
    fa(
        "a misspelt field is refused by name",
        {"spec.priorty": 1},
        'unknown field "spec.priorty"',
        native=True,
    ),
    fa(
        "a password in the spec is refused by name",
        {"spec.ctp.password": "x"},
        'unknown field "spec.ctp.password"',
        native=True,
    ),
    fa(
        "another field of a pod is refused by name",
        {"spec.pod.serviceAccountName": "root"},
        'unknown field "spec.pod.serviceAccountName"',
        native=True,
    ),
)
