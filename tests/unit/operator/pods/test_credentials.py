"""A Secret that the gateway would refuse makes no pod; the message has key and limit, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.credentials import judge_credentials, judge_nats_secret
from mds_operator.domain.seen import SecretData
from mds_protocol.resources.reasons import AccountReason
from tests.unit.operator.pods.builders import make_account

if TYPE_CHECKING:
    from mds_protocol.resources.feedaccount import FeedAccount

GOOD = {
    "userID": b"217001",
    "password": b"Pa55-word",
    "appID": b"desk_mds_1.0",
    "authCode": b"0123456789ABCDEF",
}
INVALID = AccountReason.CREDENTIALS_INVALID


def market_data_only() -> FeedAccount:
    return make_account(ctp={"brokerID": "9999", "marketDataFronts": ["tcp://front:10211"]})


def make_secret(**changes: bytes | None) -> SecretData:
    return SecretData({key: value for key, value in (GOOD | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"userID": b"u" * 16}, "userID is 16 bytes long; CTP takes 15 at most", id="userID-16"),
        pytest.param(
            {"password": b"p" * 41}, "password is 41 bytes long; CTP takes 40 at most", id="password-41"
        ),
        pytest.param({"appID": b"a" * 33}, "appID is 33 bytes long; CTP takes 32 at most", id="appID-33"),
        pytest.param(
            {"authCode": b"c" * 17}, "authCode is 17 bytes long; CTP takes 16 at most", id="authCode-17"
        ),
        pytest.param({"userID": b""}, "userID is empty", id="empty"),
        pytest.param({"userID": b"\r\n"}, "userID is empty", id="a-line-feed-alone"),
        pytest.param(
            {"password": "密码".encode()},
            "password holds characters outside ASCII, which CTP does not take (6 bytes found)",
            id="not-ascii",
        ),
        pytest.param(
            {"password": b"a\0b"}, "password holds a zero byte, where the C library would end it", id="zero"
        ),
        pytest.param(
            {"authCode": None, "AuthCode": b"x"},
            "authCode is missing (found: AuthCode, appID, password, userID)",
            id="missing-and-misspelt",
        ),
        pytest.param(
            {"userID": b"u" * 16, "appID": b""},
            "userID is 16 bytes long; CTP takes 15 at most (also wrong: appID)",
            id="two-are-wrong",
        ),
    ],
)
def test_a_wrong_value_is_named_by_key_and_limit(changes: dict[str, Any], message: str) -> None:
    judged = judge_credentials(make_account(), make_secret(**changes))

    assert judged.digest is None
    assert judged.problem is not None
    assert judged.problem.reason is INVALID
    assert judged.problem.message == f"Secret ctp-a: {message}: correct the Secret"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"userID": b"u" * 15}, id="userID-15"),
        pytest.param({"password": b"p" * 40}, id="password-40"),
        pytest.param({"appID": b"a" * 32}, id="appID-32"),
        pytest.param({"authCode": b"c" * 16}, id="authCode-16"),
        pytest.param({"authCode": b"c" * 16 + b"\r\n"}, id="authCode-16-and-a-line-feed"),
        pytest.param({"note": "备注".encode()}, id="a-further-key"),
    ],
)
def test_a_value_at_its_limit_is_taken(changes: dict[str, Any]) -> None:
    judged = judge_credentials(make_account(), make_secret(**changes))

    assert judged.problem is None
    assert judged.digest


def test_a_missing_secret_is_named_with_the_keys_that_it_needs() -> None:
    problem = judge_credentials(make_account(), None).problem

    assert problem is not None
    assert problem.reason is AccountReason.CREDENTIALS_MISSING
    assert problem.message == (
        "Secret ctp-a does not exist in this namespace:"
        " create it with the keys userID, password, appID, authCode"
    )


def test_market_data_alone_needs_no_app_and_no_code() -> None:
    judged = judge_credentials(market_data_only(), make_secret(appID=None, authCode=None))

    assert judged.problem is None


@pytest.mark.parametrize("key", GOOD)
@pytest.mark.parametrize("bad", [b"s3cr3t-" * 10, "s3cr3t-ü".encode(), b"s3cr3t-\0"])
def test_no_value_gets_into_a_message(key: str, bad: bytes) -> None:
    problem = judge_credentials(make_account(), make_secret(**{key: bad})).problem

    assert problem is not None
    assert not any(text in repr(problem) for text in ("s3cr3t", "217001", "Pa55"))


def test_a_message_names_few_of_many_keys() -> None:
    many = SecretData({f"{'k' * 200}{number}": b"x" for number in range(100)})

    problem = judge_credentials(make_account(), many).problem

    assert problem is not None
    assert len(problem.message) < 500


@pytest.mark.parametrize(
    ("account", "changes", "differs"),
    [
        pytest.param(make_account(), {}, False, id="the-same"),
        pytest.param(make_account(), {"password": b"Pa55-word\n"}, False, id="a-line-feed"),
        pytest.param(make_account(), {"note": b"x"}, False, id="a-key-that-is-not-mounted"),
        pytest.param(make_account(), {"password": b"Pa55-worD"}, True, id="a-password"),
        pytest.param(make_account(), {"authCode": b"0"}, True, id="a-code"),
        pytest.param(make_account(metadata={"uid": "another"}), {}, True, id="of-another-account"),
    ],
)
def test_the_digest_follows_what_is_mounted(
    account: FeedAccount, changes: dict[str, Any], *, differs: bool
) -> None:
    before = judge_credentials(make_account(), make_secret()).digest

    assert (judge_credentials(account, make_secret(**changes)).digest != before) is differs


def test_parts_of_two_values_do_not_run_into_each_other() -> None:
    one, other = make_secret(userID=b"ab", password=b"c"), make_secret(userID=b"a", password=b"bc")

    assert judge_credentials(make_account(), one).digest != judge_credentials(make_account(), other).digest


@pytest.mark.parametrize(
    ("data", "ok"),
    [
        pytest.param({"user": b"u", "password": b"p"}, True, id="user-and-password"),
        pytest.param({"token": b"t", "ca.crt": b"c"}, True, id="token-and-authority"),
        pytest.param({"user.creds": b"c"}, True, id="creds"),
        pytest.param({"ca.crt": b"c"}, True, id="authority-alone"),
        pytest.param({"user": b"u"}, False, id="user-without-password"),
        pytest.param({"user": b"u", "password": b"p", "token": b"t"}, False, id="two-ways"),
        pytest.param({"other": b"x"}, False, id="none-of-them"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_the_secret_for_nats_holds_one_complete_way(data: dict[str, bytes], *, ok: bool) -> None:
    judged = judge_nats_secret(make_account(), "mds-nats-gateway", SecretData(data))

    assert (judged.problem is None) is ok
    assert (judged.digest is not None) is ok


def test_a_missing_secret_for_nats_is_to_be_copied() -> None:
    problem = judge_nats_secret(make_account(), "mds-nats-gateway", None).problem

    assert problem is not None
    assert problem.reason is AccountReason.NATS_SECRET_MISSING
    assert problem.message.startswith(
        "Secret mds-nats-gateway, for NATS, does not exist in this namespace: copy"
    )
