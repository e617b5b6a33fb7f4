"""The sentence of each account reason, with the figures that a tired engineer needs and what to do next.

No figure that moves by itself (an age, a count) stands in it: a message that changes is a status that is
written. Broker's words are cut short and cleared of the Secret's values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import make_plain
from mds_operator.domain.front_words import WORDS_MAX, explain_login, quote_front
from mds_operator.domain.pod_trouble import describe_end
from mds_operator.domain.seen import BROKER_ID, ENVIRONMENT, MARKET_DATA_FRONTS, TRADE_FRONTS
from mds_protocol.failover.logins import TRIES_MAX, LoginAnswer, classify_login, is_login_code
from mds_protocol.resources.feedaccount import Role
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import GatewayState
from mds_protocol.wire.times import to_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_operator.domain.account_case import AccountCase
    from mds_operator.domain.seen import PodView
    from mds_protocol.wire.heartbeat import Front, Heartbeat

STARTS_LONG_S: Final = 60.0
"""After this a start is told with what to look at; a pulled image and 25,000 contracts fit in."""

_NAMES_MAX: Final = 5


def explain(case: AccountCase, reason: AccountReason, *, now: float) -> str:
    """Why it is so, in words for this account."""
    if reason in (AccountReason.STARTING, AccountReason.CONTAINER_DIED):
        return _explain_start(case, now) if reason is AccountReason.STARTING else _explain_end(case)
    teller = _TELLERS.get(reason)
    return teller(case) if teller else reason.sentence


def add_outlook(case: AccountCase, message: str) -> str:
    """What happens next to an account that is not well: nothing, because paused; or a restart, and when."""
    if case.account.spec.paused:
        return (
            f"{message} The account is paused: nothing is moved or restarted, whatever is pinned. Set"
            " spec.paused to false."
        )
    reason = case.decision.reason if case.decision else None
    until = case.restarts.cooldown_until if case.restarts else None
    if reason is RestartReason.COOLING_DOWN and until is not None:
        return f"{message} The pod is not replaced again before {until:%H:%M:%S} UTC."
    return message


def explain_budget(case: AccountCase, cause: AccountReason, why: str) -> str:
    """What nobody but a person ends."""
    most = case.account.spec.recovery.max_per_hour
    spent = f"{most} restarts within the hour did not help" if most else "recovery.maxPerHour is 0"
    return f"{cause}, and the pod is not replaced: {spent}. {why} Find the cause, then {_ask_restart(case)}"


def explain_trade_loss(case: AccountCase) -> str | None:
    """About the trading front of an account whose ticks go on."""
    front = case.heartbeat.trade if case.heartbeat else None
    if front is None or (front.connected and front.logged_in):
        return None
    words = _quote(case, front)
    if not front.connected and not is_login_code(front.error_code):
        said = f": {words}" if words else ""
        return (
            f"The trading front ({_fronts(_trade_fronts(case))}) is not connected{said}. Ticks go on;"
            " contracts and session states are not refreshed."
        )
    if front.error_code is not None and is_login_code(front.error_code):
        remedy = explain_login(front.error_code)
        return f"The trading login is refused: {words}. {remedy} {_tell_tries(case, front)} Ticks go on."
    return f"The trading login is under way{f': {words}' if words else ''}. Ticks go on."


def explain_login_refusal(case: AccountCase, front: Front) -> str:
    code = front.error_code or 0
    said = _quote(case, front)
    return f"The broker refuses the login of broker {_broker(case)}: {said}. {explain_login(code)}"


def name_some(names: Iterable[str]) -> str:
    """At most five names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - _NAMES_MAX} more" if len(listed) > _NAMES_MAX else ""
    return ", ".join(listed[:_NAMES_MAX]) + more


# --- one each


def _active(case: AccountCase) -> str:
    names = name_some(f"{part.name} (epoch {part.epoch})" for part in case.roles if part.role is Role.ACTIVE)
    return f"Publishes {names}."


def _held(case: AccountCase) -> str:
    feeds = name_some(sorted(case.seen.named_in))
    return (
        f"spec.enabled is false, and it publishes {feeds} on, as a person holds that (paused or Manual). Its"
        f" pod goes when the feed has moved; what that needs is in the condition Ready: kubectl -n"
        f" {case.account.metadata.namespace} describe fs"
    )


def _standby(case: AccountCase) -> str:
    names = name_some(part.name for part in case.roles if part.role is Role.STANDBY)
    if case.account.spec.paused:
        return f"Logged in and subscribed for {names}, but paused: it takes nothing over."
    return f"Logged in, subscribed and silent, ready to take over {names}."


def _unused(case: AccountCase) -> str:
    if case.account.spec.priority == 0:
        return "Logged in, but its priority is 0, so it never publishes. Set priority above 0 to use it."
    return (
        "Logged in, but no accepted subscription selects this account. Compare its labels with"
        " accounts.selector of the FeedSubscriptions."
    )


def _market_closed(case: AccountCase) -> str:
    front = case.heartbeat.market_data if case.heartbeat else None
    if front is None or front.logged_in:
        return AccountReason.MARKET_CLOSED.sentence
    words = _quote(case, front)
    said = f" ({words})" if words else ""
    return (
        f"No market that it serves is open. The market-data front is not logged in{said}, as is usual then;"
        " 15 minutes before the opening this counts as a fault."
    )


def _front_lost(case: AccountCase) -> str:
    beat = case.heartbeat
    words = _quote(case, beat.market_data) if beat else ""
    text = f"The market-data front is not connected{f': {words}' if words else ''}."
    where = f"{text} Check {_fronts(_data_fronts(case))}, the network and the broker's notices."
    if beat is not None and beat.trading_day is None:
        return (
            f"{where} It never was logged in: ctp.environment is {_environment(case)}, and a front of the"
            " other kind hangs up in the handshake."
        )
    return where


def _login_refused(case: AccountCase) -> str:
    front = _refusing_front(case)
    if front is not None:
        return f"{explain_login_refusal(case, front)} {_tell_tries(case, front)}"
    if case.block is not None:
        return _blocked(case)
    return AccountReason.LOGIN_REFUSED.sentence


def _blocked(case: AccountCase) -> str:
    front = _refusing_front(case)
    if front is not None:
        said = explain_login_refusal(case, front)
    elif case.block is not None and is_login_code(case.block.code):
        said = f"The broker refused the login with {case.block.code}. {explain_login(case.block.code)}"
    else:
        said = "The broker refused the login."
    return f"{said} {_tell_end_of_tries(case)}"


def _tell_tries(case: AccountCase, front: Front) -> str:
    """How often it was tried, and what it waits for."""
    if front.gave_up:
        return _tell_end_of_tries(case)
    if classify_login(front.error_code or 0) is not LoginAnswer.INSPECT or not front.refused:
        return "The gateway tries again by itself."
    trade = case.heartbeat.trade if case.heartbeat else None
    after = " after the trading login" if trade is not None and trade is not front else " by itself"
    return f"Try {front.refused} of at most {TRIES_MAX}; the gateway tries again{after}."


def _tell_end_of_tries(case: AccountCase) -> str:
    beat = case.heartbeat
    fronts = (beat.market_data, beat.trade) if beat else ()
    refused = max((front.refused for front in fronts if front), default=0)
    used_up = refused >= TRIES_MAX
    tried = f"It was tried {refused} times, the most for unchanged credentials. " if used_up else ""
    return (
        f"{tried}Nothing is tried until the Secret {case.account.spec.credentials_secret_ref.name} or the ctp"
        f" block changes; if neither has to, {_ask_restart(case)}"
    )


def _restarting(case: AccountCase) -> str:
    pod = case.pod
    last = case.restarts.last_reason if case.restarts else None
    why = f" Last restart: {last}." if last else ""
    if pod is None:
        return f"Its pod is gone, a new one is being made.{why}"
    if pod.is_finished and not pod.is_leaving:
        return f"Pod {pod.name} was ended by Kubernetes ({pod.phase}); a new one is being made."
    return f"Pod {pod.name} is going away, a new one follows.{why}"


def _publish_stalled(case: AccountCase) -> str:
    error = case.heartbeat.last_publish_error if case.heartbeat else None
    said = f": {make_plain(error, WORDS_MAX)}" if error else ""
    return (
        f"NATS has acknowledged nothing for a second{said}. Check whether the stream is full or without a"
        " leader (nats stream info), and the network to NATS."
    )


def _stale(case: AccountCase) -> str:
    where = ", ".join(sorted(case.health.stale)) or "some exchanges"
    return (
        f"On {where} others see ticks that this account does not, or its canaries are silent in an open"
        f" market. If it lasts, change the front ({_fronts(_data_fronts(case))}) or ask the broker."
    )


def _silent(case: AccountCase) -> str:
    if case.pod is None:
        return "Its pod is gone, a new one is being made."
    pod = case.pod
    where = f"Pod {pod.name} on node {pod.node or '?'}"
    began = case.seen.pod is not None and case.seen.pod.began_at is not None
    if case.seen.heard is None and (began or not case.seen.named_in):
        return (
            f"{where} has not been heard for over two minutes."
            f" kubectl -n {pod.namespace} {_look(pod)} {pod.name}"
        )
    return (
        f"{where} sends no heartbeat, and a second witness confirms it."
        f" kubectl -n {pod.namespace} logs {pod.name}; then look at the node."
    )


def _node_lost(case: AccountCase) -> str:
    node = (case.pod.node if case.pod else None) or "?"
    return (
        f"Node {node} is not ready. The pod is made anew elsewhere once that has lasted 60 s."
        f" kubectl describe node {node}"
    )


def _probe_failing(case: AccountCase) -> str:
    error = case.heartbeat.last_publish_error if case.heartbeat else None
    said = f" ({make_plain(error, WORDS_MAX)})" if error else ""
    return (
        f"The standby's own test message is not stored{said}, so no failover goes to it. Check its way to"
        " NATS and whether the stream takes messages."
    )


_TELLERS: Final[Mapping[AccountReason, Callable[[AccountCase], str]]] = {
    AccountReason.ACTIVE: _active,
    AccountReason.HELD: _held,
    AccountReason.STANDBY: _standby,
    AccountReason.UNUSED: _unused,
    AccountReason.MARKET_CLOSED: _market_closed,
    AccountReason.FRONT_LOST: _front_lost,
    AccountReason.LOGIN_REFUSED: _login_refused,
    AccountReason.BLOCKED: _blocked,
    AccountReason.RESTARTING: _restarting,
    AccountReason.PUBLISH_STALLED: _publish_stalled,
    AccountReason.PROBE_FAILING: _probe_failing,
    AccountReason.STALE: _stale,
    AccountReason.SILENT: _silent,
    AccountReason.NODE_LOST: _node_lost,
}
"""The rest says all there is to say in `reasons.py`."""


# --- starting and ending


def _explain_start(case: AccountCase, now: float) -> str:
    lasts = now - _find_beginning(case, now) >= STARTS_LONG_S
    pod = case.pod
    if pod is None:
        return "The pod is being made."
    if case.heartbeat is None:
        what = "runs and is not heard yet" if pod.is_running else f"starts{_at(pod.node)}"
        hint = (
            f" This lasts over a minute: kubectl -n {pod.namespace} {_look(pod)} {pod.name}" if lasts else ""
        )
        return f"Pod {pod.name} {what}.{hint}"
    return _explain_login_way(case, lasts=lasts)


def _find_beginning(case: AccountCase, now: float) -> float:
    """Since when this very pod is seen, or says that it is so; bad health may be older than both."""
    heard = case.seen.heard
    known = heard.state_since if heard is not None else case.pod_seen_at
    return max(case.health.since, now if known is None else known)


def _explain_login_way(case: AccountCase, *, lasts: bool) -> str:
    beat = case.heartbeat
    if beat is None or not beat.market_data.connected:
        return (
            f"Connecting to {_fronts(_data_fronts(case))}{_tell_since(beat)}; nobody answers there yet. It is"
            " tried again by itself; check the address and the network."
        )
    if beat.state is GatewayState.SUBSCRIBING or beat.market_data.logged_in:
        hint = (
            " This lasts over a minute: contracts come with the first trading login, so check that one"
            " account has trade fronts and is logged in."
            if lasts
            else ""
        )
        return f"Logged in, subscribing.{hint}"
    words = _quote(case, beat.market_data)
    waits = beat.trade is not None and not beat.trade.logged_in
    trade = f" Market data waits for the trading login. {explain_trade_loss(case) or ''}" if waits else ""
    return f"Connected, logging in{f': {words}' if words else ''}.{trade}".replace(
        " Ticks go on.", ""
    ).strip()


def _tell_since(beat: Heartbeat | None) -> str:
    """A time, as an age would change by itself."""
    since_ns = beat.market_data.connecting_since_ns if beat else None
    return f" since {to_time(since_ns):%H:%M:%S} UTC" if since_ns else ""


def _explain_end(case: AccountCase) -> str:
    if case.pod is None or case.pod.last_end is None:
        return AccountReason.CONTAINER_DIED.sentence
    return describe_end(case.pod, case.pod.last_end)


# --- parts


def _look(pod: PodView) -> str:
    return "logs" if pod.is_running else "describe pod"


def _refusing_front(case: AccountCase) -> Front | None:
    """Market data first; it may wait for a trading login that is refused."""
    beat = case.heartbeat
    fronts = (beat.market_data, beat.trade) if beat else ()
    return next(
        (front for front in fronts if front and not front.logged_in and is_login_code(front.error_code)), None
    )


def _quote(case: AccountCase, front: Front) -> str:
    return case.redact(quote_front(front))


def _broker(case: AccountCase) -> str:
    spec = case.account.spec.ctp
    written = spec.broker_id if spec else "?"
    return case.pod.told.get(BROKER_ID, written) if case.pod else written


def _environment(case: AccountCase) -> str:
    spec = case.account.spec.ctp
    written = spec.environment.value if spec else "?"
    return case.pod.told.get(ENVIRONMENT, written) if case.pod else written


def _data_fronts(case: AccountCase) -> tuple[str, ...]:
    """Those of the pod: an edit of the spec is not in force before the next one."""
    in_force = case.pod.told.get(MARKET_DATA_FRONTS) if case.pod else None
    if in_force is not None:
        return tuple(in_force.split(","))
    return case.account.spec.ctp.market_data_fronts if case.account.spec.ctp else ()


def _trade_fronts(case: AccountCase) -> tuple[str, ...]:
    in_force = case.pod.told.get(TRADE_FRONTS) if case.pod else None
    if in_force is not None:
        return tuple(in_force.split(","))
    return case.account.spec.ctp.trade_fronts if case.account.spec.ctp else ()


def _fronts(addresses: tuple[str, ...]) -> str:
    return name_some(addresses) or "its address"


def _at(node: str | None) -> str:
    return f" on node {node}" if node else ""


def _ask_restart(case: AccountCase) -> str:
    name, namespace = case.account.metadata.name, case.account.metadata.namespace
    return (
        f"ask for a restart: kubectl -n {namespace} annotate fa {name} --overwrite"
        " mds.dev/restartedAt=$(date -Is)"
    )
