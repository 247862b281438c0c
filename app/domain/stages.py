"""The five stages of an incident (R2)."""

from enum import StrEnum


class Stage(StrEnum):
    """Where an incident stands. Imported ones and those of before stages were kept stand nowhere."""

    TRIAGE = "triage"
    MOBILIZATION = "mobilization"
    INVESTIGATION = "investigation"
    RECOVERY = "recovery"
    REVIEW = "review"

    @property
    def in_words(self) -> str:
        """The stage's whole name: "Detection and Triage"."""
        return _NAMES[self]

    @property
    def number(self) -> int:
        """From 1 to 5."""
        return list(Stage).index(self) + 1


_NAMES = {
    Stage.TRIAGE: "Detection and Triage",
    Stage.MOBILIZATION: "Communication and Mobilization",
    Stage.INVESTIGATION: "Investigation and Containment",
    Stage.RECOVERY: "Resolution and Recovery",
    Stage.REVIEW: "Post-Incident Review",
}


class Fix(StrEnum):
    """How the fault was dealt with (R55): for good, or so that members can work until it is."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
