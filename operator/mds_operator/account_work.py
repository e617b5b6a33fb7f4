"""The work for one account: its Secrets, its settings, its pod, its status, its Events.

The same steps for every cause: read what is known, decide, carry out, write the status. What fails is told in
the status and tried again; it stops nobody else.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.kube.errors import ConflictError, ForbiddenError, KubeError, RejectedError
from mds_operator.adapters.kube.events import About, EventType, News
from mds_operator.adapters.nats.link import LinkError
from mds_operator.domain import feed_settings, notices, recovery, refusals, sessions, telling, unreadable
from mds_operator.domain.account_case import AccountCase
from mds_operator.domain.account_status import build_account_status
from mds_operator.domain.credentials import judge_credentials, judge_nats_secret
from mds_operator.domain.due import read_request
from mds_operator.domain.observe import find_named, find_roles
from mds_operator.domain.pod_case import Action, PodCase, note_rejection
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.pods import decide_pods, refutes
from mds_operator.domain.schedule import note_next
from mds_operator.domain.seen import Key, Problem
from mds_operator.domain.selectors import matches
from mds_operator.manifests.pod import pod_hash, render_pod
from mds_operator.records import SecretSeen
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.feedaccount import FeedAccount, Phase
from mds_protocol.resources.objects import API_VERSION
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import encode_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_operator.desk import Desk
    from mds_operator.domain.credentials import Credentials
    from mds_operator.domain.notices import Notice
    from mds_operator.domain.pod_case import PodPlan
    from mds_operator.manifests.pod import RenderedPod
    from mds_operator.records import AccountRecord, Unreadable
    from mds_protocol.resources.feedaccount import FeedAccountStatus

SECRETS_EVERY_S: Final = 10.0
"""How old a Secret may be; it is looked at every 5 s, so a corrected password is noticed within 15 s."""

UNDECIDED: Final = RestartDecision(restart=False, reason=RestartReason.NOT_YET)

log = logging.getLogger(__name__)


class AccountWork:
    """For the accounts of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._office = desk.office
        self._nats_secret: SecretSeen | None = None

    async def reconcile(self, name: str) -> None:
        found = self._desk.unreadable.get((FeedAccount, name))
        if found is not None:
            await self._refuse(found)
            return
        record = self._desk.accounts.get(name)
        if record is None:
            await self._close_settings(name)
            return
        await self._read_secrets(record)
        # Before the pod: a gateway that begins finds its settings.
        await self._tell_gateway(record)
        trouble = await self._keep_pod(record)
        await self._write_status(record, trouble)

    # --- Secrets

    async def _read_secrets(self, record: AccountRecord) -> None:
        account = record.account
        key = self._desk.key(account.spec.credentials_secret_ref.name)
        record.secret = await self._read_secret(key, record.secret)
        name = self._office.installation.nats_credentials_secret
        if name is not None:
            self._nats_secret = await self._read_secret(self._desk.key(name), self._nats_secret)
        record.making = self._find_making(record)

    async def _read_secret(self, key: Key, before: SecretSeen | None) -> SecretSeen | None:
        now = self._office.now()
        if before is not None and before.key == key and now - before.read_at < SECRETS_EVERY_S:
            return before
        try:
            return SecretSeen(key, now, data=await self._office.kube.read_secret(key))
        except ForbiddenError as error:
            told = refusals.tell_forbidden(error.verb, error.resource, error.namespace)
            return SecretSeen(key, now, forbidden=told)
        except KubeError as error:
            log.warning("Secret %s: %s", key, error, extra={"code": "SecretUnread"})
            return before if before is not None and before.key == key else None

    def _find_making(self, record: AccountRecord) -> PodHash | Problem:
        """What a pod made now would be made from, or why none can be."""
        account = record.account
        own = _judge(record.secret, judge_credentials(account, record.secret.data if record.secret else None))
        name, nats = self._office.installation.nats_credentials_secret, None
        if isinstance(own, Problem):
            return own
        if name is not None:
            seen = self._nats_secret
            nats = _judge(seen, judge_nats_secret(account, name, seen.data if seen else None))
        if isinstance(nats, Problem):
            return nats
        return pod_hash(
            account,
            secret_digest=own,
            nats_digest=nats,
            request=read_request(account, record.restarts, wall=self._office.wall()).value,
            installation=self._office.installation,
        )

    # --- settings

    async def _tell_gateway(self, record: AccountRecord) -> None:
        account = record.account
        desk, office = self._desk, self._office
        if not office.may_tell or any(
            desk.key(name) not in office.acceptances for name in desk.subscriptions
        ):
            # What was not judged yet must not look refused: it is judged in a moment, and we are asked again.
            return
        served_now = frozenset(
            name
            for name in desk.subscriptions
            if office.is_served(desk.key(name), has_route=name in desk.routes)
        )
        named_in = find_named(
            account.metadata.name, {name: known.route for name, known in desk.routes.items()}
        )
        served = feed_settings.choose_served(
            account,
            [entry.subscription for entry in desk.subscriptions.values()],
            accepted=served_now,
            named_in={name: epoch for name, epoch in named_in.items() if name in served_now},
            matches=matches,
        )
        await self._put_settings(account.metadata.name, feed_settings.build_settings(account, served))

    async def _close_settings(self, name: str) -> None:
        """A gateway that outlives its account serves nothing any more."""
        entry = self._office.settings.entries.get(encode_key(self._desk.namespace, name))
        if entry is None:
            return
        try:
            last = Settings.decode(entry.value)
        except WireError:
            return
        await self._put_settings(name, feed_settings.close_settings(last))

    async def _put_settings(self, name: str, settings: Settings) -> None:
        key = encode_key(self._desk.namespace, name)
        try:
            await self._office.settings.put_if_changed(key, settings.encode())
        except (LinkError, WireError) as error:
            log.warning("settings of %s: %s", key, error, extra={"code": "SettingsUnwritten"})

    # --- the pod

    async def _keep_pod(self, record: AccountRecord) -> Problem | None:
        """Carry the plan out; what stands in the way of a pod."""
        case = self.build_case(record)
        plan = decide_pods(case, now=self._office.now())
        log.debug("pod of %s: %s, %s: %s", self._key_of(record), plan.action.value, plan.reason, plan.message)
        try:
            await self._carry_out(record, plan)
        except ConflictError:
            log.info("pod of %s: it changed meanwhile", self._key_of(record), extra={"code": "PodConflict"})
        except ForbiddenError as error:
            return refusals.tell_forbidden(error.verb, error.resource, error.namespace)
        except KubeError as error:
            log.warning("pod of %s: %s", self._key_of(record), error, extra={"code": "PodUnchanged"})
        if isinstance(record.making, Problem):
            return record.making
        refused = record.rejection
        still = refused is not None and refused.pod_hash == record.making
        return refusals.tell_rejection(refused.message) if refused is not None and still else None

    def build_case(self, record: AccountRecord) -> PodCase:
        name = record.account.metadata.name
        return PodCase(
            account=record.account,
            pods=tuple(pod for pod in self._desk.pods.values() if pod.account == name),
            last_pod=record.last_pod,
            wanted=self._is_wanted(record),
            held=self._desk.find_held(record.account) if self._office.routes.is_complete else None,
            made_now=record.making or Problem(AccountReason.STARTING, "its Secrets are not read yet"),
            nodes_lost=self._office.lost_nodes,
            restart=record.decision or UNDECIDED,
            step=record.step,
            rejection=record.rejection,
            block=record.block,
        )

    def _is_wanted(self, record: AccountRecord) -> bool:
        """Enabled, and hot or woken."""
        judgement, spec = self._desk.judgement, record.account.spec
        is_awake = judgement is not None and record.account.metadata.name in judgement.awake
        return spec.enabled and (spec.standby.value == "Hot" or is_awake)

    async def _carry_out(self, record: AccountRecord, plan: PodPlan) -> None:
        if plan.action is Action.CREATE and plan.suffix is not None:
            await self._create(record, plan.suffix)
        if plan.prove and not await self._is_provable(record):
            return
        for removal in plan.removals:
            log.info(
                "pod %s is deleted: %s (%s)", removal.pod.key, plan.message, plan.reason,
                extra={"code": "PodDeleted"},
            )  # fmt: skip
            await self._office.kube.delete_pod(removal.pod.key, uid=removal.pod.uid, grace_s=removal.grace_s)
            self._desk.note_leaving(removal.pod)
        if plan.action is Action.REPLACE and isinstance(plan.reason, RestartReason):
            await self._note_replacement(record, plan)

    async def _create(self, record: AccountRecord, suffix: str) -> None:
        rendered = self._render(record, suffix)
        status = record.written or record.account.status
        was_stopped = status is not None and status.phase is Phase.STOPPED
        is_successor = record.last_pod is not None and not was_stopped
        try:
            made = await self._office.kube.apply_pod(rendered.body)
        except RejectedError as error:
            self._note_rejection(record, str(error))
            return
        # Not by the watch, which may be late: what is not known to be there would be made again.
        self._desk.take_pod(made)
        record.rejection = None
        request = read_request(record.account, record.restarts, wall=self._office.wall())
        record.restarts = recovery.note_answer(record.restarts, request.value)
        if is_successor:
            record.restarts = recovery.note_successor(record.restarts)
        log.info("pod %s is made", self._desk.key(made["metadata"]["name"]), extra={"code": "PodMade"})

    async def _is_provable(self, record: AccountRecord) -> bool:
        """Whether the API server would take the new pod: the old one is not given up for nothing."""
        try:
            await self._office.kube.apply_pod(self._render(record, "00000").body, dry_run=True)
        except RejectedError as error:
            if refutes(str(error)):
                self._note_rejection(record, str(error))
                return False
        return True

    def _render(self, record: AccountRecord, suffix: str) -> RenderedPod:
        nats = self._office.installation.nats_credentials_secret
        seen = self._nats_secret
        own = judge_credentials(record.account, record.secret.data if record.secret else None)
        return render_pod(
            record.account,
            suffix=suffix,
            secret_digest=own.digest or "",
            nats_digest=judge_nats_secret(record.account, nats, seen.data).digest if nats and seen else None,
            request=read_request(record.account, record.restarts, wall=self._office.wall()).value,
            installation=self._office.installation,
        )

    def _note_rejection(self, record: AccountRecord, message: str) -> None:
        if isinstance(record.making, PodHash):
            record.rejection = note_rejection(
                record.rejection, record.making, message, now=self._office.now()
            )

    async def _note_replacement(self, record: AccountRecord, plan: PodPlan) -> None:
        assert isinstance(plan.reason, RestartReason)  # noqa: S101 - the caller has looked
        record.restarts = recovery.note_restart(
            record.restarts, plan.reason, record.account.spec.recovery, wall=self._office.wall()
        )
        record.step = record.decision = None
        record.tally.restarts[plan.reason] += 1
        pod = plan.removals[0].pod
        self._desk.note_replaced(pod)
        attempt = len(record.restarts.recent) if plan.reason is RestartReason.UNHEALTHY else 0
        wall = self._office.wall()
        await self._office.tell(
            telling.build_restart(self._key_of(record), pod.name, plan.reason, attempt, wall)
        )
        told = notices.tell_replacement(plan.reason, pod.name)
        metadata = record.account.metadata
        await self._post(metadata.name, metadata.uid or "", [told])

    # --- status

    async def _write_status(self, record: AccountRecord, trouble: Problem | None) -> None:
        judgement, name = self._desk.judgement, record.account.metadata.name
        if judgement is None or name not in judgement.accounts or record.health is None:
            return
        if not self._desk.is_settled:
            return
        seen, wall, now = judgement.accounts[name], self._office.wall(), self._office.now()
        pod = self._desk.pod_of(name)
        if (seen.pod.name if seen.pod else None) != (pod.name if pod else None):
            return  # it was judged with another pod, whose end is not this one's; it is judged anew at once
        record.restarts = recovery.refresh(record.restarts, record.account.spec.recovery, wall=wall)
        case = AccountCase(
            account=record.account,
            seen=seen,
            health=record.health,
            pod=pod,
            pod_seen_at=record.life.seen_at if record.life else None,
            image=record.account.spec.pod.image or self._office.installation.gateway_image,
            problem=trouble,
            roles=find_roles(
                seen,
                record.health,
                judgement.subscriptions.values(),
                can_wake=trouble is None and record.block is None,
            ),
            restarts=note_next(
                recovery.note_block(record.restarts, record.block),
                record.account,
                sessions.is_trading_day,
                is_asleep=pod is None and not self._is_wanted(record),
                wall=wall + self._desk.ahead,
            ),
            decision=record.decision,
            step=record.step,
            block=record.block,
            remark=record.remark,
            market=judgement.markets[name],
            open_words=judgement.open_words[seen.market],
            secret=record.secret.data if record.secret else None,
            written_at=record.written_at,
        )
        before = record.account.status
        after = build_account_status(case, record.written or before, wall=wall, now=now)
        if after == before and after == (record.written or after):
            return
        if await self._put_status(name, after):
            told = record.written or before
            record.written, record.written_at = after, wall
            await self._post(name, record.account.metadata.uid or "", notices.find_notices(told, after))
            change = telling.build_health_change(self._key_of(record), told, after, case.health, wall)
            if change is not None:
                await self._office.tell(change)

    async def _refuse(self, found: Unreadable) -> None:
        before = unreadable.read_status(found.body)
        after = unreadable.build_unreadable_status(
            found.body, found.error, before, reason=AccountReason.SPEC_UNREADABLE, wall=self._office.wall()
        )
        name = found.body["metadata"]["name"]
        if after != before and await self._put_status(name, after):
            await self._post(name, found.body["metadata"].get("uid", ""), notices.find_notices(before, after))

    async def _put_status(self, name: str, status: FeedAccountStatus) -> bool:
        kind = FeedAccount.KIND
        try:
            await self._office.kube.apply_status(kind.plural, kind.name, self._desk.key(name), status.dump())
        except KubeError as error:
            log.warning("status of %s: %s", self._desk.key(name), error, extra={"code": "StatusUnwritten"})
            return False
        return True

    async def _post(self, name: str, uid: str, told: Iterable[Notice]) -> None:
        about = About(API_VERSION, FeedAccount.KIND.name, self._desk.key(name), uid)
        for notice in told:
            news = News(about, EventType(notice.type.value), str(notice.reason), notice.message)
            await self._office.post(news)

    def _key_of(self, record: AccountRecord) -> Key:
        return self._desk.key(record.account.metadata.name)


def _judge(seen: SecretSeen | None, judged: Credentials) -> str | Problem:
    """The digest, or why there is none."""
    if seen is None:
        return Problem(AccountReason.STARTING, "its Secrets are not read yet")
    if seen.forbidden is not None:
        return seen.forbidden
    return judged.problem or judged.digest or ""
