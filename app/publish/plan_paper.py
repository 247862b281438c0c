"""The plan for when systems fail as one paper: the words of its sections, and below them the rows of this day (R68).

What is printed here comes from where the console keeps it, so that the paper is as true as the day it was made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.domain.failover import Switch
from app.domain.plan import LivePart, PlanSection
from app.domain.redundancy import Safeguard, Standing, Test, standing_of
from app.domain.severity import Severity
from app.publish.freeze import Freezer
from app.publish.paper_chapters import contact_rows, doors_chapter
from app.publish.rescue import Bundle, Chapter
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import phone_script
from app.store.drills import all_drills
from app.store.escalation import matrix
from app.store.failovers import frozen_switch, switch_rows
from app.store.packs import packs
from app.store.plan import plan_editions, plan_sections, printed_copies
from app.store.redundancy import newest_tests
from app.store.roster import the_roster
from app.store.vault import Vault
from app.store.vendors import all_vendors

_MEANINGS = {
    Severity.CRITICAL: ("Widespread outage: most members cannot work", "The dashboard or the MLS is down for everyone"),
    Severity.HIGH: ("A major tool is unusable or very slow for many", "Showings cannot be booked online"),
    Severity.MEDIUM: ("One feature, one office, or delayed listings", "Website feeds are two hours behind"),
    Severity.LOW: ("Minimal impact, and a workaround exists", "One report prints badly in one browser"),
}


@dataclass(frozen=True, slots=True)
class _Source:
    """What the live parts are read from."""

    session: Session
    snapshot: PublicSnapshot
    vault: Vault
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.snapshot.organisation.zone).date()


def plan_paper(session: Session, vault: Vault, public_url: str, *, now: datetime) -> Bundle:
    """The whole plan as of now, its sections in order.

    Raises:
        NotFoundError: no organisation has been loaded.
    """
    snapshot = Freezer(public_url).freeze(session, now)
    source = _Source(session, snapshot, vault, now)
    editions = plan_editions(session)
    local = now.astimezone(snapshot.organisation.zone)
    signed = f"Version {editions[0].version}, signed by {editions[0].signed_by}. " if editions else "Never signed. "
    return Bundle(
        title=f"When systems fail: {snapshot.organisation.name}",
        dated=f"{signed}Printed {local:%A, %B %-d, %Y, %-I:%M %p %Z}. Throw away older copies.",
        chapters=(
            *(_chapter(section, source) for section in plan_sections(session)),
            _copies(session),
        ),
    )


def _chapter(section: PlanSection, source: _Source) -> Chapter:
    tested = f"tested {_day(section.tested_on)}" if section.tested_on else "never tested"
    words = tuple(part.strip() for part in section.words.split("\n") if part.strip())
    live = _LIVE[section.live](source)
    return Chapter(
        title=f"{section.number}. {section.title}",
        text=(f"Owner: {section.owner}; {tested}.", *words, *live.text),
        columns=live.columns,
        rows=live.rows,
    )


def _nothing(_source: _Source) -> Chapter:
    return Chapter("")


def _people(source: _Source) -> Chapter:
    roster = the_roster(source.session, source.now)
    on_duty = [
        f"{role.name}: {person.name}" for role in roster.roles if (person := roster.on_duty(role.key, source.now))
    ]
    text = (f"On duty as this was printed: {'; '.join(on_duty)}.",) if on_duty else ()
    rows = tuple(contact_rows(source.session, source.snapshot, source.vault))
    return Chapter("", text=text, columns=("Who", "What for", "Reach them"), rows=rows)


def _severity(source: _Source) -> Chapter:
    urgency = source.snapshot.organisation.urgency_of
    rows = tuple((each.value.capitalize(), *_MEANINGS[each], urgency(each).value.capitalize()) for each in Severity)
    return Chapter("", columns=("Severity", "It means", "For example", "Urgency"), rows=rows)


def _cadence(source: _Source) -> Chapter:
    day = source.snapshot.organisation.day
    first, noon, end = (f"{each:%-I:%M %p}" for each in (day.first_thing, day.lunchtime, day.end_of_day))
    rows = (
        ("Urgent", "Every hour, day and night. At most two in a row are skipped, with a reason."),
        ("High", f"First thing ({first}), lunchtime ({noon}) and end of day ({end}), weekends and holidays too."),
        ("Medium", f"Once a day, at the end of day ({end})."),
    )
    return Chapter("", text=(f"The {end} update is never skipped.",), columns=("Urgency", "Members hear"), rows=rows)


def _doors(source: _Source) -> Chapter:
    return doors_chapter(source.snapshot)


def _switches(source: _Source) -> Chapter:
    switches = [frozen_switch(row) for row in switch_rows(source.session)]
    rows = tuple(map(_switch, switches))
    text = ("Under Failover in the console. Go back only after two clean sign-ins ten minutes apart.",)
    return Chapter("", text=text, columns=("Name", "Normally", "In a failover", "TTL"), rows=rows)


def _switch(switch: Switch) -> tuple[str, ...]:
    return switch.name, ", ".join(switch.normal), ", ".join(switch.failover), str(switch.planned_ttl)


def _redundancy(source: _Source) -> Chapter:
    components = list(source.snapshot.components)
    tests = newest_tests(source.session, components)
    rows = tuple(
        (item.name, *(_proof(tests.get(item.slug, {}), each, source) for each in Safeguard)) for item in components
    )
    return Chapter("", columns=("What", "Copy, last restored", "Stand-in, last switched to"), rows=rows)


def _proof(tests: Mapping[Safeguard, Test], safeguard: Safeguard, source: _Source) -> str:
    test = tests.get(safeguard)
    standing = standing_of(test, source.today)
    if test is None or standing is Standing.UNTESTED:
        return "NOT TESTED"
    return _day(test.on) + (" (TOO OLD)" if standing is Standing.AGED else "")


def _graph(source: _Source) -> Chapter:
    names = {item.slug: item.short_name for item in source.snapshot.components}

    def said(slugs: tuple[str, ...]) -> str:
        return ", ".join(names.get(slug, slug) for slug in slugs) or "-"

    rows = tuple((item.name, said(item.requires), said(item.reached_via)) for item in source.snapshot.components)
    return Chapter("", columns=("What", "Stops when these stop", "Usual door"), rows=rows)


def _scripts(source: _Source) -> Chapter:
    return Chapter("", text=("To be read aloud:", *phone_script(source.snapshot, "en")))


def _vendors(source: _Source) -> Chapter:
    rows = tuple(
        (
            vendor.name,
            vendor.escalation,
            vendor.contract.fallback or "none" if vendor.contract else "none",
            _day(vendor.contract.notice_by) if vendor.contract else "-",
        )
        for vendor in all_vendors(source.session)
    )
    return Chapter("", columns=("Vendor", "Escalation", "Fallback", "Notice by"), rows=rows)


def _packs(source: _Source) -> Chapter:
    rows = tuple((pack.name, item) for pack in packs(source.session) if pack.is_in_force for item in pack.questions)
    return Chapter("", columns=("Pack", "To be answered"), rows=rows)


def _status_service(source: _Source) -> Chapter:
    page = source.snapshot.public_url
    text = (f"Members read {page}. If it is away, use the rescue bundle: it lies where the nightly backups are.",)
    return Chapter("", text=text)


def _drills(source: _Source) -> Chapter:
    rows = tuple(
        (_day(drill.planned_on), drill.scenario, f"{drill.score.points} of 100" if drill.score else "to come")
        for drill in all_drills(source.session)
    )
    return Chapter("", columns=("Day", "What fails", "Result"), rows=rows)


def _escalation(source: _Source) -> Chapter:
    roster = the_roster(source.session, source.now)

    def called(key: str) -> str:
        role = roster.role(key)
        return role.name if role else key.replace("_", " ").capitalize()

    rows = tuple(
        (
            step.severity.value.capitalize(),
            f"{step.after_minutes} min" + (" if nobody answered" if step.only_unanswered else ""),
            ", ".join(map(called, step.notify)),
            ", ".join(way.in_words for way in step.by),
        )
        for step in matrix(source.session)
    )
    return Chapter("", columns=("Severity", "After", "Who", "How"), rows=rows)


_LIVE: Mapping[LivePart, Callable[[_Source], Chapter]] = {
    LivePart.NOTHING: _nothing,
    LivePart.PEOPLE: _people,
    LivePart.SEVERITY: _severity,
    LivePart.CADENCE: _cadence,
    LivePart.DOORS: _doors,
    LivePart.SWITCHES: _switches,
    LivePart.REDUNDANCY: _redundancy,
    LivePart.GRAPH: _graph,
    LivePart.SCRIPTS: _scripts,
    LivePart.VENDORS: _vendors,
    LivePart.PACKS: _packs,
    LivePart.STATUS_SERVICE: _status_service,
    LivePart.DRILLS: _drills,
    LivePart.ESCALATION: _escalation,
}


def _copies(session: Session) -> Chapter:
    rows = tuple((copy.place, copy.version or "unknown") for copy in printed_copies(session))
    return Chapter("Where printed copies lie", columns=("Place", "Version"), rows=rows)


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
