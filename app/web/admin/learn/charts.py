"""Columns over time as numbers for an SVG: what is drawn is decided here, the template only writes it down.

Nothing is told by colour alone: what missed its target is hatched, a second kind of column is an outline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT = 320.0, 110.0, 104.0
_TOP = 8.0
_GAP = 0.28


@dataclass(frozen=True, slots=True)
class Value:
    """One column: how high, what it says in words, and whether it missed its target. `kind` is "" or "second"."""

    amount: float
    words: str
    is_missed: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float
    words: str
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing: its columns and where the line of the target lies; None where there is none."""

    key: str
    title: str
    summary: str
    columns: Sequence[Column]
    target_y: float | None
    target_words: str = ""


def chart(
    key: str,
    title: str,
    summary: str,
    groups: Sequence[Sequence[Value]],
    *,
    target: float | None = None,
    target_words: str = "",
) -> Chart:
    """Columns side by side, one group for each incident in the order of time; an empty group leaves its place free."""
    amounts = [value.amount for group in groups for value in group]
    highest = max([*amounts, target or 0.0]) or 1.0
    slot = WIDTH / max(len(groups), 1)
    columns = [
        _column(value, number * slot + place * _wide(slot, len(group)), _wide(slot, len(group)), highest)
        for number, group in enumerate(groups)
        for place, value in enumerate(group)
    ]
    line = None if target is None else _height(target, highest)
    return Chart(key, title, summary, columns, None if line is None else FOOT - line, target_words)


def _wide(slot: float, number: int) -> float:
    return min(slot * (1 - _GAP) / max(number, 1), 28.0)


def _column(value: Value, x: float, width: float, highest: float) -> Column:
    height = max(_height(value.amount, highest), 1.0)
    style = "missed" if value.is_missed else value.kind or "plain"
    return Column(round(x, 1), round(FOOT - height, 1), round(width, 1), round(height, 1), value.words, style)


def _height(amount: float, highest: float) -> float:
    return (FOOT - _TOP) * amount / highest
