"""`backup`, `restore`, `take-back`, `release-notices`, `rescue`: a copy of everything, the way back, and paper."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli.shell import AsJson, err, now, opened, operator, out, print_json
from app.commands.restorations import note_restore, release_notices
from app.commands.taking_back import take_back
from app.domain.errors import PorchlightError, RefusedError
from app.importers.published import PATHS, read_published, saved_documents
from app.installation import Installation
from app.monitor.backups import back_up, newest_backup
from app.monitor.rescue import write_rescue
from app.monitor.restoring import Restored, restore
from app.publish.directory import load_edition
from app.settings import Settings
from app.store.restorations import standing_hold

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
        taken, trouble = _try_to_take_back(installation)
    if as_json:
        facts = {"taken_at": restored.facts.taken_at, "rows": sum(restored.facts.rows.values())}
        facts |= {"taken_back": taken, "not_taken_back": trouble}
        print_json(facts | {"audit_head": restored.facts.audit_head, "laid_aside": restored.laid_aside})
    else:
        _print_restored(restored)
        _print_taken(taken)
    if trouble:
        err.print(f"{trouble} Before you start it: porchlight take-back", soft_wrap=True)


def _try_to_take_back(installation: Installation) -> tuple[list[str], str]:
    """What was published since the backup, and why it could not be had; the restore itself stands either way."""
    try:
        return _take_back(installation, _published_last(installation.settings)), ""
    except PorchlightError as error:
        return [], f"What members were told since the backup is not back yet: {error}"


def _published_last(settings: Settings) -> Iterator[dict[str, bytes]]:
    """What was published last: in the folder, then in the bucket, where there are any.

    Raises:
        UnavailableError: the bucket cannot be read.
    """
    if edition := load_edition(settings.documents_dir):
        yield {path: edition.documents[path].body for path in PATHS if path in edition.documents}
    if settings.s3_bucket:
        # Imported here: boto3 takes half a second that other commands do without.
        from app.publish.s3 import S3Sink

        bucket = S3Sink(settings.s3_bucket, settings.s3_prefix)
        found = {path: bucket.read(path) for path in PATHS}
        yield {path: body for path, body in found.items() if body}


def _take_back(installation: Installation, published: Iterable[Mapping[str, bytes]]) -> list[str]:
    taken: list[str] = []
    for documents in published:
        records = read_published(documents)
        with installation.database.transaction(operator()) as session:
            hold = standing_hold(session)
            if hold is None:
                raise RefusedError("Nothing is held: words are taken back after a restore and before release-notices.")
            taken += take_back(session, records, since=hold.taken_at, now=now())
    return taken


def _print_taken(titles: list[str]) -> None:
    if titles:
        told = "; ".join(dict.fromkeys(titles))
        out.print(f"Members were told more since; it was taken back from what was published: {told}.", soft_wrap=True)


@app.command("take-back")
def take_back_command(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder with incidents.json and scheduled-maintenances.json."),
    ] = None,
) -> None:
    """After a restore: take back what members were told since the backup, from the bucket, the documents or DIR."""
    with opened() as installation:
        published = [saved_documents(folder)] if folder else _published_last(installation.settings)
        taken = _take_back(installation, published)
    _print_taken(taken)
    if not taken:
        out.print("Nothing was published since the backup that does not stand here.")


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
