"""What a page is told: its dashboard with the variables put in, and by panel what Prometheus answers."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from monitoring.preview import frames, honoured
from monitoring.preview.times import Span, name_spans, read_time
from monitoring.preview.variables import Filler, NotDrawnError, build_parameters, choose, read_chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitoring.preview.variables import Address, Json

    type Ask = Callable[[str, Mapping[str, str]], Any]

_ANSWER_WITHIN_S: Final = 60.0
_MARK_STEP_MS: Final = 60_000
"""Grafana asks for annotations no finer."""
_LABEL_VALUES: Final = re.compile(r"label_values\((.+),\s*(\w+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prometheus:
    url: str

    def ask(self, path: str, parameters: Mapping[str, str]) -> Any:  # noqa: ANN401  # of JSON
        """The data of an answer of its API."""
        # Without the proxies of the environment: it may be in a cluster of this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        asked = f"{self.url.rstrip('/')}/api/v1/{path}?{urlencode(parameters)}"
        try:
            with opener.open(asked, timeout=_ANSWER_WITHIN_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            said = _read_error(error.read())
            raise NotDrawnError(f"Prometheus: {said}: {parameters.get('query', path)}") from error
        except (OSError, ValueError, KeyError) as error:
            raise NotDrawnError(f"{self.url} does not answer as Prometheus: {error}") from error


def load_page(dashboard: Json, address: Address, now_ms: int, ask: Ask) -> Json:
    """The dashboard, what is chosen and what may be; `asked` is what its panels ask with."""
    now_ms = round(float(address["at"][0])) if "at" in address else now_ms
    time = {name: address.get(name, [dashboard["time"][name]])[0] for name in ("from", "to")}
    begin, end = (read_time(each, now_ms) for each in time.values())
    variables = dashboard["templating"]["list"]
    chosen, offered = choose(
        variables, address, lambda query: _ask_label_values(query, Span(begin, end, 1), ask)
    )
    kept = "&".join(f"{name}={quote(each, safe='')}" for name, each in time.items())
    filler = Filler(variables, chosen, {"__url_time_range": kept})
    parameters = build_parameters(chosen)
    return {
        "dashboard": {
            **dashboard,
            "panels": _fill_texts(dashboard["panels"], filler),
            "links": [_fill_link(each, filler, kept) for each in dashboard["links"]],
        },
        "range": {"from": begin, "to": end, "raw": time},
        "offered": [asdict(each) for each in offered],
        "choices": f"{parameters}&{kept}",
        "asked": f"{parameters}&from={begin}&to={end}",
        "unhonoured": honoured.list_unhonoured(dashboard),
        "honoured": {
            "field": honoured.FIELD_OPTIONS,
            "custom": honoured.CUSTOM_OPTIONS,
            "transformations": honoured.TRANSFORMATIONS,
        },
    }


def load_frames(dashboard: Json, place: int, address: Address, ask: Ask) -> list[Json]:
    """Of the panel at that place, in Grafana's form."""
    span, filler = _read_asked(dashboard, address)
    targets = dashboard["panels"][place].get("targets", [])
    made: list[Json] = []
    for target in targets:
        found = _query(target, filler, span, ask)
        if target.get("format") == "table":
            made += [frames.build_table(target, found, len(targets))] if found else []
        else:
            made += [frames.build_series(target, each, span.step_ms) for each in found]
    return made


def load_marks(dashboard: Json, address: Address, ask: Ask) -> list[Json]:
    """Of all annotations."""
    asked, filler = _read_asked(dashboard, address)
    span = Span(asked.begin_ms, asked.end_ms, max(asked.step_ms, _MARK_STEP_MS))
    return [
        made
        for mark in dashboard["annotations"]["list"]
        for each in _query({**mark["target"], "instant": False}, filler, span, ask)
        for made in frames.join_marks(mark, each, span.step_ms)
    ]


def _read_asked(dashboard: Json, address: Address) -> tuple[Span, Filler]:
    begin, end, step = (int(address[name][0]) for name in ("from", "to", "step"))
    variables = dashboard["templating"]["list"]
    return Span(begin, end, step), Filler(variables, read_chosen(variables, address))


def _query(target: Json, filler: Filler, span: Span, ask: Ask) -> list[Json]:
    query = filler.with_spans(name_spans(span)).fill_query(target["expr"])
    if target["instant"]:
        found = ask("query", {"query": query, "time": _write(span.end_ms)})["result"]
        return [{"metric": each["metric"], "values": [each["value"]]} for each in found]
    begin, end = (at // span.step_ms * span.step_ms for at in (span.begin_ms, span.end_ms))
    asked = {"query": query, "start": _write(begin), "end": _write(end), "step": _write(span.step_ms)}
    series: list[Json] = ask("query_range", asked)["result"]
    return series


def _ask_label_values(text: str, span: Span, ask: Ask) -> list[str]:
    found = _LABEL_VALUES.fullmatch(text)
    if not found:
        raise NotDrawnError(f"the preview knows label_values(…, label) alone, not {text}")
    asked = {"match[]": found[1], "start": _write(span.begin_ms), "end": _write(span.end_ms)}
    values: list[str] = ask(f"label/{found[2]}/values", asked)
    return values


def _write(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _fill_link(link: Json, filler: Filler, time: str) -> object:
    url = link["url"] + (f"&{time}" if link["keepTime"] else "")
    return _fill_texts({**link, "url": url}, filler)


def _fill_texts(value: object, filler: Filler) -> object:
    """The same with variables put into each title and link."""
    if isinstance(value, list):
        return [_fill_texts(each, filler) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: filler.fill_text(each)
        if name in {"title", "url"} and isinstance(each, str)
        else _fill_texts(each, filler)
        for name, each in value.items()
    }


def _read_error(body: bytes) -> str:
    """What Prometheus says, or what answers in its place."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
