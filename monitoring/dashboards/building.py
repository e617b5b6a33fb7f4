"""All dashboards, as the chart has them: JSON that any Grafana from 10.4 on reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.dashboards import account, frame, nats, operator, overview, subscription

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTLINES: Final = (overview, subscription, account, nats, operator)


def build_dashboards() -> Mapping[str, frame.Outline]:
    """By the name of their file in the chart."""
    return {made.name: made for made in (module.outline() for module in _OUTLINES)}


def write(outline: frame.Outline) -> str:
    others = (each for each in build_dashboards().values() if each.name != outline.name)
    made = frame.build(outline, others)
    found: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for place, panel in enumerate(found["panels"], 1):
        panel["id"] = place
    for each in (*found["annotations"]["list"], *found["links"]):
        # The library always writes it, and it hides them in a menu.
        del each["placement"]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
