"""See the committed dashboards over a Prometheus, without a Grafana server.

python -m monitoring.preview serve --prometheus URL [--port N]     pages for a browser, until Ctrl-C
python -m monitoring.preview draw --prometheus URL --out FOLDER    a picture of each
python -m monitoring.preview test                                  its types and its tests
python -m monitoring.preview enums                                 write the enums of Grafana's library
"""

from __future__ import annotations

import argparse
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mds_devcluster.building import open_workshop
from mds_devcluster.errors import DevclusterError
from mds_devcluster.progress import Progress
from monitoring.preview import obtaining, serving

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    progress = Progress(sys.stderr)
    try:
        if asked.what == "serve":
            _serve(asked, progress)
        elif asked.what == "draw":
            _draw(asked, progress)
        elif asked.what == "test":
            workshop = open_workshop(progress)
            obtaining.run_types(workshop)
            obtaining.run_tests(workshop)
        else:
            print(obtaining.write_enums(open_workshop(progress)))
    except DevclusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve(asked: argparse.Namespace, progress: Progress) -> None:
    with serving.serve(asked.prometheus, asked.port, progress=progress) as preview:
        print(f"{preview.url}/ shows the dashboards; Ctrl-C ends it", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


def _draw(asked: argparse.Namespace, progress: Progress) -> None:
    variables: dict[str, list[str]] = {}
    for name, value in asked.var:
        variables.setdefault(name, []).append(value)
    for path in serving.draw(
        asked.prometheus,
        asked.out,
        progress=progress,
        at=asked.at,
        begin=asked.begin,
        variables=variables,
        names=asked.only,
    ):
        print(path)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    kinds = parser.add_subparsers(dest="what", required=True)
    serve, draw = kinds.add_parser("serve"), kinds.add_parser("draw")
    for each in (serve, draw):
        each.add_argument("--prometheus", required=True, metavar="URL", help="as http://127.0.0.1:9090")
    serve.add_argument("--port", type=int, default=0, help="a free one where it is not given")
    draw.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    draw.add_argument("--at", type=float, metavar="SECONDS", help="taken for now, in seconds since 1970")
    draw.add_argument("--from", dest="begin", metavar="TIME", help="what is shown, as now-1h")
    draw.add_argument("--var", type=_split, action="append", default=[], metavar="NAME=VALUE")
    draw.add_argument("--only", nargs="*", default=(), metavar="NAME", choices=serving.list_names())
    kinds.add_parser("test")
    kinds.add_parser("enums")
    return parser.parse_args(arguments)


def _split(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text} has no =; write namespace=desk")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
