"""Whether markets trade: the calendar's hours, the fronts' word before it, and the day when the data ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mds_operator.domain import sessions
from mds_protocol.failover.observed import MarketSeen
from mds_protocol.wire.heartbeat import SessionState
from tests.unit.failover.builders import NOW, SURE, make_account, make_exchange
from tests.unit.operator.subscriptions.builders import china

OPEN, CLOSED, UNKNOWN = SessionState.OPEN, SessionState.CLOSED, SessionState.UNKNOWN
NOBODY_KNOWS = MarketSeen(open=True, known=False)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("exchange", "opens", "closes"),
    [
        pytest.param("SHFE", "2026-11-23 09:00", "2026-11-23 10:15", id="commodities, first morning part"),
        pytest.param("SHFE", "2026-11-23 10:30", "2026-11-23 11:30", id="after the break"),
        pytest.param("DCE", "2026-11-23 13:30", "2026-11-23 15:00", id="afternoon"),
        pytest.param("CFFEX", "2026-11-23 09:30", "2026-11-23 11:30", id="index futures open later"),
        pytest.param("CFFEX", "2026-11-23 13:00", "2026-11-23 15:15", id="bonds close later"),
        pytest.param("GFEX", "2026-11-23 13:30", "2026-11-23 15:00", id="no night session"),
        pytest.param("DCE", "2026-11-23 21:00", "2026-11-23 23:00", id="night until 23:00"),
        pytest.param("CZCE", "2026-11-23 21:00", "2026-11-23 23:00", id="its renamed products do not count"),
        pytest.param("SHFE", "2026-11-20 21:00", "2026-11-21 02:30", id="Friday's night ends on Saturday"),
    ],
)
def test_an_exchange_is_open_from_the_first_second_to_the_last(
    exchange: str, opens: str, closes: str
) -> None:
    edges = (china(opens) - SECOND, china(opens), china(closes) - SECOND, china(closes))

    assert [sessions.calendar([exchange], edge)[exchange] for edge in edges] == [CLOSED, OPEN, OPEN, CLOSED]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("2026-11-21 10:00", id="Saturday"),
        pytest.param("2026-11-22 21:30", id="Sunday night"),
        pytest.param("2026-10-01 10:00", id="National Day"),
        pytest.param("2026-09-30 21:30", id="the night before a holiday"),
        pytest.param("2026-10-10 10:00", id="a Saturday on which offices work"),
        pytest.param("2026-11-23 17:00", id="between day and night"),
    ],
)
def test_every_exchange_is_closed(moment: str) -> None:
    assert set(sessions.calendar(sessions.EXCHANGES, china(moment)).values()) == {CLOSED}


def test_the_clocks_zone_does_not_matter() -> None:
    moment = china("2026-11-23 09:00")

    assert sessions.calendar(["SHFE"], moment) == sessions.calendar(["SHFE"], moment.astimezone(tz=None))


def test_an_exchange_that_the_calendar_does_not_know_is_unknown_and_counts_as_open() -> None:
    known = sessions.calendar(["SSE"], china("2026-11-21 10:00"))

    assert known == {"SSE": UNKNOWN}
    assert sessions.market(["SSE"], {}, known, china("2026-11-21 10:00"), doubts={}) == NOBODY_KNOWS


def test_a_simulator_that_lives_at_another_time_is_not_judged_by_the_calendar() -> None:
    night = china("2026-11-21 10:00")

    assert sessions.calendar(["SHFE"], night, follow_front_clock=True) == {}
    assert ask({}, {}, "2026-11-21 10:00", follow_front_clock=True) == NOBODY_KNOWS
    assert ask({"SHFE": CLOSED}, {}, "2026-11-21 10:00", follow_front_clock=True) == MarketSeen(open=False)


# --- past the published holidays


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        pytest.param("2026-12-31 10:00", OPEN, id="the last day"),
        pytest.param("2026-12-31 21:30", OPEN, id="its night: nobody knows of the holiday that follows"),
        pytest.param("2027-01-01 10:00", OPEN, id="a holiday that is not published"),
        pytest.param("2027-03-03 10:00", OPEN, id="a weekday"),
        pytest.param("2027-03-03 17:00", CLOSED, id="no product trades at that hour on any day"),
        pytest.param("2027-03-06 10:00", CLOSED, id="nobody ever trades on a Saturday"),
    ],
)
def test_without_holiday_data_every_weekday_counts_as_open(moment: str, state: SessionState) -> None:
    assert sessions.calendar(["SHFE"], china(moment)) == {"SHFE": state}


def test_the_end_of_the_data_is_told_a_month_ahead_and_then_for_good() -> None:
    end = china(f"{sessions.HOLIDAYS_UNTIL} 12:00")
    early, soon, last, past = (
        sessions.find_calendar_warning(end + timedelta(days=days)) for days in (-30, -29, 0, 1)
    )

    assert early is None
    assert soon == last
    assert soon is not None
    assert "ends on" in soon
    assert past is not None
    assert "ended on" in past
    assert past == sessions.find_calendar_warning(end + timedelta(days=400)), "logged once"


# --- trading days


@pytest.mark.parametrize(
    ("day", "trades"),
    [
        pytest.param(date(2026, 11, 20), True, id="Friday"),
        pytest.param(date(2026, 11, 21), False, id="Saturday"),
        pytest.param(date(2026, 9, 30), True, id="the day before a holiday"),
        pytest.param(date(2026, 10, 7), False, id="the holiday's last day"),
        pytest.param(date(2026, 10, 8), True, id="the day after it"),
        pytest.param(date(2024, 2, 9), False, id="closed although no public holiday"),
        pytest.param(date(2027, 1, 1), True, id="past the data, a weekday"),
        pytest.param(date(2027, 1, 2), False, id="past the data, a Saturday"),
    ],
)
def test_a_trading_day_is_one_on_which_anything_trades_by_day(day: date, trades: bool) -> None:  # noqa: FBT001 - a column
    assert sessions.is_trading_day(day) is trades


# --- what the fronts say


def ask(said: Any, by_calendar: Any, moment: str = "2026-11-23 10:00", **options: Any) -> MarketSeen:
    return sessions.market(["SHFE"], said, by_calendar, china(moment), **{"doubts": {}} | options)


@pytest.mark.parametrize(
    ("said", "by_calendar", "is_open"),
    [
        pytest.param({}, {"SHFE": OPEN}, True, id="nobody says, calendar open"),
        pytest.param({}, {"SHFE": CLOSED}, False, id="nobody says, calendar closed"),
        pytest.param({}, {}, True, id="nobody knows"),
        pytest.param({"SHFE": OPEN}, {"SHFE": CLOSED}, True, id="front open, calendar closed"),
        pytest.param({"SHFE": CLOSED}, {"SHFE": OPEN}, False, id="front closed, calendar open"),
        pytest.param({"DCE": OPEN}, {"SHFE": CLOSED}, False, id="another exchange's word"),
    ],
)
def test_a_fronts_word_goes_before_the_calendar(said: Any, by_calendar: Any, is_open: bool) -> None:  # noqa: FBT001 - a column
    assert ask(said, by_calendar).open is is_open


def test_one_open_exchange_of_several_is_enough() -> None:
    states = {"SHFE": CLOSED, "CFFEX": OPEN}

    assert sessions.market(["SHFE", "CFFEX"], {}, states, china("2026-11-23 10:20"), doubts={}).open
    assert not sessions.market(["SHFE"], {}, states, china("2026-11-23 10:20"), doubts={}).open


def test_where_the_contracts_trade_is_not_known_every_exchange_counts() -> None:
    assert sessions.market([], {"CFFEX": OPEN}, {"SHFE": CLOSED}, china("2026-11-23 10:20"), doubts={}).open
    assert not sessions.market([], {}, {"SHFE": CLOSED}, china("2026-11-23 10:20"), doubts={}).open


@pytest.mark.parametrize(
    ("moment", "opens_in_s", "matters"),
    [
        pytest.param("2026-11-23 08:44:59", 901.0, False, id="just over 15 minutes"),
        pytest.param("2026-11-23 08:45:00", 900.0, True, id="15 minutes"),
        pytest.param("2026-11-23 10:20:00", 600.0, True, id="the morning break"),
        pytest.param("2026-11-23 12:00:00", 5400.0, False, id="midday"),
        pytest.param("2026-11-21 02:30:00", 196_200.0, False, id="over the weekend"),
        pytest.param("2026-09-30 15:00:00", 669_600.0, False, id="over a holiday"),
        pytest.param("2026-11-23 09:00:00", 5400.0, False, id="open by calendar, closed by its front"),
    ],
)
def test_a_closed_market_says_when_it_opens(moment: str, opens_in_s: float, matters: bool) -> None:  # noqa: FBT001 - a column
    seen = ask({"SHFE": CLOSED}, {}, moment)

    assert seen == MarketSeen(open=False, opens_in_s=opens_in_s)
    assert seen.matters is matters


def hear(*accounts: Any) -> dict[str, SessionState]:
    return sessions.hear_sessions(accounts, "CTP.Production", SURE, now=NOW)


def say(name: str, state: SessionState, **changes: Any) -> Any:
    return make_account(name, beat={"exchanges": {"SHFE": make_exchange(session=state)}}, **changes)


@pytest.mark.parametrize(
    ("accounts", "heard"),
    [
        pytest.param([say("a", OPEN)], {"SHFE": OPEN}, id="one says open"),
        pytest.param([say("a", CLOSED), say("b", OPEN)], {"SHFE": OPEN}, id="open counts, told last"),
        pytest.param([say("a", OPEN), say("b", CLOSED)], {"SHFE": OPEN}, id="open counts, told first"),
        pytest.param([say("a", UNKNOWN), say("b", CLOSED)], {"SHFE": CLOSED}, id="one does not know"),
        pytest.param([say("a", UNKNOWN)], {}, id="nobody knows"),
        pytest.param([say("a", OPEN, heard_ago=0.69)], {"SHFE": OPEN}, id="heard within 0.7 s"),
        pytest.param([say("a", OPEN, heard_ago=0.7)], {}, id="not heard for 0.7 s"),
        pytest.param([say("a", OPEN, market="CTP.Test")], {}, id="of another market"),
        pytest.param([make_account("a", heard_ago=None)], {}, id="never heard"),
    ],
)
def test_only_heard_accounts_of_the_market_have_a_say(accounts: Any, heard: Any) -> None:
    assert hear(*accounts) == heard
