from __future__ import annotations

import pytest

from mds_tryout import options


def test_a_try_without_options_has_two_accounts_and_its_own_ports() -> None:
    chosen = options.parse([])

    assert (chosen.accounts, chosen.nats_port, chosen.script) == (2, None, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--accounts", "1"], "no whole number from 2 to 8", id="nobody to move to"),
        pytest.param(["--accounts", "9"], "no whole number from 2 to 8", id="more than letters shown"),
        pytest.param(["--contracts", "0"], "no whole number from 1", id="no contract"),
        pytest.param(["--contracts", "10", "--rate", "21"], "10 contracts give at most 20", id="too fast"),
        pytest.param(["--seconds", "0.4"], "no time from 0.5", id="too short"),
        pytest.param(["--seconds", "nan"], "no time from 0.5", id="no time at all"),
        pytest.param(["--rate", "fast"], "'fast' is no whole number", id="no number"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        options.parse(arguments)

    assert said in capsys.readouterr().err


def test_two_a_second_of_each_contract_are_allowed() -> None:
    assert options.parse(["--contracts", "10", "--rate", "20"]).rate == 20
