"""`post`: an update from a terminal, when the console cannot be reached."""

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
from app.domain.severity import Severity, Urgency, default_urgency
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
    as_json: AsJson = False,
) -> None:
    """Post an update, or open an incident, and publish it."""
    if (incident is None) == (new is None):
        raise RefusedError("Say either --incident ID or --new TITLE.")
    at = now()
    with opened() as installation:
        with installation.database.transaction(operator()) as session:
            organisation = the_organisation(session)
            known = the_incident(session, incident) if incident else None
            urgency = (known and known.urgency) or default_urgency(severity or Severity.HIGH)
            draft = UpdateDraft(
                status=status,
                body=body,
                components=_states(component or []),
                next_update_at=_promise(next_update, status, urgency, organisation, at),
                notify=not no_notify,
            )
            if new is not None:
                posted = open_incident(session, IncidentDraft(new, draft, severity=severity), now=at)
            else:
                posted = post_update(session, incident or "", draft, now=at)
            announce_break_glass(session, operator().name, "from the command line", posted.title, now=at)
        edition = installation.publisher().publish_if_owed()
    _say_posted(posted, edition.generation if edition else None, as_json)


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
