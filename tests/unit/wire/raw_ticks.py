"""Raw ticks as the CTP binding hands them over: 48 keys, DBL_MAX where there is no value.

A stock-option front adds two keys, and has no price bands.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from hypothesis import strategies as st

DBL_MAX = sys.float_info.max
DOUBLES = [
    "LastPrice",
    "PreSettlementPrice",
    "PreClosePrice",
    "PreOpenInterest",
    "OpenPrice",
    "HighestPrice",
    "LowestPrice",
    "Turnover",
    "OpenInterest",
    "ClosePrice",
    "SettlementPrice",
    "UpperLimitPrice",
    "LowerLimitPrice",
    "PreDelta",
    "CurrDelta",
    "BidPrice1",
    "AskPrice1",
    "BidPrice2",
    "AskPrice2",
    "BidPrice3",
    "AskPrice3",
    "BidPrice4",
    "AskPrice4",
    "BidPrice5",
    "AskPrice5",
    "AveragePrice",
    "BandingUpperPrice",
    "BandingLowerPrice",
]
OF_SOME_FRONTS = ["BandingUpperPrice", "BandingLowerPrice", "CircuitRefPrice", "SendingTime"]
INTEGERS = [
    "Volume",
    "UpdateMillisec",
    "BidVolume1",
    "AskVolume1",
    "BidVolume2",
    "AskVolume2",
    "BidVolume3",
    "AskVolume3",
    "BidVolume4",
    "AskVolume4",
    "BidVolume5",
    "AskVolume5",
]
TEXTS = [
    "TradingDay",
    "ExchangeID",
    "UpdateTime",
    "ActionDay",
    "InstrumentID",
    "ExchangeInstID",
    "reserve1",
    "reserve2",
]


def make_raw(**fields: Any) -> dict[str, Any]:
    raw: dict[str, Any] = (
        dict.fromkeys(DOUBLES, DBL_MAX) | dict.fromkeys(INTEGERS, 0) | dict.fromkeys(TEXTS, "")
    )
    raw |= {
        "TradingDay": "20261123",
        "ActionDay": "20261120",
        "InstrumentID": "rb2701",
        "UpdateTime": "21:00:00",
        "UpdateMillisec": 500,
        "LastPrice": 3105.0,
        "Volume": 12350,
        "BidPrice1": 3104.0,
        "AskPrice1": 3105.0,
    }
    return raw | fields


doubles = st.floats(width=64) | st.sampled_from([DBL_MAX, -DBL_MAX, 0.0, -0.0, math.inf, -math.inf, math.nan])
integers = st.integers(-(2**31), 2**31 - 1)
raw_ticks = st.fixed_dictionaries(
    dict.fromkeys(DOUBLES, doubles)
    | dict.fromkeys(INTEGERS, integers)
    | {"Volume": st.integers(-(2**63), 2**63 - 1)}
    | dict.fromkeys(
        TEXTS, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
    )
)
