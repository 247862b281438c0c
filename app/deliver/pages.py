"""Sending the pages that are owed: calls, texts and mails to people on duty, and reconciling after a crash (R15).

claim: marked as taken in hand, committed ──▶ handed over, no transaction open ──▶ recorded
                                                    │
taken in hand and never recorded: whoever sent it died, or nobody knows whether it left
    ──▶ the provider is asked (`find`) before anything rings or beeps again
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.escalation import By
from app.domain.pages import PageState
from app.store.escalation import CallOutRow
from app.store.pages import PageRow, owed_pages
from app.store.roster import PersonRow
from app.store.session import Database
from app.store.vault import Vault
from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

BATCH = 50

AGAIN_AFTER = timedelta(seconds=45)
"""How long a page may be in somebody's hand before the provider is asked about it, or it is tried again."""

GIVEN_UP_AFTER = timedelta(minutes=30)
"""How old a page gets before it is of no use any more: by then the next steps have called others."""

LINK = "page-answer"
"""What the link in a page is signed for."""

Send = Callable[[str, Sequence[Notice]], Sequence[Outcome] | None]
"""Hands notices to a channel by name; None where there is no such channel."""

Find = Callable[[str, Notice, datetime], Receipt | None]
"""Whether the channel's provider has this notice in its log; raises `DeliveryError` where it cannot be asked."""


@dataclass(frozen=True, slots=True)
class Paging:
    """What pages are made with: the vault that opens addresses and signs links, and the console's address."""

    vault: Vault
    console_url: str

    def link(self, page_id: str) -> str:
        """Where whoever was paged answers without a sign-in; a GET only shows the question."""
        return f"{self.console_url}/admin/pages/{page_id}/{self.vault.signature(LINK, page_id)}"


@dataclass(frozen=True, slots=True)
class _Claim:
    """One page in hand: its notices (a mail may go to two addresses), and when it was taken before, if it was."""

    page_id: str
    by: By
    notices: Sequence[Notice]
    taken_before: datetime | None


def send_owed_pages(database: Database, paging: Paging, send: Send, find: Find, *, now: datetime) -> int:
    """Send every page that is owed; how many were handed over."""
    handed = 0
    while claims := _claim(database, paging, now):
        results = dict(_known(claims, find))
        fresh = [claim for claim in claims if claim.page_id not in results]
        results |= _hand_over(fresh, send)
        with database.transaction() as session:
            for page_id, outcome in results.items():
                _record(session.get_one(PageRow, page_id), outcome, now)
        handed += len(fresh)
    return handed


def _claim(database: Database, paging: Paging, now: datetime) -> list[_Claim]:
    """What is sent now; marked first, so that of two workers one sends it."""
    claims = []
    with database.transaction() as session:
        for row in owed_pages(session, now - AGAIN_AFTER, BATCH):
            before, row.taken_at = row.taken_at, now
            call_out = session.get_one(CallOutRow, row.call_out_id)
            person = session.get(PersonRow, row.person_id) if row.person_id else None
            notices = _notices(row, person, paging)
            if call_out.ended_at is not None and row.asks and before is None:
                row.state = PageState.DROPPED
            elif now - row.paged_at > GIVEN_UP_AFTER:
                row.state, row.words = PageState.FAILED, row.words or "It could not be sent in time"
            elif not notices:
                row.state, row.words = PageState.FAILED, f"No {_ADDRESS[By(row.by)]} is entered"
            else:
                claims.append(_Claim(row.id, By(row.by), notices, before))
    return claims


_ADDRESS = {By.PHONE: "telephone number", By.SMS: "telephone number", By.EMAIL: "address for mail"}


def _notices(row: PageRow, person: PersonRow | None, paging: Paging) -> list[Notice]:
    ciphers = [row.address_cipher]
    if person is not None:
        mails = [person.email_cipher, person.backup_email_cipher]
        ciphers = mails if row.by == By.EMAIL else [person.phone_cipher]
    addresses = [paging.vault.open(cipher) for cipher in ciphers if cipher]
    text = _text(row, paging)
    return [
        Notice(row.id if place == 0 else f"{row.id}-{place + 1}", address, subject=row.subject, text=text)
        for place, address in enumerate(addresses)
    ]


def _text(row: PageRow, paging: Paging) -> str:
    """The words with how to answer them by this way."""
    if not row.asks:
        return row.text
    match By(row.by):
        case By.PHONE:
            return f"{row.text} Press 1 to take it. Press 2 to pass it on."
        case By.SMS:
            return f"{row.text} Reply 1 to take it, 2 to pass it on. {paging.link(row.id)}"
        case By.EMAIL:
            return f"{row.text}\n\nTake it, or pass it on:\n{paging.link(row.id)}\n"


def _known(claims: Sequence[_Claim], find: Find) -> Mapping[str, Outcome]:
    """What became of pages that were in somebody's hand before: asked for, never guessed."""
    found: dict[str, Outcome] = {}
    for claim in claims:
        if claim.taken_before is not None:
            try:
                receipt = find(claim.by, claim.notices[0], claim.taken_before)
            except DeliveryError as error:
                found[claim.page_id] = DeliveryError(error.message, remedy=Remedy.RECONCILE)
                continue
            if receipt is not None:
                found[claim.page_id] = receipt
    return found


def _hand_over(claims: Sequence[_Claim], send: Send) -> Mapping[str, Outcome]:
    """All pages of one way at once: three telephones ring together."""
    by_way: defaultdict[By, list[_Claim]] = defaultdict(list)
    for claim in claims:
        by_way[claim.by].append(claim)
    results: dict[str, Outcome] = {}
    for way in sorted(by_way, key=list(By).index):
        notices = [(claim.page_id, notice) for claim in by_way[way] for notice in claim.notices]
        outcomes = send(way, [notice for _, notice in notices]) or [_no_channel(way)] * len(notices)
        for (page_id, _), outcome in zip(notices, outcomes, strict=True):
            # A mail to two addresses has arrived once either was taken.
            if not isinstance(results.get(page_id), Receipt):
                results[page_id] = outcome
    return results


def _no_channel(way: By) -> DeliveryError:
    words = {"phone": "Calls are", "sms": "Texts are", "email": "Mail is"}[way]
    return DeliveryError(f"{words} not set up here.", remedy=Remedy.STOP_CHANNEL, permanent=True)


def _record(row: PageRow, outcome: Outcome, now: datetime) -> None:
    """A page that failed for good says why; one in doubt or to be tried again stays owed, in hand until it is time."""
    if isinstance(outcome, Receipt):
        row.state, row.sent_at, row.provider_id, row.words = PageState.SENT, now, outcome.provider_id, ""
        return
    row.words = outcome.message
    if outcome.permanent or outcome.remedy in (Remedy.FIX_ADDRESS, Remedy.OPTED_OUT):
        row.state = PageState.FAILED
