"""Many small answers of different kinds in one statement: SELECTs of the same columns under one UNION ALL.

A page that has a dozen small things to know asks for them at once. A `Lines` names the columns; each kind of line
fills those that it needs, the others are empty.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from app.store.columns import Moment

NO_TEXT = sa.literal("")
NO_NUMBER = sa.literal(0)
NO_MOMENT = sa.cast(sa.null(), Moment)


class Lines:
    """The columns of one union. `texts`, `numbers` and `moments` are names; `others` what stands where one is empty."""

    def __init__(self, texts: str, numbers: str = "", moments: str = "", **others: sa.ColumnElement[Any]) -> None:
        kinds: tuple[tuple[str, sa.ColumnElement[Any]], ...] = (
            (texts, NO_TEXT),
            (numbers, NO_NUMBER),
            (moments, NO_MOMENT),
        )
        self._empty = {name: empty for names, empty in kinds for name in names.split()} | others

    def __call__(self, kind: str, **given: Any) -> list[sa.ColumnElement[Any]]:
        """The columns of a SELECT that gives lines of this kind."""
        columns = self._empty | given
        return [sa.literal(kind).label("kind"), *(columns[name].label(name) for name in self._empty)]


def gathered(session: Session, *parts: sa.Select[Any]) -> Mapping[str, list[Any]]:
    """Every line of these SELECTs by its kind, in no order; a kind without lines is an empty list."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for line in session.execute(sa.union_all(*parts)):
        found[line.kind].append(line)
    return found
