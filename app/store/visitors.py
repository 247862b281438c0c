"""Who asks for a page of the console: one statement, because every page asks it."""

from typing import NamedTuple

from sqlmodel import Session, col, select

from app.store.accounts import AccountRow, SignInRow
from app.store.organisation import THE_ORGANISATION, OrganisationRow
from app.store.second_factors import has_lasting_factor


class Visitor(NamedTuple):
    """A signed-in browser, its person, the organisation (None before one is loaded), and whether a passkey or an
    authenticator is set up."""

    sign_in: SignInRow
    account: AccountRow
    organisation: OrganisationRow | None
    has_lasting_factor: bool


def visitor(session: Session, token_hash: str) -> Visitor | None:
    """The visitor with this token, whether the sign-in has ended or not; None where there is none."""
    found = session.exec(
        select(SignInRow, AccountRow, OrganisationRow, has_lasting_factor(col(AccountRow.id)))
        .join(AccountRow, col(AccountRow.id) == SignInRow.account_id)
        .outerjoin(OrganisationRow, col(OrganisationRow.id) == THE_ORGANISATION)
        .where(SignInRow.token_hash == token_hash)
    ).first()
    return Visitor(*found) if found else None
