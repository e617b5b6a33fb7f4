"""Generates the calls of a CTP API class that the simulator does not serve, from the vendor's header.

The trading API has 133 pure virtual calls and their order in the vtable matters, so nobody should type them.
A stub returns -1, which is CTP's "network failed": a caller that needs the call notices at once.
"""

from __future__ import annotations

import re

_PURE = re.compile(r"virtual\s+([\w\s*]+?)\s*(\w+)\s*\(([^)]*)\)\s*=\s*0\s*;")
_OVERRIDE = re.compile(r"\b(\w+)\([^()]*\)\s*override")


class HeaderError(ValueError):
    """The header does not hold the class that was asked for."""


def generate_stubs(header: str, class_name: str, implementation: str) -> str:
    """One line per pure virtual of `class_name` that `implementation` (C++ text) does not override."""
    written = set(_OVERRIDE.findall(implementation))
    lines = [
        f"  {kind} {name}({_types_only(arguments)}) override {{{_body(kind)}}}"
        for kind, name, arguments in _pure_virtuals(header, class_name)
        if name not in written
    ]
    return "".join(f"{line}\n" for line in lines)


def _pure_virtuals(header: str, class_name: str) -> list[tuple[str, str, str]]:
    plain = re.sub(r"//.*", "", header)
    found = re.search(rf"class\s+\w*_EXPORT\s+{class_name}\s*\{{(.*?)^\}};", plain, re.DOTALL | re.MULTILINE)
    if found is None:
        raise HeaderError(f"class {class_name} is not in the header; is this CTP 6.7?")
    return _PURE.findall(found[1])


def _types_only(arguments: str) -> str:
    """Drops the names of the arguments: a stub uses none, and an unused name is a warning."""
    kept = []
    for argument in filter(None, (part.strip() for part in arguments.split(","))):
        array = "[]" if argument.endswith("[]") else ""
        kept.append(re.sub(r"\w+\s*(\[\])?$", "", argument).strip() + array)
    return ", ".join(kept)


def _body(kind: str) -> str:
    if kind.strip() == "void":
        return ""
    return " return nullptr; " if kind.strip().endswith("*") else " return -1; "
