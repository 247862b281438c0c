"""Say where the people of an incident meet (R17). What stands there never goes into the audit log."""

import secrets
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.meeting import LINE_MOST, Meeting
from app.domain.text import printable
from app.store.escalation import open_call_outs
from app.store.meetings import USUAL, MeetingRow, meeting
from app.store.vault import Vault


def save_meeting(session: Session, vault: Vault, place: Meeting, *, key: str = USUAL, now: datetime) -> Meeting:
    """Meet there from now on, in one incident or, by default, in every new one.

    Raises:
        RefusedError: a line is too long, or the link is no link.
    """
    bridge, link, chat = (" ".join(printable(text).split()) for text in (place.bridge, place.link, place.chat))
    named = {"bridge": bridge, "link": link, "chat": chat}
    problems = {name: f"Use at most {LINE_MOST} characters." for name, text in named.items() if len(text) > LINE_MOST}
    if link and not link.startswith("https://"):
        problems["link"] = "Give a whole address that starts with https://"
    if problems:
        raise RefusedError(problems)
    row = session.get(MeetingRow, key) or _new(key, now)
    row.bridge_cipher, row.link_cipher, row.chat_cipher = map(vault.seal, (bridge, link, chat))
    row.made_at = now
    session.add(row)
    session.flush()
    facts = {"has_" + name: bool(text) for name, text in named.items()}
    note(session, "meeting.saved", Subject("meeting", key), after=facts, now=now)
    return Meeting(bridge, link, chat)


def _new(key: str, now: datetime) -> MeetingRow:
    return MeetingRow(id=key, bridge_cipher=b"", link_cipher=b"", chat_cipher=b"", made_at=now)


def begin_meetings(session: Session, vault: Vault, *, now: datetime) -> None:
    """Give every open incident that people are called about its meeting place."""
    for each in open_call_outs(session):
        if each.incident_id:
            begin_meeting(session, vault, each.incident_id, now=now)


def begin_meeting(session: Session, vault: Vault, incident_id: str, *, now: datetime) -> Meeting | None:
    """Where this incident's people meet: the usual place, with a code of its own; made once."""
    known = meeting(session, vault, incident_id)
    usual = meeting(session, vault)
    if known is not None or not usual:
        return known
    return save_meeting(session, vault, usual.of_incident(secrets.token_hex(4)), key=incident_id, now=now)
