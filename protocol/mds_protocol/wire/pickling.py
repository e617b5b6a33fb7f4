"""Reads the few pickle opcodes that a dict of numbers and strings needs, and no other.

Not `pickle.Unpickler` with a refusing `find_class`: ten bytes with a large memo index (LONG_BINPUT) make
the C one of Python 3.13 fill 2 GB before any class is looked up. Here nothing is called, imported or
allocated by an opcode's argument: a length beyond the input is refused before it is used.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from mds_protocol.wire.errors import WireError

_PROTO: Final = 0x80
_MAX_PROTOCOL: Final = 5
_MARK: Final = object()

# Opcodes, named as in the standard library's pickletools.
_MEMOIZE: Final = 0x94
_SHORT_BINUNICODE: Final = 0x8C
_LONG1: Final = 0x8A
_FRAME: Final = 0x95
_BINFLOAT: Final = ord("G")
_BININT1: Final = ord("K")
_BINGET: Final = ord("h")
_LONG_BINGET: Final = ord("j")
_STOP: Final = ord(".")
_EMPTY_DICT: Final = ord("}")
_SETITEM: Final = ord("s")
_SETITEMS: Final = ord("u")
_BINUNICODE: Final = ord("X")
_CONSTANTS: Final = {ord("N"): None, 0x88: True, 0x89: False, ord("("): _MARK}
_INTEGERS: Final = {ord("M"): struct.Struct("<H"), ord("J"): struct.Struct("<i")}
_PUTS: Final = {ord("q"): 1, ord("r"): 4}

_read_double = struct.Struct(">d").unpack_from
_read_length = struct.Struct("<I").unpack_from


def read_pickle(data: bytes) -> object:
    """The value that one pickle of protocol 2 to 5 stands for."""
    if data[:1] != bytes([_PROTO]) or not data[1:2] or data[1] > _MAX_PROTOCOL:
        raise _refuse(0, f"does not begin with a pickle protocol up to {_MAX_PROTOCOL}")
    reader = _Reader(data)
    try:
        return reader.read()
    except (struct.error, IndexError, KeyError, TypeError, AttributeError) as error:
        raise _refuse(reader.opcode_at, f"is damaged ({type(error).__name__})") from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.opcode_at = 2
        self._data = data
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> object:
        # One loop over locals, the frequent opcodes inline: a call per opcode costs twice as much.
        data, stack, memo = self._data, self._stack, self._memo
        at = 2
        while True:
            opcode = data[at]
            # After the read, so that an opcode whose length leads beyond the end is the one that is named.
            self.opcode_at = at
            at += 1
            if opcode == _MEMOIZE:
                memo[len(memo)] = stack[-1]
            elif opcode == _SHORT_BINUNICODE:
                start, at = at + 1, at + 1 + data[at]
                stack.append(data[start:at].decode())
            elif opcode == _BINFLOAT:
                stack.append(_read_double(data, at)[0])
                at += 8
            elif opcode in _CONSTANTS:
                stack.append(_CONSTANTS[opcode])
            elif opcode == _BININT1:
                stack.append(data[at])
                at += 1
            elif opcode == _STOP:
                return self._finish(at)
            else:
                at = self._read_rare(opcode, at)

    def _read_rare(self, opcode: int, at: int) -> int:
        """Opcodes that a tick has a few of, or only another pickler writes. Returns where the next one is."""
        data, stack = self._data, self._stack
        if opcode in _INTEGERS:
            stack.append(_INTEGERS[opcode].unpack_from(data, at)[0])
            return at + _INTEGERS[opcode].size
        if opcode == _LONG1:
            end: int = at + 1 + data[at]
            stack.append(int.from_bytes(data[at + 1 : end], "little", signed=True))
            return end
        if opcode == _BINUNICODE:
            end = at + 4 + _read_length(data, at)[0]
            stack.append(data[at + 4 : end].decode())
            return end
        if opcode == _FRAME:
            return at + 8
        return self._read_memo(opcode, at)

    def _read_memo(self, opcode: int, at: int) -> int:
        if opcode == _BINGET:
            self._stack.append(self._memo[self._data[at]])
            return at + 1
        if opcode == _LONG_BINGET:
            self._stack.append(self._memo[_read_length(self._data, at)[0]])
            return at + 4
        if opcode in _PUTS:
            # NB: the memo is a dict, so an index costs the same whatever its size.
            end = at + _PUTS[opcode]
            self._memo[int.from_bytes(self._data[at:end], "little")] = self._stack[-1]
            return end
        self._build(opcode)
        return at

    def _build(self, opcode: int) -> None:
        stack = self._stack
        if opcode == _EMPTY_DICT:
            stack.append({})
        elif opcode == _SETITEM:
            value, key = stack.pop(), stack.pop()
            stack[-1][key] = value
        elif opcode == _SETITEMS:
            self._set_many()
        else:
            raise _refuse(
                self.opcode_at, f"opcode 0x{opcode:02X} is not one of a dict of numbers and strings"
            )

    def _set_many(self) -> None:
        stack = self._stack
        start = len(stack) - 1
        while stack[start] is not _MARK:
            start -= 1
        pairs = stack[start + 1 :]
        if len(pairs) % 2:
            raise _refuse(self.opcode_at, "sets a key without a value")
        del stack[start:]
        stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))

    def _finish(self, at: int) -> object:
        if at != len(self._data) or len(self._stack) != 1 or self._stack[0] is _MARK:
            raise _refuse(self.opcode_at, "stops with bytes or values left over")
        return self._stack[0]


def _refuse(offset: int, problem: str) -> WireError:
    return WireError("Tick", f"byte {offset}", problem)
