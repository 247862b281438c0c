"""What Statuspage posts to a webhook, field for field, so that receivers written for it need no change.

One body tells of the record. For each component whose status the update changed, and only then,
one more tells of that component.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from app.publish.addresses import absolute
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import Api, Fields, moment_text
from app.publish.wording import Record

Content = Mapping[str, Any]


def record_body(snapshot: PublicSnapshot, record_id: str, *, mark: str = "") -> Fields:
    """The body about an incident or planned work; without a record of that id it tells of the page alone.

    `meta.unsubscribe` is empty until `with_unsubscribe`. `mark` stands before the name of a drill.
    """
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    told = next((Api(snapshot).record(record) for record in records if record.id == record_id), None)
    if told is None:
        return _envelope(snapshot)
    return _envelope(snapshot) | {"incident": told | {"name": mark + told["name"]}}


def component_bodies(snapshot: PublicSnapshot, content: Content, *, mark: str = "") -> list[Fields]:
    """One body for each component whose status changed; none for an update that changed nothing."""
    components = {item["id"]: item for item in Api(snapshot).flat}
    known = ((change, snapshot.by_slug.get(change["slug"])) for change in _changed(content))
    return [
        _envelope(snapshot)
        | {
            "component": components[component.id] | {"name": mark + component.name, "status": change["new"]},
            "component_update": _update(content, change, component.id),
        }
        for change, component in known
        if component is not None
    ]


def with_unsubscribe(body: Fields, url: str) -> Fields:
    """The body for one receiver, who may end it at that address."""
    return body | {"meta": body["meta"] | {"unsubscribe": url}}


def _changed(content: Content) -> Iterable[Mapping[str, str]]:
    return (change for change in content["components"] if change["old"] != change["new"])


def _update(content: Content, change: Mapping[str, str], component_id: str) -> Fields:
    return {
        "old_status": change["old"],
        "new_status": change["new"],
        "created_at": content["said_at"],
        "component_type": "Component",
        # The same whenever it is told, so that a receiver knows it again.
        "id": sha256(f"{content['update_id']} {component_id}".encode()).hexdigest()[:12],
        "component_id": component_id,
    }


def _envelope(snapshot: PublicSnapshot) -> Fields:
    indicator, description = snapshot.indicator
    return {
        "meta": {
            "unsubscribe": "",
            "documentation": absolute(snapshot.public_url, "/api/v2/summary.json"),
            "generated_at": moment_text(snapshot.as_of),
        },
        "page": {
            "id": snapshot.organisation.id,
            "status_indicator": indicator.value,
            "status_description": description,
        },
    }
