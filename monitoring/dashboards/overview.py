"""All desks: who publishes, what is left of what was promised, what is wrong now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.common import GraphDrawStyle

from monitoring.dashboards.frame import ALL_DESKS, DESKS, Outline
from monitoring.dashboards.panels import (
    SPENT_IS_BAD,
    ZERO_IS_GOOD,
    Column,
    Query,
    graph,
    number,
    rows,
    timeline,
)
from monitoring.dashboards.shared import OPEN, VERDICTS, alerts, problems, to_account, to_feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.dashboards.panels import Panel

_FEED: Final = "namespace, subscription"


def outline() -> Outline:
    return Outline(
        name="overview",
        title="mds / overview",
        description="All desks: who publishes, what is wrong now, what is left of what was promised.",
        variables=(DESKS,),
        moves=ALL_DESKS,
        rows={
            "What is wrong now": _wrong(),
            "Who publishes": _publishes(),
            "What was promised": _promised(),
            "Feeds": _feeds(),
        },
    )


def _wrong() -> Sequence[Panel]:
    open_feeds = f"max by ({_FEED}) (mds_operator_market_open{{{ALL_DESKS}}} == 1)"
    return (
        number(
            "Feeds",
            "Subscriptions that the operator knows.",
            Query(f"count(max by ({_FEED}) (mds_operator_subscription_info{{{ALL_DESKS}}}))"),
            unit="none",
        ),
        number(
            "Markets open",
            "Feeds of which a market is open now, by the trading front or else the calendar.",
            Query(f"count({open_feeds}) or vector(0)"),
            unit="none",
        ),
        number(
            "Without a feed",
            "Feeds in an open market for which no account publishes.",
            Query(
                f"count({open_feeds} unless on ({_FEED}) mds_operator_subscription_active{{{ALL_DESKS}}})"
                " or vector(0)"
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Not ready",
            "Feeds that will not be there at the next opening unless somebody does something.",
            Query(
                f'sum(max by ({_FEED}) (mds_operator_readiness{{{ALL_DESKS}, verdict="NotReady"}}))'
                " or vector(0)"
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Accounts not well",
            "Accounts that are to be logged in and are not healthy, or of which nobody knows.",
            Query(
                "count(max by (namespace, account) "
                f'(mds_operator_account_health{{{ALL_DESKS}, health!="Healthy"}} == 1)'
                f" and on (namespace, account) mds_operator_account_enabled{{{ALL_DESKS}}} == 1)"
                " or vector(0)"
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Blocked accounts",
            "Accounts whose login must not be repeated before a person has corrected it.",
            Query(
                f"sum(max by (namespace, account) (mds_operator_account_blocked{{{ALL_DESKS}}})) or vector(0)"
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Gateways not scraped",
            "Healthy gateways that Prometheus does not see: alerts about them cannot fire.",
            Query(
                f'count(mds_operator_account_health{{{ALL_DESKS}, health="Healthy"}} == 1'
                ' unless on (namespace, account) (up{job="mds-gateway"} == 1)) or vector(0)'
            ),
            unit="none",
            steps=ZERO_IS_GOOD,
        ),
        number(
            "Moves",
            "Moves of feeds from one account to another in an open market, in the time that is shown.",
            Query(
                "round(sum(increase(mds_operator_failover_gap_seconds_count"
                f"{{{ALL_DESKS}}}[$__range]))) or vector(0)"
            ),
            unit="none",
        ),
        alerts(ALL_DESKS, of_release=True),
        problems(ALL_DESKS),
    )


def _publishes() -> Sequence[Panel]:
    return (
        rows(
            "Each feed",
            "One line for each feed: who publishes it, how its market is, what is left of its budgets.",
            Query(f"max by ({_FEED}, account) (mds_operator_subscription_active{{{ALL_DESKS}}})"),
            Query(f"max by ({_FEED}, verdict) (mds_operator_readiness{{{ALL_DESKS}}} == 1)"),
            Query(f"max by ({_FEED}) (mds_operator_market_open{{{ALL_DESKS}}})"),
            Query(f"max by ({_FEED}) (mds_operator_subscription_standbys{{{ALL_DESKS}}})"),
            Query(f"max by ({_FEED}) (mds:subscription_completeness:budget_left{{{ALL_DESKS}}})"),
            Query(f"max by ({_FEED}) (mds:subscription_availability:budget_left{{{ALL_DESKS}}})"),
            columns=(
                Column("namespace", "Namespace"),
                Column("subscription", "Subscription", link=to_feed(), link_title="Subscription"),
                Column("verdict", "Next opening", texts=VERDICTS),
                Column("account", "Account", link=to_account(), link_title="Account"),
                Column("Value #C", "Market", unit="none", texts=OPEN),
                Column("Value #D", "Standbys", unit="none"),
                Column("Value #E", "Completeness left", unit="percentunit", steps=SPENT_IS_BAD),
                Column("Value #F", "Availability left", unit="percentunit", steps=SPENT_IS_BAD),
            ),
            width=24,
            height=9,
            empty="no feed",
        ),
        timeline(
            "Who published when",
            "A bar for each account while it published; the bar of a feed moves from one line to"
            " another with it.",
            Query(
                f"max by ({_FEED}, account) (mds_operator_subscription_active{{{ALL_DESKS}}})",
                "{{namespace}}/{{subscription}} {{account}}",
            ),
            texts={"1": ("publishes", "green")},
            width=24,
        ),
    )


def _promised() -> Sequence[Panel]:
    return (
        graph(
            "Completeness: budget left",
            "1: no tick was lost in the window of `alerts.slo.window`; 0: the budget is used up; below:"
            " overdrawn."
            " The window is no longer than what this Prometheus keeps.",
            Query(
                f"max by ({_FEED}) (mds:subscription_completeness:budget_left{{{ALL_DESKS}}})",
                "{{namespace}}/{{subscription}}",
            ),
            unit="percentunit",
            top=1,
        ),
        graph(
            "Availability: budget left",
            "1: somebody published all of the market time in the window; 0: the budget is used up.",
            Query(
                f"max by ({_FEED}) (mds:subscription_availability:budget_left{{{ALL_DESKS}}})",
                "{{namespace}}/{{subscription}}",
            ),
            unit="percentunit",
            top=1,
        ),
        graph(
            "Lost ticks",
            "Ticks that the stream does not have and will not get, by cause.",
            Query(
                "sum by (namespace, subscription, cause)"
                f" (increase(mds_gateway_ticks_lost_total{{{ALL_DESKS}}}[$__rate_interval]))",
                "{{namespace}}/{{subscription}} {{cause}}",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
            stacked=True,
        ),
    )


def _feeds() -> Sequence[Panel]:
    return (
        graph(
            "Ticks stored",
            "Ticks a second that the stream acknowledged.",
            Query(
                f"sum by ({_FEED}) (rate(mds_gateway_ticks_stored_total{{{ALL_DESKS}}}[$__rate_interval]))",
                "{{namespace}}/{{subscription}}",
            ),
            unit="cps",
        ),
        graph(
            "Moves in an open market",
            "Moves from one account to another, by feed; the dashboard of each has the reasons.",
            Query(
                f"sum by ({_FEED})"
                f" (increase(mds_operator_failover_gap_seconds_count{{{ALL_DESKS}}}[$__rate_interval]))",
                "{{namespace}}/{{subscription}}",
            ),
            unit="short",
            draw=GraphDrawStyle.BARS,
            stacked=True,
        ),
        graph(
            "Accounts by health",
            "All accounts of these desks.",
            Query(
                "sum by (health)"
                f" (max by (namespace, account, health) (mds_operator_account_health{{{ALL_DESKS}}}))",
                "{{health}}",
            ),
            unit="short",
            steps=True,
            stacked=True,
        ),
    )
