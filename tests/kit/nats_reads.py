"""What many reads of a connection for ticks brought, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.parsing import Incoming, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_all(chunks: Iterable[bytes]) -> Incoming:
    reader, total = Reader(), Incoming()
    for chunk in chunks:
        got = reader.feed(chunk)
        for batch, count in got.stored.items():
            total.stored[batch] = total.stored.get(batch, 0) + count
        total.newest |= got.newest
        for batch, count in got.duplicates.items():
            total.duplicates[batch] = total.duplicates.get(batch, 0) + count
        total.refusals += got.refusals
        total.pings += got.pings
        total.pongs += got.pongs
        total.info = total.info if got.info is None else got.info
        total.error = total.error if got.error is None else got.error
    return total
