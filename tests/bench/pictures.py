"""Pictures of all dashboards, before and after a failover, over pages of the collectors' own.

An hour all well; then each feed moves and, beside it, all that an alert tells of goes wrong.

    python -m tests.bench.pictures      write docs/images/dashboards
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from monitoring.preview.serving import draw
from tests.bench.pages import ROOT
from tests.kit.market_day import pages
from tests.kit.market_day.blocks import BEGIN, EVERY_S, serve, write_blocks

FOLDER: Final = ROOT / "docs" / "images" / "dashboards"
HOUR: Final = 3600
SCRAPES: Final = HOUR // EVERY_S
WELL: Final = BEGIN + HOUR - 1
AFTER: Final = WELL + HOUR // 2
SHOWN: Final = "now-1h"
CHOSEN: Final = {"namespace": ["desk"], "subscription": ["futures"], "account": ["ctp-a"]}


def main() -> None:
    progress = Progress(sys.stderr)
    workshop = open_workshop(progress)
    promtool, program = (obtain_program(PROGRAMS[name], workshop) for name in ("promtool", "prometheus"))
    feeds = pages.list_feeds(2, 2)
    phases = [(SCRAPES, list(pages.scrape(feeds, trouble=trouble))) for trouble in (False, True)]
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(program, write_blocks(promtool, Path(folder), phases)) as prometheus,
    ):
        for name, at in (("before", WELL), ("after", AFTER)):
            where = FOLDER / name
            draw(prometheus.url, where, progress=progress, at=at, begin=SHOWN, variables=CHOSEN)
            print(f"pictures: {where}", file=sys.stderr)


if __name__ == "__main__":
    main()
