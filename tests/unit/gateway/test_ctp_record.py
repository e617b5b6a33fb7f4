"""The tries of a login outlive the process, for the credentials that they were made with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mds_gateway.adapters.ctp.record import FILE, Record
from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings
from mds_gateway.domain.tries import Tries

if TYPE_CHECKING:
    from pathlib import Path

TRIES = Tries(refused=2, market_data_accepted=True)


@pytest.fixture
def settings(tmp_path: Path) -> CtpSettings:
    return CtpSettings(
        broker_id="9999",
        credentials=Credentials("u-Z3kQ", "p-W8mXv2nQ", "a-T5nB", "c-R7dLk0"),
        market_data_fronts=("tcp://127.0.0.1:2",),
        trade_fronts=("tcp://127.0.0.1:1",),
        flow_dir=tmp_path,
    )


def test_the_next_process_reads_what_the_last_one_kept(settings: CtpSettings) -> None:
    assert Record(settings).tries == Tries()
    Record(settings).keep(TRIES)

    assert Record(settings).tries == TRIES


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"credentials": Credentials("u-Z3kQ", "another", "a-T5nB", "c-R7dLk0")}, id="password"),
        pytest.param({"broker_id": "8888"}, id="broker"),
        pytest.param({"trade_fronts": ("tcp://127.0.0.1:3",)}, id="front"),
        pytest.param({"trade_fronts": (), "market_data_fronts": ("tcp://127.0.0.1:2",)}, id="no trading"),
    ],
)
def test_an_edit_gives_all_tries_back(settings: CtpSettings, changes: dict[str, object]) -> None:
    Record(settings).keep(TRIES)

    assert Record(replace(settings, **changes)).tries == Tries()  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"salt": 1}'])
def test_a_file_that_cannot_be_read_counts_as_none(settings: CtpSettings, content: bytes) -> None:
    (settings.flow_dir / FILE).write_bytes(content)

    assert Record(settings).tries == Tries()


def test_no_credential_is_in_the_file(settings: CtpSettings) -> None:
    Record(settings).keep(TRIES)

    written = (settings.flow_dir / FILE).read_text()
    assert not [word for word in ("u-Z3kQ", "p-W8mXv2nQ", "a-T5nB", "c-R7dLk0") if word in written]
