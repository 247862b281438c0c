"""The sections of the console: one line each, which the rail, the bar under the thumb and "More" are drawn from.

A new section is one line here; `templates/admin/base.html` stays as it is. The order is the order on
screen, and sections of one group stand together. The first five stand in the bar of a phone, so they are what
somebody needs in an outage: put yours after them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from app.domain.accounts import Permission

BOARD = "/admin"
IN_THE_BAR = 5


class Group(StrEnum):
    """The quiet headings over the sections: when, or for what, somebody comes here."""

    TONIGHT = "Tonight"
    MEMBERS = "Members"
    DUTY = "Duty"
    PREPARE = "Prepare"
    LEARN = "Learn"
    SETTINGS = "Settings"


@dataclass(frozen=True, slots=True)
class Section:
    """One place of the console. `icon` is a symbol of `_symbols.html`; `purpose` one sentence for whoever is new."""

    group: Group
    path: str
    icon: str
    name: str
    permission: Permission
    purpose: str

    def holds(self, path: str) -> bool:
        """Whether a page at that path belongs to this section."""
        return path == self.path or (self.path != BOARD and path.startswith(f"{self.path}/"))


def grouped(may: Callable[[Permission], bool]) -> Mapping[Group, list[Section]]:
    """The sections that somebody may use, under their headings; a heading over nothing is left out."""
    allowed = (section for section in SECTIONS if may(section.permission))
    return {group: list(sections) for group, sections in groupby(allowed, key=lambda section: section.group)}


def holding(sections: Iterable[Section], path: str) -> bool:
    """Whether a page at that path belongs to one of those sections."""
    return any(section.holds(path) for section in sections)


# Two lines a section, whatever their length: a table that is read down.
# fmt: off
SECTIONS: tuple[Section, ...] = (
    Section(Group.TONIGHT, BOARD, "lamp", "Board", Permission.READ,
            "What is wrong now, and when members were promised to hear."),
    Section(Group.TONIGHT, "/admin/incidents", "bell", "Incidents", Permission.READ,
            "Every outage and what was said about it."),
    Section(Group.TONIGHT, "/admin/reports", "flag", "Triage", Permission.READ,
            "What members and checks point to, and who is on it."),
    Section(Group.TONIGHT, "/admin/tickets", "bubble", "Tickets", Permission.READ,
            "Members who want to hear back, and what they were told."),
    Section(Group.TONIGHT, "/admin/notices", "plane", "Notices", Permission.READ,
            "What was sent, and how it arrived."),
    Section(Group.TONIGHT, "/admin/phone", "handset", "Phone line", Permission.READ,
            "What callers hear, and what you recorded."),
    Section(Group.TONIGHT, "/admin/failover", "globe", "Failover", Permission.SWITCH_DNS,
            "Point the MLS's names here, and back."),
    Section(Group.MEMBERS, "/admin/subscribers", "people", "Subscribers", Permission.READ,
            "Who is told, and that they agreed."),
    Section(Group.MEMBERS, "/admin/maintenance", "calendar", "Planned work", Permission.READ,
            "Closures ahead, going on and over."),
    Section(Group.MEMBERS, "/admin/templates", "pen", "Message words", Permission.READ,
            "What texts and mails say."),
    Section(Group.MEMBERS, "/admin/lexicon", "speaker", "Pronunciation", Permission.READ,
            "How the telephone line reads your words."),
    Section(Group.DUTY, "/admin/roster", "dial", "Roster", Permission.READ,
            "Who is on duty, who is next, and where nobody is."),
    Section(Group.DUTY, "/admin/escalation", "steps", "Escalation", Permission.READ,
            "Who is called when, and what goes out by itself."),
    Section(Group.DUTY, "/admin/posting-by-text", "bubble", "Posting by text", Permission.POST,
            "Publish with nothing but a telephone."),
    Section(Group.PREPARE, "/admin/readiness", "tickmark", "Readiness", Permission.READ,
            "What would fail tonight, and what to do."),
    Section(Group.PREPARE, "/admin/components", "boxes", "Components", Permission.READ,
            "What members use and the ways in."),
    Section(Group.PREPARE, "/admin/checks", "pulse", "Checks", Permission.READ,
            "What Porchlight looks at by itself, and what it saw."),
    Section(Group.PREPARE, "/admin/known-issues", "eye", "Known issues", Permission.READ,
            "Trouble that has a name already, and what helps."),
    Section(Group.PREPARE, "/admin/vendors", "people", "Vendors", Permission.READ,
            "Who supplies what, and by when a contract can be left."),
    Section(Group.PREPARE, "/admin/redundancy", "shield", "Redundancy", Permission.READ,
            "What is copied, what runs in its place, and who tried it."),
    Section(Group.PREPARE, "/admin/plan", "paper", "Disaster plan", Permission.READ,
            "Everything that happens when systems fail, signed each year."),
    Section(Group.PREPARE, "/admin/drills", "rehearsal", "Drills", Permission.READ,
            "Failures played through, and what they showed."),
    Section(Group.PREPARE, "/admin/guides", "book", "Role guides", Permission.READ,
            "One page for each part in an incident."),
    Section(Group.LEARN, "/admin/actions", "tickmark", "Actions", Permission.READ,
            "What has to be done so that it does not happen again."),
    Section(Group.LEARN, "/admin/measures", "chart", "Measures", Permission.READ,
            "How soon members knew, and whether promises were kept."),
    Section(Group.LEARN, "/admin/audit", "lines", "Audit log", Permission.READ_AUDIT,
            "Who did what, and the proof that nobody changed it."),
    Section(Group.SETTINGS, "/admin/me", "person", "Your account", Permission.READ,
            "Your password, passkeys, codes and sign-ins."),
    Section(Group.SETTINGS, "/admin/organisation", "gear", "Organisation", Permission.READ,
            "Names, hours, telephones and rules."),
    Section(Group.SETTINGS, "/admin/holidays", "calendar", "Holidays", Permission.READ,
            "Days off, and days you work all the same."),
    Section(Group.SETTINGS, "/admin/packs", "paper", "Questions of the law", Permission.READ,
            "What the law where you work asks of a report, and by when."),
    Section(Group.SETTINGS, "/admin/accounts", "shield", "Accounts", Permission.ADMINISTER,
            "Who may sign in and what they may do."),
    Section(Group.SETTINGS, "/admin/keys", "keys", "Keys", Permission.MANAGE_KEYS,
            "Programs that may post here, and what each may."),
)
# fmt: on
