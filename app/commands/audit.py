"""Note in the audit log who did what, in the transaction that does it; and take the log out."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlmodel import Session

from app.domain.audit import SYSTEM, Actor, Entry, Plain, Subject, changed, check_act, facts_of, plain
from app.store.audit import ACTOR, NOTED, chain


def actor_of(session: Session) -> Actor:
    """Who acts in this transaction, as `Database.transaction(by=...)` was told."""
    actor: Actor = session.info.get(ACTOR, SYSTEM)
    return actor


def note(
    session: Session,
    act: str,
    subject: Subject,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    """Note one act, in the caller's transaction; it joins the chain when that commits.

    `act` is "noun.verb" in the past tense ("incident.opened"). `before` and `after` are the facts
    that changed (`app.domain.audit.changed` finds them). Members' addresses go in masked or not at
    all.

    Raises:
        ValueError: the act is not written "noun.verb".
        TypeError: a fact is nothing that JSON can say.
    """
    check_act(act)
    entry = Entry(now, actor_of(session), act, subject, _plain(before), _plain(after))
    session.info.setdefault(NOTED, []).append(entry)


def note_change(
    session: Session,
    act: str,
    subject: Subject,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
    now: datetime,
) -> None:
    """Note an edit: only the facts that differ are kept, of what a thing was and what it is now.

    Raises:
        ValueError: the act is not written "noun.verb".
        TypeError: a fact is nothing that JSON can say.
    """
    was, now_is = changed(before, after)
    note(session, act, subject, before=was, after=now_is, now=now)


def note_export(session: Session, *, now: datetime) -> None:
    """Note that the whole log is about to be taken out; committed before its first line is written."""
    note(session, "audit.exported", Subject("audit", "log"), now=now)


def exported_lines(session: Session) -> Iterator[str]:
    """The log as JSON lines, oldest first: the facts that were hashed, the previous hash and the hash; streams."""
    for link, entry in chain(session):
        facts = facts_of(link.seq, entry) | {"previous_hash": link.previous_hash, "hash": link.hash}
        yield json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(facts: Mapping[str, object] | None) -> dict[str, Plain] | None:
    return None if facts is None else {name: plain(value) for name, value in facts.items()}
