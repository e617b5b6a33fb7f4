"""The tables of docs/wire.md that follow from the code: the fields of a tick, the layout of its identity."""

from __future__ import annotations

from mds_protocol.wire.depth import DOUBLES, IDENTITY_DOUBLES, INTEGERS, RESERVED, SENDING_TIME, TEXTS, VOLUME


def tick_fields_table() -> str:
    """One row per field of `CThostFtdcDepthMarketDataField`, and of those of other fronts."""
    rows = [
        *((field.ctp, field.name, "text", field.meaning) for field in TEXTS),
        (SENDING_TIME.ctp, SENDING_TIME.name, "text or null", SENDING_TIME.meaning),
        *((field.ctp, field.name, "double or null", field.meaning) for field in DOUBLES),
        *(
            (field.ctp, field.name, "int64" if field is VOLUME else "int32", field.meaning)
            for field in INTEGERS
        ),
        *((name, "", "", "left out") for name in RESERVED),
    ]
    lines = ["| CTP | field | type | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {ctp} | {f'`{name}`' if name else '-'} | {kind or '-'} | {meaning} |"
        for ctp, name, kind, meaning in rows
    ]
    return "\n".join(lines)


def identity_table() -> str:
    """Where each number stands after the three texts."""
    lines = ["| offset | bytes | field |", "|---|---|---|"]
    offset = 0
    for fields, width in ((IDENTITY_DOUBLES, 8), ((VOLUME,), 8), (INTEGERS[1:], 4)):
        for field in fields:
            lines.append(f"| {offset} | {width} | `{field.name}` |")
            offset += width
    return "\n".join(lines)
