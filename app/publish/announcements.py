"""The announcement as staff read it, and whether it says anything new: its facts, whatever the clock shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.maintenance import Maintenance
from app.publish.addresses import host
from app.publish.documents import digest_of
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import SOON, SpokenLanguage, phone_script, way_around
from app.publish.verdict import verdict
from app.publish.wording import standings


@dataclass(frozen=True, slots=True)
class Announcement:
    """The sentences in every language, and a digest that changes with their facts alone."""

    digest: str
    scripts: Mapping[str, Sequence[str]]
    as_of: datetime


def announcement_of(snapshot: PublicSnapshot) -> Announcement:
    """What the telephone line says of this state."""
    codes = snapshot.organisation.languages
    facts = json.dumps([_facts(snapshot, code) for code in codes], ensure_ascii=False)
    return Announcement(
        digest_of(facts.encode()), {code: phone_script(snapshot, code) for code in codes}, snapshot.as_of
    )


def _facts(snapshot: PublicSnapshot, code: str) -> list[object]:
    """Everything that the script can say, before it is shortened and without the time at which it is told."""
    language = SpokenLanguage(code, snapshot.organisation.zone)
    said, places = verdict(snapshot, language), standings(snapshot, language)
    until = said.about.scheduled_until if isinstance(said.about, Maintenance) else None
    soon = [work for work in snapshot.upcoming_maintenances if work.scheduled_for - snapshot.as_of < SOON]
    return [
        snapshot.organisation.name,
        host(snapshot.public_url),
        said.tone,
        [(item.short_name, item.status, way_around(item, code)) for item in said.causes],
        said.about.title if said.about and not said.causes else "",
        [_told(until), until is not None and until <= snapshot.as_of],
        [_told(said.next_update_at), said.is_late],
        [item.short_name for item in places.locked_out],
        [item.short_name for item in places.doors],
        [(work.title, _told(work.scheduled_for)) for work in soon[:1]],
    ]


def _told(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
