"""What happened, told where it belongs: the log, the counters, the stream of events, the quarantine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mds_gateway import events
from mds_gateway.domain import actions
from mds_gateway.domain.losing import Loss
from mds_protocol.wire.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.metrics import Tally
    from mds_gateway.ports import MarketData, Note, Quarantined
    from mds_gateway.settings import GatewaySettings
    from mds_gateway.tasks import Tasks
    from mds_gateway.telling import EventOutbox

log = logging.getLogger(__name__)

BLOCKED = "Blocked"


class Notices:
    def __init__(
        self,
        settings: GatewaySettings,
        source: MarketData,
        control: Control,
        outbox: EventOutbox,
        tally: Tally,
        tasks: Tasks,
    ) -> None:
        self._config = settings
        self._source = source
        self._control = control
        self._outbox = outbox
        self._tally = tally
        self._tasks = tasks

    def on_note(self, note: Note) -> None:
        self._tally.notes[note.code] += 1
        log.log(logging.WARNING if note.bad else logging.INFO, note.text, extra={"code": str(note.code)})
        if note.code == BLOCKED:
            self._outbox.tell(events.build_blocked(self._config, self._source.describe(())))

    def on_quarantined(self, tick: Quarantined) -> None:
        config = self._config
        subject = Subjects(config.subject_prefix).quarantine(config.namespace, config.account)
        self._tasks.start(self._control.tell(subject, events.build_quarantine(config, tick).encode()))

    def on_happened(
        self, subscription: str, what: actions.Report, name_contracts: Callable[[str, Loss], dict[bytes, str]]
    ) -> None:
        self.on_note(events.describe(subscription, what))
        if isinstance(what, actions.TookOver):
            self._tally.on_takeover(subscription, what.took_s)
        names: Mapping[bytes, str] = {}
        if isinstance(what, Loss):
            self._tally.losses.add(subscription, what)
            names = name_contracts(subscription, what)
        message = events.build(self._config, subscription, what, names)
        if message is not None:
            self._outbox.tell(message)

    @staticmethod
    def on_connection(text: str) -> None:
        log.warning(text)
