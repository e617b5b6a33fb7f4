"""How many ticks a second a front pushes into the real binding, and how many callbacks come out.

The simulator must not be the limit of any measurement, so this comes first. Both ends are counted over the
same seconds: at the front what was written to the socket and no longer waits there, in the client the raw
callback of vnpy_ctp with nothing behind it. Its queue is unbounded, so the front may be ahead of it.

    python -m tests.bench.binding_ceiling [--seconds 5] [--contracts 1000] [--rates 100000,200000]

Prints one JSON document. It wants the machine for itself: three threads are busy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from mds_simulator.testing import client_environment, start_simulator
from mds_simulator.wire import TICK_BYTES

if TYPE_CHECKING:
    from mds_simulator.testing import RunningSimulator

WARM_UP_S = 1.0
NEVER_CUT = "100000000"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--rates", default="100000,200000,400000")
    parser.add_argument("--client", nargs=2, metavar=("FRONT", "CONTRACTS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        run_client(*options.client)
        return
    rates = [int(rate) for rate in options.rates.split(",")]
    print(json.dumps({
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]},
        "settings": {"seconds": options.seconds, "contracts": options.contracts, "tick_bytes": TICK_BYTES},
        "runs": [measure(rate, options.contracts, options.seconds) for rate in rates],
    }, indent=1))  # fmt: skip


def measure(rate: int, contracts: int, seconds: float) -> dict[str, Any]:
    flags = ("--no-rate-rule", "--always-open", "--rate", str(rate), "--contracts", str(contracts))
    with start_simulator(*flags, "--sending-list", NEVER_CUT) as simulator:
        command = [sys.executable, "-m", "tests.bench.binding_ceiling", "--client", simulator.fronts["a"]]
        command.append(",".join(simulator.contracts()))
        client = subprocess.Popen(
            command, env=client_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with client:
            ask(client)  # logged in, subscribed
            time.sleep(WARM_UP_S)
            before, called_before, began = pushed(simulator), ask(client), time.perf_counter()
            time.sleep(seconds)
            after, called_after, took = pushed(simulator), ask(client), time.perf_counter() - began
            client.kill()
    return {
        "asked_per_s": rate,
        "pushed_per_s": round((after - before) / took),
        "callbacks_per_s": round((called_after - called_before) / took),
    }


def pushed(simulator: RunningSimulator) -> int:
    """Snapshots that left the front for good: what still waits in its buffer is not counted."""
    front = simulator.state()["fronts"]["a"]
    waiting = sum(client["unsent_bytes"] for client in front["clients"])
    return int(front["delivered"] - waiting // TICK_BYTES)


def ask(client: subprocess.Popen[str]) -> int:
    """The client's count of callbacks so far."""
    if client.stdin is None or client.stdout is None:
        raise RuntimeError("the client has no pipes")
    client.stdin.write("\n")
    client.stdin.flush()
    return int(client.stdout.readline())


def run_client(front: str, contracts: str) -> None:
    """Counts raw callbacks; each line on stdin is answered with the count."""
    from vnpy_ctp.api import MdApi  # noqa: PLC0415 - only the client's process has the libraries

    names = contracts.split(",")
    count = 0
    answered = 0

    class Counting(MdApi):  # type: ignore[misc]  # the binding has no types
        def onFrontConnected(self) -> None:  # noqa: N802 - the binding's names
            self.reqUserLogin({"UserID": "bench", "Password": "", "BrokerID": "9999"}, 1)

        def onRspUserLogin(self, *_: object) -> None:  # noqa: N802 - as above
            for name in names:
                self.subscribeMarketData(name)

        def onRspSubMarketData(self, *_: object) -> None:  # noqa: N802 - as above
            nonlocal answered
            answered += 1

        def onRtnDepthMarketData(self, _tick: object) -> None:  # noqa: N802 - as above
            nonlocal count
            count += 1

    api = Counting()
    api.createFtdcMdApi(b"Md", True)  # noqa: FBT003 - the binding takes no keywords
    api.registerFront(front)
    api.init()
    while answered < len(names):
        time.sleep(0.01)
    for _line in sys.stdin:
        print(count, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
