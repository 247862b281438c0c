"""Subscribe, confirm, change and end subscriptions. Each act is one entry of the consent log.

Nothing that a stranger types changes a subscription before the address has answered: what was
asked for waits in the confirmation. Known and unknown addresses take the same way through here,
so that nobody learns which is which.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands import audit
from app.commands.sign_up_limits import within_limits
from app.domain.audit import Subject
from app.domain.channels import ALL_PROGRAMMES, Channel, Programme
from app.domain.consent import ConsentAct, Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import ConfirmationRequested, SubscriberConfirmed, SubscriberOptedOut
from app.domain.hooks import with_secret, without_secret
from app.domain.sign_ups import CODE_TRIES, SignUpLimits, lasts
from app.domain.subscribers import Choices, QuietHours, Subscription, SubscriptionStatus
from app.store.consents import ConsentRow, last_ending
from app.store.outbox import record
from app.store.signed_links import is_code, is_confirmation
from app.store.subscribers import (
    SERVICE_MANAGER,
    ConfirmationRow,
    SubscriptionRow,
    frozen_subscription,
    key_of,
    replace_wanted_components,
    subscription_by_address,
    subscription_row,
)
from app.store.vault import Vault

COPY_STAYS = (
    "The service manager is copied on everything, so this address cannot be removed. "
    "Whoever runs this installation can name another service manager (PORCHLIGHT_SERVICE_MANAGER_EMAIL)."
)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody asked for on the public form. `address` is normalised; `words` is what they agreed to.

    `secret` is what a webhook will be signed with, once its receiver has proved that it is theirs.
    """

    channel: Channel
    address: str
    choices: Choices
    words: str
    network: str = ""
    secret: str = ""
    means: Means = Means.WEB_FORM


def subscribe(session: Session, vault: Vault, sign_up: SignUp, limits: SignUpLimits, *, now: datetime) -> int:
    """Take a sign-up and have the address asked; returns the subscription's id whatever became of it.

    Nothing is sent to an address that was asked too often, that said STOP by text, or whose reply
    a person has still to read.

    Raises:
        RefusedError: it asks for nothing.
    """
    sign_up.choices.check()
    row = _row_of(session, vault, sign_up, now)
    may_ask = within_limits(session, limits.of_address(vault.index(sign_up.channel, sign_up.address)), now=now)
    if may_ask and _may_be_asked(session, row):
        _ask(session, vault, row, sign_up, now)
    return key_of(row)


def ask_again(session: Session, vault: Vault, subscription_id: int, limits: SignUpLimits, *, now: datetime) -> None:
    """Put the same question once more, within the limits of the address; nothing where nothing is asked."""
    confirmation = session.get(ConfirmationRow, subscription_id, with_for_update=True)
    row = subscription_row(session, subscription_id)
    if confirmation is None or row is None or now >= confirmation.expires_at:
        return
    address = frozen_subscription(session, row, vault).address
    if within_limits(session, limits.of_address(vault.index(Channel(row.channel), address)), now=now):
        confirmation.sent_at = None
        record(session, ConfirmationRequested(subscription_id), now)


def confirm(
    session: Session, vault: Vault, subscription_id: int, answer: str, means: Means, *, now: datetime, network: str = ""
) -> Subscription | None:
    """Make a subscription active as it was asked for; None when the answer is wrong, late or void.

    A wrong answer is counted, so the caller commits either way.
    """
    confirmation = session.get(ConfirmationRow, subscription_id, with_for_update=True)
    row = subscription_row(session, subscription_id, lock=True)
    if confirmation is None or row is None or confirmation.tries >= CODE_TRIES or now >= confirmation.expires_at:
        return None
    if not _is_right(vault, confirmation, answer.strip(), means):
        confirmation.tries += 1
        return None
    _take_choices(session, row, unpacked(confirmation.choices))
    _take_secret(row, vault, confirmation)
    _begin(row, now)
    session.delete(confirmation)
    note(session, row, ConsentAct.CONFIRMED, means, now=now, network=network)
    record(session, SubscriberConfirmed(subscription_id), now)
    session.flush()
    return frozen_subscription(session, row, vault)


def change(session: Session, vault: Vault, subscription_id: int, choices: Choices, *, now: datetime) -> Subscription:
    """Give a subscription other choices, by whoever holds its signed link.

    Raises:
        NotFoundError: it is not active.
        RefusedError: it asks for nothing; ending is another act.
    """
    choices.check()
    row = subscription_row(session, subscription_id, lock=True)
    if row is None or row.status != SubscriptionStatus.ACTIVE:
        raise NotFoundError("This subscription has ended. Sign up again to hear from us.")
    if row.source == SERVICE_MANAGER:
        raise RefusedError({"programmes": COPY_STAYS})
    _take_choices(session, row, choices)
    note(session, row, ConsentAct.CHANGED, Means.SIGNED_LINK, now=now)
    session.flush()
    return frozen_subscription(session, row, vault)


def opt_out(
    session: Session,
    row: SubscriptionRow,
    means: Means,
    *,
    now: datetime,
    programmes: Collection[Programme] = ALL_PROGRAMMES,
    words: str = "",
    account_id: str | None = None,
) -> None:
    """Leave these programmes; without any left the subscription ends. Doing it twice changes nothing.

    The service manager's copy cannot be ended by anybody but the settings (R23).

    Raises:
        RefusedError: one of the staff wants to end that copy; nothing else tries twice to be told so.
    """
    if row.source == SERVICE_MANAGER and means is Means.STAFF:
        raise RefusedError(COPY_STAYS)
    row.held_at = None
    if row.status == SubscriptionStatus.OPTED_OUT or row.source == SERVICE_MANAGER:
        return
    row.outages = row.outages and Programme.OUTAGES not in programmes
    row.maintenance = row.maintenance and Programme.MAINTENANCE not in programmes
    if not row.outages and not row.maintenance:
        row.status, row.ended_at = SubscriptionStatus.OPTED_OUT, now
    _forget_confirmation(session, row)
    left = " ".join(sorted(programmes))
    note(session, row, ConsentAct.OPTED_OUT, means, now=now, words=words, account_id=account_id, programmes=left)
    if means is Means.STAFF:
        audit.note(session, "subscriber.ended", subject_of(row), after={"programmes": left}, now=now)
    record(session, SubscriberOptedOut(key_of(row)), now)


def opt_in(session: Session, row: SubscriptionRow, means: Means, *, now: datetime, words: str = "") -> bool:
    """Come back by a reply such as START, to all programmes; False when there was nothing to come back to."""
    if row.confirmed_at is None or row.status == SubscriptionStatus.PENDING:
        return False
    row.held_at = None
    if row.status != SubscriptionStatus.ACTIVE:
        row.outages = row.maintenance = True
        _begin(row, now)
        note(session, row, ConsentAct.OPTED_IN, means, now=now, words=words)
        record(session, SubscriberConfirmed(key_of(row)), now)
    return True


def hold(session: Session, row: SubscriptionRow, *, now: datetime) -> None:
    """Send nothing until a person has read what this subscriber replied."""
    if row.held_at is None:
        row.held_at = now
        note(session, row, ConsentAct.HELD, Means.SMS_REPLY, now=now)


def release(session: Session, row: SubscriptionRow, account_id: str, *, now: datetime) -> None:
    """Send again: a person has read the reply and it did not mean "stop"."""
    if row.held_at is not None:
        row.held_at = None
        note(session, row, ConsentAct.RELEASED, Means.STAFF, now=now, account_id=account_id)
        audit.note(session, "subscriber.released", subject_of(row), now=now)


def hear_drills(session: Session, row: SubscriptionRow, is_test: bool, *, now: datetime) -> None:
    """Let a subscription hear of drills (R70), or no longer. Nothing else changes for it."""
    if row.is_test != is_test:
        act = "subscriber.made_test_recipient" if is_test else "subscriber.unmade_test_recipient"
        row.is_test = is_test
        audit.note(session, act, subject_of(row), before={"is_test": not is_test}, after={"is_test": is_test}, now=now)


def give_up(session: Session, row: SubscriptionRow, act: ConsentAct, *, now: datetime, words: str = "") -> None:
    """Stop sending because the provider says so: the address bounced for good, or its owner complained."""
    ended = SubscriptionStatus.OPTED_OUT if act is ConsentAct.COMPLAINED else SubscriptionStatus.BOUNCED
    if row.status in (ended, SubscriptionStatus.OPTED_OUT):
        return
    row.status, row.ended_at = ended, now
    note(session, row, act, Means.PROVIDER, now=now, words=words[:500])
    record(session, SubscriberOptedOut(key_of(row)), now)


def note(
    session: Session,
    row: SubscriptionRow,
    act: ConsentAct,
    means: Means,
    *,
    now: datetime,
    words: str = "",
    proof: str = "",
    network: str = "",
    account_id: str | None = None,
    programmes: str = "",
) -> None:
    """Add one entry to the consent log, with the programmes as they stand now unless others are named."""
    entry = ConsentRow(
        subscription_id=key_of(row),
        at=now,
        act=act,
        means=means,
        programmes=programmes or _programmes(row),
        words=words,
        proof=proof,
        network=network,
        account_id=account_id,
    )
    session.add(entry)


def subject_of(row: SubscriptionRow) -> Subject:
    """The subscription as the audit log names it: by its number, never by its address."""
    return Subject("subscriber", str(key_of(row)))


def new_row(vault: Vault, channel: Channel, address: str, *, source: str, now: datetime) -> SubscriptionRow:
    """A subscription nobody confirmed yet, to nothing. `address` is normalised."""
    return SubscriptionRow(
        channel=channel,
        address_cipher=vault.seal(address),
        address_index=vault.index(channel, address),
        outages=False,
        maintenance=False,
        source=source,
        created_at=now,
    )


def packed(choices: Choices) -> dict[str, Any]:
    """Choices as JSON, until they are confirmed."""
    quiet = choices.quiet
    return {
        "programmes": sorted(choices.programmes),
        "components": sorted(choices.components),
        "language": choices.language,
        "quiet": [quiet.begins.strftime("%H:%M"), quiet.ends.strftime("%H:%M"), quiet.overridden] if quiet else None,
    }


def unpacked(stored: dict[str, Any]) -> Choices:
    """Choices from their JSON."""
    quiet = stored["quiet"]
    return Choices(
        programmes=frozenset(Programme(name) for name in stored["programmes"]),
        components=frozenset(stored["components"]),
        language=stored["language"],
        quiet=QuietHours.parse(quiet[0], quiet[1], overridden=quiet[2]) if quiet else None,
    )


def begin_with(session: Session, row: SubscriptionRow, choices: Choices, *, now: datetime) -> None:
    """Make a flushed row active with these choices, on proof that the caller writes into the log."""
    _take_choices(session, row, choices)
    _begin(row, now)


def _row_of(session: Session, vault: Vault, sign_up: SignUp, now: datetime) -> SubscriptionRow:
    row = subscription_by_address(session, vault, sign_up.channel, sign_up.address, lock=True)
    if row is None:
        row = new_row(vault, sign_up.channel, sign_up.address, source="page", now=now)
        row.language = sign_up.choices.language
        session.add(row)
        session.flush()
    return row


def _may_be_asked(session: Session, row: SubscriptionRow) -> bool:
    """Who ended texts by text comes back by text (START): the carrier would not let a code through."""
    if row.held_at is not None:
        return False
    if row.channel != Channel.SMS or row.status != SubscriptionStatus.OPTED_OUT:
        return True
    return last_ending(session, key_of(row)) not in (Means.SMS_REPLY, Means.PROVIDER)


def _ask(session: Session, vault: Vault, row: SubscriptionRow, sign_up: SignUp, now: datetime) -> None:
    secret = {"secret": vault.seal(sign_up.secret).decode()} if sign_up.secret else {}
    session.merge(
        ConfirmationRow(
            subscription_id=key_of(row),
            nonce=secrets.token_hex(16),
            choices=packed(sign_up.choices) | secret,
            tries=0,
            network=sign_up.network,
            created_at=now,
            expires_at=now + lasts(sign_up.channel),
            sent_at=None,
        )
    )
    asked_for = " ".join(sorted(sign_up.choices.programmes))
    network, words = sign_up.network, sign_up.words
    note(session, row, ConsentAct.REQUESTED, sign_up.means, now=now, words=words, network=network, programmes=asked_for)
    record(session, ConfirmationRequested(key_of(row)), now)


def _is_right(vault: Vault, confirmation: ConfirmationRow, answer: str, means: Means) -> bool:
    if means is not Means.SMS_CODE:
        return is_confirmation(vault, confirmation, answer)
    return is_code(vault, confirmation, answer)


def _take_choices(session: Session, row: SubscriptionRow, choices: Choices) -> None:
    quiet = choices.quiet
    row.outages = Programme.OUTAGES in choices.programmes
    row.maintenance = Programme.MAINTENANCE in choices.programmes
    row.language = choices.language
    row.quiet_from = quiet.begins.strftime("%H:%M") if quiet else None
    row.quiet_until = quiet.ends.strftime("%H:%M") if quiet else None
    row.override_quiet = quiet.overridden if quiet else False
    if choices.components or not row.all_components:
        replace_wanted_components(session, key_of(row), choices.components)
    row.all_components = not choices.components


def _take_secret(row: SubscriptionRow, vault: Vault, confirmation: ConfirmationRow) -> None:
    """From now on the webhook is signed with the secret that its owner was shown."""
    sealed = confirmation.choices.get("secret")
    if sealed:
        address, _ = without_secret(vault.open(row.address_cipher))
        row.address_cipher = vault.seal(with_secret(address, vault.open(sealed.encode())))


def _begin(row: SubscriptionRow, now: datetime) -> None:
    row.status, row.confirmed_at, row.ended_at = SubscriptionStatus.ACTIVE, now, None


def _forget_confirmation(session: Session, row: SubscriptionRow) -> None:
    confirmation = session.get(ConfirmationRow, key_of(row))
    if confirmation is not None:
        session.delete(confirmation)


def _programmes(row: SubscriptionRow) -> str:
    taken = {Programme.MAINTENANCE: row.maintenance, Programme.OUTAGES: row.outages}
    return " ".join(programme for programme, is_taken in taken.items() if is_taken)
