"""`import` and `demo`: records from elsewhere, and the invented organisation to try Porchlight with."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from app.cli.shell import AsJson, err, now, opened, operator, out, print_json
from app.domain.errors import RefusedError
from app.importers.demo import load_demo
from app.importers.registry import IMPORTERS, run_import

app = typer.Typer()
demo_app = typer.Typer(no_args_is_help=True, help="The invented organisation to try Porchlight with.")
app.add_typer(demo_app, name="demo")


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
    with opened() as installation, Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Importing", total=None)
        summary = run_import(
            installation.database,
            kind,
            path,
            by=operator(),
            now=now(),
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(asdict(summary))
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
    with opened() as installation:
        installation.migrate()
        summary = load_demo(installation.database, installation.links.vault, by=operator(), now=now(), outage=outage)
    if as_json:
        print_json(asdict(summary))
    else:
        out.print("The demo organisation is loaded.")
