"""All that is written for people in this repository, and what in it is a name."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_demo import summary
from mds_protocol.resources.reasons import ENUMS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
PARTS: Final = ("protocol", "runtime", "operator", "gateway", "simulator", "tryout", "devcluster", "demo")
ASKED: Final = "docs/requirements.md"
"""What was asked for, also what is not there yet; a test of its own looks at each row."""

_SPAN = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"(?ms)^```.*?^```")
_TYPED = re.compile(
    r"(?m)^(?: {2,}|\$ |#   )?(?:\$ )?((?:make|kubectl|helm|nats|curl|pytest|\.venv/bin/\S+) .*)$"
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text, and where it stands: to be named when something in it is wrong."""

    where: str
    words: str
    is_page: bool = True
    """What a person reads as a whole: a page, the comments of an example, the words at an end."""

    @property
    def spans(self) -> list[str]:
        """What stands between backticks."""
        return _SPAN.findall(_BLOCK.sub("", self.words))

    @property
    def commands(self) -> list[str]:
        """The lines of a page that are there to be typed."""
        return _TYPED.findall(self.words) if self.is_page else []


@cache
def list_files() -> tuple[str, ...]:
    """What git has, and what is about to be added to it."""
    told = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(told, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


@cache
def read(name: str) -> str:
    """What is shown as wrong is left out."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"(?s)<!-- begin: wrong (?:values|starts) -->.*?<!-- end", "", text)


@cache
def collect() -> tuple[Text, ...]:
    """Pages, examples, notes, reasons, messages, and the closing words of the demo."""
    return (
        *(Text(name, read(name)) for name in list_pages()),
        *(Text(name, _read_comments(name)) for name in list_files() if _is_commented(name)),
        Text("helm/mds/templates/NOTES.txt", read("helm/mds/templates/NOTES.txt")),
        *(Text(f"{enum.__name__}.{one.name}", one.sentence, is_page=False) for enum in ENUMS for one in enum),
        *(Text(name, text, is_page=False) for name in list_code() for text in _find_strings(name)),
        closing_words(),
    )


def closing_words() -> Text:
    return Text("the closing words of the demo", "\n".join(summary.format_next(ROOT, [ROOT])))


def list_pages() -> list[str]:
    return [name for name in list_files() if name.endswith(".md") and not name.startswith("docs/results/")]


def _is_commented(name: str) -> bool:
    return name.startswith(("examples/", "helm/mds/values")) and name.endswith(".yaml")


@cache
def list_code() -> tuple[str, ...]:
    return tuple(name for name in list_files() if name.endswith(".py") and name.split("/", 1)[0] in PARTS)


def _read_comments(name: str) -> str:
    return "\n".join(found for found in re.findall(r"(?m)(?:^|\s)#(.*)$", read(name)))


def _find_strings(name: str) -> Iterator[str]:
    """Messages and docstrings: every string that has a blank."""
    for node in ast.walk(ast.parse(read(name))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


@cache
def collect_vocabulary() -> frozenset[str]:
    """Every word of what is no page: code, charts, CRDs, builds, tests."""
    words: set[str] = {Path(name).stem for name in list_files()}
    for name in list_files():
        if not name.endswith((".md", ".svg", ".txt")) and not name.startswith(("docs/", "tests/unit/docs/")):
            words.update(re.findall(r"\w+", read(name)))
    return frozenset(words)
