"""The exchange model: contracts, sessions, books, serials. Pure: no sockets, no clock of its own.

`products` and `contracts` say what is traded, `calendar` and `sessions` when, `book` holds one contract,
`market` all of them. One market stands behind all fronts, so that two accounts see the same ticks.
"""
