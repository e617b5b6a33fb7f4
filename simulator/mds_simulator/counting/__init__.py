"""Counts what a program that reads from the simulator lost, repeated or put out of order. Pure.

Each snapshot carries a serial of its contract, and each front records what it handed out. So there are two
ways to count, and two are enough:

- `ledger`, by holes: the stored ticks alone, one after another, as they come. A serial that is not there
  is lost. For a person who watches.
- `join`, by delivery, the oracle: all that is stored against all that the fronts handed to whom, when it is
  over. It knows whether the account that published had the tick, so it tells a loss from what a front
  dropped.

They share no line: each checks the other. Neither knows a gateway. `docs/counting.md` says more.
"""
