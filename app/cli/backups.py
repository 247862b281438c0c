"""`backup`, `restore`, `release-notices` and `rescue`: a copy of everything, the way back from it, and paper."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.restorations import note_restore, release_notices
from app.monitor.backups import back_up, newest_backup
from app.monitor.rescue import write_rescue
from app.monitor.restoring import Restored, restore

app = typer.Typer()


@app.command("backup")
def backup_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that keeps the backups.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Keep so many of them; PORCHLIGHT_BACKUP_KEEP otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sealed backup of everything, and prove that it can be read back."""
    with opened() as installation:
        settings = installation.settings
        made = back_up(
            installation.database,
            settings.data_dir,
            folder,
            settings.backup_key,
            keep=keep or settings.backup_keep,
            now=now(),
        )
    rows = sum(made.facts.rows.values())
    if as_json:
        facts = {"file": made.path, "bytes": made.size, "rows": rows, "taken_at": made.facts.taken_at}
        print_json(facts | {"schema": made.facts.schema, "audit_head": made.facts.audit_head})
    else:
        out.print(f"Wrote {made.path}: {rows:,} rows, {made.size:,} bytes, read back whole.", soft_wrap=True)


@app.command("restore")
def restore_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The backup, or a folder of backups to take the newest of.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Also where the database holds something.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty database. Nothing is sent until `release-notices`."""
    with opened() as installation:
        settings = installation.settings
        restored = restore(
            installation.database,
            settings.data_dir,
            newest_backup(file),
            settings.backup_key,
            now=now(),
            may_replace=replace,
        )
        installation.migrate()
        with installation.database.transaction(operator()) as session:
            note_restore(session, restored.facts, now=now())
    if as_json:
        facts = {"taken_at": restored.facts.taken_at, "rows": sum(restored.facts.rows.values())}
        print_json(facts | {"audit_head": restored.facts.audit_head, "laid_aside": restored.laid_aside})
    else:
        _print_restored(restored)


def _print_restored(restored: Restored) -> None:
    facts = restored.facts
    out.print(f"Restored the state of {facts.taken_at:%Y-%m-%d %H:%M} UTC: {sum(facts.rows.values()):,} rows.")
    if restored.laid_aside:
        out.print(f"{restored.laid_aside} posts that waited lie in spool/refused: read them, and post again by hand.")
    out.print(
        "Nothing that was said before is sent again, and the clock says nothing, until somebody looks and runs: "
        "porchlight release-notices",
        soft_wrap=True,
    )


@app.command("release-notices")
def release_command() -> None:
    """After a restore: let reminders and planned work speak again."""
    with opened() as installation, installation.database.transaction(operator()) as session:
        release_notices(session, now=now())
    out.print("Released. The clock speaks again; what was said before the restore stays unsent.")


@app.command("rescue")
def rescue_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for rescue.html and rescue.pdf.")],
) -> None:
    """Write what people need on paper when nothing of ours runs: contacts, sign-ins, scripts, steps."""
    with opened() as installation:
        written = write_rescue(installation.rescue_bundle(), folder)
    out.print(f"Wrote {written[0]} and {written[1]}. Print one, and keep it where the machine is not.", soft_wrap=True)
