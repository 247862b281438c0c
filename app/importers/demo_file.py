"""The demo file: Harbor & Pines MLS, its translations, and moving its story to another day.

Every date is moved by the same number of whole weeks, so that the file's own day falls on today and
weekdays stay true. What is moved is the local date: nine in the morning stays nine in the morning.
A stretch that spans a change of the clocks may therefore be an hour longer or shorter once it has
been moved.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.importers.reading import read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "demo"
FILE = "harbor-pines.yaml"
TRANSLATIONS = ("harbor-pines.es.yaml",)


def read_demo() -> dict[str, Any]:
    """The file as it stands, at its own dates."""
    return _read(FILE)


def read_translations() -> list[dict[str, Any]]:
    """The names and texts of groups and components in other languages."""
    return [_read(name) for name in TRANSLATIONS]


def _read(name: str) -> dict[str, Any]:
    content: Any = read_yaml(FOLDER / name)
    return dict(content)


def moved(value: Any, weeks: int, zone: ZoneInfo) -> Any:
    """The same structure with every date and moment that many weeks later on the clock of `zone`.

    Moments become UTC. Where nothing moves they keep their very instant: an hour that the clocks
    repeat must keep its side.
    """
    if isinstance(value, dict):
        return {name: moved(item, weeks, zone) for name, item in value.items()}
    if isinstance(value, list):
        return [moved(item, weeks, zone) for item in value]
    if isinstance(value, datetime):
        later = value.astimezone(zone) + timedelta(weeks=weeks) if weeks else value
        return later.astimezone(UTC)
    return value + timedelta(weeks=weeks) if isinstance(value, date) else value


def as_json(value: Any) -> Any:
    """The same structure as JSON keeps it: dates and moments in ISO 8601."""
    if isinstance(value, dict):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
