"""Write what the chart and the docs have of rules and dashboards, or with --check say what is behind.

python -m monitoring.generate [--check]
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_protocol.resources.generate import Product, between, section, whole_file, write_or_check
from monitoring import rendering, thresholds
from monitoring.dashboards import building
from monitoring.tables import alerts_table, dashboards_table

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[1]
_MARK: Final = "  # {} generated: thresholds"

PRODUCTS: Final[tuple[Product, ...]] = (
    *(
        whole_file(f"helm/mds/files/rules/{name}.yaml", partial(rendering.group_text, name))
        for name in rendering.list_groups()
    ),
    *(
        whole_file(f"helm/mds/files/dashboards/{name}.json", partial(building.write, outline))
        for name, outline in building.build_dashboards().items()
    ),
    between("helm/mds/values.yaml", _MARK.format("begin"), _MARK.format("end"), thresholds.values_text),
    Product("helm/mds/values.schema.json", thresholds.renew_schema),
    section("docs/monitoring.md", "alerts", alerts_table),
    section("docs/monitoring.md", "dashboards", dashboards_table),
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="generate", description="Write the chart's rules and dashboards, and the docs of both."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something is behind")
    return write_or_check(ROOT, PRODUCTS, check=parser.parse_args(arguments).check)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
