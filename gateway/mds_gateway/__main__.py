"""`mds-gateway`: start, run until SIGTERM, end at once.

At once, as the vendor's `exit()` joins a thread that may wait for the interpreter lock, and deadlocks.
"""

from __future__ import annotations

import asyncio
import signal

import uvloop

from mds_gateway.adapters.ctp.binding import check_locale
from mds_gateway.adapters.ctp.source import CtpSource
from mds_gateway.adapters.nats.control import Control
from mds_gateway.outside import Outside
from mds_gateway.service import Gateway
from mds_gateway.settings import GatewaySettings, load_ctp
from mds_runtime import logs, process
from mds_runtime.http.pages import serve
from mds_runtime.nats.access import load_access

PROGRAM = process.Program(
    "mds-gateway", "Keeps one broker account logged in and bridges its ticks to NATS.", GatewaySettings
)


def main() -> None:
    process.run(PROGRAM, _run, uvloop.new_event_loop)


async def _run() -> None:
    # What is cheap to check comes first; what waits for others last.
    settings = GatewaySettings.load()
    logs.set_level(settings.log_level, PROGRAM.package)
    ctp = load_ctp(settings)
    access = load_access(settings.nats_url, settings.nats_credentials_dir)
    check_locale()
    stopping = _Stopping()
    outside = Outside(access.find_expiry)
    async with serve(outside.build_pages(), settings.http_host, settings.http_port):
        name = f"mds-gateway {settings.account}"
        control = await Control.open(access, name, settings.start_timeout_s)
        gateway = Gateway(settings, access, control, CtpSource(ctp))
        stopping.gateway = gateway
        outside.show(gateway.metrics, gateway.bridge)
        await gateway.run()
        await control.close()


class _Stopping:
    """SIGTERM and SIGINT from the first moment: as process 1 of a container there is no default for them."""

    def __init__(self) -> None:
        self.gateway: Gateway | None = None
        self._start = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        if self.gateway is not None:
            self.gateway.stop()
        elif self._start is not None:
            self._start.cancel()


if __name__ == "__main__":
    main()
