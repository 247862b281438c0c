"""The plain words that page, text, phone line and feeds share, in every language.

Pure functions; nothing here knows about HTML. The verdict has a module of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink
from app.domain.incidents import DeadlineRelief, Incident, IncidentStatus, IncidentUpdate
from app.domain.maintenance import Maintenance, MaintenanceStatus, MaintenanceUpdate
from app.domain.reach import Reach, WayIn
from app.publish.language import Language, when
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict

Record = Incident | Maintenance
Update = IncidentUpdate | MaintenanceUpdate


def promise_line(said: Verdict, language: Language, as_of: datetime) -> str:
    """ "next update by 10:30 PM CT", "update due 10:30 PM - late", or nothing without a promise."""
    if said.next_update_at is None:
        return ""
    if said.is_late:
        return language.gettext(
            "update due %(time)s - late", time=when(said.next_update_at, language, as_of, with_zone=False)
        )
    return language.gettext("next update by %(time)s", time=when(said.next_update_at, language, as_of))


def since_line(said: Verdict, language: Language, as_of: datetime) -> str:
    """ "Since 9:42 PM CT"; of what works again "Began 9:42 PM CT"; nothing when all is well."""
    if said.since is None:
        return ""
    time = when(said.since, language, as_of)
    if said.tone is Tone.WATCH:
        return language.gettext("Began %(time)s", time=time)
    return language.gettext("Since %(time)s", time=time)


@dataclass(frozen=True, slots=True)
class Standings:
    """Every component once, sorted by what a member can do about it, each in order of position.

    `struggling` can be reached, but fails or is slow; `unaffected` works as usual.
    """

    doors: tuple[Component, ...]
    locked_out: tuple[Component, ...]
    stopped: tuple[Component, ...]
    struggling: tuple[Component, ...]
    unaffected: tuple[Component, ...]


def standings(snapshot: PublicSnapshot, language: Language) -> Standings:
    """The components of the page, in this language's words."""
    found: dict[str, list[Component]] = {field: [] for field in Standings.__slots__}
    for component in snapshot.components:
        found[_standing(component, snapshot.ways[component.slug])].append(component.in_language(language.code))
    return Standings(**{field: tuple(components) for field, components in found.items()})


def _standing(component: Component, way: WayIn) -> str:
    match way.reach:
        case Reach.ANOTHER_DOOR:
            return "doors"
        case Reach.LOCKED_OUT:
            return "locked_out"
        case Reach.STOPPED:
            return "stopped"
        case Reach.WORKING:
            return "unaffected" if component.status is ComponentStatus.OPERATIONAL else "struggling"


def reach_word(component: Component, way: WayIn | None, language: Language) -> str:
    """One short line: what a member can do about it now. No way in known means nobody checked."""
    if way is None:
        return language.gettext("Not being checked")
    match way.reach:
        case Reach.ANOTHER_DOOR:
            return language.gettext("Sign in directly")
        case Reach.LOCKED_OUT:
            return language.gettext("No way in for now")
        case Reach.STOPPED if component.status is ComponentStatus.UNDER_MAINTENANCE:
            return language.gettext("Closed for planned work")
        case Reach.STOPPED:
            return language.gettext("Stopped")
        case Reach.WORKING:
            return component_word(component.status, language)


def component_word(status: ComponentStatus, language: Language) -> str:
    """A component's own status in a member's words."""
    match status:
        case ComponentStatus.OPERATIONAL:
            return language.gettext("Working")
        case ComponentStatus.UNDER_MAINTENANCE:
            return language.gettext("Closed for planned work")
        case ComponentStatus.DEGRADED_PERFORMANCE:
            return language.gettext("Slow or unreliable")
        case ComponentStatus.PARTIAL_OUTAGE:
            return language.gettext("Failing for some members")
        case ComponentStatus.MAJOR_OUTAGE:
            return language.gettext("Down")


def password_hint(link: DirectLink, language: Language) -> str:
    """What a direct sign-in asks for."""
    match link.auth_mode:
        case AuthMode.OWN_PASSWORD:
            return language.gettext("Its own password, not the dashboard's")
        case AuthMode.EMAIL_LINK:
            return language.gettext("By the link in your email")
        case AuthMode.APP_PIN:
            return language.gettext("Your key number and PIN in the app")
        case AuthMode.PHONE:
            return language.gettext("By phone")
        case AuthMode.SSO_ONLY:
            return language.gettext("Dashboard sign-in only")
        case AuthMode.NONE:
            return language.gettext("No sign-in needed")


def proved_line(link: DirectLink, language: Language) -> str:
    """When a person last proved that the link works; the day stays on one line."""
    if link.verified_on is None:
        return language.gettext("link not proved yet")
    day = language.day(link.verified_on).replace(" ", "\N{NO-BREAK SPACE}")
    return language.gettext("link last proved %(day)s", day=day)


def reliefs_in_force(snapshot: PublicSnapshot) -> list[DeadlineRelief]:
    """Deadline relief that members may use now; it may outlast its incident."""
    stated = (incident.relief for incident in snapshot.incidents if incident.relief)
    return [relief for relief in stated if relief.starts_at <= snapshot.as_of < relief.ends_at]


def relief_line(relief: DeadlineRelief, language: Language, as_of: datetime) -> str:
    """Which deadlines wait, until when, and on whose authority."""
    return language.gettext(
        "Deadlines extended to %(time)s: %(rules)s (%(authority)s).",
        time=when(relief.ends_at, language, as_of),
        rules=", ".join(relief.rules),
        authority=relief.authority,
    )


def names_line(components: Sequence[Component]) -> str:
    """The components' short names, one quiet line."""
    return ", ".join(component.short_name for component in components)


@lru_cache
def status_word(status: IncidentStatus | MaintenanceStatus, language: Language, *, reopened: bool = False) -> str:
    """The state an update gives its incident or work; `reopened` when it takes back "resolved"."""
    words = {
        IncidentStatus.INVESTIGATING: language.gettext("Investigating"),
        IncidentStatus.IDENTIFIED: language.gettext("Cause found"),
        IncidentStatus.MONITORING: language.gettext("Watching"),
        IncidentStatus.RESOLVED: language.gettext("Resolved"),
        IncidentStatus.POSTMORTEM: language.gettext("Report"),
        MaintenanceStatus.SCHEDULED: language.gettext("Planned"),
        MaintenanceStatus.IN_PROGRESS: language.gettext("Work in progress"),
        MaintenanceStatus.VERIFYING: language.gettext("Checking"),
        MaintenanceStatus.COMPLETED: language.gettext("Finished"),
    }
    return language.gettext("Reopened") if reopened else words[status]


def record_word(record: Record, language: Language) -> str:
    """How a record stands now."""
    if isinstance(record, Maintenance) and record.is_cancelled:
        return language.gettext("Cancelled")
    return status_word(record.status, language)


def told(record: Record, language: Language) -> list[tuple[Update, str]]:
    """Every update with its status word, newest first, as a timeline reads."""
    lines: list[tuple[Update, str]] = []
    was_open = True
    for update in record.updates:
        is_open = not isinstance(update.status, IncidentStatus) or update.status.is_open
        lines.append((update, status_word(update.status, language, reopened=is_open and not was_open)))
        was_open = is_open
    if isinstance(record, Maintenance) and record.is_cancelled and lines:
        lines[-1] = (lines[-1][0], record_word(record, language))
    return lines[::-1]


def headings(update: Update, language: Language) -> list[tuple[str, str]]:
    """The four things members must be told (R31) with their titles, without the empty ones."""
    if isinstance(update, MaintenanceUpdate):
        return []
    titles = (
        language.gettext("What happened"),
        language.gettext("What we are doing"),
        language.gettext("What is affected"),
        language.gettext("How to reach what works"),
    )
    return [(title, text) for title, text in zip(titles, update.headings.as_tuple(), strict=True) if text.strip()]


def own_words(update: Update) -> str:
    """The update's text, unless one of its headings says the very same."""
    body = update.body.strip()
    said = () if isinstance(update, MaintenanceUpdate) else update.headings.as_tuple()
    return "" if body in (text.strip() for text in said) else body


def full_text(update: Update, language: Language) -> str:
    """All that an update says as plain paragraphs: its text, its headings, and last its footnote (R43)."""
    parts = [own_words(update), *(f"{title}: {text.strip()}" for title, text in headings(update, language))]
    if isinstance(update, IncidentUpdate):
        parts.append(update.footnote.strip())
    return "\n\n".join(part for part in parts if part)


def duration(length: timedelta, language: Language) -> str:
    """ "9 hours 23 minutes": the two largest units, never rounded up."""
    minutes = int(length.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    said = [
        language.ngettext("%(count)d day", "%(count)d days", days, count=days) if days else "",
        language.ngettext("%(count)d hour", "%(count)d hours", hours, count=hours) if hours else "",
        language.ngettext("%(count)d minute", "%(count)d minutes", minutes, count=minutes) if minutes else "",
    ]
    return " ".join([part for part in said if part][:2]) or language.gettext("less than a minute")
