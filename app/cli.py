"""The `porchlight` command.

Every command says in one line what it did, or why it refused (exit code 1) and does nothing by
halves. `--json` prints facts for machines.
"""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from app.commands.accounts import add_account
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.errors import PorchlightError, RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.organisation import Organisation
from app.domain.promises import suggested_promise
from app.domain.severity import Severity, Urgency, default_urgency
from app.importers.demo import load_demo
from app.importers.registry import IMPORTERS, run_import
from app.importers.subscribers import export_file, export_one, export_to, import_list, rekey
from app.main import Installation, serve, up, work
from app.monitor.doctor import Finding, examine
from app.settings import Environment, Settings, load_settings
from app.store.accounts import account_rows
from app.store.incidents import the_incident
from app.store.organisation import the_organisation

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
demo_app = typer.Typer(no_args_is_help=True, help="The invented organisation to try Porchlight with.")
accounts_app = typer.Typer(no_args_is_help=True, help="Who may sign in.")
app.add_typer(demo_app, name="demo")
app.add_typer(accounts_app, name="accounts")
subscribers_app = typer.Typer(no_args_is_help=True, help="Who is told.")
app.add_typer(subscribers_app, name="subscribers")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def main() -> None:
    """Run the command; a refusal is one clear line and exit code 1, never a stack trace."""
    try:
        app()
    except PorchlightError as error:
        err.print(f"Refused: {error}", style="red", markup=False)
        sys.exit(1)


@contextmanager
def _installation(settings: Settings | None = None) -> Iterator[Installation]:
    installation = Installation.open(settings or load_settings())
    try:
        yield installation
    finally:
        installation.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _print_json(facts: object) -> None:
    out.print_json(json.dumps(facts, default=str))


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
    with _installation(settings) as installation:
        installation.migrate()
        if demo:
            load_demo(installation.database, now=_now(), outage=outage)
            _print_first_sign_in(installation, settings)
        out.print(f"\n  Page     {settings.public_url}/\n  Console  {settings.public_url}/admin\n  Stop with Ctrl-C.\n")
        up(installation, host=host, port=port)


def _print_first_sign_in(installation: Installation, settings: Settings) -> None:
    if settings.environment is Environment.PRODUCTION:
        return
    with installation.database.transaction() as session:
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
            now=_now(),
        )
    out.print(f"\n  First sign-in (shown once): tess@hpmls-ops.example  {password}", markup=False)


@app.command("serve")
def serve_command(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run page and console only; a worker publishes elsewhere."""
    with _installation() as installation:
        serve(installation, host=host, port=port)


@app.command("worker")
def worker_command() -> None:
    """Run the background side only."""
    with _installation() as installation:
        work(installation)


@app.command("migrate")
def migrate_command() -> None:
    """Create or upgrade the database."""
    with _installation() as installation:
        installation.migrate()
    out.print("The database is up to date.")


@app.command("publish")
def publish_command(
    to: Annotated[Path | None, typer.Option(help="Write the documents into this folder instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Render every public document now."""
    with _installation() as installation:
        edition = installation.publisher(to).publish()
    if edition is None:
        raise RefusedError("Nothing was published: another publisher is at work, or no organisation is set up.")
    facts = {"generation": edition.generation, "as_of": edition.as_of, "documents": len(edition.documents)}
    if as_json:
        _print_json(facts)
    else:
        out.print(f"Published generation {edition.generation}: {len(edition.documents)} documents.")


@app.command("post")
def post_command(
    status: Annotated[IncidentStatus, typer.Option(help="Where the incident stands.")],
    body: Annotated[str, typer.Option(help="What members should read.")],
    incident: Annotated[str | None, typer.Option(help="Id or reference of an open incident.")] = None,
    new: Annotated[str | None, typer.Option(metavar="TITLE", help="Open a new incident with this title.")] = None,
    component: Annotated[list[str] | None, typer.Option(metavar="SLUG=STATUS", help="May be repeated.")] = None,
    next_update: Annotated[str | None, typer.Option(metavar="ISO", help="When members hear next.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Suggested from the components when left out.")] = None,
    no_notify: Annotated[bool, typer.Option("--no-notify", help="Publish without telling subscribers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Post an update, or open an incident, and publish it."""
    if (incident is None) == (new is None):
        raise RefusedError("Say either --incident ID or --new TITLE.")
    now = _now()
    with _installation() as installation:
        with installation.database.transaction() as session:
            organisation = the_organisation(session)
            known = the_incident(session, incident) if incident else None
            urgency = (known and known.urgency) or default_urgency(severity or Severity.HIGH)
            draft = UpdateDraft(
                status=status,
                body=body,
                components=_states(component or []),
                next_update_at=_promise(next_update, status, urgency, organisation, now),
                notify=not no_notify,
            )
            if new is not None:
                posted = open_incident(session, IncidentDraft(new, draft, severity=severity), now=now)
            else:
                posted = post_update(session, incident or "", draft, now=now)
        edition = installation.publisher().publish_if_owed()
    _say_posted(posted, edition.generation if edition else None, as_json)


def _say_posted(posted: Incident, generation: int | None, as_json: bool) -> None:
    if as_json:
        facts = {"incident": posted.id, "status": posted.status, "promised_at": posted.promised_at}
        _print_json(facts | {"generation": generation})
        return
    where = f"published as generation {generation}" if generation else "the worker is publishing it"
    out.print(f"Posted on incident {posted.id} ({posted.status}); {where}.")


def _states(pairs: list[str]) -> dict[str, ComponentStatus]:
    states: dict[str, ComponentStatus] = {}
    for pair in pairs:
        slug, _, status = pair.partition("=")
        try:
            states[slug.strip()] = ComponentStatus(status.strip())
        except ValueError:
            words = ", ".join(ComponentStatus)
            raise RefusedError(f"“{pair}” is not SLUG=STATUS. The statuses are: {words}.") from None
    return states


def _promise(
    given: str | None, status: IncidentStatus, urgency: Urgency, organisation: Organisation, now: datetime
) -> datetime | None:
    if given is None:
        return suggested_promise(urgency, now, organisation.day) if status.is_open else None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise RefusedError(f"“{given}” is not a time like 2026-04-04T22:30 or 2026-04-04T22:30:00-05:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=organisation.zone)


@app.command("import")
def import_command(
    kind: Annotated[str, typer.Argument(help=f"What wrote the history: {', '.join(IMPORTERS)}.")],
    path: Annotated[Path, typer.Argument(help="File or folder to read.", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Bring in incident history. Safe to repeat; never notifies anybody."""
    if kind not in IMPORTERS:
        raise RefusedError(f"“{kind}” is not a kind of history; choose from {', '.join(IMPORTERS)}.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with _installation() as installation, Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Importing", total=None)
        summary = run_import(
            installation.database,
            kind,
            path,
            now=_now(),
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        _print_json(asdict(summary))
        return
    out.print(
        f"Imported from {kind}: {summary.created} new, {summary.changed} changed, "
        f"{summary.unchanged} unchanged, {summary.defects} defects noted."
    )
    for skipped in summary.skipped:
        out.print(f"  Skipped {skipped.record}: {skipped.reason}", markup=False)


@demo_app.command("load")
def demo_load_command(
    outage: Annotated[bool, typer.Option("--outage", help="Begin with the dashboard outage.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load the invented Harbor & Pines MLS, its components and its past incidents."""
    with _installation() as installation:
        installation.migrate()
        summary = load_demo(installation.database, now=_now(), outage=outage)
    if as_json:
        _print_json(asdict(summary))
    else:
        out.print("The demo organisation is loaded.")


@accounts_app.command("add")
def accounts_add_command(
    email: Annotated[str, typer.Argument(help="Address to sign in with; not on the MLS's own domain.")],
    name: Annotated[str, typer.Option(help="Name of the person.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.COMMUNICATIONS_LEAD,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in. Without --password-stdin a password is made and shown once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(15)
    with _installation() as installation, installation.database.transaction() as session:
        account = add_account(session, email=email, name=name, role=role, password=password, now=_now())
        facts = {"id": account.id, "email": account.email, "role": account.role}
    if not password_stdin:
        facts["password"] = password
    if as_json:
        _print_json(facts)
    else:
        shown = "" if password_stdin else f" Password, shown once: {password}"
        out.print(f"{email} may sign in as {role.value}.{shown}", markup=False)


@subscribers_app.command("import")
def subscribers_import_command(
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="List with proof of consent in every row.")],
    as_json: AsJson = False,
) -> None:
    """Take in a member list. Safe to repeat; rows without proof are skipped, and nobody is sent anything."""
    with (
        _installation() as installation,
        Progress(TextColumn("{task.completed} rows"), console=err, transient=True) as bar,
    ):
        task = bar.add_task("Importing", total=None)
        summary = import_list(
            installation.database,
            installation.links.vault,
            path,
            now=_now(),
            on_progress=lambda done: bar.update(task, completed=done),
        )
    if as_json:
        _print_json(asdict(summary))
        return
    out.print(f"{summary.created} new, {summary.unchanged} here already, {len(summary.skipped)} skipped.")
    for skipped in summary.skipped:
        out.print(f"  Skipped {skipped.record}: {skipped.reason}", markup=False)


@subscribers_app.command("export")
def subscribers_export_command(
    to: Annotated[Path | None, typer.Option(help="Write into this new file, for you alone.")] = None,
    address: Annotated[str | None, typer.Option(help="Only what is kept about this one, as JSON.")] = None,
) -> None:
    """Write every subscription as CSV with addresses in clear, or all that is kept about one person."""
    with _installation() as installation:
        database, vault = installation.database, installation.links.vault
        if address is not None:
            _print_json(export_one(database, vault, address, now=_now()))
        elif to is None:
            export_to(database, vault, sys.stdout)
        else:
            out.print(f"Wrote {export_file(database, vault, to):,} subscriptions.")


@subscribers_app.command("rekey")
def subscribers_rekey_command() -> None:
    """After a change of PORCHLIGHT_SECRET_KEY: bring every address under the new key."""
    with _installation() as installation:
        number = rekey(installation.database, installation.links.vault)
    out.print(f"{number:,} subscriptions are under the current key. The old one may go.")


@app.command("doctor")
def doctor_command(as_json: AsJson = False) -> None:
    """Say what would fail tonight."""
    settings = load_settings()
    is_production = settings.environment is Environment.PRODUCTION
    installations: list[Installation] = []

    def open_database():  # type: ignore[no-untyped-def]
        installations.append(Installation.open(settings))
        return installations[0].database

    checks = list(examine(open_database, settings.documents_dir, is_production=is_production, now=_now()))
    for installation in installations:
        installation.close()
    if as_json:
        _print_json([asdict(check) for check in checks])
    else:
        _print_checks(checks)
    if any(check.finding is Finding.FAIL for check in checks):
        raise typer.Exit(1)


def _print_checks(checks: list) -> None:  # type: ignore[type-arg]
    colours = {Finding.OK: "green", Finding.WARN: "yellow", Finding.FAIL: "red"}
    table = Table(show_header=False, box=None)
    for check in checks:
        table.add_row(f"[{colours[check.finding]}]{check.finding.value}[/]", check.name, check.words)
    out.print(table)


if __name__ == "__main__":
    main()
