from __future__ import annotations

import io
import os
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import versions
from mds_devcluster.building import Workshop
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.images import obtaining, recipes
from mds_devcluster.images.engines import Build, build_options
from mds_devcluster.images.host_settings import Secret, render_variables, write_secrets
from mds_devcluster.images.recipes import RECIPES, Recipe, compute_tag, order_recipes
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

REPOSITORY = versions.REPOSITORY
RECIPE = Recipe(name="thing", dockerfile="Dockerfile.thing", inputs=("lock.txt", "code"), stands_on_base=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "Dockerfile.thing").write_text("FROM scratch\n")
    (tmp_path / "lock.txt").write_text("a==1\n")
    (tmp_path / "code" / "main.py").write_text("print()\n")
    (tmp_path / "unrelated.md").write_text("words\n")
    return tmp_path


def tag(repository: Path, base: str = "base-1") -> str:
    return compute_tag(RECIPE, repository, base=base)


# --- tags ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda folder: (folder / "Dockerfile.thing").write_text("FROM x\n"), id="the Dockerfile"
        ),
        pytest.param(lambda folder: (folder / "lock.txt").write_text("a==2\n"), id="a lock"),
        pytest.param(lambda folder: (folder / "code/main.py").write_text("pass\n"), id="a source"),
        pytest.param(lambda folder: (folder / "code/new.py").touch(), id="an empty source more"),
        pytest.param(lambda folder: (folder / "code/main.py").rename(folder / "code/m.py"), id="a name"),
        pytest.param(lambda folder: (folder / "code/main.py").chmod(0o755), id="who may run it"),
    ],
)
def test_what_goes_in_makes_a_new_tag(repository: Path, change: Callable[[Path], object]) -> None:
    before = tag(repository)
    change(repository)

    assert tag(repository) != before


def test_what_does_not_go_in_keeps_the_tag(repository: Path) -> None:
    before = tag(repository)
    (repository / "unrelated.md").write_text("other words\n")
    (repository / "code/__pycache__").mkdir()
    (repository / "code/__pycache__/main.pyc").write_bytes(b"x")

    assert tag(repository) == before


def test_another_base_makes_a_new_tag(repository: Path) -> None:
    assert tag(repository, base="base-2") != tag(repository, base="base-1")


def test_an_image_gets_a_new_tag_with_the_one_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    upper = RECIPES["gateway-sim"]
    before = compute_tag(upper, REPOSITORY, base="b")
    monkeypatch.setitem(RECIPES, "simulator", replace(RECIPES["simulator"], inputs=("simulator",)))

    assert compute_tag(upper, REPOSITORY, base="b") != before


def test_a_tag_is_twelve_hexadecimal_digits() -> None:
    reference = recipes.build_reference(RECIPES["nats"], REPOSITORY, base="b")

    assert re.fullmatch(r"mds\.local/nats:[0-9a-f]{12}", reference)


def test_an_image_is_built_after_those_it_stands_on() -> None:
    names = [recipe.name for recipe in order_recipes(["gateway-sim", "gateway"])]

    assert names == ["gateway", "simulator", "gateway-sim"]


# --- the recipes and the Dockerfiles say the same -----------------------------------------------------------


def list_copied(recipe: Recipe) -> set[str]:
    """What the Dockerfile takes from the repository."""
    text = (REPOSITORY / recipe.dockerfile).read_text().replace("\\\n", " ")
    lines = re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
    return {source for line in lines for source in shlex.split(line)[:-1]}


FROM_REPOSITORY = [recipe for recipe in RECIPES.values() if recipe.from_wheel is None]


@pytest.mark.parametrize("recipe", FROM_REPOSITORY, ids=lambda recipe: recipe.name)
def test_the_tag_covers_whatever_the_dockerfile_copies(recipe: Recipe) -> None:
    uncovered = [
        source
        for source in list_copied(recipe)
        if not any(source == entry or source.startswith(f"{entry}/") for entry in recipe.inputs)
    ]

    assert uncovered == []


@pytest.mark.parametrize("recipe", FROM_REPOSITORY, ids=lambda recipe: recipe.name)
def test_the_tag_covers_nothing_else(recipe: Recipe) -> None:
    copied = list_copied(recipe)

    assert [
        entry
        for entry in recipe.inputs
        if not any(source == entry or source.startswith(f"{entry}/") for source in copied)
    ] == []


@pytest.mark.parametrize("recipe", FROM_REPOSITORY, ids=lambda recipe: recipe.name)
def test_the_builder_is_let_to_see_what_goes_in(recipe: Recipe) -> None:
    rules = (REPOSITORY / ".dockerignore").read_text().splitlines()
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    seen = let_in | ({"requirements/" + lock.name for lock in (REPOSITORY / "requirements").glob("*.txt")})

    assert [entry for entry in recipe.inputs if entry not in seen] == []


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_whatever_goes_in_is_there(recipe: Recipe) -> None:
    paths = (recipe.dockerfile, *recipe.inputs)

    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_an_image_is_no_root_and_has_no_shell_before_its_program(recipe: Recipe) -> None:
    last_stage = (REPOSITORY / recipe.dockerfile).read_text().rpartition("\nFROM ")[2]
    if recipe.below:  # it stays as the one below it
        assert "USER" not in last_stage
        return

    assert re.search(r"^USER 65532:65532$", last_stage, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["/[^ ]+"\]$', last_stage, re.MULTILINE)


# --- locks --------------------------------------------------------------------------------------------------


def read_pins(lock: str) -> dict[str, str]:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", ["operator", "gateway", "simulator", "nats"])
def test_an_image_holds_the_versions_that_the_tests_ran_with(lock: str) -> None:
    pins, tested = read_pins(lock), read_pins("dev")

    assert pins
    assert {name: version for name, version in pins.items() if tested.get(name) != version} == {}


def test_the_simulator_is_compiled_against_the_headers_of_its_version() -> None:
    text = (REPOSITORY / "simulator/mds_simulator/native/headers.py").read_text()

    assert f'HEADER_VERSION: Final = "{read_pins("simulator")["vnpy-ctp"]}"' in text


# --- what a build is told of the machine --------------------------------------------------------------------


def test_proxies_and_indexes_are_handed_over_quoted() -> None:
    environment = {
        "HTTPS_PROXY": "http://p:1",
        "UV_DEFAULT_INDEX": "https://u:p'w@i/",
        "EMPTY": "",
        "HOME": "/h",
    }

    assert (
        render_variables(environment) == "HTTPS_PROXY=http://p:1\nUV_DEFAULT_INDEX='https://u:p'\"'\"'w@i/'\n"
    )


def test_other_secrets_of_the_machine_are_not_handed_over() -> None:
    assert (
        render_variables({"AWS_SECRET_ACCESS_KEY": "s", "PIP_FIND_LINKS": "/here", "PIP_INDEX_URL": ""}) == ""
    )


def test_a_secret_is_a_file_of_its_own_that_nobody_else_reads(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\n")
    environment = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HTTP_PROXY": "http://p:1"}
    secrets = {secret.id: secret.file for secret in write_secrets(environment, tmp_path)}

    assert secrets["pip"] == tmp_path / "pip.conf"
    assert secrets["host"].read_text() == "HTTP_PROXY=http://p:1\n"
    assert secrets["host"].stat().st_mode & 0o777 == 0o600


def test_an_index_never_stands_on_a_command_line(tmp_path: Path) -> None:
    build = Build("r", tmp_path, tmp_path, stands_on_base=True, arguments={"GATEWAY": "g"})
    options = build_options(build, [Secret("host", tmp_path / "host")])

    assert options[2:] == ("--build-arg=GATEWAY=g", f"--secret=id=host,src={tmp_path}/host")


# --- what is built, and what is kept ------------------------------------------------------------------------


class Engine:
    """Builds nothing, but leaves an archive and remembers what it was asked for."""

    base_key = "base-1"

    def __init__(self, held: set[str] | None = None, on_build: Callable[[], object] = lambda: None) -> None:
        self.built: list[str] = []
        self.forgotten: list[str] = []
        self.held = held or set()
        self.on_build = on_build

    def has_base(self) -> bool:
        return False

    def make_base(self) -> None:
        raise AssertionError("nothing stands on it here")

    def build(self, build: Build, archive: Path, scratch: Path) -> None:
        assert scratch.is_dir()
        self.built.append(build.reference.partition(":")[0].rpartition("/")[2])
        self.held.add(build.reference)
        self.on_build()
        archive.write_bytes(b"built")

    def holds(self, reference: str) -> bool:
        return reference in self.held

    def forget(self, references: Sequence[str]) -> None:
        self.forgotten += references


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "cache/images").mkdir(parents=True)
    return Workshop(tmp_path / "cache", REPOSITORY, {}, Progress(io.StringIO()))


def test_what_is_in_the_cache_is_not_built_again(workshop: Workshop) -> None:
    obtaining.obtain_from(Engine(), ["operator"], workshop)
    engine = Engine()
    found = obtaining.obtain_from(engine, ["operator"], workshop)["operator"]

    assert engine.built == []
    assert found.name == recipes.build_reference(RECIPES["operator"], REPOSITORY, base="base-1")
    assert found.archive.read_bytes() == b"built"
    assert found.size == len(b"built")


def test_only_what_was_asked_for_and_what_is_below_it_is_built(workshop: Workshop) -> None:
    engine = Engine()
    found = obtaining.obtain_from(engine, ["gateway-sim"], workshop)

    assert engine.built == ["gateway", "simulator", "gateway-sim"]
    assert list(found) == ["gateway-sim"]


def test_the_list_holds_the_base_and_the_images_below_and_one_is_made_at_a_time(workshop: Workshop) -> None:
    jobs = [task.job for task in obtaining.list_from(Engine(), ["gateway-sim", "nats"], workshop)]

    assert [job.name for job in jobs] == [
        "base of the images",
        *("image gateway", "image simulator", "image gateway-sim", "image nats"),
    ]
    assert len({job.lane for job in jobs}) == 1


def test_the_list_holds_nothing_that_is_in_the_cache(workshop: Workshop) -> None:
    obtaining.obtain_from(Engine(), ["gateway-sim"], workshop)

    assert obtaining.list_from(Engine(), ["gateway-sim"], workshop) == ()


def test_what_is_below_is_built_again_when_the_store_lost_it(workshop: Workshop) -> None:
    obtaining.obtain_from(Engine(), ["gateway", "simulator"], workshop)
    held = {recipes.build_reference(RECIPES["gateway"], REPOSITORY, base="base-1")}
    engine = Engine(held)
    obtaining.obtain_from(engine, ["gateway-sim"], workshop)

    assert engine.built == ["simulator", "gateway-sim"]


def test_what_changed_during_its_build_is_not_kept_under_the_old_tag(
    workshop: Workshop, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "thing", RECIPE)
    engine = Engine(on_build=lambda: (repository / "code/main.py").write_text("changed\n"))

    with pytest.raises(NotPossibleError, match="run it again"):
        obtaining.obtain_from(engine, ["thing"], replace(workshop, repository=repository))
    assert list((workshop.root / "images").glob("*.tar")) == []


@pytest.mark.parametrize(
    ("older", "gone"), [pytest.param(2, 0, id="three stay"), pytest.param(3, 1, id="the fourth goes")]
)
def test_the_newest_three_archives_of_an_image_are_kept(workshop: Workshop, older: int, gone: int) -> None:
    images = workshop.root / "images"
    for age in range(1, older + 1):
        archive = images / f"gateway-{age:012x}.tar"
        archive.touch()
        os.utime(archive, (1e9 - age, 1e9 - age))
    engine = Engine()
    obtaining.obtain_from(engine, ["gateway"], workshop)

    assert engine.forgotten == [f"mds.local/gateway:{older:012x}"] * gone
    assert len(list(images.glob("gateway-*.tar"))) == 1 + older - gone


def test_archives_of_another_image_are_not_counted(workshop: Workshop) -> None:
    others = [workshop.root / "images" / f"gateway-sim-{number:012x}.tar" for number in range(4)]
    for archive in others:
        archive.touch()
        os.utime(archive, (0, 0))
    obtaining.obtain_from(Engine(), ["gateway"], workshop)

    assert all(archive.exists() for archive in others)
