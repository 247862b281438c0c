"""Create and edit components, their groups, their graph and their direct links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session, select

from app.commands.audit import note, note_change
from app.commands.component_edits import check_version, the_component_row
from app.domain.audit import Subject
from app.domain.components import NO_LINK, AuthMode, ComponentStatus, DirectLink
from app.domain.errors import RefusedError
from app.domain.events import ComponentsChanged
from app.domain.reach import check_graph
from app.store.components import (
    ComponentGroupRow,
    ComponentRow,
    component_row,
    live_components,
    replace_dependencies,
)
from app.store.outbox import record


@dataclass(frozen=True, slots=True)
class ComponentDraft:
    """A component as a person or a file describes it; groups and edges by slug."""

    slug: str
    name: str
    group: str | None = None
    requires: Sequence[str] = ()
    reached_via: Sequence[str] = ()
    direct_link: DirectLink = NO_LINK
    unattended: bool = False
    description: str = ""
    agents_say: str = ""
    is_it_down: Sequence[str] = ()
    cannot_do: str = ""
    still_can: str = ""
    workaround: str = ""
    phone_support: str = ""
    normal_url: str | None = None
    showcase: bool = True
    only_show_if_degraded: bool = False
    start_on: date | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComponentWords:
    """What members are told when a component fails (R35)."""

    workaround: str = ""
    cannot_do: str = ""
    still_can: str = ""
    phone_support: str = ""


def save_groups(
    session: Session, groups: Iterable[tuple[str, str, Mapping[str, Mapping[str, str]]]], *, now: datetime
) -> None:
    """Create or rename groups, in the order given; each is (slug, name, translations)."""
    existing = {row.slug: row for row in session.exec(select(ComponentGroupRow))}
    for position, (slug, name, translations) in enumerate(groups, start=1):
        row = existing.get(slug)
        if row is None:
            row = ComponentGroupRow(slug=slug, name=name, position=position, created_at=now, updated_at=now)
            session.add(row)
        row.name, row.position, row.translations, row.updated_at = name, position, _plain(translations), now
    session.flush()
    saved = {row.slug: row.name for row in session.exec(select(ComponentGroupRow))}
    note(session, "groups.saved", Subject("component_group", "all"), after=saved, now=now)
    record(session, ComponentsChanged(), now)


def save_components(session: Session, drafts: Sequence[ComponentDraft], *, now: datetime) -> None:
    """Create or edit components, in the order given, with their edges.

    Raises:
        RefusedError: an edge to nothing, or components that nobody could ever reach.
    """
    groups = {row.slug: row.id for row in session.exec(select(ComponentGroupRow))}
    rows = {draft.slug: _save(session, draft, position, groups, now) for position, draft in enumerate(drafts, start=1)}
    session.flush()
    ids = {row.slug: row.id for row in session.exec(select(ComponentRow))}
    for draft in drafts:
        unknown = [slug for slug in (*draft.requires, *draft.reached_via) if slug not in ids]
        if unknown:
            raise RefusedError(
                {draft.slug: f"“{draft.slug}” depends on “{unknown[0]}”, which is not a component here."}
            )
        requires = [ids[slug] for slug in draft.requires]
        replace_dependencies(session, rows[draft.slug].id, requires, [ids[slug] for slug in draft.reached_via])
    session.flush()
    check_graph(live_components(session))
    note(session, "components.saved", Subject("component", "all"), after={"slugs": list(rows)}, now=now)
    record(session, ComponentsChanged(slugs=tuple(rows)), now)


def save_direct_link(
    session: Session, slug: str, link: DirectLink, *, now: datetime, expected_version: int | None = None
) -> None:
    """Replace a component's direct link.

    Raises:
        NotFoundError: there is no such component.
        StaleVersionError: somebody changed the component since.
        RefusedError: the address is not https, or a way to sign in is named without an address.
    """
    row = the_component_row(session, slug)
    check_version(row, expected_version)
    _check_link(link)
    before = row.model_dump()
    _set_link(row, link)
    _changed(session, row, "component.link_saved", before, now)


def save_words(
    session: Session, slug: str, words: ComponentWords, *, now: datetime, expected_version: int | None = None
) -> None:
    """Replace what members are told when a component fails.

    Raises:
        NotFoundError: there is no such component.
        StaleVersionError: somebody changed the component since.
    """
    row = the_component_row(session, slug)
    check_version(row, expected_version)
    before = row.model_dump()
    row.workaround, row.cannot_do = words.workaround, words.cannot_do
    row.still_can, row.phone_support = words.still_can, words.phone_support
    _changed(session, row, "component.words_saved", before, now)


def report_status(session: Session, slug: str, status: ComponentStatus, *, now: datetime) -> None:
    """Set what a component reports of itself, apart from any incident.

    Raises:
        NotFoundError: there is no such component.
    """
    row = the_component_row(session, slug)
    before = row.model_dump()
    row.reported_status = status
    _changed(session, row, "component.status_reported", before, now)


def _changed(session: Session, row: ComponentRow, act: str, before: Mapping[str, object], now: datetime) -> None:
    note_change(session, act, Subject("component", row.slug), before=before, after=row.model_dump(), now=now)
    row.updated_at, row.version = now, row.version + 1
    record(session, ComponentsChanged(slugs=(row.slug,)), now)


def _save(
    session: Session, draft: ComponentDraft, position: int, groups: Mapping[str, str], now: datetime
) -> ComponentRow:
    row = component_row(session, draft.slug)
    if row is None:
        row = ComponentRow(slug=draft.slug, name=draft.name, position=position, created_at=now, updated_at=now)
        session.add(row)
    row.name, row.position, row.group_id = draft.name, position, groups.get(draft.group or "")
    row.unattended, row.showcase, row.only_show_if_degraded = (
        draft.unattended,
        draft.showcase,
        draft.only_show_if_degraded,
    )
    row.description, row.agents_say, row.is_it_down = draft.description, draft.agents_say, list(draft.is_it_down)
    row.cannot_do, row.still_can, row.workaround = draft.cannot_do, draft.still_can, draft.workaround
    row.phone_support, row.normal_url, row.start_on = draft.phone_support, draft.normal_url, draft.start_on
    row.translations = _plain(draft.translations)
    row.retired_at, row.updated_at = None, now
    _set_link(row, draft.direct_link)
    return row


def _set_link(row: ComponentRow, link: DirectLink) -> None:
    if (row.link_url, row.link_verified_on) != (link.url, link.verified_on):
        row.link_reminded_at = None
    row.link_url, row.link_auth_mode, row.link_verified_on = link.url, link.auth_mode, link.verified_on
    row.link_first_time, row.link_note, row.link_app = link.first_time, link.note, link.app


def _check_link(link: DirectLink) -> None:
    if link.url is not None and not link.url.startswith("https://"):
        raise RefusedError({"url": "A direct link must start with https://"})
    if link.url is None and link.auth_mode in (AuthMode.OWN_PASSWORD, AuthMode.EMAIL_LINK):
        raise RefusedError({"url": "Give the address where members sign in this way."})


def _plain(translations: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {language: dict(words) for language, words in translations.items()}
