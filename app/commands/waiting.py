"""Messages that wait for a second person: kept as drafts, said when they may be; calls are owed where nobody looked."""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from app.commands.approvals import ask_approval, decide_approval, mark_overtaken, take_publishable
from app.commands.audit import actor_of, note
from app.commands.incidents import IncidentDraft, check_words, locked_incident, open_incident, post_update
from app.commands.rehearsal import Rehearsal
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Account, Role
from app.domain.approvals import Approval, Decision, Needed
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, PorchlightError, StaleVersionError
from app.domain.incidents import Incident, IncidentUpdate, check_times, check_title, check_update
from app.store.accounts import AccountRow
from app.store.owed_calls import owe_calls, owed_call


@dataclass(frozen=True, slots=True)
class WaitingWords:
    """What will be said: the draft whole, the incident it continues, when it was written and by whom.

    `version` is the incident's when it was written, `seen` the number of the newest update then.
    """

    draft: IncidentDraft
    incident_id: str | None
    author_id: str
    written_at: datetime
    version: int | None = None
    seen: int = 0

    def news(self, incident: Incident) -> list[IncidentUpdate]:
        """What was said since on the incident it continues, newest first."""
        return [update for update in reversed(incident.updates) if update.number > self.seen]


_WORDS = TypeAdapter(WaitingWords)


def read_waiting(approval: Approval) -> WaitingWords:
    """The words of a message that waits."""
    return _WORDS.validate_json(approval.words)


def let_wait(
    session: Session,
    needed: Needed,
    draft: IncidentDraft,
    rehearsal: Rehearsal,
    before: Incident | None,
    *,
    request_id: str,
    by: Account,
    now: datetime,
) -> Approval:
    """Ask before it is said; whoever is asked hears of it at once. Asked twice, it is asked once.

    Raises:
        RefusedError: it could not be said anyway.
    """
    _check(session, draft, rehearsal, before, now)
    said = _waiting(draft, before, by, now)
    approval = ask_approval(
        session,
        needed,
        request_id=request_id,
        summary=rehearsal.incident.title,
        words=_WORDS.dump_json(said).decode(),
        incident_id=said.incident_id,
        by=by,
        now=now,
    )
    minutes = int(needed.wait.total_seconds()) // 60
    text = (
        f"{by.name} asks: {rehearsal.incident.title}.\n\nLook at it on the board. It goes out in {minutes} minutes.\n"
    )
    tell_staff(session, [needed.asked_of], "A message waits for you", text, now=now)
    return approval


def _waiting(draft: IncidentDraft, before: Incident | None, by: Account, now: datetime) -> WaitingWords:
    if before is None:
        return WaitingWords(draft, None, by.id, now)
    return WaitingWords(draft, before.id, by.id, now, before.version, before.newest.number if before.newest else 0)


def _check(
    session: Session, draft: IncidentDraft, rehearsal: Rehearsal, before: Incident | None, now: datetime
) -> None:
    """Refuse now what would be refused when its time has come."""
    if before is None:
        check_title(draft.title.strip())
        check_times(draft.started_at or now, None, now)
    check_update(rehearsal.said, severity=rehearsal.incident.severity, now=now)
    check_words(session, rehearsal.said)


def decide(
    session: Session,
    approval_id: str,
    decision: Decision,
    *,
    by: Account,
    now: datetime,
    expected_version: int | None = None,
) -> Approval:
    """Approve, decline or take back a message; what is approved is published in the same transaction.

    `expected_version` is the version of its incident that the person was looking at, where it continues one.

    Raises:
        NotFoundError: nothing waits under that id.
        RefusedError: it waits no more, or this person's word does not count.
        StaleVersionError: somebody posted on the incident since it was written, and this person has not seen it.
    """
    approval = decide_approval(session, approval_id, decision, by=by, now=now)
    if decision is Decision.APPROVED:
        _check_seen(session, read_waiting(approval), expected_version)
    session.flush()
    publish_waiting(session, now=now)
    return approval


def _check_seen(session: Session, words: WaitingWords, expected: int | None) -> None:
    """What was written before somebody else spoke goes out only when the person has seen both."""
    if words.incident_id is None or words.version is None:
        return
    current = locked_incident(session, words.incident_id).version
    if current != (words.version if expected is None else expected):
        raise StaleVersionError("Somebody posted on this incident since it was written.", current=current)


def publish_waiting(session: Session, *, now: datetime) -> int:
    """Say what may be said now; how many. What cannot be said any more is told to whoever may speak.

    Where nobody answered and somebody posted on the incident meanwhile, it is not said: silence
    agrees to the words, not to their being said over newer ones.
    """
    published = 0
    for approval in take_publishable(session, now=now):
        try:
            with session.begin_nested():
                _publish(session, approval, now)
            published += 1
        except PorchlightError as error:
            mark_overtaken(session, approval.id, str(error), now=now)
            text = f"“{approval.summary}” waited and could not be published: {error}\n"
            tell_staff(session, [Role.COMMUNICATIONS_LEAD, Role.COMMANDER], "Not published", text, now=now)
    return published


def _publish(session: Session, approval: Approval, now: datetime) -> None:
    words = read_waiting(approval)
    draft = _later(words, now)
    if words.incident_id is None:
        open_incident(session, draft, now=now, author_id=words.author_id)
    else:
        # Whoever approved has seen what was said meanwhile; nobody has where the time ran out.
        expected = words.version if approval.decision is Decision.TIMED_OUT else None
        post_update(
            session,
            words.incident_id,
            draft.first_update,
            now=now,
            author_id=words.author_id,
            expected_version=expected,
        )
    if approval.owes_calls:
        asked = select(AccountRow.id).where(AccountRow.role == approval.asked_of, col(AccountRow.disabled_at).is_(None))
        owe_calls(session, approval.id, session.exec(asked), now)


def _later(words: WaitingWords, now: datetime) -> IncidentDraft:
    """The draft with a promise as far ahead as it was, where the waiting has overtaken it."""
    promised = words.draft.first_update.next_update_at
    if promised is None or promised > now:
        return words.draft
    moved = now + (promised - words.written_at)
    return replace(words.draft, first_update=replace(words.draft.first_update, next_update_at=moved))


def tick_call(session: Session, approval_id: str, account_id: str, *, now: datetime) -> None:
    """Somebody was called about a message that went out unseen. Ticked twice, the first counts.

    Raises:
        NotFoundError: no such call is owed.
    """
    row = owed_call(session, approval_id, account_id)
    if row is None:
        raise NotFoundError("No such call is owed.")
    if row.called_at is None:
        row.called_at, row.called_by = now, actor_of(session).account_id
        note(session, "call.made", Subject("approval", approval_id), after={"account": account_id}, now=now)
