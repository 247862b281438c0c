"""`post`: an update from a terminal, when the console cannot be reached."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.staff_messages import announce_break_glass
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.organisation import Organisation
from app.domain.promises import suggested_promise
from app.domain.severity import Severity, Urgency
from app.domain.spooled_posts import new_post
from app.publish.without_database import WithoutDatabase
from app.store.incidents import the_incident
from app.store.organisation import the_organisation

app = typer.Typer()


@app.command("post")
def post_command(
    status: Annotated[IncidentStatus, typer.Option(help="Where the incident stands.")],
    body: Annotated[str, typer.Option(help="What members should read.")],
    incident: Annotated[str | None, typer.Option(help="Id or reference of an open incident.")] = None,
    new: Annotated[str | None, typer.Option(metavar="TITLE", help="Open a new incident with this title.")] = None,
    component: Annotated[list[str] | None, typer.Option(metavar="SLUG=STATUS", help="May be repeated.")] = None,
    next_update: Annotated[str | None, typer.Option(metavar="ISO", help="When members hear next.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Suggested from the components when left out.")] = None,
    no_notify: Annotated[bool, typer.Option("--no-notify", help="Publish without telling subscribers.")] = False,
    without_database: Annotated[
        bool, typer.Option("--without-database", help="Publish from the kept state; the database learns of it later.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Post an update, or open an incident, and publish it."""
    if (incident is None) == (new is None):
        raise RefusedError("Say either --incident ID or --new TITLE.")
    at = now()
    with opened() as installation:
        if without_database:
            draft = UpdateDraft(status, body, components=_states(component or []), notify=not no_notify)
            _post_without_database(installation.without_database, draft, incident, new, next_update, severity, as_json)
            return
        with installation.database.transaction(operator()) as session:
            organisation = the_organisation(session)
            known = the_incident(session, incident) if incident else None
            urgency = (known and known.urgency) or organisation.urgency_of(severity or Severity.HIGH)
            draft = UpdateDraft(
                status=status,
                body=body,
                components=_states(component or []),
                next_update_at=_promise(next_update, status, urgency, organisation, at),
                notify=not no_notify,
                override="Resolved from the command line, without the console.",
            )
            if new is not None:
                posted = open_incident(session, IncidentDraft(new, draft, severity=severity), now=at)
            else:
                posted = post_update(session, incident or "", draft, now=at)
            announce_break_glass(session, operator().name, "from the command line", posted.title, now=at)
        edition = installation.publisher().publish_if_owed()
    _say_posted(posted, edition.generation if edition else None, as_json)


def _post_without_database(
    page: WithoutDatabase,
    draft: UpdateDraft,
    reference: str | None,
    title: str | None,
    next_update: str | None,
    severity: Severity | None,
    as_json: bool,
) -> None:
    snapshot, at = page.snapshot(), now()
    known = next((item for item in snapshot.incidents if reference and reference in (item.id, item.reference)), None)
    if reference and known is None:
        raise RefusedError(f"There is no incident “{reference}” on the page.")
    urgency = (known and known.urgency) or snapshot.organisation.urgency_of(severity or Severity.HIGH)
    promise = _promise(next_update, draft.status, urgency, snapshot.organisation, at)
    said = replace(draft, next_update_at=promise)
    post = new_post(at, operator(), said, incident_id=known.id if known else None, title=title or "")
    edition = page.publish(post)
    generation = edition.generation if edition else None
    if as_json:
        print_json({"incident": post.incident_id or post.new_id, "generation": generation, "waits": True})
        return
    out.print(f"Published as generation {generation}. The database and subscribers hear of it when it is back.")


def _say_posted(posted: Incident, generation: int | None, as_json: bool) -> None:
    if as_json:
        facts = {"incident": posted.id, "status": posted.status, "promised_at": posted.promised_at}
        print_json(facts | {"generation": generation})
        return
    where = f"published as generation {generation}" if generation else "the worker is publishing it"
    out.print(f"Posted on incident {posted.id} ({posted.status}); {where}.")


def _states(pairs: list[str]) -> dict[str, ComponentStatus]:
    states: dict[str, ComponentStatus] = {}
    for pair in pairs:
        slug, _, status = pair.partition("=")
        try:
            states[slug.strip()] = ComponentStatus(status.strip())
        except ValueError:
            words = ", ".join(ComponentStatus)
            raise RefusedError(f"“{pair}” is not SLUG=STATUS. The statuses are: {words}.") from None
    return states


def _promise(
    given: str | None, status: IncidentStatus, urgency: Urgency, organisation: Organisation, now: datetime
) -> datetime | None:
    if given is None:
        return suggested_promise(urgency, now, organisation.day) if status.is_open else None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise RefusedError(f"“{given}” is not a time like 2026-04-04T22:30 or 2026-04-04T22:30:00-05:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=organisation.zone)
