"""docs/security.md names a test for every rule; the tests are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`", (ROOT / "docs" / "security.md").read_text("utf-8"))


def names_in(path: Path) -> set[str]:
    """The names of the tests that a file holds."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_named_test_is_there():
    missing = [f"{file}::{name}" for file, name in NAMED if name not in names_in(ROOT / file)]
    assert missing == []


def test_every_rule_names_a_test():
    rows = re.findall(r"^\| (?!rule|---)(.+?) \| (.+) \|$", (ROOT / "docs" / "security.md").read_text("utf-8"), re.M)
    assert len(rows) >= 30
    assert [rule for rule, held in rows if "::test_" not in held] == []
