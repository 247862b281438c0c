"""`keys`: programs that may post here."""

from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.api_keys import create_api_key, revoke_api_key
from app.domain.api_keys import DEFAULT_PER_MINUTE, ApiKey, Scope
from app.store.api_keys import api_key_rows, frozen_api_key

app = typer.Typer(no_args_is_help=True, help="Programs that may post here.")


@app.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="The program that will use it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    per_minute: Annotated[int, typer.Option(help="Requests a minute.")] = DEFAULT_PER_MINUTE,
    as_json: AsJson = False,
) -> None:
    """Make a key for the Manage API. It is shown once."""
    with opened() as installation, installation.database.transaction(operator()) as session:
        key, token = create_api_key(session, name, scope, per_minute=per_minute, now=now())
    if as_json:
        print_json(_facts(key) | {"key": token})
    else:
        out.print(f"Key {key.id} for {key.name}, shown once: {token}", markup=False, soft_wrap=True)


@app.command("revoke")
def revoke_command(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Which one, as `keys list` names it.")],
    as_json: AsJson = False,
) -> None:
    """Take a key away; its next request is refused."""
    with opened() as installation, installation.database.transaction(operator()) as session:
        key = revoke_api_key(session, key_id, now=now())
    if as_json:
        print_json(_facts(key))
    else:
        out.print(f"The key of {key.name} is revoked.", markup=False)


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Say which keys there are."""
    with opened() as installation, installation.database.read() as session:
        listed = [frozen_api_key(row) for row in api_key_rows(session)]
    if as_json:
        print_json([_facts(key) for key in listed])
        return
    for key in listed:
        state = "revoked" if key.revoked_at else f"last used {key.last_used_at or 'never'}"
        out.print(f"{key.id}  …{key.hint}  {key.name}: {', '.join(sorted(key.scopes))} ({state})", markup=False)
    if not listed:
        out.print("There are no keys yet.")


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "scopes": sorted(key.scopes),
        "per_minute": key.per_minute,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
