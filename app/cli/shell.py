"""What every command shares: the two streams, the opened installation, the time, and facts as JSON."""

import json
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from app.domain.audit import Actor, Means
from app.installation import Installation
from app.settings import Settings, load_settings

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

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


def operator() -> Actor:
    """Whoever types the command, as the audit log names them: the user of this machine, also behind sudo."""
    user = os.environ.get("SUDO_USER") or _user_name()
    network = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return Actor(None, f"{user}@{socket.gethostname()}", Means.COMMAND_LINE, network)


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number that has no name
        return f"user {os.getuid()}"


def now() -> datetime:
    """Aware UTC now."""
    return datetime.now(UTC)


def print_json(facts: object) -> None:
    """Facts for machines, on standard output."""
    out.print_json(json.dumps(facts, default=str))
