"""People on duty for tests: the usual roles, matrix and five people, two of them in shifts."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.escalation import save_usual_steps
from app.commands.roster import PersonDraft, ShiftDraft, add_shift, save_person, save_usual_roles
from app.store.vault import Vault
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW

LONG = timedelta(days=90)
COVERED = ("incident_commander", "comms_lead", "comms_backup", "operations_manager")
PEOPLE = {
    "Ines": (("incident_commander",), 101),
    "Walt": (("incident_commander",), 102),
    "Tess": (("comms_lead",), 103),
    "Lupe": (("comms_backup",), 105),
    "Noor": (("operations_manager",), 106),
    "Hank": (("executive",), 109),
}


def number_of(name: str) -> str:
    """The telephone of one of them."""
    return f"+1202555{PEOPLE[name][1]:04}"


def man(
    session: Session,
    *,
    at: datetime = NOW,
    accounts: dict[str, str] | None = None,
    empty: tuple[str, ...] = (),
    vault: Vault = VAULT,
) -> dict[str, str]:
    """Everybody on duty for a season from a day before `at`, but for roles in `empty`; ids by name."""
    save_usual_roles(session, now=at)
    save_usual_steps(session, now=at)
    ids = {}
    for name, (can, number) in PEOPLE.items():
        draft = PersonDraft(
            name, "Team", can, f"+1202555{number:04}", f"{name.lower()}@ops.example", f"{name.lower()}@mailbox.example",
            (accounts or {}).get(name),
        )  # fmt: skip
        ids[name] = save_person(session, vault, draft, now=at)
    for role, name in zip(COVERED, ("Ines", "Tess", "Lupe", "Noor"), strict=True):
        if role not in empty:
            add_shift(session, ShiftDraft(role, ids[name], at - timedelta(days=1), at + LONG), now=at)
    return ids
