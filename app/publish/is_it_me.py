"""Is it me or is it the system? The honest answer for every component (R12).

While nothing checks a component by itself, what people have posted is all there is to go by, and
silence proves nothing: with nothing posted the answer is "not sure". Only when staff are at work
on something else, and so at their desks, does it become "probably you".
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.components import Component
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot
from app.publish.ways_in import Door, ways_in


class Fault(StrEnum):
    """Whose trouble it is."""

    US = "us"
    PROBABLY_YOU = "probably_you"
    NOT_SURE = "not_sure"


class Reason(StrEnum):
    """What the answer rests on."""

    OUT_OF_ORDER = "out_of_order"
    PLANNED_WORK = "planned_work"
    DOOR_SHUT = "door_shut"
    DOOR_SHAKY = "door_shaky"
    REPORTED = "reported"
    STAFF_AWAKE = "staff_awake"
    SILENCE = "silence"

    @property
    def fault(self) -> Fault:
        """Whose trouble that makes it."""
        return _FAULTS[self]


_FAULTS = {
    Reason.OUT_OF_ORDER: Fault.US,
    Reason.PLANNED_WORK: Fault.US,
    Reason.DOOR_SHUT: Fault.US,
    Reason.DOOR_SHAKY: Fault.NOT_SURE,
    Reason.REPORTED: Fault.NOT_SURE,
    Reason.STAFF_AWAKE: Fault.PROBABLY_YOU,
    Reason.SILENCE: Fault.NOT_SURE,
}


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """One component with the reason for its answer; `door` is the sign-in to try meanwhile."""

    component: Component
    reason: Reason
    door: Door | None = None


def self_checks(snapshot: PublicSnapshot, language: Language) -> tuple[SelfCheck, ...]:
    """The answer for every component: ours first, then the rest, each in order of position."""
    found = ways_in(snapshot, language)
    named = {item.slug for incident in snapshot.open_incidents for item in incident.components}
    quiet = Reason.STAFF_AWAKE if snapshot.open_incidents else Reason.SILENCE
    return (
        *(SelfCheck(item, Reason.OUT_OF_ORDER) for item in (*found.stopped, *found.struggling)),
        *(SelfCheck(item, Reason.PLANNED_WORK) for item in found.closed),
        *(SelfCheck(item, Reason.DOOR_SHUT) for item in found.locked_out),
        *(SelfCheck(door.component, Reason.DOOR_SHUT, door) for door in found.doors),
        *(SelfCheck(door.component, Reason.DOOR_SHAKY, door) for door in found.spare_doors),
        *(SelfCheck(item, Reason.DOOR_SHAKY) for item in found.at_risk),
        *(SelfCheck(item, Reason.REPORTED if item.slug in named else quiet) for item in found.unaffected),
    )
