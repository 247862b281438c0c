"""Chapters that stand on every paper: whom to call, and the direct sign-ins."""

import re
from collections.abc import Iterator

from sqlmodel import Session

from app.domain.components import AuthMode, Component
from app.domain.errors import UnavailableError
from app.publish.rescue import Chapter
from app.publish.snapshot import PublicSnapshot
from app.store.accounts import account_rows
from app.store.roster import PersonRow, person_rows
from app.store.vault import Vault

_DOORS = {
    AuthMode.OWN_PASSWORD: "its own password",
    AuthMode.SSO_ONLY: "only through the dashboard",
    AuthMode.APP_PIN: "the code in its app",
    AuthMode.EMAIL_LINK: "a link by mail",
    AuthMode.PHONE: "by telephone",
    AuthMode.NONE: "nothing",
}


def contact_rows(session: Session, snapshot: PublicSnapshot, vault: Vault) -> Iterator[tuple[str, str, str]]:
    """Everybody who may have to be reached: who, what for, and how."""
    organisation = snapshot.organisation
    if organisation.service_manager or organisation.service_manager_phone:
        yield organisation.service_manager or "Service manager", "Service manager", organisation.service_manager_phone
    if organisation.help_desk_phone:
        yield "Help desk", organisation.help_desk_hours or "Members", organisation.help_desk_phone
    if organisation.announcement_phone:
        yield "Announcement line", "Says what the page says", organisation.announcement_phone
    for person in person_rows(session):
        yield person.name, person.team or "On duty", ", ".join(_addresses(person, vault))
    for account in account_rows(session):
        if account.disabled_at is None:
            yield account.name, account.role.replace("_", " ").capitalize(), account.email


def _addresses(person: PersonRow, vault: Vault) -> Iterator[str]:
    for cipher in (person.phone_cipher, person.email_cipher, person.backup_email_cipher):
        try:
            if cipher:
                yield _dialled(vault.open(cipher))
        except UnavailableError:
            yield "(unreadable: sealed with another key)"


def _dialled(address: str) -> str:
    """A North American number in the groups in which people read it from paper; anything else as it is."""
    return re.sub(r"^\+1(\d{3})(\d{3})(\d{4})$", r"+1 \1-\2-\3", address)


def doors_chapter(snapshot: PublicSnapshot) -> Chapter:
    """Every component with its own way in."""
    rows = tuple(_door(component) for component in snapshot.components)
    return Chapter("Direct sign-ins", columns=("What", "Address", "Asks for", "Vendor"), rows=rows)


def _door(component: Component) -> tuple[str, str, str, str]:
    link = component.direct_link
    if not link.url:
        return component.name, component.normal_url or "no other way in", "", component.phone_support
    return component.name, link.url, _DOORS.get(link.auth_mode, link.auth_mode.value), component.phone_support
