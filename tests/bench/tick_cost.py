"""What a tick costs: encode, decode, identity, beside what else could have been used.

Each library runs in a fresh process, in every round, so that no one profits from another's caches; rounds are
interleaved, so that a slow minute of the machine hits all. Every sample is kept.

    python -m tests.bench.tick_cost           measure, print, write docs/results and docs/wire.md
    python -m tests.bench.tick_cost --docs    only update docs/wire.md from that file
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import timeit
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mds_protocol.wire.tables import identity_table, tick_fields_table

if TYPE_CHECKING:
    from collections.abc import Callable

type Operations = dict[str, Callable[[], object]]
type Samples = dict[str, list[float]]

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "results" / "tick_cost.json"
PAGE = ROOT / "docs" / "wire.md"
VECTORS = ROOT / "tests" / "vectors" / "ticks.json"

ROUNDS = 7
SAMPLES_PER_PROCESS = 5
SAMPLE_SECONDS = 0.01
"""Long against the clock's resolution, short against a scheduler's interruptions."""
HASHED_BYTES = 244
"""Three texts and 204 bytes of numbers: what an identity hashes."""
BASE = {"encode": "mds json encode", "decode": "mds json decode", "hash": "sha256/128"}
"""What the others are compared with."""


def load_tick() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text())["cases"][0]["value"]
    return found


# --- the libraries; each imports what it measures, so that a process holds nothing else


def prepare_mds() -> Operations:
    import msgspec  # noqa: PLC0415 - see above

    from mds_protocol.wire import depth, encodings  # noqa: PLC0415
    from mds_protocol.wire.encodings import Encoding  # noqa: PLC0415
    from mds_protocol.wire.headers import build_publication  # noqa: PLC0415
    from mds_protocol.wire.identity import build_prefix, identify, identify_tick  # noqa: PLC0415
    from mds_protocol.wire.tick import Tick, build_tick  # noqa: PLC0415

    tick = msgspec.convert(load_tick(), Tick)
    raw = {field.ctp: getattr(tick, field.name) for field in depth.NUMBERS + depth.TEXTS}
    raw = {name: depth.DBL_MAX if value is None else value for name, value in raw.items()}
    numbers = depth.normalise(raw)
    prefix = build_prefix("md.SHFE.rb2701", "rb2701.SHFE")
    encode_json = encodings.ENCODERS[Encoding.JSON]

    def prepare_for_publishing() -> object:
        fresh = depth.normalise(raw)
        made = build_tick(raw, fresh, "SHFE", tick.exchange_time_ns, "20261123")
        header = build_publication(
            b"ctp-a", 7, 104711, tick.exchange_time_ns, tick.exchange_time_ns, 42, snapshot=False
        )
        return identify(prefix, raw["UpdateTime"], fresh), header, encode_json(made)

    found: Operations = {
        "mds normalise": lambda: depth.normalise(raw),
        "mds build tick": lambda: build_tick(raw, numbers, "SHFE", tick.exchange_time_ns, "20261123"),
        "mds identity, hot path": lambda: identify(prefix, tick.update_time, numbers),
        "mds identity, from a tick": lambda: identify_tick("md.SHFE.rb2701", tick),
        "mds header": lambda: build_publication(b"ctp-a", 7, 1, 1, 1, 42, snapshot=False),
        "mds raw tick to json, identity, header": prepare_for_publishing,
    }
    for encoding in Encoding:
        body = encodings.encode(tick, encoding)
        found[f"mds {encoding} encode"] = partial(encodings.encode, tick, encoding)
        found[f"mds {encoding} decode"] = partial(encodings.decode, body, encoding)
    return found


def prepare_array() -> Operations:
    """MessagePack as an array of values without names: the alternative to the map."""
    import msgspec  # noqa: PLC0415

    from mds_protocol.wire.tick import Tick  # noqa: PLC0415

    fields = [(field.name, field.type) for field in msgspec.structs.fields(Tick)]
    kind = msgspec.defstruct("Array", fields, array_like=True, frozen=True, gc=False)
    tick = kind(**load_tick())
    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(kind)
    body = encoder.encode(tick)
    return {
        "msgpack array encode": lambda: encoder.encode(tick),
        "msgpack array decode": lambda: decoder.decode(body),
    }


def prepare_json() -> Operations:
    tick = load_tick()
    body = json.dumps(tick, separators=(",", ":")).encode()
    return {
        "json.dumps encode": lambda: json.dumps(tick, separators=(",", ":")).encode(),
        "json.loads decode": lambda: json.loads(body),
    }


def prepare_pydantic() -> Operations:
    import msgspec  # noqa: PLC0415
    import pydantic  # noqa: PLC0415

    from mds_protocol.wire.tick import Tick  # noqa: PLC0415

    def plain(default: object) -> object:
        return type(default) if default is not None else float | None

    example = load_tick()
    numbers = {field.name for field in msgspec.structs.fields(Tick)}
    types = {
        name: (float | None if isinstance(example[name], float) else plain(example[name]), ...)
        for name in numbers
    }
    model = pydantic.create_model("PydanticTick", **types)  # type: ignore[call-overload] # fields by name, as data
    tick = model(**example)
    body = tick.model_dump_json()
    return {
        "pydantic encode": tick.model_dump_json,
        "pydantic decode": lambda: model.model_validate_json(body),
    }


def prepare_vnpy() -> Operations:
    """What a vnpy user would send: TickData, which has 20 fields fewer."""
    import pickle  # noqa: PLC0415

    from vnpy.trader.constant import Exchange  # noqa: PLC0415
    from vnpy.trader.object import TickData  # noqa: PLC0415

    example = load_tick()
    known = {
        name: value
        for name, value in example.items()
        if name in TickData.__dataclass_fields__ and value is not None
    }
    known |= {"exchange": Exchange.SHFE, "datetime": datetime.now(UTC), "gateway_name": "CTP"}
    tick = TickData(**known)
    body = pickle.dumps(tick)
    return {
        "pickle of vnpy TickData encode": lambda: pickle.dumps(tick),
        "pickle of vnpy TickData decode": lambda: pickle.loads(body),
    }


def prepare_hashes() -> Operations:
    import hashlib  # noqa: PLC0415

    data = os.urandom(HASHED_BYTES)
    return {
        "sha256/128 hash": lambda: hashlib.sha256(data, usedforsecurity=False).digest()[:16],
        "blake2b-128 hash": lambda: hashlib.blake2b(data, digest_size=16, usedforsecurity=False).digest(),
        "md5 hash": lambda: hashlib.md5(data, usedforsecurity=False).digest(),
        "sha1/128 hash": lambda: hashlib.sha1(data, usedforsecurity=False).digest()[:16],
    }


LIBRARIES: dict[str, Callable[[], Operations]] = {
    "mds": prepare_mds,
    "array": prepare_array,
    "json": prepare_json,
    "pydantic": prepare_pydantic,
    "vnpy": prepare_vnpy,
    "hashes": prepare_hashes,
}


# --- measuring


def measure(library: str) -> Samples:
    """Microseconds per call, several samples of each operation."""
    samples: Samples = {}
    for name, operation in LIBRARIES[library]().items():
        timer = timeit.Timer(operation)
        timer.timeit(200)
        number = max(100, int(SAMPLE_SECONDS / (timer.timeit(1000) / 1000)))
        samples[name] = [timer.timeit(number) / number * 1e6 for _ in range(SAMPLES_PER_PROCESS)]
    return samples


def measure_apart(library: str) -> Samples:
    command = [sys.executable, "-m", "tests.bench.tick_cost", "--library", library]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)
    found: Samples = json.loads(done.stdout)
    return found


def measure_all() -> Samples:
    samples: Samples = {}
    for number in range(ROUNDS):
        order = list(LIBRARIES)
        order = order[number % len(order) :] + order[: number % len(order)]
        for library in order:
            for name, values in measure_apart(library).items():
                samples.setdefault(name, []).extend(values)
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
    return samples


def measure_sizes() -> dict[str, int]:
    case = json.loads(VECTORS.read_text())["cases"][0]
    sizes = {encoding: len(bytes.fromhex(case[encoding])) for encoding in ("json", "msgpack", "pickle")}
    names = sum(len(name) + 1 for name in case["value"])
    return sizes | {"msgpack array": sizes["msgpack"] - names}


# --- reporting


def describe_machine() -> dict[str, Any]:
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.release(),
    }


def read_commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S607 - git of the path
    return done.stdout.strip() if done.returncode == 0 else "none yet"


def build_cost_table(result: dict[str, Any]) -> str:
    """Medians with the range of all samples, and the ratio to what we use for the same job."""
    samples: Samples = result["samples_us"]
    medians = {name: statistics.median(values) for name, values in samples.items()}
    lines = ["| per tick | median µs | min to max µs | beside ours |", "|---|---|---|---|"]
    for name, values in samples.items():
        job = name.rsplit(" ", 1)[-1]
        base = {"hash": "sha256/128 hash"}.get(job, BASE.get(job, ""))
        ratio = f"{medians[name] / medians[base]:.2f}" if base else ""
        lines.append(f"| {name} | {medians[name]:.2f} | {min(values):.2f} to {max(values):.2f} | {ratio} |")
    sizes = ", ".join(f"{name} {size}" for name, size in result["bytes"].items())
    machine = result["machine"]
    lines += ["", f"Bytes of that tick: {sizes}."]
    lines.append(
        f"Measured {result['at']} on {machine['cpu']}, {machine['cores']} cores, Python {machine['python']},"
    )
    lines.append(
        f"commit {result['commit']}, `{result['command']}`; all samples: `docs/results/tick_cost.json`."
    )
    return "\n".join(lines)


def build_page(page: str, result: dict[str, Any]) -> str:
    """The page with its generated parts current; everything outside the markers stays."""
    parts = {
        "tick fields": tick_fields_table(),
        "identity layout": identity_table(),
        "tick cost": build_cost_table(result),
    }
    for name, text in parts.items():
        begin, end = f"<!-- begin generated: {name} -->\n", f"<!-- end generated: {name} -->"
        head, rest = page.split(begin)
        page = head + begin + text + "\n" + end + rest.split(end)[1]
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--library", choices=LIBRARIES, help="measure one, in this process, and print its samples"
    )
    parser.add_argument("--docs", action="store_true", help="update docs/wire.md from the last result")
    chosen = parser.parse_args()
    if chosen.library:
        print(json.dumps(measure(chosen.library)))
        return
    if not chosen.docs:
        result = {
            "command": "python -m tests.bench.tick_cost",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": read_commit(),
            "machine": describe_machine(),
            "bytes": measure_sizes(),
            "samples_us": measure_all(),
        }
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
        print(build_cost_table(result))
    PAGE.write_text(build_page(PAGE.read_text(), json.loads(RESULT.read_text())))


if __name__ == "__main__":
    main()
