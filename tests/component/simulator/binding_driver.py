"""Runs in a process of its own: the real bindings of vnpy_ctp, driven by JSON lines, reporting by JSON lines.

In:  ["md" | "td", method, arguments…]           Out: {"returned": …} for each
Every callback becomes {"api", "name", "arguments"}. It decides nothing; the test does.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from vnpy_ctp.api import MdApi, TdApi


def main() -> None:
    # The bindings print with C++ to stdout; our lines go elsewhere.
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    apis = {"md": reporting(MdApi, "md", reports)(), "td": reporting(TdApi, "td", reports)()}
    for line in sys.stdin:
        api, method, *arguments = json.loads(line)
        returned = getattr(apis[api], method)(
            *(a.encode() if method.startswith("create") and isinstance(a, str) else a for a in arguments)
        )
        reports.write(json.dumps({"returned": returned}) + "\n")
    reports.flush()
    os._exit(0)  # exit() of the binding can deadlock


def reporting(base: type[Any], api: str, reports: Any) -> type[Any]:
    """A subclass that overrides every callback of the binding."""

    def callback(name: str) -> Any:
        def report(_self: object, *arguments: object) -> None:
            reports.write(json.dumps({"api": api, "name": name, "arguments": arguments}) + "\n")

        return report

    names = [name for name in dir(base) if name.startswith("on")]
    return type(f"Reporting{base.__name__}", (base,), {name: callback(name) for name in names})


if __name__ == "__main__":
    main()
