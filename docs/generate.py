"""Write the parts of docs/ that the code knows better than a person: commands and settings.

`python docs/generate.py` writes them; with `--check` it only says which are out of date, and
exits with 1 if any are. A generated part stands between two HTML comments that name it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from app.cli.__main__ import app
from app.settings import PREFIX, SECRETS, Settings

DOCS = Path(__file__).parent


def main() -> int:
    """Write or check every generated part; the exit code."""
    parts = {"commands.md": commands(), "settings.md": settings_table()}
    stale = [name for name, text in parts.items() if is_stale(DOCS / name, text)]
    if "--check" in sys.argv:
        sys.stderr.writelines(f"docs/{name} is out of date. Run: make docs\n" for name in stale)
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(with_part(DOCS / name, parts[name]), encoding="utf-8")
    return 0


def is_stale(page: Path, text: str) -> bool:
    """Whether the page says something else than the code does."""
    return with_part(page, text) != page.read_text(encoding="utf-8")


def with_part(page: Path, text: str) -> str:
    """The page with its generated part replaced."""
    begin, end = "<!-- generated: make docs -->\n", "<!-- end -->"
    return re.sub(
        f"(?s){begin}.*?{end}", lambda _: f"{begin}\n{text}\n{end}", page.read_text(encoding="utf-8"), count=1
    )


def settings_table() -> str:
    """Every setting as a row: its name, its default, what it is."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        also = f" Also as a file: `{variable}_FILE`." if name.upper() in SECRETS else ""
        rows.append(f"| `{variable}` | {shown(field.default)} | {field.description}{also} |")
    return "\n".join(rows) + "\n"


def shown(default: object) -> str:
    """A default as one would set it; empty ones as "none"."""
    text = ",".join(default) if isinstance(default, tuple) else str(default)
    return f"`{text}`" if text else "none"


def commands() -> str:
    """Every command of the command line with its arguments and options."""
    return "\n".join(described("porchlight", typer.main.get_command(app)))


def described(name: str, command: typer.core.TyperCommand | typer.core.TyperGroup) -> Iterator[str]:
    """One command as Markdown, or everything below a group."""
    if isinstance(command, typer.core.TyperGroup):
        for key in sorted(command.commands):
            yield from described(f"{name} {key}", command.commands[key])
        return
    yield f"### `{name}`\n"
    yield f"{command.help}\n"
    parameters = [*explained(command)]
    if parameters:
        yield "\n".join(["| | |", "| --- | --- |", *parameters]) + "\n"


def explained(command: typer.core.TyperCommand) -> Iterator[str]:
    """A table row for each argument and option."""
    context = typer.Context(command)
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record:
            spelling, words = (re.sub(r"\s+", " ", text).replace("|", r"\|") for text in record)
            yield f"| `{spelling}` | {words} |"


if __name__ == "__main__":
    sys.exit(main())
