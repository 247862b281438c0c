"""Members who sign up, for tests that need some."""

from datetime import datetime

from sqlmodel import Session

from app.commands.subscribers import SignUp, confirm, subscribe
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.sign_ups import SignUpLimits
from app.domain.subscribers import Choices
from app.store.signed_links import confirmation_code
from app.store.subscribers import ConfirmationRow
from app.store.vault import Vault
from tests.commands.world import NOW

VAULT = Vault("a secret of thirty-two characters")
LIMITS = SignUpLimits()
NUMBER = "+12025550142"
MAILBOX = "ana@mailbox.example"


def ask(
    session: Session,
    address: str = NUMBER,
    channel: Channel = Channel.SMS,
    choices: Choices | None = None,
    now: datetime = NOW,
) -> int:
    """Sign up on the page; the id of the subscription."""
    sign_up = SignUp(channel, address, choices or Choices(), "Text me outages.", "203.0.113.7")
    return subscribe(session, VAULT, sign_up, LIMITS, now=now)


def code_of(session: Session, subscription_id: int) -> str:
    """The six digits that the text would carry."""
    confirmation = session.get(ConfirmationRow, subscription_id)
    assert confirmation is not None
    return confirmation_code(VAULT, confirmation)


def member(
    session: Session,
    address: str = NUMBER,
    channel: Channel = Channel.SMS,
    choices: Choices | None = None,
    now: datetime = NOW,
) -> int:
    """Sign up and confirm; the id of the subscription."""
    subscription_id = ask(session, address, channel, choices, now)
    assert confirm(session, VAULT, subscription_id, code_of(session, subscription_id), Means.SMS_CODE, now=now)
    return subscription_id
