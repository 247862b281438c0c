"""`subscribers`: who is told."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn

from app.cli.shell import AsJson, err, now, opened, operator, out, print_json
from app.commands.secret_keys import bring_secrets_along, stale_prints
from app.domain.errors import RefusedError
from app.importers.subscribers import erase_one, export_file, export_one, export_to, import_list, mark_test, rekey

app = typer.Typer(no_args_is_help=True, help="Who is told.")


@app.command("import")
def subscribers_import_command(
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="List with proof of consent in every row.")],
    as_json: AsJson = False,
) -> None:
    """Take in a member list. Safe to repeat; rows without proof are skipped, and nobody is sent anything."""
    with (
        opened() as installation,
        Progress(TextColumn("{task.completed} rows"), console=err, transient=True) as bar,
    ):
        task = bar.add_task("Importing", total=None)
        summary = import_list(
            installation.database,
            installation.links.vault,
            path,
            by=operator(),
            now=now(),
            on_progress=lambda done: bar.update(task, completed=done),
        )
    if as_json:
        print_json(asdict(summary))
        return
    out.print(f"{summary.created} new, {summary.unchanged} here already, {len(summary.skipped)} skipped.")
    for skipped in summary.skipped:
        out.print(f"  Skipped {skipped.record}: {skipped.reason}", markup=False)


@app.command("export")
def subscribers_export_command(
    to: Annotated[Path | None, typer.Option(help="Write into this new file, for you alone.")] = None,
    address: Annotated[str | None, typer.Option(help="Only what is kept about this one, as JSON.")] = None,
) -> None:
    """Write every subscription as CSV with addresses in clear, or all that is kept about one person."""
    with opened() as installation:
        database, vault = installation.database, installation.links.vault
        if address is not None:
            print_json(export_one(database, vault, address, by=operator(), now=now()))
        elif to is None:
            export_to(database, vault, sys.stdout, by=operator(), now=now())
        else:
            out.print(f"Wrote {export_file(database, vault, to, by=operator(), now=now()):,} subscriptions.")


@app.command("erase")
def subscribers_erase_command(
    address: Annotated[str, typer.Argument(help="Number, mailbox, webhook or chat that is subscribed.")],
    sure: Annotated[bool, typer.Option("--sure", help="Do it: an erased address cannot be brought back.")] = False,
) -> None:
    """Forget one address for good; only that somebody was here is still known."""
    if not sure:
        raise RefusedError("Say --sure. An erased address cannot be brought back.")
    with opened() as installation:
        erase_one(installation.database, installation.links.vault, address, by=operator(), now=now())
    out.print("Erased.")


@app.command("drills")
def subscribers_drills_command(
    address: Annotated[str, typer.Argument(help="Number, mailbox, webhook or chat that is subscribed.")],
    off: Annotated[bool, typer.Option("--off", help="Let it hear of drills no longer.")] = False,
) -> None:
    """Let a subscriber hear of drills, which nobody else is told of."""
    with opened() as installation:
        database, vault = installation.database, installation.links.vault
        mark_test(database, vault, address, not off, by=operator(), now=now())
    out.print("It hears of drills no longer." if off else "It hears of drills now.")


@app.command("rekey")
def subscribers_rekey_command() -> None:
    """After a change of PORCHLIGHT_SECRET_KEY: bring every address, and what staff keep sealed, under the new key."""
    with opened() as installation:
        vault = installation.links.vault
        number = rekey(installation.database, vault, by=operator(), now=now())
        with installation.database.transaction(operator()) as session:
            kept, printed = bring_secrets_along(session, vault, now=now()), stale_prints(session)
    out.print(f"{number:,} subscriptions are under the current key, and {kept:,} secrets of the staff.")
    if printed:
        people = "1 person has" if printed == 1 else f"{printed:,} people have"
        out.print(f"{people} printed codes. Let them print new ones before the old key goes.")
    else:
        out.print("The old key may go.")
