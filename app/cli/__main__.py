"""The `porchlight` command.

Every command says in one line what it did, or why it refused (exit code 1) and does nothing by
halves. `--json` prints facts for machines.
"""

import sys

import typer

from app.cli import accounts, audit, backups, drills, failover, history, keys, posting, readiness, serving, subscribers
from app.cli.shell import err
from app.domain.errors import PorchlightError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for commands in (serving.app, posting.app, history.app, readiness.app, backups.app):
    app.add_typer(commands)
app.add_typer(accounts.app, name="accounts")
app.add_typer(audit.app, name="audit")
app.add_typer(drills.app, name="drill")
app.add_typer(failover.app, name="failover")
app.add_typer(keys.app, name="keys")
app.add_typer(subscribers.app, name="subscribers")


def main() -> None:
    """Run the command; a refusal is one clear line and exit code 1, never a stack trace."""
    try:
        app()
    except PorchlightError as error:
        err.print(f"Refused: {error}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
