"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

CODE = sorted(path for folder in ("app", "notifiers") for path in (ROOT / folder).rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())

LONGEST_FILE = 400
EMPTY_WORDS = {"common", "data", "handler", "helpers", "manager", "misc", "process", "utils"}

# Package hosts, and places on one machine. Written with gaps, so that this file may name them.
FOREIGN = re.compile(
    "py pi.org | npm js.org | python hosted | file: // | /ho me/ | /ro ot/".replace(" | ", "|").replace(" ", "")
)
UNREAD_ENDINGS = {".png", ".ico", ".woff2"}


def named(path: Path) -> str:
    """A file as the failure of a test should call it."""
    return str(path.relative_to(ROOT))


def imported_by(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_it_keeps_the_domain_to_the_standard_library_and_itself():
    strangers = {
        f"{named(path)} imports {module}"
        for path in (ROOT / "app" / "domain").rglob("*.py")
        for module in imported_by(path)
        if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("app.domain")
    }
    assert not strangers


def test_it_keeps_package_files_empty():
    assert not [named(path) for path in CODE if path.name == "__init__.py" and path.read_text(encoding="utf-8")]


def test_it_gives_no_module_a_name_that_says_nothing():
    assert not [named(path) for path in CODE if EMPTY_WORDS & set(path.stem.split("_"))]


def test_it_keeps_files_short_enough_to_read():
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in [*CODE, *TEMPLATES]}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_it_makes_every_environment_of_templates_strict():
    lax = [
        f"{named(path)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Environment"
        if "undefined=StrictUndefined" not in ast.unparse(node)
    ]
    assert not lax


def test_it_pins_every_package_by_hash_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in lock.splitlines() if line and line[0] not in " #"]
    assert all(re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ; .+)? \\", pin) for pin in pins)
    assert all(re.search(rf"^{re.escape(pin)}\n    --hash=sha256:", lock, re.MULTILINE) for pin in pins)


def test_it_pins_everything_that_the_project_asks_for():
    optional = PROJECT["project"]["optional-dependencies"]["dev"]
    asked = {re.split(r"[\[>=; ]", line)[0].lower() for line in PROJECT["project"]["dependencies"] + optional}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not asked - set(re.findall(r"^([a-z0-9.-]+)==", lock, re.MULTILINE))


def test_it_locks_node_packages_by_hash_and_names_no_host():
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')


def test_it_names_no_package_host_and_no_path_of_one_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout, so that the list of our own files is not known")
    files = [ROOT / name for name in listed.stdout.split("\0") if name and Path(name).suffix not in UNREAD_ENDINGS]
    assert not [named(path) for path in files if path.is_file() and FOREIGN.search(path.read_text(encoding="utf-8"))]


def test_it_tells_of_this_version_in_the_changelog():
    heads = re.findall(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert PROJECT["project"]["version"] in heads


def test_it_explains_every_target_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split()
    explained = re.findall(r"^([a-z]+):.* ## ", makefile, re.MULTILINE)
    assert sorted(targets) == sorted(explained)
