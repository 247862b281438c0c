"""The rooms of one incident: one line each, which the row of links on its pages is drawn from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """One page of an incident. `under` is what its address adds to the incident's own."""

    key: str
    name: str
    under: str

    def path(self, incident_id: str) -> str:
        """The room's address."""
        return f"/admin/incidents/{incident_id}{self.under}"


ROOMS: tuple[Room, ...] = (
    Room("speak", "Speak", ""),
    Room("people", "People", "/people"),
    Room("work", "Work", "/work"),
    Room("past", "Seen before", "/past"),
    Room("report", "Learn", "/report"),
)
