"""Everything the public may see, frozen. Documents are pure functions of it."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.components import Component, ComponentGroup, ComponentStatus
from app.domain.failover import Pointing
from app.domain.incidents import Incident
from app.domain.indicator import page_indicator
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.organisation import Organisation
from app.domain.pronunciations import Pronunciation
from app.domain.reach import WayIn, reach_of
from app.domain.reports import ComponentFacts
from app.domain.severity import Impact


@dataclass(frozen=True)
class PublicSnapshot:
    """The public state at one moment.

    `components` are in order of position with their effective status (the worst of what open
    incidents, work in progress and the console say); `incidents` and `maintenances` are newest
    first and include all history; `pointings` are names of the MLS on their way here or back;
    `channels` are those that this installation can send by; `pronunciations` how words of its own
    are read aloud; `facts` what checks and members say of components. `as_of` is when it was frozen:
    everything that depends on the clock (late promises, today's bar) depends on it and on nothing
    else.
    """

    organisation: Organisation
    public_url: str
    as_of: datetime
    groups: tuple[ComponentGroup, ...]
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]
    pointings: tuple[Pointing, ...] = ()
    channels: Set[Channel] = ALL_CHANNELS
    pronunciations: tuple[Pronunciation, ...] = ()
    facts: tuple[ComponentFacts, ...] = ()

    @cached_property
    def ways(self) -> dict[str, WayIn]:
        """The way in to every component, by slug (R32)."""
        return reach_of(self.components)

    @cached_property
    def by_slug(self) -> dict[str, Component]:
        """Components by slug."""
        return {component.slug: component for component in self.components}

    @cached_property
    def open_incidents(self) -> tuple[Incident, ...]:
        """Incidents that still need updates, worst impact first, then newest."""
        rank = {impact: number for number, impact in enumerate(Impact)}
        opened = (incident for incident in self.incidents if incident.is_open)
        return tuple(sorted(opened, key=lambda incident: -rank[incident.impact]))

    @cached_property
    def active_maintenances(self) -> tuple[Maintenance, ...]:
        """Work that is going on now."""
        return tuple(item for item in self.maintenances if item.status.is_active)

    @cached_property
    def upcoming_maintenances(self) -> tuple[Maintenance, ...]:
        """Planned work, soonest first."""
        planned = (item for item in self.maintenances if item.status is MaintenanceStatus.SCHEDULED)
        return tuple(sorted(planned, key=lambda item: item.scheduled_for))

    @cached_property
    def indicator(self) -> tuple[Impact, str]:
        """Statuspage's page indicator and its description."""
        return page_indicator(
            [component.status for component in self.components],
            [incident.impact for incident in self.open_incidents],
        )

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong and nothing is closed for work."""
        return not self.open_incidents and all(
            component.status is ComponentStatus.OPERATIONAL for component in self.components
        )
