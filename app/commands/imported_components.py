"""Find the components that imported history speaks of, and create those that are not here yet."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.commands.imported import ImportedComponent
from app.store.components import ComponentGroupRow, ComponentRow

_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class ComponentRef:
    """Which of our components an external id stands for; `is_new` when this import put it there."""

    id: str
    slug: str
    position: int
    is_new: bool


def upsert_components(
    session: Session, source: str, components: Iterable[ImportedComponent], *, now: datetime
) -> dict[str, ComponentRef]:
    """Find or create each component; what the external ids stand for.

    One is known by its source and id, or by its exact name whatever its case. A component that is
    already here is never edited: people may have improved it. One that only history speaks of is
    created retired, so that it does not come onto the page; when its source later calls it live,
    it does.
    """
    shelf = _Shelf(session, source, now)
    return {component.external_id: shelf.find_or_create(component) for component in components}


class _Shelf:
    """All components and groups of the database, while an import looks among them."""

    def __init__(self, session: Session, source: str, now: datetime) -> None:
        self._session, self._source, self._now = session, source, now
        rows = list(session.exec(select(ComponentRow).order_by(col(ComponentRow.retired_at).is_(None))))
        self._by_id = {row.external_id: row for row in rows if row.source == source}
        self._by_name = {row.name.casefold(): row for row in rows}
        self._slugs = {row.slug for row in rows}
        self._position = max((row.position for row in rows), default=0)
        self._groups = {row.name.casefold(): row for row in session.exec(select(ComponentGroupRow))}

    def find_or_create(self, component: ImportedComponent) -> ComponentRef:
        row = self._by_id.get(component.external_id) or self._by_name.get(component.name.casefold())
        is_new = row is None
        if row is None:
            row = self._create(component)
        elif component.is_live and row.source == self._source and row.retired_at == row.created_at:
            # Retired the moment it was created: history brought it here, nobody took it off the page.
            row.retired_at, row.version, is_new = None, row.version + 1, True
        return ComponentRef(row.id, row.slug, row.position, is_new)

    def _create(self, component: ImportedComponent) -> ComponentRow:
        self._position += 1
        row = ComponentRow(
            slug=_free_slug(component.name, self._slugs, "component"),
            name=component.name,
            position=self._position,
            group_id=self._group_id(component.group) if component.group else None,
            description=component.description,
            showcase=component.showcase,
            only_show_if_degraded=component.only_show_if_degraded,
            start_on=component.start_on,
            source=self._source,
            external_id=component.external_id,
            created_at=self._now,
            updated_at=self._now,
            retired_at=None if component.is_live else self._now,
        )
        self._session.add(row)
        self._session.flush()
        self._slugs.add(row.slug)
        self._by_id[row.external_id] = self._by_name[row.name.casefold()] = row
        return row

    def _group_id(self, name: str) -> str:
        row = self._groups.get(name.casefold())
        if row is None:
            taken = {group.slug for group in self._groups.values()}
            row = ComponentGroupRow(
                slug=_free_slug(name, taken, "group"),
                name=name,
                position=max((group.position for group in self._groups.values()), default=0) + 1,
                created_at=self._now,
                updated_at=self._now,
            )
            self._session.add(row)
            self._session.flush()
            self._groups[name.casefold()] = row
        return row.id


def _free_slug(name: str, taken: Collection[str], otherwise: str) -> str:
    """A slug made from a name, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-") or otherwise
    numbered = (slug if number == 1 else f"{slug}-{number}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)
