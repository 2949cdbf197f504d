"""The habits that no linter knows: sizes, names, pins, links, and the commands that the README promises."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.training.plan import NetworkPlan, StagesPlan, TexturePlan
from engine.training.terrain.plan import TerrainPlan, TerrainStages

ROOT = Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("engine", "workers", "clients/python/morphogen_client", "clients/blender/extension", "benchmarks")
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/training.md",
    "docs/serving.md",
    "docs/characters.md",
    "docs/motion.md",
    "docs/texture-weights.md",
    "docs/web.md",
    "docs/conformance.md",
    "docs/scenes.md",
    "clients/conformance/README.md",
    "clients/python/README.md",
    "clients/blender/README.md",
    "clients/web/README.md",
    "clients/cpp/README.md",
    "clients/godot/README.md",
    "clients/unity/README.md",
    "clients/unity/com.morphogen.client/README.md",
    "clients/unreal/README.md",
)
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
MODULE_LINES_MAX = 400
PACKAGE_MODULES_MAX = 10
WEIGHTS_MAX_BYTES = 16 * 1024 * 1024


def modules() -> list[Path]:
    """Every module of the project's own code, relative to its root."""
    return sorted(path.relative_to(ROOT) for folder in CODE_FOLDERS for path in (ROOT / folder).rglob("*.py"))


def make(*arguments: str) -> str:
    """What make prints for these arguments."""
    command = ["make", "--no-print-directory", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def links(document: str) -> list[str]:
    """Targets of a Markdown document's links and pictures that are not web addresses or headings."""
    text = (ROOT / document).read_text()
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return [target.partition("#")[0] for target in targets if not re.match(r"https?:|#", target)]


def test_no_module_outgrows_its_limit() -> None:
    lines = {str(path): len((ROOT / path).read_text().splitlines()) for path in modules()}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES_MAX} == {}


def test_no_package_holds_more_than_ten_modules() -> None:
    counts = Counter(str(path.parent) for path in modules() if path.name != "__init__.py")
    assert {package: count for package, count in counts.items() if count > PACKAGE_MODULES_MAX} == {}


def test_module_names_say_what_is_inside() -> None:
    assert [str(path) for path in modules() if VAGUE_NAMES & {path.stem, path.parent.name}] == []


@pytest.mark.parametrize("folder", ["engine", "workers"])
def test_tests_lie_where_their_code_lies(folder: str) -> None:
    tests = (path.relative_to(ROOT / "tests") for path in (ROOT / "tests" / folder).rglob("test_*.py"))
    code = [(test, ROOT / test.parent / test.stem.removeprefix("test_")) for test in tests]
    assert [str(test) for test, path in code if not path.with_suffix(".py").exists() and not path.is_dir()] == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    required = project["build-system"]["requires"] + project["project"]["dependencies"]
    required += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    names = {re.split(r"[\[><=]", requirement)[0].lower().replace("-", "_") for requirement in required} - {"morphogen"}
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert names - {pin.lower().replace("-", "_") for pin in pins} == set()


def test_torch_is_the_version_that_the_shipped_hashes_were_made_with() -> None:
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_shipped_weights_are_small_enough_to_clone() -> None:
    weights = {path.name: path.stat().st_size for path in (ROOT / "engine" / "weights").glob("*.safetensors")}
    assert {name: size for name, size in weights.items() if size > WEIGHTS_MAX_BYTES} == {}


def test_bare_make_lists_every_command() -> None:
    listed = set(re.findall(r"^  make ([a-z-]+) +\S", make(), re.MULTILINE))
    assert {"setup", "demo", "test", "check", "serve", "protos", "bench", "format", "clean"} <= listed


def test_every_sdk_with_a_makefile_has_the_same_commands_and_is_cleaned_with_the_rest() -> None:
    sdks = sorted(path.parent.name for path in (ROOT / "clients").glob("*/Makefile"))
    verbs = {"help", "gen", "build", "test", "sdktest", "clean"}
    for sdk in sdks:
        assert verbs <= set(re.findall(r"^  make ([a-z-]+) +\S", make("-C", f"clients/{sdk}"), re.MULTILINE)), sdk
    cleaned = re.search(r"^MAKEFILE_SDKS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert cleaned is not None
    assert cleaned[1].split() == sdks


def test_packages_that_ci_installs_are_named_for_contributors() -> None:
    listed = re.search(r"^tools=\((.*?)^\)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE | re.DOTALL)
    named = re.search(r"^```\n(mono-mcs .*?)^```", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert named is not None
    assert named[1].split() == listed[1].split()


def test_words_with_two_spellings_have_one() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no checkout")
    # The API as last released keeps the words that it was released with.
    paths = [ROOT / name for name in listed.stdout.split("\0") if name and not name.endswith(".binpb")]
    british = re.compile(rb"colou[r]", re.IGNORECASE)  # so that this line is none
    found = [path for path in paths if path.is_file() and british.search(path.read_bytes())]
    assert found == [], "write color"


def test_every_make_command_in_the_documents_exists() -> None:
    listed = set(re.findall(r"^  make ([a-z-]+)", make(), re.MULTILINE))
    named = {name for document in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", (ROOT / document).read_text())}
    assert named - listed == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_in_the_documents_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    assert [target for target in links(document) if not (folder / target).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "clients/python/README.md"])
def test_classes_in_the_examples_exist(document: str) -> None:
    known = yaml.safe_load((ROOT / "configs" / "texture.yaml").read_text())["classes"]
    named = re.findall(r'(?:morphogen texture |--blend |texture\(")([a-z]+)', (ROOT / document).read_text())
    assert named
    assert set(named) - set(known) == set()


@pytest.mark.parametrize(
    ("part", "sections"),
    [
        (1, (("", TexturePlan), ("network.", NetworkPlan), ("stages.", StagesPlan))),
        (2, (("", TerrainPlan), ("stages.", TerrainStages))),
    ],
)
def test_training_document_gives_every_key_of_a_plan_with_its_default(
    part: int, sections: tuple[tuple[str, Any], ...]
) -> None:
    text = (ROOT / "docs" / "training.md").read_text().split("\n# Training on your own ")[part]
    rows = re.findall(r"^\| (`.+) \| (.+) \| .* \|$", text, re.MULTILINE)
    written = {key: default for keys, default in rows for key in re.findall(r"`([\w.*]+)`", keys)}
    plan = {prefix + entry.name: entry.default for prefix, kind in sections for entry in fields(kind)}
    numbers = {key: default for key, default in plan.items() if isinstance(default, int | float)}
    assert {key: written.get(key) for key in numbers} == {key: str(default) for key, default in numbers.items()}


def test_files_named_in_the_architecture_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"`((?:engine|workers|protos|clients|tests|configs|benchmarks|docs)/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def contract(name: str) -> dict[str, Any]:
    """The import contract whose name begins like this."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = [each for each in project["tool"]["importlinter"]["contracts"] if each["name"].startswith(name)]
    assert len(found) == 1
    return dict(found[0])


def test_layers_in_the_architecture_are_those_that_are_checked() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text().partition("## Layers")[2].split("```\n")[1]
    written = [line.partition("  ")[0].split(" | ") for line in text.splitlines() if line.startswith("engine.")]
    checked = [layer.split(" | ") for layer in contract("The engine's layers")["layers"]]
    assert [[name.removeprefix("engine.") for name in line] for line in written] == [
        [name.strip("()") for name in line] for line in checked
    ]


def test_whoever_may_not_know_grpc_is_named_in_the_contract() -> None:
    modules_there = {
        f"{folder}.{path.stem}"
        for folder in ("engine", "workers")
        for path in (ROOT / folder).iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }
    named = contract("Only the server, the client and the link")["source_modules"]
    assert modules_there - set(named) == {"engine.server", "engine.wire", "workers.link"}


def test_importing_the_server_does_not_load_torch() -> None:
    script = (
        "import importlib, pkgutil, sys, engine.server as server\n"
        "for module in pkgutil.walk_packages(server.__path__, 'engine.server.'): importlib.import_module(module.name)\n"
        "print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "False"
