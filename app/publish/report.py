"""The report after an incident, generated from the record, as values, Markdown and paper (R60).

    incident + timeline + facts ──▶ Report ──▶ page, Markdown, PDF

What the record says cannot be edited away: every word to members stands in the timeline, and so does
every promise that was not kept. What people write stands below it, under the same heading.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from textwrap import wrap

from app.domain.actions import ActionItem
from app.domain.components import worst_status
from app.domain.incidents import Incident, downtime
from app.domain.packs import questions_in_force
from app.domain.promises_kept import promise_outcomes
from app.domain.report import Event, Heading, Report, Section
from app.domain.stages import Fix
from app.domain.timeline import EntryKind, TimelineEntry
from app.publish.language import Language
from app.publish.rescue import Bundle, Chapter, as_pdf
from app.store.report_facts import ReportFacts, Silence

_CAUSES = (EntryKind.FINDING, EntryKind.DIAGNOSIS)
_ROW_MOST = 1_500
_REPAIRS = (EntryKind.CONTAINMENT, EntryKind.RECOVERY, EntryKind.SWITCH)


def report_of(
    incident: Incident, entries: Iterable[TimelineEntry], facts: ReportFacts, language: Language, detected_by: str = ""
) -> Report:
    """The report on an incident as the record stands."""
    course = list(entries)
    told = {
        Heading.DATE: _dates(incident, language),
        Heading.REPORTER: _reporter(course, detected_by),
        Heading.SEVERITY: _severity(incident),
        Heading.TIMELINE: _kept_promises(incident, facts.silences, language),
        Heading.EXPOSURE: _exposure(incident, language),
        Heading.CAUSE: [*_causes(facts), *(_said(entry) for entry in course if entry.kind in _CAUSES)],
        Heading.RESOLUTION: [*_ending(incident, language), *(_said(each) for each in course if each.kind in _REPAIRS)],
        Heading.MITIGATION: [_action(action, language) for action in facts.actions],
    }
    sections = tuple(
        Section(
            heading,
            tuple(told[heading]),
            tuple(_events(incident, course)) if heading is Heading.TIMELINE else (),
            facts.words.get(heading, ""),
        )
        for heading in Heading
    )
    return Report(incident.title, incident.reference or str(incident.number), sections, tuple(_questions(facts)))


def _dates(incident: Incident, language: Language) -> Iterator[str]:
    ended = incident.resolved_at
    until = f" to {language.exactly(ended)}" if ended else ", not resolved yet"
    yield f"{language.exactly(incident.started_at)}{until}."
    if ended:
        between = ", not counting when it worked in between" if incident.was_reopened else ""
        yield f"It lasted {_lasting(downtime(incident, ended).total_seconds())}{between}."


def _reporter(course: Iterable[TimelineEntry], detected_by: str) -> Iterator[str]:
    if detected_by:
        yield f"Found by: {detected_by.replace('_', ' ')}."
    first = next((entry for entry in course if entry.kind is EntryKind.SIGN), None)
    if first:
        yield f"First sign: {_said(first)}"
    spoke = next((entry.who for entry in course if entry.kind is EntryKind.UPDATE and entry.who), "")
    if spoke:
        yield f"First word to members: {spoke}."


def _severity(incident: Incident) -> Iterator[str]:
    if incident.severity:
        yield f"{incident.severity.value.capitalize()}."
    if incident.urgency:
        yield f"Urgency at the end: {incident.urgency.value}."


def _kept_promises(incident: Incident, silences: Iterable[Silence], language: Language) -> Iterator[str]:
    """What members waited for in vain, and what was left out on purpose (R36-R41)."""
    for promise in promise_outcomes(incident):
        ends = promise.said_at or incident.resolved_at
        if ends and not promise.is_kept(ends):
            yield f"Late: the update promised for {language.exactly(promise.due_at)} came at {language.exactly(ends)}."
    for silence in silences:
        slot = silence.slot.value.replace("_", " ")
        told = f"Skipped on purpose: {silence.reason}" if silence.reason else "Missed: nothing was said."
        yield f"{slot.capitalize()} update due {language.exactly(silence.due_at)}. {told}"


def _exposure(incident: Incident, language: Language) -> Iterator[str]:
    worst = {component.name: component.status for component in incident.components}
    for change in (change for update in incident.updates for change in update.changes):
        worst[change.name] = worst_status((change.new, worst.get(change.name, change.new)))
    for name, status in worst.items():
        yield f"{name}: {status.value.replace('_', ' ')}."
    if incident.relief:
        rules = ", ".join(incident.relief.rules)
        until = language.exactly(incident.relief.ends_at)
        yield f"Deadlines extended to {until} ({rules}), by {incident.relief.authority}."


def _causes(facts: ReportFacts) -> Iterator[str]:
    """Many causes are allowed; what was ruled out is told too, because it cost time."""
    for words, state in facts.causes:
        yield f"{state.in_words}: {words}"


def _ending(incident: Incident, language: Language) -> Iterator[str]:
    last = next((update for update in reversed(incident.updates) if update.status.value == "resolved"), None)
    if last:
        words = _first_words(last.body, last.headings.what_happened)
        yield f"Told to members at {language.exactly(last.said_at)}: {words}"
    if incident.relieved_at:
        yield f"Members could work again: {language.exactly(incident.relieved_at)}."
    if incident.fixed_at:
        yield f"The fault itself was fixed: {language.exactly(incident.fixed_at)}."
    if incident.fix:
        yield "The fix is permanent." if incident.fix is Fix.PERMANENT else "The fix is temporary; a follow-up is open."


def _action(action: ActionItem, language: Language) -> str:
    state = f"done {language.day(action.done_at, year=True)}" if action.done_at else "open"
    due = language.day(action.due_on, year=True)
    proof = f" Shown by: {action.proof}." if action.proof else ""
    return f"{action.kind.in_words}: {action.words}. {action.owner}, due {due}, {state}.{proof}"


def _events(incident: Incident, course: Iterable[TimelineEntry]) -> Iterator[Event]:
    """The timeline; of each update the whole words, since members read all of them (R60)."""
    whole = {update.id: update for update in incident.updates}
    for entry in course:
        update = whole.get(entry.id)
        words = _whole(update.body, *update.headings.as_tuple(), update.footnote) if update else entry.words
        yield Event(entry.at, f"{entry.kind.in_words}: {words}", entry.who)


def _questions(facts: ReportFacts) -> Iterator[tuple[str, str, str, date | None]]:
    answered = {(each.pack, each.question): each for each in facts.answers}
    for pack, question in questions_in_force(facts.packs):
        answer = answered.get((pack.key, question))
        yield pack.name, question, answer.answer if answer else "", answer.on if answer else None


def as_markdown(report: Report, language: Language) -> str:
    """The report as Markdown (CommonMark, with a table for the timeline)."""
    return "\n".join(_markdown(report, language)).rstrip() + "\n"


def _markdown(report: Report, language: Language) -> Iterator[str]:
    yield from (f"# {_flat(report.title)}", "", f"Report {report.reference}", "")
    for section in report.sections:
        yield from (f"## {section.heading.in_words}", "")
        yield from (f"- {_flat(fact)}" for fact in section.facts)
        if section.events:
            yield from ("", "| Time | Action | People |", "| --- | --- | --- |")
            yield from (_row(event, language) for event in section.events)
        yield from ("", section.words, "") if section.words else ("",)
    for pack, question, answer, on in report.questions:
        dated = f" ({language.day(on, year=True)})" if on else ""
        yield from (f"### {pack}: {_flat(question)}", "", (answer or "Not answered yet.") + dated, "")


def as_paper(report: Report, language: Language, now: datetime) -> bytes:
    """The report as a PDF."""
    title = f"Incident report {report.reference}: {report.title}"
    return as_pdf(Bundle(title, f"As of {language.exactly(now)}", tuple(_chapters(report, language))))


def _chapters(report: Report, language: Language) -> Iterator[Chapter]:
    for section in report.sections:
        rows = tuple(row for event in section.events for row in _rows(event, language))
        text = (*section.facts, *filter(None, section.words.splitlines()))
        yield Chapter(section.heading.in_words, text, ("Time", "Action", "People") if rows else (), rows)
    for pack, question, answer, on in report.questions:
        dated = f" ({language.day(on, year=True)})" if on else ""
        yield Chapter(f"{pack}: {question}", ((answer or "Not answered yet.") + dated,))


def _rows(event: Event, language: Language) -> Iterator[tuple[str, str, str]]:
    """Rows of a table on paper; long words go on in the next one, because no row is higher than a sheet."""
    at, who = language.exactly(event.at), event.who
    for part in wrap(event.action, _ROW_MOST) or [""]:
        yield at, part, who
        at = who = ""


def _row(event: Event, language: Language) -> str:
    return f"| {language.exactly(event.at)} | {_cell(event.action)} | {_cell(event.who)} |"


def _said(entry: TimelineEntry) -> str:
    return f"{entry.words} ({entry.who})" if entry.who else entry.words


def _first_words(*texts: str) -> str:
    return next(filter(None, texts), "")


def _whole(*texts: str) -> str:
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _flat(text).replace("|", "\\|")


def _lasting(seconds: float) -> str:
    hours, minutes = divmod(int(seconds // 60), 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    said = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number]
    return " ".join(said) or "less than a minute"
