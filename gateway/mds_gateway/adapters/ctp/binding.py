"""Loads vnpy_ctp's two extension modules, and nothing else of it.

`import vnpy_ctp` would import vnpy's GUI-era utilities, make `.vntrader` in the home folder, start loguru's
files and take numpy along. The extension modules need none of it, so they are loaded by their paths. They
in turn load the vendor's libraries, or what LD_LIBRARY_PATH names instead.

They abort the whole process at the first text if the C++ locale that they ask for is missing, so that is
checked first.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import locale
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from mds_runtime.environment import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    type Callbacks = Mapping[str, Callable[..., None]]

REQUIRED_LOCALE = "zh_CN.GB18030"


class BindingError(StartError):
    """The bindings cannot be used on this machine. The text says what to install."""


class Api(Protocol):
    """What both APIs share. A request returns 0 if it was sent."""

    def registerFront(self, address: str) -> None: ...  # noqa: N802 - the binding's names
    def init(self) -> None: ...
    def reqUserLogin(self, request: dict[str, str], number: int) -> int: ...  # noqa: N802


class MarketDataApi(Api, Protocol):
    def createFtdcMdApi(self, flow_prefix: str, production: bool) -> None: ...  # noqa: N802, FBT001
    def subscribeMarketData(self, symbol: str) -> int: ...  # noqa: N802
    def unSubscribeMarketData(self, symbol: str) -> int: ...  # noqa: N802


class TradingApi(Api, Protocol):
    def createFtdcTraderApi(self, flow_prefix: str, production: bool) -> None: ...  # noqa: N802, FBT001
    def subscribePrivateTopic(self, resume: int) -> None: ...  # noqa: N802
    def subscribePublicTopic(self, resume: int) -> None: ...  # noqa: N802
    def reqAuthenticate(self, request: dict[str, str], number: int) -> int: ...  # noqa: N802
    def reqSettlementInfoConfirm(self, request: dict[str, str], number: int) -> int: ...  # noqa: N802
    def reqQryInstrument(self, request: dict[str, str], number: int) -> int: ...  # noqa: N802


def check_locale() -> None:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, REQUIRED_LOCALE)
    except locale.Error:
        raise BindingError(
            f"the locale {REQUIRED_LOCALE} is missing, without which the CTP binding aborts the process; "
            f"on Debian: apt-get install locales && localedef -i zh_CN -f GB18030 {REQUIRED_LOCALE}"
        ) from None
    finally:
        locale.setlocale(locale.LC_ALL, before)


def open_market_data(callbacks: Callbacks) -> MarketDataApi:
    return cast("MarketDataApi", _subclass(_load("vnctpmd").MdApi, callbacks))


def open_trading(callbacks: Callbacks) -> TradingApi:
    return cast("TradingApi", _subclass(_load("vnctptd").TdApi, callbacks))


def _subclass(base: type[object], callbacks: Callbacks) -> object:
    """The binding finds a callback by its name on the object's class."""
    missing = [name for name in callbacks if not hasattr(base, name)]
    if missing:
        raise BindingError(f"this vnpy_ctp has no callback {missing[0]}; version 6.7.11.4 is supported")
    return type(base.__name__, (base,), dict(callbacks))()


def _load(name: str) -> ModuleType:
    package = importlib.util.find_spec("vnpy_ctp")
    if package is None or not package.submodule_search_locations:
        raise BindingError("the package vnpy_ctp is not installed")
    folder = Path(next(iter(package.submodule_search_locations))) / "api"
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.exists():
            return _execute(name, path)
    raise BindingError(f"{folder} holds no extension module {name} for this Python")


def _execute(name: str, path: Path) -> ModuleType:
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise BindingError(f"{path} cannot be loaded")
    try:
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except ImportError as exc:
        raise BindingError(f"{path} cannot be loaded: {exc}") from exc
    return module
