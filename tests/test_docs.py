"""The documentation says what the code does, and its links lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.cli.__main__ import app
from app.publish.catalogue import all_parts
from app.settings import PREFIX, Settings
from tests.publish.snapshots import demo_snapshot

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "bench").glob("*.md")])
DECISIONS = sorted((DOCS / "adr").glob("*.md"))

LONGEST_DECISION = 40


def named(path: Path) -> str:
    """A page as the failure of a test should call it."""
    return str(path.relative_to(ROOT))


def tokens(page: Path) -> Iterator[Token]:
    """All tokens of a Markdown page, those inside lines too."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead, but for those that leave the repository."""
    for token in tokens(page):
        target = token.attrs.get("href") or token.attrs.get("src")
        if isinstance(target, str) and not re.match(r"(https?|mailto):", target):
            yield target


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, link: str) -> bool:
    """Whether a relative link points at no file, or at no heading of it."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_it_links_only_to_what_exists(page):
    assert not [link for link in links(page) if leads_nowhere(page, link)]


def test_it_has_commands_and_settings_as_the_code_has_them():
    done = subprocess.run([sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_lists_every_setting():
    table = (DOCS / "settings.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", table, re.MULTILINE)
    assert listed == [PREFIX + name.upper() for name in Settings.model_fields]


def test_it_describes_every_setting():
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_it_names_every_command_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    mentioned = set(re.findall(r"`([a-z -]+)`", readme))
    assert not [name for name in command_names(typer.main.get_command(app)) if name not in mentioned]


def command_names(command: typer.core.TyperCommand | typer.core.TyperGroup, before: str = "") -> Iterator[str]:
    """The full names of all commands below: "up", "accounts add"."""
    for name, child in getattr(command, "commands", {}).items():
        if isinstance(child, typer.core.TyperGroup):
            yield from command_names(child, f"{name} ")
        else:
            yield before + name


def test_it_names_every_public_address_in_the_readme():
    rows = re.findall(r"^\| (`/.+?) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    addresses = re.findall(r"`(/[^`]*)`", " ".join(rows))
    patterns = [re.sub(r"\\{.+?\\}", "[^/]+", re.escape(address)) for address in addresses]
    published = {part.path for part in all_parts(demo_snapshot(outage=True))}
    named_together = re.compile(r"/(static|es|api/v2)/|/components/[^/]+/|/404$")
    apart = {path for path in published if not named_together.match(path)}
    assert not {path for path in apart if not any(re.fullmatch(pattern, path) for pattern in patterns)}


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_it_keeps_a_decision_on_one_page(decision):
    lines = decision.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_DECISION
    assert re.fullmatch(rf"# {int(decision.name[:4])}\. .+", lines[0])


def test_it_numbers_decisions_without_gaps():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
