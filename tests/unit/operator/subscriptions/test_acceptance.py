"""Which subscriptions are acted upon, and what a person reads where one is not."""

from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.acceptance import count_asked, judge_subscriptions
from mds_operator.domain.claims import ContractTable, gather_tables
from mds_operator.domain.seen import Key
from mds_operator.domain.tick_streams import StreamSeen, read_stream
from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.subjects import ProductKey, Subjects
from tests.unit.operator.subscriptions.builders import (
    STREAMS,
    TABLES,
    TODAY,
    judge,
    judge_one,
    make_contract,
    make_feed,
    make_feed_account,
)

SHFE = [{"exchanges": ["SHFE"]}]
DCE = [{"exchanges": ["DCE"]}]
NOTHING_KNOWN: dict[str, ContractTable] = {}


def test_a_good_subscription_is_accepted_with_what_it_means() -> None:
    found = judge_one(select=SHFE)

    assert (found.reason, found.market, found.accounts) == ("Accepted", "CTP.Production", frozenset("a"))
    assert found.exchanges == {"SHFE"}
    assert found.selection is not None
    assert [contract.symbol for contract in found.selection.contracts] == ["cu2705", "rb2705"]


# --- accounts


@pytest.mark.parametrize(
    ("accounts", "reason", "says"),
    [
        pytest.param([], "NoAccounts", "matches no FeedAccount", id="none there"),
        pytest.param([make_feed_account(namespace="other")], "NoAccounts", "matches no", id="elsewhere"),
        pytest.param([make_feed_account(enabled=False)], "NoAccounts", "(a) none is enabled", id="disabled"),
        pytest.param([make_feed_account(priority=0)], "NoAccounts", "priority above 0", id="priority 0"),
        pytest.param([make_feed_account(priority=1)], "Accepted", "", id="priority 1"),
        pytest.param([make_feed_account(paused=True)], "Accepted", "", id="paused keeps its place"),
        pytest.param(
            [make_feed_account(), make_feed_account("t", environment="Test", enabled=False)],
            "MixedEnvironments",
            "CTP.Production: a; CTP.Test: t",
            id="two environments, one of them disabled",
        ),
    ],
)
def test_its_accounts_must_be_able_and_of_one_kind(accounts: Any, reason: str, says: str) -> None:
    found = judge_one(accounts=accounts)

    assert found.reason == reason
    assert says in found.message


def test_a_selector_takes_the_test_account_out() -> None:
    accounts = [make_feed_account(labels={"env": "p"}), make_feed_account("t", environment="Test")]
    feed = make_feed(accounts={"selector": {"matchLabels": {"env": "p"}}})
    found = judge(feed, accounts=accounts)["all"]

    assert (found.reason, found.accounts) == ("Accepted", frozenset("a"))


# --- contracts


@pytest.mark.parametrize(
    ("spec", "tables", "reason"),
    [
        pytest.param({"select": [{"products": ["zz"]}]}, TABLES, "NothingSelected", id="no such product"),
        pytest.param({"select": [{"products": ["zz"]}]}, NOTHING_KNOWN, "Accepted", id="table not known"),
        pytest.param(
            {"select": [{"products": ["zz"]}]},
            {"CTP.Production": ContractTable((), TODAY)},
            "Accepted",
            id="table empty",
        ),
        pytest.param({"select": [], "instruments": ["zz2705.SHFE"]}, TABLES, "NothingSelected", id="unknown"),
        pytest.param(
            {"select": [], "instruments": ["zz2705.SHFE", "rb2705.SHFE"]}, TABLES, "Accepted", id="one known"
        ),
    ],
)
def test_nothing_selected_is_said_only_when_the_contracts_are_known(
    spec: Any, tables: Any, reason: str
) -> None:
    assert judge_one(tables=tables, **spec).reason == reason


def test_nothing_selected_names_the_instruments_that_do_not_exist() -> None:
    assert "zz2705.SHFE do not exist" in judge_one(select=[], instruments=["zz2705.SHFE"]).message


def test_tables_are_gathered_by_market_with_the_newest_trading_day() -> None:
    def value(environment: str, day: str, symbol: str) -> ProductContracts:
        contract = make_contract(symbol)
        key = ProductKey("CTP", environment, contract.exchange, contract.product)
        return ProductContracts.of(key, day, [contract])

    found = gather_tables(
        [
            value("Production", "20261123", "rb2705"),
            value("Production", "20261120", "cu2705"),
            value("Test", "20261119", "rb2705"),
        ]
    )

    assert found["CTP.Production"].today == TODAY
    assert [contract.symbol for contract in found["CTP.Production"].contracts] == ["rb2705", "cu2705"]
    assert len(found["CTP.Test"].contracts) == 1


def test_what_an_account_is_asked_for_counts_a_contract_once() -> None:
    found = judge(
        make_feed("one", select=SHFE),
        make_feed("two", publish={"subject": "all.{exchange}.{symbol}"}),
    )

    assert count_asked("a", found.values()) == {"SHFE": 2, "DCE": 1}
    assert count_asked("stranger", found.values()) == {}


# --- subjects


@pytest.mark.parametrize(
    ("one", "two", "tables", "clash"),
    [
        pytest.param({}, {}, TABLES, "md.DCE.m2705", id="the same"),
        pytest.param({"select": SHFE}, {"select": DCE}, TABLES, None, id="other contracts, one template"),
        pytest.param({"select": SHFE}, {}, TABLES, "md.SHFE.cu2705", id="one part of the other"),
        pytest.param(
            {}, {"publish": {"subject": "md2.{exchange}.{symbol}"}}, TABLES, None, id="other templates"
        ),
        pytest.param({}, {"publish": {"subject": "md.{symbol}"}}, TABLES, None, id="fewer tokens"),
        pytest.param(
            {}, {"publish": {"subject": "md.SHFE.{symbol}"}}, TABLES, "md.SHFE.cu2705", id="two ways to one"
        ),
        pytest.param(
            {"select": DCE},
            {"select": SHFE, "publish": {"subject": "md.SHFE.{symbol}"}},
            TABLES,
            None,
            id="templates meet, contracts do not",
        ),
        pytest.param({}, {"publish": {"stream": "OTHER"}}, TABLES, None, id="another stream"),
        pytest.param({}, {}, NOTHING_KNOWN, "md.*.*", id="not known yet, same rules"),
        pytest.param({"select": SHFE}, {"select": DCE}, NOTHING_KNOWN, None, id="rules never meet"),
        pytest.param(
            {"select": [{"products": ["rb"]}]}, {"select": SHFE}, NOTHING_KNOWN, "md.*.*", id="rules may meet"
        ),
        pytest.param(
            {"select": [], "instruments": ["rb2705.SHFE"]},
            {"select": DCE},
            NOTHING_KNOWN,
            None,
            id="an instrument of another exchange",
        ),
        pytest.param(
            {"select": DCE},
            {"select": [], "instruments": ["m2705.DCE"]},
            NOTHING_KNOWN,
            "md.*.*",
            id="an instrument that the rule may mean",
        ),
        pytest.param(
            {"select": [], "instruments": ["rb2705.SHFE"]},
            {"select": [], "instruments": ["rb2705.SHFE"]},
            NOTHING_KNOWN,
            "md.*.*",
            id="one instrument twice",
        ),
    ],
)
def test_the_younger_of_two_that_write_one_subject_is_refused(
    one: Any, two: Any, tables: Any, clash: str | None
) -> None:
    found = judge(
        make_feed("young", after_s=1, **two),
        make_feed("old", **one),
        tables=tables,
        streams=dict.fromkeys(("MD", "OTHER"), StreamSeen(subjects=(">",))),
    )

    assert found["old"].reason == "Accepted"
    assert found["young"].reason == ("SubjectConflict" if clash else "Accepted")
    if clash:
        assert "desk/old is older" in found["young"].message
        assert clash in found["young"].message


@pytest.mark.parametrize(
    ("after_s", "winner"),
    [pytest.param(1, "b", id="older"), pytest.param(0, "a", id="equally old: by name")],
)
def test_the_older_wins_then_the_name(after_s: int, winner: str) -> None:
    found = judge(make_feed("a", after_s=after_s), make_feed("b"))

    assert [name for name, entry in found.items() if entry.is_accepted] == [winner]


def test_subjects_know_no_namespace() -> None:
    accounts = [make_feed_account(), make_feed_account(namespace="other")]
    feeds = [make_feed(), make_feed(namespace="other", after_s=1)]
    found = judge_subscriptions(feeds, accounts, STREAMS, TABLES)

    assert found[Key("desk", "all")].is_accepted
    assert "desk/all is older" in found[Key("other", "all")].message


def test_a_claim_stands_while_its_owner_is_not_accepted() -> None:
    nobody = {"selector": {"matchLabels": {"no": "such"}}}
    found = judge(make_feed("old", accounts=nobody), make_feed("young", after_s=1))

    assert (found["old"].reason, found["young"].reason) == ("NoAccounts", "SubjectConflict")


def test_a_claim_does_not_widen_when_its_accounts_are_deleted() -> None:
    """By the rules alone the two could meet; by the contracts they do not."""
    nobody = {"selector": {"matchLabels": {"no": "such"}}}
    found = judge(
        make_feed("old", accounts=nobody, select=[{"products": ["rb"]}]),
        make_feed("young", after_s=1, select=[{"exchanges": ["SHFE"]}], exclude=[{"products": ["rb"]}]),
    )

    assert (found["old"].reason, found["young"].reason) == ("NoAccounts", "Accepted")


def test_a_subject_of_the_installations_own_is_refused() -> None:
    feed = make_feed(publish={"subject": "quotes.{symbol}"})
    found = judge_subscriptions([feed], [make_feed_account()], {}, TABLES, subjects=Subjects("quotes"))

    assert found[Key("desk", "all")].reason == "SubjectConflict"


# --- streams


def stream_with(**changes: Any) -> Any:
    config = {
        "subjects": ["md.>", "mds.fence.*.*", "mds.probe.*.*", "mds.last.>"],
        "allow_msg_ttl": True,
        "allow_direct": True,
        "duplicate_window": 30_000_000_000,
    }
    return {"MD": read_stream(config | changes)}


@pytest.mark.parametrize(
    ("streams", "reason", "says"),
    [
        pytest.param({}, "StreamUnknown", "stream MD: Whether", id="not known yet"),
        pytest.param({"MD": None}, "StreamMissing", "stream MD does not exist", id="looked for in vain"),
        pytest.param(stream_with(), "Accepted", "", id="all that it must be"),
        pytest.param(
            stream_with(subjects=["x.>", "mds.fence.*.*", "mds.probe.*.*", "mds.last.>"]),
            "StreamConflict",
            "does not capture md.DCE.m2705",
            id="not its ticks",
        ),
        pytest.param(
            stream_with(subjects=["md.SHFE.*", "md.DCE.*", "mds.fence.>", "mds.probe.>", "mds.last.md.>"]),
            "Accepted",
            "",
            id="its ticks, by exchange",
        ),
        pytest.param(
            stream_with(subjects=["md.SHFE.*", "mds.fence.*.*", "mds.probe.*.*", "mds.last.>"]),
            "StreamConflict",
            "md.DCE.m2705",
            id="one exchange of two",
        ),
        pytest.param(
            stream_with(subjects=["md.>", "mds.probe.*.*", "mds.last.>"]),
            "StreamConflict",
            "mds.fence.desk.all",
            id="not its fence",
        ),
        pytest.param(
            stream_with(subjects=["md.>", "mds.fence.*.*", "mds.last.>"]),
            "StreamConflict",
            "mds.probe.desk.a",
            id="not its probe",
        ),
        pytest.param(
            stream_with(subjects=["md.>", "mds.fence.*.*", "mds.probe.*.*"]),
            "StreamConflict",
            "mds.last.md.*.*",
            id="not its last values",
        ),
        pytest.param(stream_with(allow_msg_ttl=False), "StreamConflict", "allow_msg_ttl", id="no TTL"),
        pytest.param(stream_with(allow_direct=False), "StreamConflict", "allow_direct", id="no direct get"),
        pytest.param(stream_with(duplicate_window=30_000_000_000 - 1), "StreamConflict", "30 s", id="window"),
        pytest.param(stream_with(retention="workqueue"), "StreamConflict", "retention", id="a work queue"),
        pytest.param(stream_with(no_ack=True), "StreamConflict", "no_ack", id="no acknowledgements"),
        pytest.param(stream_with(mirror={"name": "X"}), "StreamConflict", "mirror", id="a mirror"),
    ],
)
def test_a_stream_must_be_able_to_carry_the_ticks(streams: Any, reason: str, says: str) -> None:
    found = judge_one(streams=streams)

    assert found.reason == reason
    assert says in found.message


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("md.SHFE.*", "Accepted", id="perhaps"),
        pytest.param("quotes.>", "StreamConflict", id="never"),
    ],
)
def test_before_contracts_are_known_only_what_never_fits_is_refused(pattern: str, reason: str) -> None:
    streams = stream_with(subjects=[pattern, "mds.fence.*.*", "mds.probe.*.*", "mds.last.>"])

    assert judge_one(streams=streams, tables=NOTHING_KNOWN).reason == reason


# --- what follows


@pytest.mark.parametrize(
    ("facts", "without_route", "with_route"),
    [
        pytest.param({}, True, True, id="accepted"),
        pytest.param({"accounts": []}, False, True, id="no accounts: what runs goes on"),
        pytest.param({"streams": {"MD": None}}, False, False, id="nowhere to write"),
        pytest.param({"streams": {}}, False, True, id="nobody knows where it writes: what runs goes on"),
    ],
)
def test_what_runs_goes_on_unless_it_must_not_write(
    facts: Any,
    without_route: bool,  # noqa: FBT001 - a column
    with_route: bool,  # noqa: FBT001 - a column
) -> None:
    found = judge_one(**facts)

    assert found.is_served(has_route=False) is without_route
    assert found.is_served(has_route=True) is with_route


def test_the_one_that_lost_a_subject_is_not_served_whatever_route_it_has() -> None:
    found = judge(make_feed("old"), make_feed("young", after_s=1, accounts={"order": ["a"]}))

    assert not found["young"].is_served(has_route=True)
