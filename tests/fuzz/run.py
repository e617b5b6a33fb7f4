"""One target under atheris, in a process of its own: it ends with its time, or at what must not be.

    python -m tests.fuzz.run TARGET libfuzzer's options, and folders with inputs

Only `make fuzz` has atheris on its path.
"""

from __future__ import annotations

import sys

import atheris

INSTRUMENTED = ["mds_protocol", "mds_gateway"]


def main() -> None:
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - what is imported here is instrumented

    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
