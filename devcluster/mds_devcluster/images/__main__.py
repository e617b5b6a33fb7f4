"""python -m mds_devcluster.images: the command alone, without a cluster."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from mds_devcluster.images import commands
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m mds_devcluster.images", description=__doc__)
    commands.add_options(parser)
    try:
        commands.run(parser.parse_args(arguments), open_workshop(Progress(sys.stdout)))
    except DevclusterError as error:
        print(f"devcluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
