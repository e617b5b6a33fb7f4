"""CTP through the vnpy_ctp bindings: trading login, contracts, market data."""
