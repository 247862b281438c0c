"""`accounts`: who may sign in, and the way back in when nothing else is left."""

import secrets
import sys
from typing import Annotated

import typer
from sqlmodel import Session

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.accounts import add_account, enable_account, set_password
from app.commands.posting_codes import new_posting_codes
from app.commands.recovery_codes import new_codes
from app.domain.accounts import Role
from app.domain.errors import NotFoundError
from app.store.accounts import AccountRow, account_by_email, account_rows, frozen_account
from app.store.second_factors import factors_by_account, forget_factors

app = typer.Typer(no_args_is_help=True, help="Who may sign in.")

Email = Annotated[str, typer.Argument(help="Address that the person signs in with.")]
PasswordFromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")]


@app.command("add")
def accounts_add_command(
    email: Annotated[str, typer.Argument(help="Address to sign in with; not on the MLS's own domain.")],
    name: Annotated[str, typer.Option(help="Name of the person.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.COMMUNICATIONS_LEAD,
    password_stdin: PasswordFromInput = False,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in. Without --password-stdin a password is made and shown once."""
    password = _password(password_stdin)
    with opened() as installation, installation.database.transaction(by=operator()) as session:
        account = add_account(session, email=email, name=name, role=role, password=password, now=now())
        facts = {"id": account.id, "email": account.email, "role": account.role}
    if not password_stdin:
        facts["password"] = password
    if as_json:
        print_json(facts)
    else:
        shown = "" if password_stdin else f" Password, shown once: {password}"
        out.print(f"{email} may sign in as {role.value}.{shown}", markup=False)


@app.command("list")
def accounts_list_command(as_json: AsJson = False) -> None:
    """Everybody who may sign in, with what proves them besides the password."""
    with opened() as installation, installation.database.read() as session:
        factors = factors_by_account(session)
        people = [(frozen_account(row), row.seen_at, factors.get(row.id)) for row in account_rows(session)]
    facts = [
        {
            "email": account.email,
            "name": account.name,
            "role": account.role,
            "is_disabled": account.disabled_at is not None,
            "seen_at": seen_at,
            "passkeys": has.passkeys if has else 0,
            "has_authenticator": bool(has and has.has_totp),
            "printed_codes_left": has.codes_left if has else 0,
        }
        for account, seen_at, has in people
    ]
    if as_json:
        print_json(facts)
        return
    for fact in facts:
        shut = ", shut" if fact["is_disabled"] else ""
        proofs = f"{fact['passkeys']} passkeys, {'an' if fact['has_authenticator'] else 'no'} authenticator"
        left = f"{fact['printed_codes_left']} printed codes"
        out.print(f"{fact['email']}  {fact['role']}{shut}: {proofs}, {left}", markup=False)


@app.command("recover")
def accounts_recover_command(
    email: Email,
    password_stdin: PasswordFromInput = False,
    keep_factors: Annotated[bool, typer.Option("--keep-factors", help="Keep passkeys and authenticator.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a person back in who lost everything: a new password and ten new codes, signed out everywhere.

    A shut account is opened. Whoever has this machine can do this; the audit log says who did.
    """
    password = _password(password_stdin)
    with opened() as installation, installation.database.transaction(by=operator()) as session:
        at, row = now(), _the_row(session, email)
        set_password(session, row.email, password, now=at)
        enable_account(session, row.email, now=at)
        if not keep_factors:
            forget_factors(session, row.id)
        codes = new_codes(session, installation.links.vault, frozen_account(row), now=at)
    shown = {} if password_stdin else {"password": password}
    if as_json:
        print_json({"email": email, **shown, "codes": codes})
        return
    for word in shown.values():
        out.print(f"Password, shown once: {word}", markup=False)
    _print_codes(email, codes)


@app.command("codes")
def accounts_codes_command(
    email: Email,
    posting: Annotated[
        bool, typer.Option("--posting", help="Codes for publishing by text, not for signing in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ten new printed codes for a person; the older ones stop working."""
    make = new_posting_codes if posting else new_codes
    with opened() as installation, installation.database.transaction(by=operator()) as session:
        account = frozen_account(_the_row(session, email))
        codes = make(session, installation.links.vault, account, now=now())
    if as_json:
        print_json({"email": email, "codes": codes})
    else:
        _print_codes(email, codes, "for one text" if posting else "once, together with the password")


def _print_codes(email: str, codes: list[str], works: str = "once, together with the password") -> None:
    out.print(f"Codes for {email}. Each works {works}; older ones are dead:", markup=False)
    for code in codes:
        out.print(f"  {code}", markup=False)


def _password(from_input: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_input else secrets.token_urlsafe(15)


def _the_row(session: Session, email: str) -> AccountRow:
    row = account_by_email(session, email)
    if row is None:
        raise NotFoundError(f"“{email}” has no account.")
    return row
