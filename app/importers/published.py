"""What members were told, read back from the documents that were published last (`app.commands.taking_back`)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.commands.imported import ImportedIncident, ImportedMaintenance, ImportedRecord
from app.domain.errors import RefusedError
from app.importers.statuspage import records_of

PATHS = ("/api/v2/incidents.json", "/api/v2/scheduled-maintenances.json")
"""The documents with every public word of the newest fifty incidents and of as many pieces of planned work."""


def read_published(documents: Mapping[str, bytes]) -> list[ImportedRecord]:
    """The records of these documents with our own ids, and the promises that Statuspage's form does not know.

    Raises:
        RefusedError: one of them is not what Porchlight publishes.
    """
    promises = dict(_promises(documents))
    found: list[ImportedRecord] = []
    for item in records_of(documents):
        if isinstance(item, ImportedIncident | ImportedMaintenance):
            said = tuple(replace(update, next_update_at=promises.get(update.external_id)) for update in item.updates)
            found.append(replace(item, updates=said))
    return found


def saved_documents(folder: Path) -> dict[str, bytes]:
    """The documents that somebody saved from a page or a bucket into a folder.

    Raises:
        RefusedError: none of them is there, or one cannot be read.
    """
    places = {path: folder / Path(path).name for path in PATHS}
    try:
        found = {path: place.read_bytes() for path, place in places.items() if place.exists()}
    except OSError as error:
        raise RefusedError(f"“{folder}” cannot be read: {error.strerror}.") from None
    if not found:
        raise RefusedError(f"There is no {' and no '.join(place.name for place in places.values())} in “{folder}”.")
    return found


def _promises(documents: Mapping[str, bytes]) -> Iterator[tuple[str, datetime]]:
    for content in documents.values():
        try:
            lists = [items for items in json.loads(content).values() if isinstance(items, list)]
            said = [update for items in lists for item in items for update in item["incident_updates"]]
            for update in said:
                if promised := update.get("next_update_at"):
                    yield str(update["id"]), datetime.fromisoformat(promised)
        except (ValueError, AttributeError, KeyError, TypeError):
            raise RefusedError("A document is not one that Porchlight published.") from None
