"""What a missing heartbeat means. Silence alone never condemns: it takes a second witness.

Witnesses, strongest first: the kubelet (container ended), Kubernetes (node not ready), a hot peer that hears
nothing either and finds no fresh tick in the stream, and, only without such a peer, the pod's `/livez`.
When most accounts fall silent together the cause lies between them and us, and a peer's word is not enough.
A pod that has not spoken yet is not silent but young, until it has had its time; then no witness is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.observed import Livez, Standby
from mds_protocol.resources.reasons import AccountReason, FailoverReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_protocol.failover.observed import AccountSeen, Listening, Surroundings

_MS_PER_S = 1000.0
_FEWEST_FOR_MASS = 2


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a peer can say about a silent account."""

    hears_nothing: bool
    sees_no_tick: bool | None
    """Absent while it has not asked the stream."""

    @property
    def confirms(self) -> bool:
        return self.hears_nothing and self.sees_no_tick is True


def silent_since(account: AccountSeen, listening: Listening) -> float:
    """When the account was last heard, or when the listening began, if that is later."""
    return max(account.heard.at, listening.since) if account.heard else listening.since


def is_silent(account: AccountSeen, listening: Listening, now: float) -> bool:
    """After an outage of NATS, one that was not heard since may be on its way back, as we just were."""
    is_returning = account.heard is not None and listening.since - account.heard.at > timings.OUTAGE_S
    patience = timings.RETURN_S if is_returning else timings.SILENCE_S
    return now - silent_since(account, listening) >= patience


def find_mass_silence(accounts: Iterable[AccountSeen], listening: Listening, now: float) -> frozenset[str]:
    """The hot accounts that fell silent within a second of each other, if they are two and more than half.

    Half of those that were heard until then: an account that died last week says nothing about today.
    """
    hot = [
        account
        for account in accounts
        if account.enabled and account.standby is Standby.HOT and account.heard
    ]
    silent = sorted(
        (silent_since(account, listening), account.name)
        for account in hot
        if is_silent(account, listening, now)
    )
    found: set[str] = set()
    for start, (since, _) in enumerate(silent):
        together = [name for when, name in silent[start:] if when - since <= timings.MASS_WINDOW_S]
        heard_until_then = len(hot) - start
        if len(together) >= _FEWEST_FOR_MASS and 2 * len(together) > heard_until_then:
            found.update(together)
    return frozenset(found)


def judge_silence(account: AccountSeen, seen: Surroundings, now: float) -> AccountReason | None:
    """Why a silent account is dead or in doubt; None if it is not silent."""
    if not is_silent(account, seen.listening, now):
        return None
    if death := _confirmed_by_kubernetes(account):
        return death
    if account.name in seen.mass_silence:
        return AccountReason.SILENT if _livez_denies(account, seen.listening) else AccountReason.MASS_SILENCE
    testimonies = list(_testimonies(account, seen, now))
    if _is_new(account):
        if not _is_overdue(account, seen.listening, now):
            return AccountReason.STARTING
        confirmed = not _is_alive_to_any(testimonies)
    elif testimonies:
        confirmed = any(entry.confirms for entry in testimonies) and not _is_alive_to_any(testimonies)
    else:
        confirmed = _livez_denies(account, seen.listening)
    return AccountReason.SILENT if confirmed else AccountReason.SILENT_UNCONFIRMED


def _confirmed_by_kubernetes(account: AccountSeen) -> AccountReason | None:
    if account.pod is None:
        return AccountReason.SILENT if account.heard else None
    last_heard = account.heard.at if account.heard else float("-inf")
    if account.pod.died_at is not None and account.pod.died_at >= last_heard:
        # The end of a pod that was told to go is no death.
        was_told = account.leaving is FailoverReason.DRAINING
        return AccountReason.DRAINING if was_told else AccountReason.CONTAINER_DIED
    return None if account.pod.node_ready else AccountReason.NODE_LOST


def _livez_denies(account: AccountSeen, listening: Listening) -> bool:
    pod = account.pod
    return (
        pod is not None
        and pod.livez is Livez.NO_ANSWER
        and pod.livez_asked_at is not None
        and pod.livez_asked_at >= silent_since(account, listening)
    )


def _is_new(account: AccountSeen) -> bool:
    """Whether its pod has not spoken yet since it began.

    One that an observer found running, and that a route names, may have spoken to everybody else.
    """
    if account.heard is not None:
        return False
    saw_it_begin = account.pod is not None and account.pod.began_at is not None
    return saw_it_begin or not account.named_in


def _is_overdue(account: AccountSeen, listening: Listening, now: float) -> bool:
    """Whether a new pod had its time to speak, and we listened all the while."""
    if account.pod is None:
        return False
    began_at = listening.since if account.pod.began_at is None else account.pod.began_at
    return now - max(began_at, listening.since) >= timings.STARTING_S


def _is_alive_to_any(testimonies: Sequence[Testimony]) -> bool:
    return any(not entry.hears_nothing or entry.sees_no_tick is False for entry in testimonies)


def _testimonies(account: AccountSeen, seen: Surroundings, now: float) -> Iterable[Testimony]:
    """What the hot peers say that can be heard and that listen to this account."""
    for peer in seen.peers:
        if peer.name == account.name or not peer.heard or peer.standby is not Standby.HOT:
            continue
        age_ms = peer.heard.heartbeat.peer_age_ms.get(account.name)
        if age_ms is None or is_silent(peer, seen.listening, now):
            continue
        yield Testimony(
            hears_nothing=age_ms >= timings.SILENCE_S * _MS_PER_S,
            sees_no_tick=_sees_no_tick(peer, account),
        )


def _sees_no_tick(peer: AccountSeen, account: AccountSeen) -> bool | None:
    """Whether the peer, asking the stream, found no fresh tick of any epoch that the account is named for."""
    answers = [
        entry.witnessed_tick_age_ms
        for name, epoch in account.named_in.items()
        if (entry := peer.publication(name)) is not None
        and entry.epoch == epoch
        and entry.witness_asked_ms is not None
        and entry.witness_asked_ms <= timings.WITNESS_S * _MS_PER_S
    ]
    if not answers:
        return None
    return all(age is None or age >= timings.SILENCE_S * _MS_PER_S for age in answers)
