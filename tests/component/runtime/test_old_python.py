"""`protocol` and `runtime` are for Python 3.12, without vnpy and uvloop: a client's machine has neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.component.runtime.old_python import Imported, find_python, import_all, install

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow("it installs an environment, and the extras on top of it")

NEED_NATS = {
    f"mds_runtime.nats.{name}" for name in ("access", "connection", "creds", "following", "keys", "words")
}
NEED_HTTP = {f"mds_runtime.http.{name}" for name in ("exposition", "figures", "health", "own_figures")}
NEED_YAML = {"mds_protocol.resources.generate"}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Imported]:
    """Without the extras, and then with all of them."""
    folder: Path = tmp_path_factory.mktemp("old") / "venv"
    bare = import_all(install(folder, find_python(), "./protocol", "./runtime"))
    return bare, import_all(install(folder, None, "./protocol[generate]", "./runtime[http,nats]"))


def test_every_module_imports_with_the_extras(imported: tuple[Imported, Imported]) -> None:
    _, whole = imported

    assert whole.version == (3, 12)
    assert {*NEED_NATS, *NEED_HTTP, *NEED_YAML} < set(whole.names)
    assert whole.failed == {}


def test_without_extras_only_what_belongs_to_one_fails(imported: tuple[Imported, Imported]) -> None:
    bare, _ = imported

    assert set(bare.failed) == NEED_NATS | NEED_HTTP | NEED_YAML
