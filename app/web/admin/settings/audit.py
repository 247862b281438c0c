"""The audit log: who did what, when and from where; found by person, act, thing and day; proved; taken out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from app.commands.audit import exported_lines, note_export
from app.domain.accounts import Permission
from app.domain.audit import Means, verify
from app.store.accounts import account_rows, frozen_account
from app.store.audit import AuditEntryRow, AuditSearch, acts_noted, chain, chain_head, entries_found
from app.store.session import Database
from app.web.admin.forms import Reading, member_of
from app.web.auth import Allow, Reauthenticated
from app.web.posted import clean
from app.web.visit import Visit

AUDIT = "/admin/audit"
PAGE = 50
_TEXT_MOST = 80

_PAGES = {
    "incident": "/admin/incidents/",
    "maintenance": "/admin/maintenance/",
    "component": "/admin/components/",
    "subscriber": "/admin/subscribers/",
    "notice": "/admin/notices/",
}
"""Where a thing of each kind has a page of its own."""

_HIGHEST = 2**62
"""Larger than any number of an entry, and small enough for both databases."""

Auditor = Annotated[Visit, Depends(Allow(Permission.READ_AUDIT))]
ConfirmedAuditor = Annotated[Visit, Depends(Reauthenticated(Permission.READ_AUDIT))]

router = APIRouter(prefix=AUDIT)


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The form of a search, as it was sent."""

    person: str = ""
    means: str = ""
    act: str = ""
    kind: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """The same search as the query of an address, without what is empty."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return urlencode({name: value for name, value in named.items() if value})


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry as the page shows it. `facts` are (name, as it was, as it is), either empty where it was not."""

    row: AuditEntryRow

    @property
    def act(self) -> str:
        """The act in words: "Incident updated"."""
        return act_words(self.row.act)

    @property
    def means(self) -> str:
        """By which way it came in."""
        return Means(self.row.means).in_words

    @property
    def kind(self) -> str:
        """What kind of thing it is about, in words."""
        return self.row.subject_kind.replace("_", " ")

    @property
    def all_about(self) -> str:
        """The address of everything that the log knows about the same thing."""
        query = urlencode({"kind": self.row.subject_kind, "subject": self.row.subject})
        return f"{AUDIT}?{query}"

    @property
    def page(self) -> str:
        """The page of the thing that it is about; empty where it has none."""
        folder = "" if self.row.subject == "all" else _PAGES.get(self.row.subject_kind, "")
        return f"{folder}{quote(self.row.subject, safe='')}" if folder else ""

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """What changed, fact by fact."""
        before, after = self.row.before or {}, self.row.after or {}
        names = [*after, *(name for name in before if name not in after)]
        return [
            (name.replace("_", " "), _fact(before[name]) if name in before else "", _fact(after.get(name, "")))
            for name in names
        ]


def act_words(act: str) -> str:
    """An act as a person says it: "incident.opened" is "Incident opened"."""
    return act.replace(".", " ").replace("_", " ").capitalize()


def _fact(value: object) -> str:
    match value:
        case None | "" | [] | {}:
            return "nothing" if value is None else ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {_fact(item)}" for name, item in value.items())
        case list():
            return ", ".join(_fact(item) for item in value)
    return str(value)


def search_words(
    person: str = "",
    means: str = "",
    act: str = "",
    kind: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
) -> SearchWords:
    """What the address asks for, shortened and without anything unprintable."""
    given = (person, means, act, kind, subject, since, until)
    return SearchWords(*(clean(text).strip()[:_TEXT_MOST] for text in given))


@router.get("")
def audit_log(
    visit: Auditor, words: Annotated[SearchWords, Depends(search_words)], before: int | None = None
) -> Response:
    """The newest entries that match, fifty to a page."""
    reading = Reading(visit.zone)
    search = _search(words, reading, visit)
    with visit.database.read() as session:
        rows = entries_found(session, search, before=before and min(before, _HIGHEST), most=PAGE + 1)
        people = [frozen_account(row) for row in account_rows(session)]
        acts, head = acts_noted(session), chain_head(session)
    return visit.page(
        "audit/index.html",
        status=422 if reading.problems else 200,
        shown=[Shown(row) for row in rows[:PAGE]],
        more_before=rows[PAGE - 1].seq if len(rows) > PAGE else None,
        words_given=words,
        people=people,
        means=list(Means),
        acts={act: act_words(act) for act in acts},
        head=head,
        problems=reading.problems,
    )


@router.post("/verification")
def verification(visit: Auditor) -> Response:
    """Follow the whole chain now, and say whether it is as it was written."""
    with visit.database.read() as session:
        found = verify(chain(session), chain_head(session))
    return visit.page("audit/verification.html", found=found)


@router.post("/export")
def export(visit: ConfirmedAuditor) -> Response:
    """The whole log as JSON lines. That is noted before the first line leaves."""
    with visit.transaction() as session:
        note_export(session, now=visit.now)
    name = f"audit-{visit.now.astimezone(visit.zone):%Y-%m-%d}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(visit.database), media_type="application/jsonl", headers=headers)


def _lines(database: Database) -> Iterator[str]:
    with database.read() as session:
        yield from exported_lines(session)


def _search(words: SearchWords, reading: Reading, visit: Visit) -> AuditSearch:
    since, until = reading.day("since", words.since), reading.day("until", words.until)
    return AuditSearch(
        account_id=words.person,
        means=member_of(Means, words.means) or "",
        act=words.act,
        subject_kind=words.kind,
        subject=words.subject,
        since=_midnight(since, visit) if since else None,
        until=_midnight(until + timedelta(days=1), visit) if until else None,
    )


def _midnight(day: date, visit: Visit) -> datetime:
    return datetime.combine(day, time(), visit.zone)
