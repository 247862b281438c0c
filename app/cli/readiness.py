"""`doctor`: what would fail tonight."""

from dataclasses import asdict

import typer
from rich.table import Table

from app.cli.shell import AsJson, now, out, print_json
from app.installation import Installation, providers_of
from app.monitor.doctor import Finding, examine
from app.settings import Environment, load_settings

app = typer.Typer()


@app.command("doctor")
def doctor_command(as_json: AsJson = False) -> None:
    """Say what would fail tonight."""
    settings = load_settings()
    is_production = settings.environment is Environment.PRODUCTION
    installations: list[Installation] = []

    def open_database():  # type: ignore[no-untyped-def]
        installations.append(Installation.open(settings))
        return installations[0].database

    able = providers_of(settings).channels
    found = examine(open_database, settings.documents_dir, is_production=is_production, now=now(), channels=able)
    checks = list(found)
    for installation in installations:
        installation.close()
    if as_json:
        print_json([asdict(check) for check in checks])
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
