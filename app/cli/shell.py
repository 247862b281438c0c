"""What every command shares: the two streams, the opened installation, the time, and facts as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from app.main import Installation
from app.settings import Settings, load_settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Installation]:
    """The installation of the environment's settings, closed at the end.

    Raises:
        RefusedError: a setting is unsafe or malformed.
        UnavailableError: the database URL is of no use.
    """
    installation = Installation.open(settings or load_settings())
    try:
        yield installation
    finally:
        installation.close()


def now() -> datetime:
    """Aware UTC now."""
    return datetime.now(UTC)


def print_json(facts: object) -> None:
    """Facts for machines, on standard output."""
    out.print_json(json.dumps(facts, default=str))
