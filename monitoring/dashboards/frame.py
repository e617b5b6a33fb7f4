"""What every dashboard has: variables, the moves as annotations, the ways to the others, Shanghai time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import dashboard, prometheus
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.prometheus import QueryEditorMode

from monitoring.dashboards.panels import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitoring.dashboards.panels import Panel

TAG: Final = "mds"
RUNBOOKS: Final = "runbookUrl"
"""The variable that has it; the chart and the mixin put theirs in."""

ALL_DESKS: Final = 'namespace=~"$namespace"'
DESK: Final = 'namespace="$namespace"'
FEED: Final = 'namespace="$namespace", subscription="$subscription"'
ACCOUNT: Final = 'namespace="$namespace", account="$account"'
RELEASE: Final = 'namespace=~"$release"'
"""Of what the operator says of itself and of NATS: the namespace that it runs in."""
STREAM: Final = 'namespace=~"$release", stream=~"$stream"'


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    label: str
    description: str
    query: str
    many: bool = False
    """Several may be chosen, and are at first."""


DESKS: Final = Variable(
    "namespace",
    "Namespace",
    "Namespaces of feeds: the desks.",
    "label_values(mds_operator_subscription_info, namespace)",
    many=True,
)
ONE_DESK: Final = Variable("namespace", "Namespace", "The namespace of the feed: the desk.", DESKS.query)
SUBSCRIPTION: Final = Variable(
    "subscription",
    "Subscription",
    "The feed.",
    'label_values(mds_operator_subscription_info{namespace="$namespace"}, subscription)',
)
OF_ACCOUNT: Final = Variable(
    "account",
    "Account",
    "The account, and with it its gateway.",
    'label_values(mds_operator_account_enabled{namespace="$namespace"}, account)',
)
RELEASES: Final = Variable(
    "release",
    "Operator in",
    "Namespaces of operators: one, as a rule.",
    "label_values(mds_operator_leader, namespace)",
    many=True,
)
STREAMS: Final = Variable(
    "stream",
    "Stream",
    "Streams of ticks, as subscriptions name them.",
    'label_values(mds_operator_stream_messages{namespace=~"$release"}, stream)',
    many=True,
)


@dataclass(frozen=True, slots=True)
class Outline:
    """One dashboard, before it is Grafana's."""

    name: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    moves: str
    """Matchers of the moves that are marked."""
    rows: Mapping[str, Sequence[Panel]]


def build(outline: Outline, others: Iterable[Outline]) -> dashboard.Dashboard:
    made = dashboard.Dashboard(outline.title).uid(f"mds-{outline.name}").description(outline.description)
    made.tags([TAG]).timezone("Asia/Shanghai").readonly().tooltip(DashboardCursorSync.CROSSHAIR)
    made.time("now-3h", "now").refresh("30s").week_start("monday")
    made.with_variable(_source()).with_variable(_runbooks())
    for variable in outline.variables:
        made.with_variable(_query(variable))
    made.annotation(_moves(outline.moves))
    for other in others:
        made.link(_link(outline, other))
    for title, panels in outline.rows.items():
        made.with_row(dashboard.Row(title))
        for panel in panels:
            made.with_panel(panel)
    return made


def _source() -> dashboard.DatasourceVariable:
    variable = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    return variable.description("The Prometheus that scrapes mds.")


def _runbooks() -> dashboard.ConstantVariable:
    variable = dashboard.ConstantVariable(RUNBOOKS).label("Runbooks").value("docs/runbooks")
    return variable.description("Where the pages of the alerts are: `alerts.runbookUrl` of the chart.")


def _query(variable: Variable) -> dashboard.QueryVariable:
    made = dashboard.QueryVariable(variable.name).label(variable.label).description(variable.description)
    made.datasource(SOURCE).query({"query": variable.query, "refId": variable.name})
    made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    made.hide(VariableHide.DONT_HIDE).multi(variable.many).include_all(variable.many)
    return made.all_value(".*") if variable.many else made


def _moves(matchers: str) -> dashboard.AnnotationQuery:
    """Marked where the series of a move begins, but not where an operator tells it anew after a restart."""
    info = f"mds_operator_last_failover_info{{{matchers}}}"
    by = "max by (namespace, subscription, epoch, from, to, reason)"
    expr = f"{by} ({info})\nunless\n{by} (last_over_time({info}[30m] offset $__interval))"
    target = prometheus.Dataquery().ref_id("Moves").datasource(SOURCE).editor_mode(QueryEditorMode.CODE)
    mark = dashboard.AnnotationQuery().name("Moves").datasource(SOURCE).enable(True).icon_color("blue")
    mark.expr(expr).target(target.expr(expr).range())
    mark.title_format("{{namespace}}/{{subscription}}").tag_keys("reason")
    return mark.text_format("{{from}} → {{to}}, epoch {{epoch}}: {{reason}}")


def _link(here: Outline, there: Outline) -> dashboard.DashboardLink:
    """What was chosen here goes along, but several to where one is to be chosen."""
    fitting = {each.name: each.many for each in there.variables}
    chosen = [
        each.name for each in here.variables if each.name in fitting and (fitting[each.name] or not each.many)
    ]
    query = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", *chosen))
    link = dashboard.DashboardLink(there.title).type(DashboardLinkType.LINK).icon("dashboard")
    return link.url(f"/d/mds-{there.name}?{query}").tooltip(there.description).keep_time(True)
