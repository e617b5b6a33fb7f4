"""FeedSubscriptions that are accepted, filled in or refused."""

from __future__ import annotations

from tests.unit.resources.cases.case import ABSENT, NAME, fs

SUBJECT = "must be words joined by '.', each of letters, digits"
ORDER = [f"account-{number}" for number in range(65)]

SUBSCRIPTIONS = (
    fs(
        "a minimal subscription is accepted and filled in",
        {},
        defaults={
            "spec.accounts": {"selector": {}},
            "spec.publish": {"subject": "md.{exchange}.{symbol}", "encoding": "json", "stream": "MD"},
            "spec.failover": {"mode": "Auto", "failback": "Auto", "failbackAfter": "5m"},
            "spec.paused": False,
            "spec.select": [{}],
        },
    ),
    # what is selected
    fs(
        "nothing selected is refused with how to take everything",
        {"spec.select": ABSENT},
        "select: [{}] takes every",
    ),
    fs("an empty selection is refused", {"spec.select": []}, "nothing is selected"),
    fs("contracts by name alone are accepted", {"spec": {"instruments": ["rb2705.SHFE"]}}),
    fs(
        "names with blanks and signs are accepted",
        {"spec.instruments": ["SPD SR409&SR501.CZCE", "IO2701-C-4000.CFFEX", "510050.SSE"]},
    ),
    fs(
        "an unknown exchange is refused",
        {"spec.instruments": ["rb2705.LME"]},
        "exchanges: CFFEX, SHFE, CZCE, DCE",
    ),
    fs("the same contract twice is refused", {"spec.instruments": ["a.DCE", "a.DCE"]}, "Duplicate value"),
    fs(
        "a full rule is accepted",
        {
            "spec.select": [
                {"exchanges": ["SHFE"], "products": ["rb"], "classes": ["Futures"], "maxDaysToExpiry": 90}
            ]
        },
    ),
    fs(
        "a class in lower case is refused",
        {"spec.select": [{"classes": ["futures"]}]},
        'supported values: "Futures", "Options", "Combination", "Spot"',
        native=True,
    ),
    fs(
        "a contract as product is accepted, as nobody can tell",
        {"spec.select": [{"products": ["rb2705"]}]},
    ),
    fs(
        "a contract with exchange as product is refused",
        {"spec.select": [{"products": ["rb2705.SHFE"]}]},
        "must be a product as the exchange writes it, such as rb or IF, without month or exchange",
    ),
    fs("3650 days to expiry are accepted", {"spec.select": [{"maxDaysToExpiry": 3650}]}),
    fs(
        "3651 days to expiry are refused",
        {"spec.select": [{"maxDaysToExpiry": 3651}]},
        "or equal to 3650",
        native=True,
    ),
    fs(
        "a product with a newline is refused",
        {"spec.select": [{"products": ["rb\n"]}]},
        "must be a product as the exchange writes it",
    ),
    fs("to exclude by days to expiry alone is accepted", {"spec.exclude": [{"maxDaysToExpiry": 0}]}),
    fs("to exclude a class is accepted", {"spec.exclude": [{"classes": ["Combination"]}]}),
    fs(
        "to exclude everything is refused",
        {"spec.exclude": [{}]},
        "an empty rule would exclude every contract",
    ),
    fs(
        "to exclude everything by empty lists is refused",
        {"spec.exclude": [{"exchanges": [], "products": []}]},
        "an empty rule would exclude every contract",
    ),
    # accounts
    fs(
        "a selector with requirements is accepted",
        {
            "spec.accounts.selector": {
                "matchLabels": {"desk": "futures"},
                "matchExpressions": [
                    {"key": "site", "operator": "In", "values": ["a", "b"]},
                    {"key": "old", "operator": "DoesNotExist"},
                ],
            }
        },
    ),
    fs(
        "In without values is refused",
        {"spec.accounts.selector.matchExpressions": [{"key": "a", "operator": "In"}]},
        "In and NotIn need values, Exists and DoesNotExist take none",
    ),
    fs(
        "Exists with values is refused",
        {"spec.accounts.selector.matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
        "In and NotIn need values, Exists and DoesNotExist take none",
    ),
    fs("an order of 64 accounts is accepted", {"spec.accounts.order": ORDER[:64]}),
    fs(
        "an order of 65 accounts is refused",
        {"spec.accounts.order": ORDER},
        "must have at most 64 items",
        native=True,
    ),
    fs("an account named twice is refused", {"spec.accounts.order": ["a", "a"]}, "Duplicate value"),
    fs("an account's name in capitals is refused", {"spec.accounts.order": ["CTP-A"]}, NAME),
    # where to
    fs("a subject by product is accepted", {"spec.publish.subject": "md.desk-1.{product}.{symbol}"}),
    fs("two placeholders in a word are refused", {"spec.publish.subject": "md.{exchange}-{symbol}"}, SUBJECT),
    fs(
        "a placeholder twice is refused",
        {"spec.publish.subject": "md.{symbol}.{symbol}"},
        "placeholder twice",
    ),
    fs("a subject that begins with a sign is refused", {"spec.publish.subject": "_md.{symbol}"}, SUBJECT),
    fs("a subject of 128 characters is accepted", {"spec.publish.subject": "md.{symbol}." + "x" * 116}),
    fs(
        "a subject of 129 characters is refused",
        {"spec.publish.subject": "md.{symbol}." + "x" * 117},
        "spec.publish.subject: Too long: may not be more than 128 bytes",
        native=True,
    ),
    fs(
        "a subject without {symbol} is refused",
        {"spec.publish.subject": "md.{exchange}"},
        "must contain {symbol}",
    ),
    fs("an unknown placeholder is refused", {"spec.publish.subject": "md.{market}.{symbol}"}, SUBJECT),
    fs("a wildcard in a subject is refused", {"spec.publish.subject": "md.*.{symbol}"}, SUBJECT),
    fs("an empty word in a subject is refused", {"spec.publish.subject": "md..{symbol}"}, SUBJECT),
    fs("a blank in a subject is refused", {"spec.publish.subject": "md.{symbol} "}, SUBJECT),
    fs(
        "a subject that begins with a placeholder is refused",
        {"spec.publish.subject": "{exchange}.{symbol}"},
        SUBJECT,
    ),
    fs("a subject of one word is refused", {"spec.publish.subject": "{symbol}"}, SUBJECT),
    fs(
        "a subject under mds. is refused",
        {"spec.publish.subject": "mds.{symbol}"},
        "must not begin with 'mds.'",
    ),
    fs("a subject under live. is refused", {"spec.publish.subject": "live.md.{symbol}"}, "or 'live.'"),
    fs("a subject that only resembles ours is accepted", {"spec.publish.subject": "mds2.{symbol}"}),
    fs(
        "an unknown encoding is refused",
        {"spec.publish.encoding": "JSON"},
        '"json", "msgpack", "pickle"',
        native=True,
    ),
    fs(
        "a stream's name with a dot is refused", {"spec.publish.stream": "MD.1"}, "name of a JetStream stream"
    ),
    fs(
        "a stream for last values is refused",
        {"spec.publish.stream": "MD-LAST"},
        "end in -LAST: the operator keeps",
    ),
    fs("the stream of events is refused", {"spec.publish.stream": "MDS-EVENTS"}, "must not be MDS-EVENTS"),
    # failover
    fs("failback at once is accepted", {"spec.failover.failbackAfter": "0s"}),
    fs("failback after 24h is accepted", {"spec.failover.failbackAfter": "24h"}),
    fs(
        "failback after 24h1s is refused",
        {"spec.failover.failbackAfter": "24h1s"},
        "a duration from 0s to 24h",
    ),
    fs("a pinned account is accepted", {"spec.failover": {"mode": "Manual", "pinnedAccount": "ctp-b"}}),
    fs("an empty pinned account is refused", {"spec.failover.pinnedAccount": ""}, NAME),
    fs(
        "an unknown mode is refused",
        {"spec.failover.mode": "Off"},
        'supported values: "Auto", "Manual"',
        native=True,
    ),
)
