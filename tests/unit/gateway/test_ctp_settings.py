"""Nothing that is too long reaches the C library, and nothing secret reaches a text."""

from __future__ import annotations

import locale
from pathlib import Path

import pytest

from mds_gateway.adapters.ctp import binding
from mds_gateway.adapters.ctp.settings import LIMITS_BYTES, Credentials, CtpSettings, CtpSettingsError

SECRETS = ("user7", "hunter2", "app-x", "code-y")


def settings(broker_id: str = "9999") -> CtpSettings:
    return CtpSettings(
        broker_id=broker_id,
        credentials=Credentials(*SECRETS),
        market_data_fronts=("tcp://a:1",),
        trade_fronts=(),
        flow_dir=Path("/nowhere"),
    )


def give(key: str, value: str) -> object:
    if key == "brokerID":
        return settings(value)
    names = {"userID": "user_id", "password": "password", "appID": "app_id", "authCode": "auth_code"}
    return Credentials(**({"user_id": "u", "password": "p"} | {names[key]: value}))


@pytest.mark.parametrize("key", LIMITS_BYTES)
def test_a_text_as_long_as_the_array_is_taken_and_one_byte_more_is_not(key: str) -> None:
    limit = LIMITS_BYTES[key]
    give(key, "x" * limit)

    with pytest.raises(
        CtpSettingsError, match=f"^{key} is {limit + 1} bytes long; CTP takes {limit} at most$"
    ):
        give(key, "x" * (limit + 1))


def test_bytes_are_counted_not_characters() -> None:
    with pytest.raises(CtpSettingsError, match="userID is 18 bytes long"):
        give("userID", "中" * 6)


def test_the_error_never_repeats_the_value() -> None:
    with pytest.raises(CtpSettingsError) as caught:
        give("password", "s3cret" * 10)

    assert "s3cret" not in repr(caught.value)


def test_no_secret_is_in_a_repr() -> None:
    shown = repr(settings())

    assert not [secret for secret in SECRETS if secret in shown]


def test_a_missing_locale_is_said_before_the_binding_aborts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = locale.setlocale(locale.LC_ALL)
    monkeypatch.setattr(binding, "REQUIRED_LOCALE", "xx_YY.NONE")

    with pytest.raises(binding.BindingError, match="localedef -i zh_CN"):
        binding.check_locale()
    assert locale.setlocale(locale.LC_ALL) == before
