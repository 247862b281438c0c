"""How well trouble was answered: times, promises, reach, as charts over the year and as a table (R73)."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.first_word import TARGET
from app.domain.response_measures import ResponseMeasures, Summary, summary_of
from app.domain.survey import Tally, tally
from app.store.response_measures import measured_incidents
from app.store.survey import survey_answers
from app.web.admin.learn.charts import Chart, Value, chart
from app.web.auth import Reader
from app.web.templating import lasting
from app.web.visit import Visit

MEASURES = "/admin/measures"
_YEAR = timedelta(days=365)
_MINUTE = timedelta(minutes=1)
_PERIODS = {"quarter": timedelta(days=92), "year": _YEAR, "three_years": _YEAR * 3}

router = APIRouter(prefix=MEASURES)


@router.get("")
def measures_page(visit: Reader, period: str = "year") -> Response:
    """The charts of a quarter, a year or three."""
    span = _PERIODS.get(period, _YEAR)
    with visit.database.read() as session:
        measured = measured_incidents(session, visit.now - span, visit.now)
        answers = survey_answers(session, [each.id for each in measured])
    asked = tally(answer for given in answers.values() for answer in given)
    return visit.page(
        "measures.html",
        measured=list(reversed(measured)),
        charts=_charts(visit, measured),
        summary=summary_of(measured),
        headline=_headline(summary_of(measured), asked),
        period=period if period in _PERIODS else "year",
        lasting=lasting,
    )


def _charts(visit: Visit, measured: Sequence[ResponseMeasures]) -> list[Chart]:
    summed = summary_of(measured)
    return [
        chart(
            "detect",
            "From the start until we knew",
            f"Half of the time within {_told(summed.detect)}.",
            _groups(visit, measured, lambda each: each.detect),
        ),
        chart(
            "first-word",
            "From knowing to the first word",
            f"{summed.in_time} of {summed.incidents} within ten minutes; half of the time within "
            f"{_told(summed.first_word)}. Hatched: later than ten minutes.",
            [_first_word(visit, each) for each in measured],
            target=TARGET / _MINUTE,
            target_words="ten minutes",
        ),
        chart(
            "workaround",
            "Until members were told another way",
            "From the start to the first words about how to reach what still works.",
            _groups(visit, measured, lambda each: each.workaround),
        ),
        chart(
            "promises",
            "Promised updates that came in time",
            f"{summed.promises_kept} of {summed.promises} promises. Hatched: one or more came late.",
            [_promises(visit, each) for each in measured],
            target=100.0,
            target_words="all of them",
        ),
        chart(
            "reached",
            "Members reached",
            f"{summed.reached:,} addresses were handed a message, each counted once for an incident.",
            [[Value(each.reached, f"{_name(visit, each)}: {each.reached:,} members")] for each in measured],
        ),
        chart(
            "relieved",
            "Members relieved, and the fault fixed",
            "Solid: until members could work again. Outlined: until the fault was gone.",
            [_two_times(visit, each) for each in measured],
        ),
    ]


def _groups(
    visit: Visit,
    measured: Sequence[ResponseMeasures],
    span_of: Callable[[ResponseMeasures], timedelta | None],
) -> list[list[Value]]:
    return [[_span(visit, each, span)] if (span := span_of(each)) is not None else [] for each in measured]


def _span(visit: Visit, each: ResponseMeasures, span: timedelta, *, is_missed: bool = False, kind: str = "") -> Value:
    return Value(span / _MINUTE, f"{_name(visit, each)}: {lasting(span)}", is_missed, kind)


def _first_word(visit: Visit, each: ResponseMeasures) -> list[Value]:
    late = not each.is_first_word_in_time
    return [_span(visit, each, each.first_word, is_missed=late)] if each.first_word is not None else []


def _promises(visit: Visit, each: ResponseMeasures) -> list[Value]:
    share = each.share_kept
    if share is None:
        return []
    words = f"{_name(visit, each)}: {each.promises_kept} of {each.promises}"
    return [Value(share * 100, words, is_missed=share < 1)]


def _two_times(visit: Visit, each: ResponseMeasures) -> list[Value]:
    relieved = [_span(visit, each, each.relieved)] if each.relieved is not None else []
    fixed = [_span(visit, each, each.fixed, kind="second")] if each.fixed is not None else []
    return relieved + fixed


def _name(visit: Visit, each: ResponseMeasures) -> str:
    return f"{visit.clock.day(each.started_at.astimezone(visit.zone).date())}, {each.title}"


def _told(span: timedelta | None) -> str:
    return lasting(span) if span is not None else "no time that is known"


def _headline(summed: Summary, asked: Tally) -> list[tuple[str, str]]:
    """The few numbers on top."""
    kept = f"{summed.promises_kept} of {summed.promises}" if summed.promises else "none made"
    found = [
        ("Incidents", str(summed.incidents)),
        ("First word within ten minutes", f"{summed.in_time} of {summed.incidents}"),
        ("Promises kept", kept),
        ("Members reached", f"{summed.reached:,}"),
    ]
    if asked.answers:
        found.append(("Members who were told soon enough", f"{asked.share(asked.told):.0%} of {asked.answers} answers"))
        found.append(("Members who could go on working", f"{asked.share(asked.worked):.0%}"))
    return found
