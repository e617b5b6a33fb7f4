"""The live view, drawn from what the watch knows at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text

from mds_demo import summary
from mds_tryout.journal import Tone
from mds_tryout.view import draw_spark

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mds_demo.watching import Watch
    from mds_tryout.journal import Note

_TONES: Final = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "red"}
_WORDS: Final = {"Active": "bold green", "Standby": "cyan", "False": "yellow", "Unknown": "yellow"}


def render(watch: Watch, now_s: float) -> RenderableType:
    lines = [_colour(line) for line in summary.format_state(watch, now_s)]
    spark = Text(draw_spark(watch.count.feed.rates(now_s)), "cyan")
    return Group(Text(), *lines, spark, Text())


def draw_note(note: Note, line: str) -> Text:
    return Text(line, style=_TONES[note.tone])


def _colour(line: str) -> Text:
    text = Text(line, style="dim" if line.startswith("NAME") else "", no_wrap=True, overflow="ellipsis")
    for word, style in _WORDS.items():
        text.highlight_regex(rf"\b{word}\b", style)
    return text
