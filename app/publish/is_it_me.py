"""Is it me or is it the system? The honest answer for every component (R12).

What staff posted comes first, then our own checks, then what members report. A check that fails is
"us" before anybody has posted; one that just passed is "probably you", unless others report the
same. Where nothing checks a component, silence proves nothing: the answer is "not sure". Only when
staff are at work on something else, and so at their desks, does it become "probably you".
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.components import Component
from app.domain.reports import OTHERS, CheckState, ComponentFacts
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
    CHECK_FAILS = "check_fails"
    CHECK_SLOW = "check_slow"
    OTHERS_REPORT = "others_report"
    CHECK_WORKS = "check_works"
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
    Reason.CHECK_FAILS: Fault.US,
    Reason.CHECK_SLOW: Fault.NOT_SURE,
    Reason.OTHERS_REPORT: Fault.NOT_SURE,
    Reason.CHECK_WORKS: Fault.PROBABLY_YOU,
    Reason.STAFF_AWAKE: Fault.PROBABLY_YOU,
    Reason.SILENCE: Fault.NOT_SURE,
}


_NO_FACTS = ComponentFacts("")


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """One component with the reason for its answer and what is known; `door` is the sign-in to try meanwhile."""

    component: Component
    reason: Reason
    door: Door | None = None
    facts: ComponentFacts = _NO_FACTS


def self_checks(snapshot: PublicSnapshot, language: Language) -> tuple[SelfCheck, ...]:
    """The answer for every component: ours first, then the rest, each in order of position."""
    found = ways_in(snapshot, language)
    answers = (
        *(SelfCheck(item, Reason.OUT_OF_ORDER) for item in (*found.stopped, *found.struggling)),
        *(SelfCheck(item, Reason.PLANNED_WORK) for item in found.closed),
        *(SelfCheck(item, Reason.DOOR_SHUT) for item in found.locked_out),
        *(SelfCheck(door.component, Reason.DOOR_SHUT, door) for door in found.doors),
        *(SelfCheck(door.component, Reason.DOOR_SHAKY, door) for door in found.spare_doors),
        *(SelfCheck(item, Reason.DOOR_SHAKY) for item in found.at_risk),
        *(SelfCheck(item, _unaffected(snapshot, item)) for item in found.unaffected),
    )
    return tuple(replace(answer, facts=_facts_of(snapshot, answer.component.slug)) for answer in answers)


def self_check(snapshot: PublicSnapshot, language: Language, slug: str) -> SelfCheck | None:
    """The answer for one component; None when it is not on the page."""
    return next((check for check in self_checks(snapshot, language) if check.component.slug == slug), None)


def _unaffected(snapshot: PublicSnapshot, item: Component) -> Reason:
    """Why something that staff said nothing bad about may fail all the same, or not."""
    facts = _facts_of(snapshot, item.slug)
    if facts.check is CheckState.FAILING:
        return Reason.CHECK_FAILS
    if any(item.slug == named.slug for incident in snapshot.open_incidents for named in incident.components):
        return Reason.REPORTED
    if facts.reports >= OTHERS:
        return Reason.OTHERS_REPORT
    if facts.check is CheckState.SLOW:
        return Reason.CHECK_SLOW
    if facts.check is CheckState.WORKING:
        return Reason.CHECK_WORKS
    return Reason.STAFF_AWAKE if snapshot.open_incidents else Reason.SILENCE


def _facts_of(snapshot: PublicSnapshot, slug: str) -> ComponentFacts:
    return next((facts for facts in snapshot.facts if facts.slug == slug), ComponentFacts(slug))
