"""The five stages of an incident: what each takes, gives and decides, and what keeps the next one shut (R1, R2, R4).

A stage is entered when the outputs of the one before are there, or with a reason that is kept. No
stage ever keeps anybody from speaking to members, and none from looking for the cause (R50).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.severity import Severity

REASON_LEAST, REASON_MOST = 5, 500
"""Characters in the reason for going on without something."""


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
        return GUIDES[self].name

    @property
    def number(self) -> int:
        """From 1 to 5."""
        return list(Stage).index(self) + 1

    @property
    def next(self) -> "Stage | None":
        """The stage that comes after it; None after the last."""
        return dict(zip(list(Stage), list(Stage)[1:], strict=False)).get(self)


class Fix(StrEnum):
    """How the fault was dealt with (R55): for good, or so that members can work until it is."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an incident, as far as a gate asks for it.

    `findings_owed` is how many sealed findings are still missing, `actions` how many actions there
    are. The last three texts are of the closing ticket (R58).
    """

    confirmed: bool = False
    severity: Severity | None = None
    commander_named: bool = False
    commander_accepted: bool = False
    lead_accepted: bool = False
    told: bool = False
    channel: bool = False
    members_decided: bool = False
    outside_decided: bool = False
    cause: bool = False
    contained: bool = False
    noted: bool = False
    fix: Fix | None = None
    restored: bool = False
    verified: bool = False
    resolved: bool = False
    findings_owed: int = 0
    report_published: bool = False
    actions: int = 0
    resolution: bool = False
    prevention: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that a stage gives. `under` is what the address of the page that supplies it adds to the incident's."""

    key: str
    name: str
    missing: str
    under: str
    is_there: Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Guide:
    """One stage in the words of whoever runs it: inputs, decisions and outputs."""

    name: str
    inputs: tuple[str, ...]
    decisions: tuple[str, ...]
    outputs: tuple[Output, ...]


_TRIAGE = Guide(
    "Detection and Triage",
    ("The alert or report that opened it", "The severity card", "The last checks of each component"),
    ("Is it real, and is it ours?", "How bad is it?"),
    (
        Output("confirmed", "Confirmed incident", "Confirm that it is real", "/work#stage", lambda f: f.confirmed),
        Output("severity", "Severity assigned", "Say how bad it is", "#weight", lambda f: f.severity is not None),
        Output("commander", "Commander designated", "Name who commands it", "/people", lambda f: f.commander_named),
    ),
)
_MOBILIZATION = Guide(
    "Communication and Mobilization",
    ("Who is on duty and how to reach them", "The escalation matrix", "The message plan"),
    ("Is member communication needed?", "Are outside parties affected?"),
    (
        Output(
            "told", "Stakeholders notified", "Tell members, or decide that they need not hear", "", lambda f: f.told
        ),
        Output(
            "team",
            "Team assembled",
            "Commander and communications lead both have to accept",
            "/people",
            lambda f: f.commander_accepted and f.lead_accepted,
        ),
        Output("channel", "Channel established", "Say where the team talks", "/people", lambda f: f.channel),
        Output(
            "decided",
            "Both questions decided",
            "Decide whether members and outside parties are concerned",
            "/people",
            lambda f: f.members_decided and f.outside_decided,
        ),
    ),
)
_INVESTIGATION = Guide(
    "Investigation and Containment",
    ("Incident details", "Logs and what checks saw", "Known issues"),
    ("Does it have to be contained at once?", "Which suspicion is followed first?"),
    (
        Output(
            "cause",
            "Cause known or suspected",
            "Write down at least one suspected cause",
            "/work#causes",
            lambda f: f.cause,
        ),
        Output(
            "contained",
            "Containment in place",
            "Write down what keeps it from growing",
            "/work#write",
            lambda f: f.contained,
        ),
        Output("noted", "Notes kept", "Write down what was done or seen", "/work#write", lambda f: f.noted),
    ),
)
_RECOVERY = Guide(
    "Resolution and Recovery",
    ("The cause", "The fix or the workaround that is planned", "The recovery steps of each component"),
    ("Is the fix permanent or a temporary workaround?",),
    (
        Output(
            "fix",
            "Fix in place",
            "Say whether the fix is permanent or temporary",
            "/work#lasting",
            lambda f: f.fix is not None,
        ),
        Output("verified", "Verification finished", "Finish the listed checks", "/work#checks", lambda f: f.verified),
        Output(
            "restored", "Services restored", "Post that it is resolved", "#post", lambda f: f.restored and f.resolved
        ),
    ),
)
_REVIEW = Guide(
    "Post-Incident Review",
    ("The timeline", "What the team observed", "The report's eight headings"),
    ("What is done so that it does not happen again?",),
    (
        Output(
            "findings",
            "Independent findings compared",
            "Findings are still owed: two for critical and high, each sealed from the others",
            "/work/findings",
            lambda f: f.findings_owed == 0,
        ),
        Output("cause_known", "Cause on record", "Write down the cause", "/work#causes", lambda f: f.cause),
        Output(
            "resolution",
            "Resolution on record",
            "Write down how it was resolved",
            "/work#write",
            lambda f: f.resolution,
        ),
        Output("prevention", "Prevention plan", "Open an action that prevents it", "/report", lambda f: f.prevention),
        Output("actions", "Action items", "Open at least one action", "/report", lambda f: f.actions > 0),
        Output("report", "Report published", "Publish the report", "/report", lambda f: f.report_published),
    ),
)

GUIDES: Mapping[Stage, Guide] = {
    Stage.TRIAGE: _TRIAGE,
    Stage.MOBILIZATION: _MOBILIZATION,
    Stage.INVESTIGATION: _INVESTIGATION,
    Stage.RECOVERY: _RECOVERY,
    Stage.REVIEW: _REVIEW,
}


def missing_outputs(stage: Stage, facts: Facts) -> tuple[Output, ...]:
    """What this stage still owes before the next may be entered; of the last one, before the incident is closed."""
    return tuple(output for output in GUIDES[stage].outputs if not output.is_there(facts))
