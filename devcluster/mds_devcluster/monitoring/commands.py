"""The command `monitoring`: the stack into a cluster that is up, and where it answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mds_devcluster.monitoring.flavours import Flavour
from mds_devcluster.monitoring.starting import SCRAPE_EVERY_S, bring_up

if TYPE_CHECKING:
    from mds_devcluster.building import Workshop


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--flavour",
        choices=[flavour.value for flavour in Flavour],
        default=Flavour.KUBE_PROMETHEUS.value,
        help="how it names things and what it selects",
    )
    parser.add_argument(
        "--every",
        type=_parse_seconds,
        default=SCRAPE_EVERY_S,
        metavar="SECONDS",
        help="scrape and evaluate so often",
    )


def _parse_seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds, 1 or more")
    return int(text)


def run(chosen: argparse.Namespace, workshop: Workshop) -> None:
    flavour = Flavour(chosen.flavour)
    stack = bring_up(chosen.name, (flavour,), workshop, every_s=chosen.every)[flavour]
    print(f"prometheus   {stack.prometheus}")
    print(f"alertmanager {stack.alertmanager}")
