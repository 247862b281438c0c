"""`accounts`: who may sign in."""

import secrets
import sys
from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.accounts import add_account
from app.domain.accounts import Role

app = typer.Typer(no_args_is_help=True, help="Who may sign in.")


@app.command("add")
def accounts_add_command(
    email: Annotated[str, typer.Argument(help="Address to sign in with; not on the MLS's own domain.")],
    name: Annotated[str, typer.Option(help="Name of the person.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.COMMUNICATIONS_LEAD,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in. Without --password-stdin a password is made and shown once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(15)
    with opened() as installation, installation.database.transaction(operator()) as session:
        account = add_account(session, email=email, name=name, role=role, password=password, now=now())
        facts = {"id": account.id, "email": account.email, "role": account.role}
    if not password_stdin:
        facts["password"] = password
    if as_json:
        print_json(facts)
    else:
        shown = "" if password_stdin else f" Password, shown once: {password}"
        out.print(f"{email} may sign in as {role.value}.{shown}", markup=False)
