"""What comes of the words while they are typed: every channel, whom it reaches and when, what could be better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.drafts import drop_draft, keep_draft
from app.commands.incidents import IncidentDraft
from app.commands.rehearsal import Rehearsal, rehearse
from app.domain.channels import Channel, Programme
from app.domain.components import ComponentGroup
from app.domain.deliveries import finish_estimate
from app.domain.maintenance import Maintenance
from app.domain.plain_language import Hint, hints, refusals
from app.domain.severity import Kind
from app.domain.surprises import surprises
from app.publish.previews import Previews, previews
from app.publish.snapshot import PublicSnapshot
from app.store.accounts import account_names
from app.store.components import components_and_groups
from app.store.drafts import NEW
from app.store.incidents import open_incidents
from app.store.maintenance import unfinished_maintenances
from app.store.message_templates import written_templates
from app.store.progress import audience_counts
from app.store.rates import SenderRow, senders
from app.web.admin.speak.composer import CORRECTION, Composer, posted_words
from app.web.admin.speak.drafts import rough_draft
from app.web.admin.speak.filling import filled_words
from app.web.admin.speak.incident_forms import composer_of, incident_of
from app.web.auth import Poster
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit, is_fragment

HOURS = timedelta(hours=1)
"""From when on a sender is called slow."""

_OF_THE_MOMENT = ("key", "preview")

router = APIRouter(prefix="/admin/incidents")


@dataclass(frozen=True, slots=True)
class Reached:
    """One channel: how many it reaches and when the last has left.

    `cost` is None where no price is known. `per_day` is the daily limit of carriers that this would pass, else 0.
    """

    channel: Channel
    number: int
    per_second: float | None
    finish: datetime | None
    is_slow: bool
    stopped_because: str = ""
    cost: float | None = None
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What could be said better in one field, and what would be refused there."""

    label: str
    refusal: str
    hints: Sequence[Hint]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes of the form as it stands."""

    shown: Previews
    reached: Sequence[Reached]
    advice: Sequence[Advice]
    surprises: Sequence[str]
    notify: bool

    @property
    def total(self) -> int:
        """How many subscribers it reaches on all channels."""
        return sum(each.number for each in self.reached) if self.notify else 0

    @property
    def texts(self) -> int:
        """How many text messages it sends."""
        return sum(each.number for each in self.reached if each.channel is Channel.SMS) if self.notify else 0


@router.post("/preview")
def preview(visit: Poster, posted: PostedForm) -> Response:
    """Every channel as the form stands; a fragment for a form that is being filled in."""
    with visit.database.read() as session:
        composer = composer_of(session, visit, posted_words(posted), incident_of(session, posted.text("incident")))
        outlook = outlook_of(session, visit, composer)
    return visit.page("incidents/_outlook.html", composer=composer, outlook=outlook)


@router.post("/words")
def words(visit: Poster, posted: PostedForm) -> Response:
    """The headings with the words of the chosen event; a fragment, or without script the whole form."""
    with visit.database.read() as session:
        composer = composer_of(session, visit, posted_words(posted), incident_of(session, posted.text("incident")))
        composer = with_event_words(session, visit, composer)
    answer = visit.page("incidents/_words.html", composer=composer)
    answer.headers["HX-Trigger-After-Swap"] = "filled"
    return answer


@router.post("/draft")
def draft(visit: Poster, posted: PostedForm) -> Response:
    """Keep the form as it stands, or throw away what was kept."""
    incident_id = posted.text("incident")
    with visit.database.read() as session:
        incident = incident_of(session, incident_id)
    about = incident.id if incident else NEW
    with visit.transaction() as session:
        if posted.has("discard"):
            drop_draft(session, visit.account.id, about)
        else:
            keep_draft(session, visit.account.id, about, kept_fields(posted), now=visit.now)
    if is_fragment(visit.request):
        return visit.page("incidents/_kept.html", kept_at=visit.now, incident=incident, is_now=True)
    return visit.see_other(f"/admin/incidents/{about}#post" if about else "/admin/incidents/new")


def kept_fields(posted: Posted) -> list[tuple[str, str]]:
    """What is worth keeping of a form: everything but what belonged to the moment."""
    return [(name, value) for name, value in posted.pairs if name not in _OF_THE_MOMENT]


def with_event_words(session: Session, visit: Visit, composer: Composer) -> Composer:
    """The same form with the words of its event filled in."""
    began_at = composer.incident.started_at if composer.incident else visit.now
    return composer_of(session, visit, filled_words(composer, visit.clock.time(began_at)), composer.incident)


def outlook_of(session: Session, visit: Visit, composer: Composer) -> Outlook:
    """What comes of the form as it stands."""
    said = rough_draft(composer, visit.zone)
    rehearsal, works, groups = rehearsed(session, visit, composer, said)
    snapshot = _snapshot(visit, rehearsal, works, groups)
    shown = previews(snapshot, rehearsal.incident, rehearsal.content, written_templates(session))
    counts = audience_counts(
        session, Programme.OUTAGES, sorted(rehearsal.audience), is_drill=rehearsal.incident.is_drill
    )
    rates = {row.name: row for row in senders(session)}
    return Outlook(
        shown=shown,
        reached=[_reached(visit, channel, counts[channel], rates, shown) for channel in Channel if channel in counts],
        advice=_advice(composer, account_names(session)),
        surprises=surprises_of(visit, composer, said),
        notify=composer.words.notify,
    )


def rehearsed(
    session: Session, visit: Visit, composer: Composer, said: IncidentDraft
) -> tuple[Rehearsal, Sequence[Maintenance], Sequence[ComponentGroup]]:
    """What the draft would be if it were said now, and the planned work and the groups beside it."""
    is_drill = composer.incident.is_drill if composer.incident else said.is_drill
    opened, works = open_incidents(session, drills=is_drill), unfinished_maintenances(session)
    reported, groups = components_and_groups(session)
    rehearsal = rehearse(
        session, said, composer.incident, reported, opened, works, severity=composer.severity, now=visit.now
    )
    return rehearsal, works, groups


def _snapshot(
    visit: Visit, rehearsal: Rehearsal, works: Sequence[Maintenance], groups: Sequence[ComponentGroup]
) -> PublicSnapshot:
    incident = rehearsal.incident
    return PublicSnapshot(
        organisation=visit.organisation,
        public_url=visit.parts.public_url,
        as_of=visit.now,
        groups=tuple(groups),
        components=rehearsal.components,
        incidents=rehearsal.opened if incident.is_open else (incident, *rehearsal.opened),
        maintenances=tuple(works),
    )


def _reached(visit: Visit, channel: Channel, number: int, rates: Mapping[str, SenderRow], shown: Previews) -> Reached:
    sender = rates.get(channel.value)
    rate = sender.per_second if sender else None
    finish = finish_estimate(number, rate, visit.now)
    price, per_day = visit.parts.sms_price, visit.parts.sms_per_day
    texts = number * shown.segments if channel is Channel.SMS else 0
    return Reached(
        channel=channel,
        number=number,
        per_second=rate,
        finish=finish,
        is_slow=finish is not None and finish - visit.now > HOURS,
        stopped_because=sender.stopped_because if sender and sender.stopped_at else "",
        cost=texts * price if price and channel is Channel.SMS else None,
        per_day=per_day if texts > per_day else 0,
    )


def _advice(composer: Composer, people: Sequence[str]) -> list[Advice]:
    """What to change, field by field; fields that need nothing are left out."""
    words = composer.words
    texts = {
        "What happened": words.what_happened,
        "Done so far": words.done,
        "What comes next": words.next_step,
        "What is affected": words.what_is_affected,
        "How to reach what works": words.how_to_reach,
        "Footnote": words.footnote,
    }
    refused = refusals(texts, people)
    found = [Advice(label, refused.get(label, ""), hints(text)) for label, text in texts.items()]
    return [item for item in found if item.refusal or item.hints]


def surprises_of(visit: Visit, composer: Composer, said: IncidentDraft) -> tuple[str, ...]:
    """Why the service manager is asked first; a correction and a drill never wait."""
    if said.is_drill or (composer.incident and composer.incident.is_drill):
        return ()
    if composer.words.event == CORRECTION:
        return ()
    kind: Kind = composer.incident.kind if composer.incident else said.kind
    return surprises(
        said.first_update,
        kind,
        composer.urgency,
        visit.organisation.day,
        now=visit.now,
        chosen=composer.words.may_surprise,
    )
