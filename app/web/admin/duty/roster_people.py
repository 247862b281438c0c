"""People of the roster and the names of the roles: who can be on duty, and how they are reached (R16)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.roster import PersonDraft, remove_person, save_person
from app.domain.errors import NotFoundError, RefusedError
from app.domain.roster import Person
from app.store.accounts import account_rows
from app.store.roster import PersonRow, the_roster
from app.web.admin.duty.roster import ROSTER, calendar_address
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

PEOPLE = f"{ROSTER}/people"

router = APIRouter(prefix=PEOPLE)


@dataclass(frozen=True, slots=True)
class PersonWords:
    """The form of one person as raw text."""

    name: str = ""
    team: str = ""
    phone: str = ""
    email: str = ""
    backup_email: str = ""
    account: str = ""
    can: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, posted: Posted) -> "PersonWords":
        """What was typed."""
        names = ("name", "team", "phone", "email", "backup_email", "account")
        return cls(**{name: posted.text(name) for name in names}, can=frozenset(posted.all("can")))

    def draft(self) -> PersonDraft:
        """The same for the command."""
        return PersonDraft(
            self.name, self.team, self.can, self.phone, self.email, self.backup_email, self.account or None
        )


@router.get("")
def people_page(visit: Reader) -> Response:
    """Everybody on the roster, and the roles."""
    return _page(visit)


@router.post("")
def add(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Add a person."""
    return _save(visit, posted, None)


@router.get("/{person_id}")
def person_page(visit: SettingsEditor, person_id: str) -> Response:
    """One person with their addresses, to be changed."""
    return _page(visit, person_id=person_id)


@router.post("/{person_id}")
def change(visit: SettingsEditor, person_id: str, posted: PostedForm) -> Response:
    """Change a person."""
    return _save(visit, posted, person_id)


@router.post("/{person_id}/removal")
def remove(visit: SettingsEditor, person_id: str) -> Response:
    """Take somebody off the roster."""
    with visit.transaction() as session:
        remove_person(session, person_id, now=visit.now)
    return visit.see_other(f"{PEOPLE}?done=removed")


def _save(visit: Visit, posted: Posted, person_id: str | None) -> Response:
    words = PersonWords.of(posted)
    try:
        with visit.transaction() as session:
            save_person(session, visit.parts.vault, words.draft(), now=visit.now, person_id=person_id)
    except RefusedError as error:
        return _page(visit, person_id=person_id, words=words, problems=error.problems)
    return visit.see_other(f"{PEOPLE}?done=person")


def _page(
    visit: Visit,
    *,
    person_id: str | None = None,
    words: PersonWords | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    with visit.database.read() as session:
        roster = the_roster(session, visit.now)
        accounts = [row for row in account_rows(session) if row.disabled_at is None]
        row = session.get(PersonRow, person_id) if person_id else None
    if person_id and (row is None or row.left_at):
        raise NotFoundError("There is no such person on the roster.")
    person = roster.person(person_id)
    known = _words_of(row, person, visit) if row and person else PersonWords()
    return visit.page(
        "roster/people.html",
        status=422 if problems else 200,
        roster=roster,
        accounts=accounts,
        person=person,
        said=words or known,
        problems=problems or {},
        done=visit.request.query_params.get("done", ""),
        address=lambda kind, key: calendar_address(visit.parts.vault, kind, key),
    )


def _words_of(row: PersonRow, person: Person, visit: Visit) -> PersonWords:
    ciphers = (row.phone_cipher, row.email_cipher, row.backup_email_cipher)
    phone, email, backup = (visit.parts.vault.open(cipher) if cipher else "" for cipher in ciphers)
    return PersonWords(row.name, row.team, phone, email, backup, row.account_id or "", person.can)
