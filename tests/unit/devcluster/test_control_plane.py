from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import cast

import pytest

from mds_devcluster import control_plane, processes
from mds_devcluster.__main__ import main
from mds_devcluster.control_plane import Binaries
from mds_devcluster.errors import NotReadyError
from mds_devcluster.processes import Identity, Lifetime
from mds_devcluster.progress import Progress
from mds_devcluster.records import Record, read_record, write_record


def test_a_reserved_port_is_free_for_who_shares_it_and_for_nobody_else() -> None:
    with control_plane.reserved_port() as port, socket.socket() as stranger, socket.socket() as sharer:
        sharer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        sharer.bind(("127.0.0.1", port))
        sharer.listen()


def test_a_reservation_takes_no_connections_from_the_server() -> None:
    with control_plane.reserved_port() as port, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        server.settimeout(60)

        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=60):
                server.accept()[0].close()


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = (
        Record("https://h:1").with_process("a", Identity(1, 2, "b")).with_process("c", Identity(3, 4, "b"))
    )

    write_record(tmp_path, record)

    assert read_record(tmp_path) == record


def test_a_write_that_breaks_off_leaves_the_record_before(tmp_path: Path) -> None:
    record = Record("https://h:1").with_process("a", Identity(1, 2, "b"))
    write_record(tmp_path, record)

    cannot_be_written = cast("int", object())
    with pytest.raises(TypeError):
        write_record(tmp_path, record.with_process("b", Identity(1, cannot_be_written, "b")))

    assert read_record(tmp_path) == record


def test_a_program_that_dies_at_once_is_named_with_its_log_and_nothing_stays_behind(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    stays = tmp_path / "stays"
    stays.write_text("#!/bin/sh\nexec sleep 60\n")
    stays.chmod(0o700)
    binaries = Binaries(etcd=Path("/bin/sleep"), kube_apiserver=stays)

    with pytest.raises(NotReadyError) as failure:
        control_plane.bring_up(folder, binaries, Lifetime.OF_STARTER, Progress(io.StringIO()))

    record = read_record(folder)
    assert record is not None
    assert [name for name, _ in record.processes] == ["etcd", "kube-apiserver"]
    assert not any(processes.is_running(identity) for _, identity in record.processes)
    assert failure.value.program == "etcd"  # sleep does not know etcd's flags
    assert failure.value.log == folder / "etcd.log"
    assert "sleep: unrecognized option" in str(failure.value)


def test_down_of_what_is_not_there_says_so(tmp_path: Path) -> None:
    assert control_plane.take_down(tmp_path / "none", Progress(io.StringIO())) is False


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a-", "A", "a" * 41])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["down", "--", name])

    assert "letters or digits at the ends" in capsys.readouterr().err


def test_a_failure_ends_with_its_message_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MDS_CACHE", str(tmp_path))

    code = main(["build", "etcd"])

    assert code == 1
    assert "remedy:  run: make setup" in capsys.readouterr().err
