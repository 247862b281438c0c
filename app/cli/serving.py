"""`up`, `serve`, `worker`, `migrate` and `publish`: the processes, and what they stand on."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.accounts import add_account
from app.domain.accounts import Role
from app.domain.errors import RefusedError
from app.importers.demo import load_demo
from app.installation import Installation
from app.main import serve, up, work
from app.settings import Environment, Settings, load_settings
from app.store.accounts import account_rows

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]

app = typer.Typer()


@app.command("up")
def up_command(
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo organisation first.")] = False,
    outage: Annotated[bool, typer.Option("--outage", help="With --demo: begin with its dashboard outage.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Migrate, then run page, console and worker in one process."""
    base = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
    settings = load_settings(defaults={"public_url": base})
    with opened(settings) as installation:
        installation.migrate()
        if demo:
            load_demo(installation.database, installation.links.vault, by=operator(), now=now(), outage=outage)
            _print_first_sign_in(installation, settings)
        out.print(f"\n  Page     {settings.public_url}/\n  Console  {settings.public_url}/admin\n  Stop with Ctrl-C.\n")
        up(installation, host=host, port=port)


def _print_first_sign_in(installation: Installation, settings: Settings) -> None:
    if settings.environment is Environment.PRODUCTION:
        return
    with installation.database.transaction(operator()) as session:
        if account_rows(session):
            out.print("\n  Sign in with the account made at the first start.")
            return
        password = secrets.token_urlsafe(12)
        add_account(
            session,
            email="tess@hpmls-ops.example",
            name="Tess Marchetti",
            role=Role.ADMINISTRATOR,
            password=password,
            now=now(),
        )
    out.print(f"\n  First sign-in (shown once): tess@hpmls-ops.example  {password}", markup=False)


@app.command("serve")
def serve_command(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run page and console only; a worker publishes elsewhere."""
    with opened() as installation:
        serve(installation, host=host, port=port)


@app.command("worker")
def worker_command() -> None:
    """Run the background side only."""
    with opened() as installation:
        work(installation)


@app.command("migrate")
def migrate_command() -> None:
    """Create or upgrade the database."""
    with opened() as installation:
        installation.migrate()
    out.print("The database is up to date.")


@app.command("publish")
def publish_command(
    to: Annotated[Path | None, typer.Option(help="Write the documents into this folder instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Render every public document now."""
    with opened() as installation:
        edition = installation.publisher(to).publish()
    if edition is None:
        raise RefusedError("Nothing was published: another publisher is at work, or no organisation is set up.")
    facts = {"generation": edition.generation, "as_of": edition.as_of, "documents": len(edition.documents)}
    if as_json:
        print_json(facts)
    else:
        out.print(f"Published generation {edition.generation}: {len(edition.documents)} documents.")
