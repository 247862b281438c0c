"""Accounts: who may do what, invitations, and where everybody is signed in. For administrators."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands import accounts, invitations
from app.commands.approvals import set_two_person_rule
from app.commands.sign_ins import revoke_sign_in
from app.domain.accounts import Account, Permission, Role, may
from app.domain.approvals import WAITS_MOST
from app.domain.errors import NotFoundError, RefusedError
from app.domain.second_factors import Factors, needs_second_factor
from app.domain.severity import Severity
from app.store.accounts import AccountRow, account_rows, frozen_account, live_sign_ins
from app.store.approvals import two_person_rule
from app.store.invitations import InvitationRow, invitation_link, open_invitations
from app.store.second_factors import factors_by_account
from app.web.admin.forms import member_of
from app.web.admin.settings.me import listed_sign_in
from app.web.auth import Administrator, ConfirmedAdministrator
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

ACCOUNTS = "/admin/accounts"

router = APIRouter(prefix=ACCOUNTS)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    account: Account
    factors: Factors
    seen_at: datetime | None
    is_weak: bool


@router.get("")
def accounts_list(visit: Administrator) -> Response:
    """Everybody who may sign in, and whoever is asked to."""
    with visit.database.read() as session:
        factors = factors_by_account(session)
        people = [_listed(row, factors.get(row.id, Factors())) for row in account_rows(session)]
        invited = open_invitations(session)
        rule = two_person_rule(session)
    return visit.page("accounts/index.html", people=people, invited=invited, Role=Role, rule=rule)


@router.get("/new")
def new_account(visit: Administrator) -> Response:
    """The form that asks somebody to join."""
    return _new(visit)


@router.post("/invitations")
def invite(visit: ConfirmedAdministrator, posted: PostedForm) -> Response:
    """Ask somebody to join."""
    role = member_of(Role, posted.text("role"))
    try:
        if role is None:
            raise RefusedError({"role": "Choose what the person may do."})
        with visit.transaction() as session:
            row = invitations.invite(
                session, posted.text("email"), posted.text("name"), role, by=visit.account, now=visit.now
            )
    except RefusedError as error:
        return _new(visit, posted, error.problems)
    return visit.see_other(f"{ACCOUNTS}/invitations/{row.id}?sent")


@router.get("/invitations/{invitation_id}")
def invitation(visit: ConfirmedAdministrator, invitation_id: str) -> Response:
    """The link, to copy: the mail may be what is down."""
    with visit.database.read() as session:
        row = session.get(InvitationRow, invitation_id)
    if row is None or row.ended_at:
        raise NotFoundError("This invitation was used or withdrawn.")
    link = invitation_link(visit.parts.vault, visit.parts.console_url, row)
    return visit.page("accounts/invitation.html", invitation=row, role=Role(row.role), link=link)


@router.post("/invitations/{invitation_id}/withdrawal")
def withdraw(visit: ConfirmedAdministrator, invitation_id: str) -> Response:
    """Make the link worthless."""
    with visit.transaction() as session:
        invitations.withdraw_invitation(session, invitation_id, now=visit.now)
    return visit.see_other(f"{ACCOUNTS}?withdrawn")


@router.get("/sign-ins")
def sign_ins(visit: Administrator) -> Response:
    """Every browser in which anybody is signed in."""
    with visit.database.read() as session:
        rows = live_sign_ins(session, expires_after=visit.now, seen_after=visit.now - visit.parts.limits.idle)
        names = {row.id: row.name for row in account_rows(session)}
    return visit.page("accounts/sign_ins.html", sign_ins=[listed_sign_in(row, visit) for row in rows], names=names)


@router.post("/sign-ins/{sign_in_id}/ending")
def end_sign_in(visit: Administrator, sign_in_id: str) -> Response:
    """Sign somebody's browser out."""
    with visit.transaction() as session:
        revoke_sign_in(session, sign_in_id, now=visit.now)
    return visit.see_other(f"{ACCOUNTS}/sign-ins?ended")


@router.post("/two-person-rule")
def change_rule(visit: ConfirmedAdministrator, posted: PostedForm) -> Response:
    """Say at which severities a second person looks first."""
    minutes = {severity: posted.number(severity.value) for severity in Severity if posted.text(severity.value)}
    with visit.transaction() as session:
        set_two_person_rule(session, minutes, now=visit.now)
    return visit.see_other(f"{ACCOUNTS}/two-person-rule?changed")


@router.get("/two-person-rule")
def rule(visit: Administrator) -> Response:
    """The rule as it is."""
    with visit.database.read() as session:
        waits = two_person_rule(session).waits
    return visit.page("accounts/rule.html", waits=waits, severities=list(Severity), most=WAITS_MOST.seconds // 60)


@router.get("/{account_id}")
def account(visit: Administrator, account_id: str) -> Response:
    """One person's account."""
    return _one(visit, account_id)


@router.post("/{account_id}/role")
def change_role(visit: ConfirmedAdministrator, account_id: str, posted: PostedForm) -> Response:
    """Give somebody another role; they are signed out everywhere."""
    role = member_of(Role, posted.text("role"))
    try:
        if role is None:
            raise RefusedError({"role": "Choose what the person may do."})
        with visit.transaction() as session:
            accounts.change_role(session, _row(session, account_id).email, role, now=visit.now)
    except RefusedError as error:
        return _one(visit, account_id, {"role": str(error)})
    return visit.see_other(f"{ACCOUNTS}/{account_id}?changed")


@router.post("/{account_id}/disabling")
def disable(visit: ConfirmedAdministrator, account_id: str) -> Response:
    """Shut an account."""
    try:
        with visit.transaction() as session:
            accounts.disable_account(session, _row(session, account_id).email, now=visit.now)
    except RefusedError as error:
        return _one(visit, account_id, {"disabling": str(error)})
    return visit.see_other(f"{ACCOUNTS}/{account_id}?shut")


@router.post("/{account_id}/enabling")
def enable(visit: ConfirmedAdministrator, account_id: str) -> Response:
    """Open a shut account again."""
    with visit.transaction() as session:
        accounts.enable_account(session, _row(session, account_id).email, now=visit.now)
    return visit.see_other(f"{ACCOUNTS}/{account_id}?opened")


@router.post("/{account_id}/reset")
def reset(visit: ConfirmedAdministrator, account_id: str) -> Response:
    """Let somebody begin anew who lost password or phone."""
    with visit.transaction() as session:
        row = invitations.reset(session, _row(session, account_id).email, by=visit.account, now=visit.now)
    return visit.see_other(f"{ACCOUNTS}/invitations/{row.id}?sent")


def roles_in_words() -> list[tuple[Role, str]]:
    """Each role with what it may do beyond reading."""
    return [(role, _allowed(role)) for role in Role]


def _allowed(role: Role) -> str:
    allowed = [permission.in_words for permission in Permission if may(role, permission)]
    if len(allowed) == len(Permission):
        return "Everything."
    *most, last = [allowed[0].capitalize(), *allowed[1:]]
    return f"{', '.join(most)} and {last}." if most else f"{last}."


def _listed(row: AccountRow, factors: Factors) -> Listed:
    account = frozen_account(row)
    is_weak = needs_second_factor(account.role) and not factors.is_strong and not account.disabled_at
    return Listed(account, factors, row.seen_at, is_weak)


def _new(visit: Visit, posted: Posted | None = None, problems: dict[str, str] | None = None) -> Response:
    return visit.page(
        "accounts/new.html",
        status=422 if problems else 200,
        form=posted or Posted(),
        problems=problems or {},
        roles=roles_in_words(),
    )


def _one(visit: Visit, account_id: str, problems: dict[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        row = _row(session, account_id)
        factors = factors_by_account(session, account_id).get(account_id, Factors())
        person = _listed(row, factors)
    return visit.page(
        "accounts/show.html",
        status=422 if problems else 200,
        person=person,
        created_at=row.created_at,
        roles=roles_in_words(),
        problems=problems or {},
    )


def _row(session: Session, account_id: str) -> AccountRow:
    row = session.get(AccountRow, account_id)
    if row is None:
        raise NotFoundError("There is no such account.")
    return row
