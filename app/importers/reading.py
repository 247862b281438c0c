"""Opening files that strangers made: size, encoding, place and shape are checked before anything is believed.

Every refusal names the file, and the position where there is one.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from app.domain.errors import RefusedError

FILE_LIMIT = 64 * 1024 * 1024
"""Bytes in one JSON file."""

YAML_LIMIT = 1024 * 1024
"""Bytes in one YAML file or front matter; nobody writes more by hand, and reading it is slow."""

NODE_LIMIT = 50_000
"""Values in one YAML document."""


def read_text(path: Path, *, limit: int = FILE_LIMIT) -> str:
    """A whole file as text, with or without a byte order mark.

    Raises:
        RefusedError: it cannot be read, is too large, is not a plain file or not UTF-8.
    """
    if not path.is_file():
        raise RefusedError(f"There is no file “{path.name}” here.")
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise RefusedError(f"“{path.name}” cannot be read: {error.strerror}.") from None
    if len(content) > limit:
        raise RefusedError(f"“{path.name}” is larger than {limit // 1024 // 1024} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(f"“{path.name}” is not UTF-8: see byte {error.start + 1:,}.") from None


def read_json(path: Path) -> object:
    """A JSON file.

    Raises:
        RefusedError: as for `read_text`, or it is malformed or nested too deeply.
    """
    text = read_text(path)
    try:
        content: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise RefusedError(
            f"“{path.name}” is not JSON: see line {error.lineno}, column {error.colno} ({error.msg})."
        ) from None
    except (ValueError, RecursionError):
        raise RefusedError(f"“{path.name}” holds numbers or nesting that nobody could mean.") from None
    return content


def read_yaml(path: Path) -> object:
    """A YAML file.

    Raises:
        RefusedError: as for `parse_yaml`.
    """
    return parse_yaml(read_text(path, limit=YAML_LIMIT), path.name)


def parse_yaml(text: str, name: str) -> object:
    """YAML text; `name` is what a refusal calls it.

    Aliases are refused: a few lines of them unfold to more than any memory holds.

    Raises:
        RefusedError: it is malformed, has aliases, or is too long or nested too deeply.
    """
    try:
        _check_yaml(text, name)
        content: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        position = f" line {mark.line + 1}, column {mark.column + 1}" if mark else " its start"
        raise RefusedError(f"“{name}” is not YAML: see{position}.") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        raise RefusedError(f"“{name}” holds a value that cannot be read.") from None
    return content


def _check_yaml(text: str, name: str) -> None:
    if len(text) > YAML_LIMIT:
        raise RefusedError(f"“{name}” is larger than {YAML_LIMIT // 1024 // 1024} MB.")
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise RefusedError(f"“{name}” uses the YAML alias “{event.anchor}”; write it out.")
        if number > NODE_LIMIT:
            raise RefusedError(f"“{name}” has more than {NODE_LIMIT:,} values.")


def file_in(folder: Path, *names: str) -> Path | None:
    """The first of these files that a folder has.

    Raises:
        RefusedError: it is a link that leads out of the folder.
    """
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is not None and _leads_out(found, folder):
        raise RefusedError(f"“{found.name}” is a link that leads out of the folder.")
    return found


def files_in(folder: Path, pattern: str) -> Iterator[tuple[Path, str]]:
    """Files of a folder by name, each with the reason not to open it, or ""."""
    for path in sorted(folder.glob(pattern)):
        yield path, "It is a link that leads out of the folder." if _leads_out(path, folder) else ""


def _leads_out(path: Path, folder: Path) -> bool:
    """An archive from a stranger could point at anything on this machine."""
    return not path.resolve().is_relative_to(folder.resolve())
