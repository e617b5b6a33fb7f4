"""The products that the simulator knows: a table, so that a reader can check it against the exchanges' pages.

A price tick is a fraction, because prices are counted in ticks: `n * numerator / denominator` gives the same
IEEE number as the exchange's decimal text, which adding 0.2 again and again does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Exchange(StrEnum):
    SHFE = "SHFE"
    INE = "INE"
    DCE = "DCE"
    CZCE = "CZCE"
    GFEX = "GFEX"
    CFFEX = "CFFEX"


class Hours(StrEnum):
    """When a product trades by day."""

    COMMODITY = "commodity"
    INDEX = "index"
    BOND = "bond"


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    exchange: Exchange
    name: str
    multiplier: int
    tick: tuple[int, int]
    price: int  # where a book starts, in ticks
    night: int = 0  # minutes from 21:00 to the end of the night session; 0: none
    hours: Hours = Hours.COMMODITY
    options: bool = False


_TWO: Final = 120  # 21:00-23:00
_FOUR: Final = 240  # 21:00-01:00
_FIVE_AND_A_HALF: Final = 330  # 21:00-02:30


def _product(exchange: Exchange, row: str, night: int, hours: Hours = Hours.COMMODITY) -> Product:
    symbol, name, multiplier, tick, price, *options = row.split()
    numerator, _, denominator = tick.partition("/")
    return Product(
        id=symbol,
        exchange=exchange,
        name=name,
        multiplier=int(multiplier),
        tick=(int(numerator), int(denominator or 1)),
        price=int(price),
        night=night,
        hours=hours,
        options=bool(options),
    )


# id, name, multiplier, price tick, first price in ticks, "o" if it has options
_SHFE_23: Final = """
rb 螺纹钢 10 1 3200 o|hc 热轧卷板 10 1 3350|bu 沥青 10 1 3300|ru 天然橡胶 10 5 3000 o|fu 燃料油 10 1 2900
sp 纸浆 10 2 2600|br 丁二烯橡胶 5 5 2300 o
"""
_SHFE_01: Final = """
cu 沪铜 5 10 7800 o|al 沪铝 5 5 4100 o|zn 沪锌 5 5 4400 o|pb 沪铅 5 5 3400 o|ni 沪镍 1 10 12000 o
sn 沪锡 1 10 26000 o|ss 不锈钢 5 5 2600|ao 氧化铝 20 1 3000 o
"""
_SHFE_0230: Final = "au 沪金 1000 1/50 40000 o|ag 沪银 15 1 8000 o"
_INE_23: Final = "nr 20号胶 10 5 2500|lu 低硫燃料油 10 1 3600"
_INE_01: Final = "bc 国际铜 5 10 7000"
_INE_0230: Final = "sc 原油 1000 1/10 5000 o"
_INE_DAY: Final = "ec 集运指数 50 1/10 15000"
_DCE_23: Final = """
m 豆粕 10 1 3000 o|y 豆油 10 2 4000 o|a 豆一 10 1 4100 o|b 豆二 10 1 3600 o|p 棕榈油 10 2 4300 o
c 玉米 10 1 2300 o|cs 玉米淀粉 10 1 2700
i 铁矿石 100 1/2 1500 o|j 焦炭 100 1/2 3200|jm 焦煤 60 1/2 2200|l 聚乙烯 5 1 7300 o
v 聚氯乙烯 5 1 5000 o|pp 聚丙烯 5 1 7000 o|eg 乙二醇 10 1 4400 o|eb 苯乙烯 5 1 7400 o
pg 液化石油气 20 1 4300 o|rr 粳米 10 1 3500
"""
_DCE_DAY: Final = (
    "jd 鸡蛋 10 1 3300|lh 生猪 16 5 2800|fb 纤维板 10 1/2 2600|bb 胶合板 500 1/20 8000|lg 原木 90 1/2 1600"
)
_CZCE_23: Final = """
SR 白糖 10 1 5600 o|CF 棉花 5 5 2700 o|TA PTA 5 2 2400 o|MA 甲醇 10 1 2400 o|FG 玻璃 20 1 1200
SA 纯碱 20 1 1300 o|RM 菜粕 10 1 2500 o
OI 菜油 10 1 9500 o|ZC 动力煤 100 1/5 4000|CY 棉纱 5 5 4000|PF 短纤 5 2 3200 o
PX 对二甲苯 5 2 3400 o|SH 烧碱 30 1 2500 o|PR 瓶片 15 2 2900|PL 丙烯 20 1 6300
"""
_CZCE_DAY: Final = """
AP 苹果 10 1 8000 o|CJ 红枣 5 5 2200|UR 尿素 20 1 1700 o|SF 硅铁 5 2 2800 o|SM 锰硅 5 2 2900 o
PK 花生 5 2 4000 o|WH 强麦 20 1 2700|RI 早籼稻 20 1 2700
"""
_GFEX: Final = "si 工业硅 5 5 1700 o|lc 碳酸锂 1 20 4000 o|ps 多晶硅 3 5 10000 o"
_CFFEX_INDEX: Final = """
IF 沪深300 300 1/5 20000|IH 上证50 300 1/5 14000|IC 中证500 200 1/5 32000|IM 中证1000 200 1/5 34000
IO 沪深300期权 100 1/5 500|MO 中证1000期权 100 1/5 700
"""
_CFFEX_BOND: Final = """
T 10年期国债 10000 1/200 21600|TF 5年期国债 10000 1/200 21200|TS 2年期国债 20000 1/500 51200
TL 30年期国债 10000 1/100 11600
"""

_TABLES: Final = (
    (Exchange.SHFE, _SHFE_23, _TWO, Hours.COMMODITY),
    (Exchange.SHFE, _SHFE_01, _FOUR, Hours.COMMODITY),
    (Exchange.SHFE, _SHFE_0230, _FIVE_AND_A_HALF, Hours.COMMODITY),
    (Exchange.SHFE, "wr 线材 10 1 3600", 0, Hours.COMMODITY),
    (Exchange.INE, _INE_23, _TWO, Hours.COMMODITY),
    (Exchange.INE, _INE_01, _FOUR, Hours.COMMODITY),
    (Exchange.INE, _INE_0230, _FIVE_AND_A_HALF, Hours.COMMODITY),
    (Exchange.INE, _INE_DAY, 0, Hours.COMMODITY),
    (Exchange.DCE, _DCE_23, _TWO, Hours.COMMODITY),
    (Exchange.DCE, _DCE_DAY, 0, Hours.COMMODITY),
    (Exchange.CZCE, _CZCE_23, _TWO, Hours.COMMODITY),
    (Exchange.CZCE, _CZCE_DAY, 0, Hours.COMMODITY),
    (Exchange.GFEX, _GFEX, 0, Hours.COMMODITY),
    (Exchange.CFFEX, _CFFEX_INDEX, 0, Hours.INDEX),
    (Exchange.CFFEX, _CFFEX_BOND, 0, Hours.BOND),
)

PRODUCTS: Final[dict[str, Product]] = {
    product.id: product
    for exchange, rows, night, hours in _TABLES
    for row in rows.replace("\n", "|").split("|")
    if row.strip()
    for product in [_product(exchange, row, night, hours)]
}

# Index options are products of their own; the future whose months and price they follow.
INDEX_OPTIONS: Final = {"IO": "IF", "MO": "IM"}
