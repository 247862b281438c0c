"""`doctor`: what would fail tonight."""

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.shell import AsJson, now, out, print_json
from app.domain.examination import Check, Finding, has_failed
from app.examination import examination
from app.providing import providers_of
from app.settings import load_settings
from app.store.session import Database

_COLOURS = {Finding.OK: "green", Finding.WARN: "yellow", Finding.FAIL: "red"}

app = typer.Typer()


@app.command("doctor")
def doctor_command(as_json: AsJson = False) -> None:
    """Say what would fail tonight."""
    settings = load_settings()
    opened: list[Database] = []

    def database() -> Database:
        opened.append(Database.open(settings.database_url))
        return opened[-1]

    checks = examination(settings, database, providers_of(settings).channels, now=now())
    for one in opened:
        one.close()
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        _print_checks(checks)
    if has_failed(checks):
        raise typer.Exit(1)


def _print_checks(checks: Sequence[Check]) -> None:
    table = Table(show_header=False, box=None)
    for check in checks:
        words = escape(f"{check.words} {check.remedy}".strip())
        table.add_row(f"[{_COLOURS[check.finding]}]{check.finding.value}[/]", check.name, words)
    out.print(table)
