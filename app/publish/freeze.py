"""Reading the rows once and freezing what the public may see."""

from collections.abc import Callable, Mapping, Set
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.incidents import Incident
from app.domain.maintenance import Maintenance, states_now
from app.publish.snapshot import PublicSnapshot
from app.store.component_facts import component_facts
from app.store.components import component_groups, component_names, live_components
from app.store.failovers import pointings
from app.store.incidents import incident_versions, incidents_by_id
from app.store.maintenance import maintenance_versions, maintenances_by_id
from app.store.organisation import the_organisation
from app.store.pronunciations import pronunciations

Record = TypeVar("Record", Incident, Maintenance)


class Freezer:
    """Freezes the public state, reading only the records whose version moved since last time.

    `drills` adds those that are rehearsed: for their own messages, never for the page. `channels`
    are those that can send. Used by one thread at a time.
    """

    def __init__(self, public_url: str, *, drills: bool = False, channels: Set[Channel] = ALL_CHANNELS) -> None:
        self.public_url = public_url
        self._drills = drills
        self._channels = channels
        self._names: dict[str, tuple[str, str]] = {}
        self._incidents: dict[str, Incident] = {}
        self._maintenances: dict[str, Maintenance] = {}

    def freeze(self, session: Session, now: datetime) -> PublicSnapshot:
        """The public state as of `now`.

        Raises:
            NotFoundError: no organisation has been loaded.
        """
        organisation = the_organisation(session)
        self._forget_renamed(session)
        self._incidents = _refresh(
            self._incidents, incident_versions(session, drills=self._drills), session, incidents_by_id
        )
        self._maintenances = _refresh(self._maintenances, maintenance_versions(session), session, maintenances_by_id)
        incidents = tuple(self._incidents.values())
        maintenances = tuple(self._maintenances.values())
        return PublicSnapshot(
            organisation=organisation,
            public_url=self.public_url,
            as_of=now,
            groups=component_groups(session),
            components=live_components(session, states_now(incidents, maintenances)),
            incidents=incidents,
            maintenances=maintenances,
            pointings=pointings(session, now),
            channels=self._channels,
            pronunciations=pronunciations(session),
            facts=component_facts(session, now),
        )

    def _forget_renamed(self, session: Session) -> None:
        """A renamed component changes every record that names it."""
        names = component_names(session)
        if names != self._names:
            self._names, self._incidents, self._maintenances = names, {}, {}


def _refresh(
    known: Mapping[str, Record],
    versions: Mapping[str, int],
    session: Session,
    load: Callable[[Session, list[str]], dict[str, Record]],
) -> dict[str, Record]:
    """The records in the order of `versions`, loading those that are new or have moved."""
    moved = [key for key, version in versions.items() if key not in known or known[key].version != version]
    loaded = load(session, moved)
    return {key: loaded.get(key) or known[key] for key in versions}
