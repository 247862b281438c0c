"""docs/requirements.md says what is asked; every row has a test that carries its number."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [int(row) for row in re.findall(r"^\| R(\d+) \|", (ROOT / "docs" / "requirements.md").read_text("utf-8"), re.M)]
HELD = {
    int(row)
    for file in (ROOT / "tests").rglob("test_*.py")
    for row in re.findall(r"^ *(?:async )?def test_r(\d\d)_", file.read_text("utf-8"), re.M)
}


def test_the_page_has_every_row_in_its_order():
    assert list(range(1, 74)) == ROWS


def test_every_row_has_a_test_that_carries_its_number():
    assert [f"R{row}" for row in ROWS if row not in HELD] == []


def test_no_test_carries_the_number_of_no_row():
    assert set(ROWS) >= HELD
