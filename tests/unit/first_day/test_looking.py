"""A table of the API server, printed as kubectl prints it, and what of it is a change."""

from __future__ import annotations

from typing import Any

from tests.e2e.desks import ACCOUNTS
from tests.first_day.looking import Look, parse_table

COLUMNS = ("Name", "Ready", "Restarts", "Age")


def build_table(*rows: tuple[Any, ...], message: str = "") -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True", "reason": "Active", "message": message}
    return {
        "columnDefinitions": [{"name": name} for name in COLUMNS],
        "rows": [
            {
                "cells": list(row),
                "object": {"metadata": {"name": row[0]}, "status": {"conditions": [condition]}},
            }
            for row in rows
        ],
    }


def look(*rows: tuple[Any, ...], message: str = "") -> Look:
    return Look(0, {ACCOUNTS: parse_table(build_table(*rows, message=message))})


def test_printed_as_kubectl_does() -> None:
    assert look(("ctp-a", "True", 0, "61s"), ("ctp-bb", None, 12, "1s")).print() == (
        "NAME                         READY   RESTARTS   AGE\n"
        "feedaccount.mds.dev/ctp-a    True    0          61s\n"
        "feedaccount.mds.dev/ctp-bb           12         1s"
    )


def test_an_age_is_no_change_and_a_message_is_one() -> None:
    before = look(("ctp-a", "True", 0, "61s"))

    assert look(("ctp-a", "True", 0, "62s")).face == before.face
    assert look(("ctp-a", "True", 1, "61s")).face != before.face
    assert look(("ctp-a", "True", 0, "61s"), message="Publishes futures.").face != before.face
