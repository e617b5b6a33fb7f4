"""Ticks of one contract a second apart, by default from one account."""

from __future__ import annotations

from mds_tryout.feed import StoredTick


def make_tick(
    serial: int,
    *,
    contract: str = "rb2701",
    account: str = "broker-a",
    epoch: int = 1,
    stored_s: float | None = None,
    order_key: tuple[int, int] | None = None,
) -> StoredTick:
    return StoredTick(
        contract=contract,
        serial=serial,
        stored_s=float(serial) if stored_s is None else stored_s,
        account=account,
        epoch=epoch,
        order_key=order_key or (serial, serial),
        time=f"09:30:{serial:02d}.500",
        last=3500.0 + serial,
        bid=3499.0 + serial,
        ask=3501.0 + serial,
        volume=10 * serial,
    )
