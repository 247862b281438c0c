"""`failover`: point a name of the MLS at this page, watch it, and point it back. The same desk as the console's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli.shell import AsJson, now, opened, operator, out, print_json
from app.commands.failovers import keep_probe
from app.domain.audit import Actor
from app.domain.errors import RefusedError
from app.domain.failover import RunState, normal_name
from app.domain.failover_desk import Watch
from app.domain.failover_risks import Answer, Risk, stops
from app.installation import Installation
from app.publish.language import Language, when
from app.store.failovers import FailoverRun, frozen_run, newest_run, run_row, switch_row, switch_rows
from app.store.organisation import the_organisation

app = typer.Typer(no_args_is_help=True, help="Point a name of the MLS at this page, and back.")

LOOK_SECONDS = 5.0

Name = Annotated[str, typer.Argument(help="Record name, such as dashboard.example.org.")]
Confirm = Annotated[str | None, typer.Option("--confirm", metavar="NAME", help="The name again; asked for otherwise.")]


@app.command("list")
def failover_list_command(as_json: AsJson = False) -> None:
    """Every switch, and where it leads."""
    with opened() as installation, installation.database.read() as session:
        facts = []
        for row in switch_rows(session):
            run = newest_run(session, row.id)
            state = run.state if run else None
            facts.append({"name": row.name, "provider": row.provider, "state": state})
    if as_json:
        print_json(facts)
        return
    for fact in facts:
        away = fact["state"] in {item.value for item in RunState if item.is_open}
        out.print(
            f"{fact['name']}: {'leads here, or may' if away else 'leads to its normal place'}",
            markup=False,
            soft_wrap=True,
        )


@app.command("plan")
def failover_plan_command(
    name: Name,
    drill: Annotated[bool, typer.Option("--drill", help="An exercise: members are told nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read what is served, and say what would change and what is risky in it. Changes nothing."""
    with _at_desk() as (installation, by):
        run = _run(installation, installation.failover_desk.plan(name, by, is_drill=drill), name)
        _say_plan(installation, run, as_json)
    if stops(run.risks):
        raise typer.Exit(1)


@app.command("apply")
def failover_apply_command(name: Name, confirm: Confirm = None, as_json: AsJson = False) -> None:
    """Carry out the plan of the last hour: point the name at this page."""
    with _at_desk() as (installation, by):
        run = _newest(installation, name, "Plan first: porchlight failover plan")
        if confirm is None and not as_json:
            _say_plan(installation, run, as_json)
        run_id = installation.failover_desk.apply(run.id, _typed(name, confirm), by)
        _say_run(installation, _run(installation, run_id, name), as_json)


@app.command("watch")
def failover_watch_command(
    name: Name,
    once: Annotated[bool, typer.Option("--once", help="Look once instead of until most places have it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what name servers and resolvers answer, until most of them have it."""
    with _at_desk() as (installation, _):
        run = _newest(installation, name, "This switch was never used: porchlight failover plan")
        while True:
            watch = installation.failover_desk.watch(run.id)
            run = _run(installation, run.id, name)
            _say_watch(installation, run, watch, as_json)
            if once or as_json or watch.is_seen_by_most:
                return
            time.sleep(LOOK_SECONDS)


@app.command("probe")
def failover_probe_command(
    name: Name,
    clean: Annotated[bool, typer.Option("--clean/--failed", help="Whether the whole sign-in worked.")],
    words: Annotated[str, typer.Option(help="What was seen.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep that somebody signed in at the normal address. Two clean ones ten minutes apart allow to go back."""
    with _at_desk() as (installation, by):
        run = _newest(installation, name, "The name does not lead here")
        with installation.database.transaction(by=by) as session:
            keep_probe(session, run.id, by.name, is_clean=clean, words=words, now=now())
        _say_run(installation, _run(installation, run.id, name), as_json)


@app.command("revert")
def failover_revert_command(
    name: Name,
    confirm: Confirm = None,
    reason: Annotated[str, typer.Option(help="Why to go back before two clean sign-ins; it is kept.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put the saved records back."""
    with _at_desk() as (installation, by):
        run = _newest(installation, name, "The name does not lead here")
        run_id = installation.failover_desk.revert(run.id, _typed(name, confirm), by, reason=reason)
        _say_run(installation, _run(installation, run_id, name), as_json)


@contextmanager
def _at_desk() -> Iterator[tuple[Installation, Actor]]:
    with opened() as installation:
        yield installation, operator()


def _typed(name: str, confirm: str | None) -> str:
    if confirm is not None:
        return confirm
    typed: str = typer.prompt(f"Type {normal_name(name)} to confirm", default="", show_default=False)
    return typed


def _newest(installation: Installation, name: str, otherwise: str) -> FailoverRun:
    with installation.database.read() as session:
        switch = switch_row(session, name)
        row = newest_run(session, switch.id)
        if row is None:
            raise RefusedError(f"{otherwise} {switch.name}")
        return frozen_run(row, switch.name)


def _run(installation: Installation, run_id: str, name: str) -> FailoverRun:
    with installation.database.read() as session:
        return frozen_run(run_row(session, run_id), normal_name(name))


def _clock(installation: Installation, moment: datetime) -> str:
    with installation.database.read() as session:
        zone = the_organisation(session).zone
    return when(moment, Language("en", ZoneInfo(zone.key)), now())


def _say(line: str, style: str | None = None) -> None:
    """One line as it is: a record is never broken in two."""
    out.print(line, markup=False, soft_wrap=True, style=style)


def _say_plan(installation: Installation, run: FailoverRun, as_json: bool) -> None:
    if as_json:
        print_json(_facts(run))
        return
    for line in run.change.lines:
        _say(f"{line.sign} {line.text}")
    for risk in run.risks:
        _say(f"{risk.weight.value:>7}  {_words(installation, risk)}")


def _say_run(installation: Installation, run: FailoverRun, as_json: bool) -> None:
    if as_json:
        print_json(_facts(run))
        return
    _say(f"{run.change.name}: {run.state.value}. {run.words}".strip())
    for number, step in enumerate(run.steps, 1):
        _say(f"{number}. {step}")
    if run.everyone_by and run.everyone_by > now():
        out.print(
            f"Some members may not see it until {_clock(installation, run.everyone_by)}.", markup=False, soft_wrap=True
        )
    for item in run.touched:
        _say(f"NOT AS BEFORE: {item}. Look at it at once.", style="red")


def _say_watch(installation: Installation, run: FailoverRun, watch: Watch, as_json: bool) -> None:
    if as_json:
        places = [asdict(answer) | {"is_right": watch.is_right(answer)} for answer in watch.answers]
        print_json(_facts(run) | {"places": places, "is_visible": watch.is_visible})
        return
    for answer in watch.answers:
        out.print(
            f"{'yes' if watch.is_right(answer) else 'no':>4}  {answer.place}: {_answered(answer)}",
            markup=False,
            soft_wrap=True,
        )
    if watch.words:
        _say(watch.words)
    _say_run(installation, run, as_json)


def _answered(answer: Answer) -> str:
    said = [f"{item.type} {', '.join(item.values)} (TTL {item.ttl})" for item in answer.records]
    return answer.trouble or "; ".join(said) or "nothing"


def _words(installation: Installation, risk: Risk) -> str:
    return risk.words.format(until=_clock(installation, risk.until)) if risk.until else risk.words


def _facts(run: FailoverRun) -> dict[str, object]:
    return asdict(run) | {"state": run.state.value, "diff": [f"{line.sign} {line.text}" for line in run.change.lines]}
