"""`mds-gateway`: start, run until SIGTERM, end at once.

Exit codes: 0 told to stop, 1 a defect, 2 a wrong start, whose one line says what to correct. The end is
`os._exit`: the vendor's `exit()` joins a thread that may wait for the interpreter lock, and deadlocks.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

import uvloop

from mds_gateway import logs
from mds_gateway.adapters.ctp.binding import BindingError, check_locale
from mds_gateway.adapters.ctp.source import CtpSource
from mds_gateway.adapters.nats.arriving import ArrivalError
from mds_gateway.adapters.nats.control import Control
from mds_gateway.outside import Outside
from mds_gateway.service import Gateway
from mds_gateway.settings import StartError, describe_variables, load_access, load_ctp, load_settings

EXIT_STOPPED = 0
EXIT_FAILED = 1
EXIT_WRONG_START = 2

log = logging.getLogger("mds_gateway")


def main() -> None:
    _parse_arguments()
    logs.start_logging()
    code = EXIT_FAILED
    try:
        # Not `uvloop.run`: it would wait for every task that is left, and nats-py's may not end.
        asyncio.Runner(loop_factory=uvloop.new_event_loop).run(_run())
        code = EXIT_STOPPED
    except asyncio.CancelledError:
        log.info("stopped before it was up", extra={"code": "Ended"})
        code = EXIT_STOPPED
    except (StartError, ArrivalError, BindingError) as exc:
        log.error("cannot start: %s", exc, extra={"code": "WrongStart"})  # noqa: TRY400 - one line, no traceback
        code = EXIT_WRONG_START
    except Exception:
        log.exception("ended by a defect; please report it", extra={"code": "Defect"})
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _parse_arguments() -> None:
    argparse.ArgumentParser(
        prog="mds-gateway",
        description="Keeps one broker account logged in and bridges its ticks to NATS.",
        epilog=f"It takes no arguments but these variables:\n\n{describe_variables()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()


async def _run() -> None:
    # What is cheap to check comes first; what waits for others last.
    settings = load_settings()
    logs.set_level(settings.log_level)
    ctp = load_ctp(settings)
    access = load_access(settings)
    check_locale()
    stopping = _Stopping()
    outside = Outside()
    async with await outside.listen(settings):
        name = f"mds-gateway {settings.account}"
        control = await Control.open(access, name, settings.start_timeout_s)
        gateway = Gateway(settings, access, control, CtpSource(ctp))
        stopping.gateway = gateway
        outside.show(gateway.metrics, gateway.bridge)
        await gateway.run()
        await control.close()
    log.info("ended", extra={"code": "Ended"})


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
