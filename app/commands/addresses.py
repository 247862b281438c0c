"""Turning what people type as an address into the one spelling that is stored, indexed and sent to."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlmodel import Session

from app.domain.accounts import check_email, normal_email
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.hooks import hook_channel
from app.domain.text import printable
from app.store.subscribers import SubscriptionRow, subscription_by_address
from app.store.vault import Vault
from notifiers.base import DeliveryError
from notifiers.guard import check_url, leads_home

LONGEST = 250
_COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.TOLL_FREE,
    }
)
"""Numbers that no member reads texts on, and that make money for whoever has them texted."""


def normal_address(channel: Channel, text: str, *, region: str = "US") -> str:
    """The address as it is stored: E.164 for a telephone, small letters for mail, as it is for a hook.

    `region` is where a number without a country code is dialled.

    Raises:
        RefusedError: it cannot be an address of that kind (field "address").
    """
    text = printable(text).strip()
    if not text or len(text) > LONGEST:
        raise RefusedError({"address": "Give the address that notices should go to."})
    if channel is Channel.SMS:
        return _normal_number(text, region)
    if channel is Channel.EMAIL:
        return _normal_mailbox(text)
    return _normal_chat(text) if channel is Channel.APPRISE else _normal_hook(text)


def _normal_chat(text: str) -> str:
    """The address of another chat as typed; options in it could hold up whoever sends."""
    scheme, _, rest = text.partition("://")
    if not rest or "?" in rest or " " in rest:
        raise RefusedError({"address": "Give the whole address of the chat, without options."})
    return f"{scheme.lower()}://{rest}"


def _normal_hook(text: str) -> str:
    """A hook's address as typed, but for its host, which has no capitals."""
    try:
        parts = check_url(text)
    except DeliveryError as error:
        raise RefusedError({"address": error.message}) from None
    host = parts.hostname or ""
    if leads_home(host):
        raise RefusedError({"address": "The address leads into a private network."})
    return parts._replace(scheme="https", netloc=f"[{host}]" if ":" in host else host, fragment="").geturl()


def subscription_of_text(session: Session, vault: Vault, text: str) -> SubscriptionRow | None:
    """The subscription of an address as a person types it, whatever its kind; locked. None where there is none.

    A program's own address may be signed up in either of two shapes; both are looked for.

    Raises:
        RefusedError: it cannot be an address (field "address").
    """
    text = text.strip()
    shapes = [told_apart(text), told_apart(text, statuspage=True)]
    rows = (
        subscription_by_address(session, vault, channel, normal_address(channel, text), lock=True) for channel in shapes
    )
    return next(filter(None, rows), None)


def told_apart(address: str, *, statuspage: bool = False) -> Channel:
    """The channel of what was typed into one field.

    A program or a chat has a scheme, mail has an @ or letters, a number has neither. `statuspage`
    is the shape that was chosen for a program.
    """
    if "://" in address:
        return hook_channel(address.strip(), statuspage=statuspage)
    return Channel.EMAIL if "@" in address or re.search(r"[^\W\d_]{3}", address) else Channel.SMS


def country_code(number: str) -> str:
    """The country code of a normalised number: "1"."""
    return str(phonenumbers.parse(number).country_code)


def number_parts(number: str) -> tuple[str, str, str]:
    """The country, the number within it, and how people write it: "us", "2025550142", "(202) 555-0142"."""
    parsed = phonenumbers.parse(number)
    country = (phonenumbers.region_code_for_number(parsed) or "").lower()
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return country, phonenumbers.national_significant_number(parsed), shown


def hidden(channel: Channel, address: str) -> str:
    """The address with its middle left out, for lists and pages others may see: "•••• 0142", "t•••@mailbox.example"."""
    if not address:
        return "(erased)"
    if channel is Channel.SMS:
        return f"•••• {address[-4:]}"
    if "://" in address:
        scheme, _, rest = address.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}/•••" if scheme == "https" else f"{scheme}://•••"
    before, at, after = address.partition("@")
    return f"{before[:1]}•••{at}{after}"


def _normal_number(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _no_number(text) from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise _no_number(text)
    if phonenumbers.number_type(number) in _COSTLY:
        raise RefusedError({"address": "Texts cannot be sent to this kind of number. Give a mobile number."})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _no_number(text: str) -> RefusedError:
    return RefusedError({"address": f"“{text[:30]}” is not a telephone number. Give it with its area code."})


def _normal_mailbox(text: str) -> str:
    address = normal_email(text)
    try:
        check_email(address)
    except RefusedError as error:
        raise RefusedError({"address": str(error)}) from None
    return address
