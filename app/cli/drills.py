"""`drill`: play a failure through with the staff; members hear nothing of it."""

from typing import Annotated

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.drills import end_drill, plan_drill, start_drill
from app.domain.drills import Drill
from app.store.drills import stored_score
from app.store.organisation import the_organisation

app = typer.Typer(no_args_is_help=True, help="Play a failure through; members hear nothing of it.")


@app.command("start")
def drill_start_command(
    scenario: Annotated[str, typer.Argument(help="What fails, as the staff would hear it.")],
    component: Annotated[str, typer.Option(help="The component that fails in it.")],
    as_json: AsJson = False,
) -> None:
    """Begin a drill now: its incident is open, the staff is called, the page stays as it is."""
    with opened() as installation, installation.database.transaction(operator()) as session:
        at = now()
        today = at.astimezone(the_organisation(session).zone).date()
        planned = plan_drill(session, scenario, component, today, now=at)
        drill = start_drill(session, planned.id, now=at)
    if as_json:
        print_json(_facts(drill))
    else:
        out.print(f"The drill has begun. Its incident is {drill.incident_id}.", markup=False, soft_wrap=True)


@app.command("end")
def drill_end_command(
    section: Annotated[list[int] | None, typer.Option(help="A section of the plan that was tried; repeatable.")] = None,
    link: Annotated[list[str] | None, typer.Option(help="A component whose sign-in was tried; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """End the drill that is running, score it, and date what it tried."""
    with opened() as installation, installation.database.transaction(operator()) as session:
        drill = end_drill(session, section or (), link or (), now=now())
    if as_json:
        print_json(_facts(drill))
    elif drill.score:
        out.print(f"The drill is over: {drill.score.points} of 100 points.", markup=False, soft_wrap=True)


def _facts(drill: Drill) -> dict[str, object]:
    return {
        "id": drill.id,
        "scenario": drill.scenario,
        "component": drill.slug,
        "incident": drill.incident_id,
        "started_at": drill.started_at,
        "ended_at": drill.ended_at,
        "sections": list(drill.sections),
        "links": list(drill.slugs),
        "points": drill.score.points if drill.score else None,
        "score": stored_score(drill.score) if drill.score else None,
    }
