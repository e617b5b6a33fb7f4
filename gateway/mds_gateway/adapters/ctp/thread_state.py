"""Keeps the interpreter's state of a binding thread from one callback to the next.

The binding takes the interpreter's lock with pybind11's `gil_scoped_acquire`. On a thread that Python does
not know it makes a thread state for each callback and throws it away after; with 3.13 that maps and unmaps
memory for every tick. One `PyGILState_Ensure` without its release, inside a callback, keeps it for good.
"""

from __future__ import annotations

import ctypes
import threading

_kept = threading.local()


def keep_thread_state() -> None:
    """To be called on the binding's thread; more than once does nothing."""
    if not getattr(_kept, "is_kept", False):
        ctypes.pythonapi.PyGILState_Ensure()
        _kept.is_kept = True
