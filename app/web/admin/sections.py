"""The sections of the console: one line each, which the rail, the bar under the thumb and "More" are drawn from.

A new section is one line here; `templates/admin/base.html` stays as it is. The order is the order on
screen. The first five stand in the bar of a phone, so they are what somebody needs in an outage.
"""

from dataclasses import dataclass

from app.domain.accounts import Permission

BOARD = "/admin"
IN_THE_BAR = 5


@dataclass(frozen=True, slots=True)
class Section:
    """One place of the console. `icon` is a symbol of `_symbols.html`; `purpose` one sentence for whoever is new."""

    path: str
    icon: str
    name: str
    permission: Permission
    purpose: str

    def holds(self, path: str) -> bool:
        """Whether a page at that path belongs to this section."""
        return path == self.path or (self.path != BOARD and path.startswith(f"{self.path}/"))


SECTIONS: tuple[Section, ...] = (
    Section(BOARD, "lamp", "Board", Permission.READ, "What is wrong now, and when members were promised to hear."),
    Section("/admin/incidents", "bell", "Incidents", Permission.READ, "Every outage and what was said about it."),
    Section("/admin/components", "boxes", "Components", Permission.READ, "What members use and the ways in."),
    Section("/admin/maintenance", "calendar", "Planned work", Permission.READ, "Closures ahead, going on and over."),
    Section("/admin/notices", "plane", "Notices", Permission.READ, "What was sent, and how it arrived."),
    Section("/admin/subscribers", "people", "Subscribers", Permission.READ, "Who is told, and that they agreed."),
    Section("/admin/phone", "handset", "Phone line", Permission.READ, "What callers hear, and what you recorded."),
    Section("/admin/roster", "dial", "Roster", Permission.READ, "Who is on duty, who is next, and where nobody is."),
    Section("/admin/reports", "flag", "Triage", Permission.READ, "What members and checks point to, and who is on it."),
    Section("/admin/checks", "dial", "Checks", Permission.READ, "What Porchlight looks at by itself, and what it saw."),
    Section("/admin/failover", "globe", "Failover", Permission.SWITCH_DNS, "Point the MLS's names here, and back."),
    Section("/admin/readiness", "tickmark", "Readiness", Permission.READ, "What would fail tonight, and what to do."),
    Section(
        "/admin/audit", "eye", "Audit log", Permission.READ_AUDIT, "Who did what, and the proof that nobody changed it."
    ),
    Section(
        "/admin/posting-by-text", "handset", "Posting by text", Permission.POST, "Publish with nothing but a telephone."
    ),
    Section("/admin/accounts", "shield", "Accounts", Permission.ADMINISTER, "Who may sign in and what they may do."),
    Section("/admin/keys", "keys", "Keys", Permission.MANAGE_KEYS, "Programs that may post here, and what each may."),
    Section("/admin/me", "tickmark", "Your account", Permission.READ, "Your password, passkeys, codes and sign-ins."),
    Section("/admin/templates", "bubble", "Message words", Permission.READ, "What texts and mails say."),
    Section("/admin/lexicon", "speaker", "Pronunciation", Permission.READ, "How the telephone line reads your words."),
    Section(
        "/admin/holidays",
        "calendar",
        "Holidays",
        Permission.READ,
        "Days off, and days you work all the same.",
    ),
    Section("/admin/organisation", "gear", "Organisation", Permission.READ, "Names, hours, telephones and rules."),
)
