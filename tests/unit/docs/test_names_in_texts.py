"""What a text names is there: files, headings, make targets, programs, metrics, variables, fields."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from mds_gateway.metrics import FAMILIES as GATEWAY_FAMILIES
from mds_operator.adapters.metrics import FAMILIES as OPERATOR_FAMILIES
from mds_operator.domain.seen import ACCOUNT_LABEL, POD_HASH
from mds_protocol.resources.crd import build_schema
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.resources.objects import API_VERSION, DRILL_AT, RESTARTED_AT
from mds_protocol.wire.rpc import Verb
from tests.unit.docs import texts
from tests.unit.docs.texts import ASKED, ROOT, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KUBECTL: Final = Path(sys.executable).parent / "kubectl"
TEXTS: Final = [text for text in texts.collect() if text.where != ASKED]


def find_missing(find: Callable[[Text], Iterable[str]]) -> list[str]:
    return sorted({f"{text.where}: {name}" for text in TEXTS for name in find(text)})


# --- what is typed

TARGETS: Final = frozenset(re.findall(r"(?m)^([a-z-]+):", texts.read("Makefile")))
PROGRAMS: Final = frozenset(
    program
    for name in texts.list_files()
    if name.endswith("/pyproject.toml")
    for program in re.findall(r'(?m)^(mds[\w-]*) = "mds_\w+', texts.read(name))
)
MODULES: Final = re.compile(r"python -m ((?:mds_|tests\.)[\w.]+)")


def find_targets(text: Text) -> set[str]:
    typed = [*text.spans, *text.commands, *re.findall(r"run: .*", text.words)]
    if text == texts.closing_words():
        typed.append(text.words)
    return {
        target for line in typed for target in re.findall(r"^(?:.*[ :])?make ([a-z][a-z-]+)(?![\w.])", line)
    }


def find_programs(text: Text) -> set[str]:
    """`mds contracts` is an order to type something; `mds` alone is the product."""
    return {span.split()[0] for span in text.spans if re.match(r"mds[\w-]* \S", span)}


def test_every_make_target_is_there() -> None:
    assert find_missing(lambda text: find_targets(text) - TARGETS) == []


def test_every_program_of_ours_is_there() -> None:
    assert find_missing(lambda text: find_programs(text) - PROGRAMS) == []


@cache
def read_kubectl_verbs() -> frozenset[str]:
    """From the kubectl that comes with the checks."""
    said = subprocess.run((KUBECTL, "help"), capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"(?m)^  ([a-z-]+) {2,}", said)) | {"explain", "wait"}


def find_lost_verbs(text: Text) -> set[str]:
    typed = "\n".join([*text.spans, *text.commands])
    return (
        set(re.findall(r"\bkubectl (?:-n \S+ |--\w+[ =]\S+ )*([a-z][a-z-]+)", typed)) - read_kubectl_verbs()
    )


def test_every_verb_of_kubectl_is_there() -> None:
    assert find_missing(find_lost_verbs) == []


def is_module(name: str) -> bool:
    path = name.replace(".", "/")
    parts = ("", *(f"{part}/" for part in texts.PARTS))
    return any(
        (ROOT / f"{part}{path}{ending}").exists() for part in parts for ending in (".py", "/__main__.py")
    )


def test_every_module_that_is_run_is_there() -> None:
    def find(text: Text) -> list[str]:
        return [name for name in MODULES.findall(text.words) if not is_module(name)]

    assert find_missing(find) == []


def find_verbs(text: Text) -> set[str]:
    return set(re.findall(r"nats request mds\.rpc\.\S+\.([a-z]+)", text.words))


def test_every_question_to_a_gateway_is_answered() -> None:
    assert find_missing(lambda text: find_verbs(text) - set(Verb)) == []


# --- files, pages and their headings

TOPS: Final = frozenset(name.split("/")[0] for name in texts.list_files() if "/" in name)
PATH: Final = re.compile(rf"(?<![\w./:~-])((?:{'|'.join(map(re.escape, TOPS))})/[\w./{{}},*-]*[\w}}*/])")


def is_there(path: str) -> bool:
    """`domain/{a,b}.py` is two files; a folder may end with a slash."""
    braces = re.search(r"\{([\w,-]+)\}", path)
    if braces:
        begin, end = path[: braces.start()], path[braces.end() :]
        return all(is_there(f"{begin}{each}{end}") for each in braces[1].split(","))
    return any(ROOT.glob(path.rstrip("/")))


def find_lost_paths(text: Text) -> list[str]:
    return [path for path in PATH.findall(text.words) if not is_there(path)]


def test_every_file_is_there() -> None:
    assert find_missing(find_lost_paths) == []


@cache
def read_anchors(page: str) -> frozenset[str]:
    """As GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", texts.read(page)))
    return frozenset(
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    )


def find_lost_links(text: Text) -> list[str]:
    if not text.where.endswith(".md"):
        return []
    folder = (ROOT / text.where).parent
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text.words)):
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve() if path else ROOT / text.where
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in read_anchors(str(target.relative_to(ROOT)))):
            lost.append(link)
    return lost


def test_every_link_leads_to_a_page_and_its_heading() -> None:
    assert find_missing(find_lost_links) == []


# --- figures, variables, annotations

METRICS: Final = frozenset(
    (
        *(family.full_name for family in (*GATEWAY_FAMILIES, *OPERATOR_FAMILIES)),
        *("mds_gateway_account_info", "mds_gateway_hop_seconds", "mds_operator_reconcile_seconds"),
    )
)
METRIC: Final = re.compile(r"\bmds_(?:gateway|operator)_[a-z_]+\b(?![./(])")


def find_lost_metrics(text: Text) -> set[str]:
    return {name for words in (*text.spans, *text.commands) for name in METRIC.findall(words)} - METRICS


def test_every_metric_is_there() -> None:
    assert find_missing(find_lost_metrics) == []


def find_words(text: Text, form: str) -> set[str]:
    return set(re.findall(form, text.words))


def test_every_variable_is_read_by_something() -> None:
    assert (
        find_missing(lambda text: find_words(text, r"\bMDS_[A-Z_]*[A-Z]\b") - texts.collect_vocabulary())
        == []
    )


def test_every_annotation_is_one_that_is_read() -> None:
    known = {
        RESTARTED_AT,
        DRILL_AT,
        API_VERSION,
        POD_HASH,
        ACCOUNT_LABEL,
        "mds.dev/operator",
        "mds.dev/status",
    }

    assert find_missing(lambda text: find_words(text, r"(?<![\w.])mds\.dev/[\w-]+") - known) == []


# --- fields

SCHEMAS: Final = [build_schema(model) for model in (FeedAccount, FeedSubscription)]
VALUES: Final = yaml.safe_load(texts.read("helm/mds/values.yaml"))
DOTTED: Final = re.compile(r"[a-z][A-Za-z]*(?:\[\])?(?:\.[a-z][A-Za-z]*(?:\[\])?)+")


def has_field(schema: Any, names: list[str]) -> bool:
    """Kubernetes' own shapes and free maps are not looked into."""
    schema = schema.get("items", schema)
    if not names or "properties" not in schema:
        return True
    name, *further = names
    return name in schema["properties"] and has_field(schema["properties"][name], further)


def has_value(values: Any, names: list[str]) -> bool:
    if not names or not values or not isinstance(values, dict | list):
        return True
    if isinstance(values, list):
        return has_value(values[0], names)
    return names[0] in values and has_value(values[names[0]], names[1:])


def find_beginnings() -> set[str]:
    parts = [schema["properties"][part]["properties"] for schema in SCHEMAS for part in ("spec", "status")]
    return {"spec", "status", *VALUES, *(name for part in parts for name in part)}


def is_module_or_file(names: list[str]) -> bool:
    is_file = names[-1] in {"py", "yaml", "md", "json", "conf", "so", "env"}
    return is_file or any(ROOT.glob(f"*/*/{'/'.join(names)}.py")) or names == ["nats", "connect"]


def find_lost_fields(text: Text) -> list[str]:
    """Of a dotted name that begins as one of ours does: `failover.mode`, `status.failovers`, `nats.url`."""
    lost = []
    for span in text.spans:
        named = re.match(DOTTED, span.split("=")[0])
        if named is None or named[0] != span.split("=")[0]:
            continue
        names = named[0].replace("[]", "").split(".")
        if names[0] not in find_beginnings() or is_module_or_file(names):
            continue
        places = [names, ["spec", *names], ["status", *names]]
        if not any(has_field(schema, place) for schema in SCHEMAS for place in places) and not has_value(
            VALUES, names
        ):
            lost.append(span)
    return lost


def test_every_field_and_every_value_of_the_chart_is_there() -> None:
    assert find_missing(find_lost_fields) == []


# --- words

FOREIGN: Final = frozenset(
    (
        *("LAST_PER_SUBJECT", "PersistentVolumeClaims", "minAvailable", "max_user_instances"),
        *("SendingListSize", "bIsLast"),
        *("overrideHonorLabels", "exported_namespace", "folderAnnotation", "ignoreNamespaceSelectors"),
    )
)
"""Names of others that no code of ours has to say."""


def find_lost_words(text: Text) -> set[str]:
    """A word with a capital inside, or an underscore, is a name in some code."""
    typed = METRIC.sub("", "\n".join(span for span in text.spans if "/" not in span))
    words = re.findall(r"(?<![\w%])[A-Za-z]+(?:[a-z][A-Z]|_[a-zA-Z])\w*", typed)
    return {word for word in words if word not in texts.collect_vocabulary() and word not in FOREIGN}


def test_every_name_between_backticks_is_in_some_code() -> None:
    assert find_missing(find_lost_words) == []


# --- what a drill does

TELLING: Final = (
    *("examples/feedsubscription-full.yaml", "docs/resources.md", "docs/subscriptions.md"),
    *("docs/failover.md", "docs/demo.md"),
)
"""Who say how to ask for a drill."""


@pytest.mark.parametrize("name", TELLING)
def test_who_tells_of_a_drill_tells_what_brings_the_feed_back(name: str) -> None:
    """Until a drill returns by itself."""
    words = texts.read(name)
    told = "".join(
        words[found.start() - 300 : found.end() + 300] for found in re.finditer(r"mds\.dev/drillAt", words)
    )

    assert "failbackAfter" in told
    assert "account and back" not in told


# --- that something is found at all


@pytest.mark.parametrize(
    ("find", "words", "named"),
    [
        (lambda text: find_targets(text) - TARGETS, "run `make everything`", "everything"),
        (lambda text: find_programs(text) - PROGRAMS, "`mds contracts` lists them", "mds"),
        (find_lost_verbs, "`kubectl -n desk replicate fa ctp-a`", "replicate"),
        (lambda text: find_verbs(text) - set(Verb), "`nats request mds.rpc.desk.ctp-a.wealth ''`", "wealth"),
        (find_lost_paths, "see docs/nowhere.md", "docs/nowhere.md"),
        (find_lost_metrics, "`mds_gateway_ticks_eaten_total`", "mds_gateway_ticks_eaten_total"),
        (find_lost_fields, "`failover.failbackNever`", "failover.failbackNever"),
        (find_lost_fields, "`nats.storage.sizes`", "nats.storage.sizes"),
        (find_lost_words, "`failbackNever`", "failbackNever"),
    ],
)
def test_a_name_that_is_not_there_is_found(
    find: Callable[[Text], Iterable[str]], words: str, named: str
) -> None:
    assert list(find(Text("here", words))) == [named]
