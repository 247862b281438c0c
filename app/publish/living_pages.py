"""The documents that follow the state of the day: front page, "Is it me?", one-pager, lost readers.

Each `render_*` is a pure function of its arguments (see `parts`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from app.domain.components import Component
from app.domain.history import Day
from app.domain.maintenance import Maintenance
from app.domain.organisation import Organisation
from app.publish.bars import bars
from app.publish.filters import sentences, short_names
from app.publish.html import render
from app.publish.is_it_me import Fault, Reason, SelfCheck
from app.publish.language import Language
from app.publish.pointings import pointing_lines
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict, verdict
from app.publish.ways_in import ways_in
from app.publish.wording import promise_line, reliefs_in_force, since_line

PAST_DAYS = 90

_SHOWN_INCIDENTS = 3
_EARLIER_UPDATES = 4
_PLANNED_AHEAD = timedelta(days=30)


def render_front(snapshot: PublicSnapshot, days: Mapping[str, tuple[Day, ...]], code: str) -> bytes:
    """The front page."""
    language = Language(code, snapshot.organisation.zone)
    said = verdict(snapshot, language)
    components = [item.in_language(code) for item in snapshot.components]
    rows = [bars(item, days[item.slug], language) for item in components if item.showcase]
    return render(
        "front.html",
        language,
        path="/",
        organisation=snapshot.organisation,
        channels=snapshot.channels,
        as_of=snapshot.as_of,
        lit=said.tone is not Tone.WELL,
        living=True,
        said=said,
        pointings=pointing_lines(snapshot, language),
        summary=_summary(said, language, snapshot),
        calm=snapshot.is_well,
        groups=by_group(snapshot, [item for item in components if not item.only_show_if_degraded], code),
        ways=ways_in(snapshot, language),
        incidents=snapshot.open_incidents,
        shown=_SHOWN_INCIDENTS,
        earlier=_EARLIER_UPDATES,
        reliefs=reliefs_in_force(snapshot),
        work=(*snapshot.active_maintenances, *_soon(snapshot)),
        names=short_names(components),
        services=components,
        past_days=PAST_DAYS,
        troubled=[row for row in rows if not row.is_quiet],
        quiet=[row for row in rows if row.is_quiet],
    )


def render_self_check(organisation: Organisation, checks: Sequence[SelfCheck], code: str) -> bytes:
    """ "Is it me?": the answer for every component."""
    language = Language(code, organisation.zone)
    return render(
        "is_it_me.html",
        language,
        path="/is-it-me",
        organisation=organisation,
        lit=any(check.reason.fault is Fault.US for check in checks),
        living=True,
        checks=checks,
        faults=fault_words(language),
        reasons=reason_words(language),
    )


def fault_words(language: Language) -> dict[Fault, str]:
    """Whose trouble it is, in a few words."""
    return {
        Fault.US: language.gettext("It's us"),
        Fault.PROBABLY_YOU: language.gettext("Probably you"),
        Fault.NOT_SURE: language.gettext("Not sure"),
    }


def reason_words(language: Language) -> dict[Reason, str]:
    """What an answer rests on, in one sentence."""
    return {
        Reason.OUT_OF_ORDER: language.gettext("It is out of order or unreliable, and we are on it."),
        Reason.PLANNED_WORK: language.gettext("It is closed for planned work."),
        Reason.DOOR_SHUT: language.gettext("It is running, but the usual way in is shut."),
        Reason.DOOR_SHAKY: language.gettext("It is running, but the usual way in fails for some members."),
        Reason.REPORTED: language.gettext("An open incident touches it: it may fail for you and work for others."),
        Reason.CHECK_FAILS: language.gettext("Our own check of it fails too, so it is not just you."),
        Reason.CHECK_SLOW: language.gettext("Our own check gets through, but not as it usually does."),
        Reason.OTHERS_REPORT: language.gettext(
            "Other members report trouble with it too, and nobody has found why yet."
        ),
        Reason.CHECK_WORKS: language.gettext("Our own check got through, and hardly anybody else reports trouble."),
        Reason.STAFF_AWAKE: language.gettext("We are at work on something else and know of no trouble with this."),
        Reason.SILENCE: language.gettext("We know of no trouble, but nothing checks it by itself yet."),
    }


def render_offices(
    organisation: Organisation, components: Sequence[Component], forward: str, on: date, code: str
) -> bytes:
    """The one-pager for the wall, as of a day, with one sentence to forward."""
    return render(
        "offices.html",
        Language(code, organisation.zone),
        path="/offices",
        organisation=organisation,
        site=organisation.status_site.removeprefix("https://"),
        doors=[item for item in components if item.direct_link.is_door],
        others=[item for item in components if item.reached_via and not item.direct_link.is_door and item.workaround],
        forward=forward,
        on=on,
    )


def sentence_to_forward(snapshot: PublicSnapshot, said: Verdict, language: Language) -> str:
    """What a broker pastes into a group chat: the verdict, the promise, the address."""
    site = snapshot.public_url
    if said.tone is Tone.WELL:
        return language.gettext(
            "Something in the MLS will not open? Look at %(site)s first: what is down, and how else to get in.",
            site=site,
        )
    promise = promise_line(said, language, snapshot.as_of)
    how = language.gettext("How to get in meanwhile: %(site)s", site=site)
    return f"{sentences([said.sentence, promise[:1].upper() + promise[1:]])} {how}"


def render_lost(organisation: Organisation, said: Verdict, as_of: datetime, code: str) -> bytes:
    """What is shown where there is no page: still the verdict."""
    return render(
        "lost.html",
        Language(code, organisation.zone),
        path="/404",
        organisation=organisation,
        as_of=as_of,
        lit=said.tone is not Tone.WELL,
        living=True,
        said=said,
    )


def _summary(said: Verdict, language: Language, snapshot: PublicSnapshot) -> str:
    """What a shared link says below its title."""
    lines = (since_line(said, language, snapshot.as_of), promise_line(said, language, snapshot.as_of))
    return " · ".join(line for line in lines if line) or snapshot.organisation.name


def _soon(snapshot: PublicSnapshot) -> tuple[Maintenance, ...]:
    until = snapshot.as_of + _PLANNED_AHEAD
    return tuple(item for item in snapshot.upcoming_maintenances if item.scheduled_for < until)


def by_group(snapshot: PublicSnapshot, components: Sequence[Component], code: str) -> list[tuple[str, list[Component]]]:
    """Group names with their components; those without a known group stand last, under no name."""
    names = {group.slug: group.in_language(code).name for group in snapshot.groups}
    members: dict[str, list[Component]] = {slug: [] for slug in (*names, "")}
    for item in components:
        members[item.group if item.group in names else ""].append(item)
    return [(names.get(slug, ""), items) for slug, items in members.items() if items]
