"""Failover: the switches of the MLS's names, a plan with its risks, and the page that watches one travel.

The desk does the work (`app.domain.failover_desk`); this only asks it, and shows what it answers. Names
go to the network as text from the desk alone, never from a request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.failovers import keep_probe, save_switch
from app.domain.accounts import Permission
from app.domain.errors import NotFoundError, PorchlightError, RefusedError, UnavailableError
from app.domain.failover import SignInProbe, Switch, revert_refusal
from app.domain.failover_desk import FailoverDesk, Watch
from app.domain.failover_risks import stops
from app.store.failovers import (
    FailoverRun,
    SwitchRow,
    frozen_run,
    frozen_switch,
    last_drill,
    newest_run,
    probes_of,
    run_row,
    runs_of,
    switch_row,
    switch_rows,
)
from app.web.auth import Allow, Reauthenticated
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

FAILOVER = "/admin/failover"
RUNS = f"{FAILOVER}/runs"

MOVING_SECONDS = 4
RESTING_SECONDS = 30

Switcher = Annotated[Visit, Depends(Allow(Permission.SWITCH_DNS))]
ConfirmedSwitcher = Annotated[Visit, Depends(Reauthenticated(Permission.SWITCH_DNS))]

router = APIRouter(prefix=FAILOVER)


@dataclass(frozen=True, slots=True)
class Listed:
    """One switch and the last use of it."""

    switch: Switch
    run: FailoverRun | None

    @property
    def is_away(self) -> bool:
        """Whether the name leads here, or may."""
        return self.run is not None and self.run.state.is_open


@dataclass(frozen=True, slots=True)
class Underway:
    """One use of a switch as its page shows it.

    `refusal` says why the name may not go back yet; `seconds_left` until nobody can hold what went away.
    """

    run: FailoverRun
    switch: Switch
    probes: Sequence[SignInProbe]
    refusal: str | None
    seconds_left: int
    watch: Watch | None = None

    @property
    def stops(self) -> list[str]:
        """Why nothing may be changed."""
        return stops(self.run.risks)

    @property
    def is_worth_a_look(self) -> bool:
        """Whether anybody may still answer otherwise than wanted; a use that is over asks the network nothing."""
        return self.run.state.is_open or self.seconds_left > 0

    @property
    def every(self) -> int:
        """Seconds between two looks."""
        return MOVING_SECONDS if self.run.visible_at is None or self.seconds_left else RESTING_SECONDS

    @property
    def countdown(self) -> str:
        """ "4:35" until everybody sees it; with hours where it takes hours."""
        minutes, seconds = divmod(self.seconds_left, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@router.get("")
def switches(visit: Switcher) -> Response:
    """Every switch and where it leads, and the last drill."""
    with visit.database.read() as session:
        listed = []
        for row in switch_rows(session):
            run = newest_run(session, row.id)
            listed.append(Listed(frozen_switch(row), frozen_run(run, row.name) if run else None))
        drill = last_drill(session)
        minutes = (drill.measured_minutes, drill.planned_at) if drill else None
    return visit.page("failover/index.html", listed=listed, drill=minutes)


@router.get("/new")
def new_switch(visit: Switcher) -> Response:
    """An empty form."""
    return _form(visit, None, _said(None))


@router.post("")
def create_switch(visit: ConfirmedSwitcher, posted: PostedForm) -> Response:
    """Add a switch."""
    return _save(visit, posted, None)


@router.get("/runs/{run_id}")
def use_of_switch(visit: Switcher, run_id: str) -> Response:
    """A plan to look over, or the page that watches; it is whole without script, which only keeps it up to date."""
    return _run_page(visit, run_id)


@router.get("/runs/{run_id}/progress")
def moving_part(visit: Switcher, run_id: str) -> Response:
    """What everybody answers now; a fragment for the page that shows it."""
    return visit.page("failover/_progress.html", use=_underway(visit, run_id))


@router.post("/runs/{run_id}/application")
def apply(visit: ConfirmedSwitcher, run_id: str, posted: PostedForm) -> Response:
    """Carry out the plan. The name has to be typed."""
    try:
        _desk(visit).apply(run_id, posted.text("typed"), visit.actor)
    except PorchlightError as error:
        return _run_page(visit, run_id, error, posted)
    return visit.see_other(f"{RUNS}/{run_id}?applied")


@router.post("/runs/{run_id}/probes")
def note_sign_in(visit: Switcher, run_id: str, posted: PostedForm) -> Response:
    """Somebody went through the whole sign-in at the normal address; it worked, or it did not."""
    try:
        is_clean = _is_clean(posted)
        with visit.transaction() as session:
            words, by = posted.text("words"), visit.account.name
            keep_probe(session, run_id, by, is_clean=is_clean, words=words, now=visit.now)
    except RefusedError as error:
        return _run_page(visit, run_id, error, posted)
    return visit.see_other(f"{RUNS}/{run_id}?noted")


@router.post("/runs/{run_id}/way-back")
def revert(visit: ConfirmedSwitcher, run_id: str, posted: PostedForm) -> Response:
    """Put the old records back. The name has to be typed, and a reason given before two clean sign-ins."""
    try:
        _desk(visit).revert(run_id, posted.text("typed"), visit.actor, reason=posted.text("reason"))
    except PorchlightError as error:
        return _run_page(visit, run_id, error, posted)
    return visit.see_other(f"{RUNS}/{run_id}?reverted")


@router.get("/{name}")
def one_switch(visit: Switcher, name: str) -> Response:
    """One switch: its values, and when it was used."""
    with visit.database.read() as session:
        switch = frozen_switch(switch_row(session, name))
    return _form(visit, switch, _said(switch))


@router.post("/{name}")
def edit_switch(visit: ConfirmedSwitcher, name: str, posted: PostedForm) -> Response:
    """Change a switch that is not in use."""
    with visit.database.read() as session:
        switch = frozen_switch(switch_row(session, name))
    return _save(visit, posted, switch)


@router.post("/{name}/plan")
def plan(visit: Switcher, name: str, posted: PostedForm) -> Response:
    """Read what is served and weigh it. Nothing is changed."""
    try:
        run_id = _desk(visit).plan(name, visit.actor, is_drill=posted.has("drill"))
    except NotFoundError:
        raise
    except PorchlightError as error:
        with visit.database.read() as session:
            switch = frozen_switch(switch_row(session, name))
        return _form(visit, switch, _said(switch), {"": str(error)})
    return visit.see_other(f"{RUNS}/{run_id}")


def _desk(visit: Visit) -> FailoverDesk:
    if visit.parts.failover is None:
        raise UnavailableError("This console was started without a way to the DNS.")
    return visit.parts.failover()


def _underway(visit: Visit, run_id: str) -> Underway:
    use = _read_underway(visit, run_id)
    if not use.is_worth_a_look:
        return use
    watch = _desk(visit).watch(run_id)  # may find out how it went
    return replace(_read_underway(visit, run_id), watch=watch)


def _read_underway(visit: Visit, run_id: str) -> Underway:
    with visit.database.read() as session:
        row = run_row(session, run_id)
        switch = frozen_switch(session.get_one(SwitchRow, row.switch_id))
        run, probes = frozen_run(row, switch.name), probes_of(session, run_id)
    left = max(0, round((run.everyone_by - visit.now).total_seconds())) if run.everyone_by else 0
    return Underway(run, switch, probes, revert_refusal(probes, visit.now), left)


def _run_page(
    visit: Visit, run_id: str, error: PorchlightError | None = None, posted: Posted | None = None
) -> Response:
    problems = error.problems if isinstance(error, RefusedError) else {"": str(error)} if error else {}
    return visit.page(
        "failover/run.html",
        status=422 if error else 200,
        use=_underway(visit, run_id),
        problems=problems,
        said=posted or Posted(),
    )


def _form(
    visit: Visit, switch: Switch | None, said: dict[str, str], problems: dict[str, str] | None = None
) -> Response:
    runs: list[FailoverRun] = []
    if switch is not None:
        with visit.database.read() as session:
            runs = [frozen_run(row, switch.name) for row in runs_of(session, switch.id)]
    return visit.page(
        "failover/switch.html",
        status=422 if problems else 200,
        switch=switch,
        said=said,
        runs=runs,
        providers=_desk(visit).providers,
        problems=problems or {},
    )


def _save(visit: Visit, posted: Posted, old: Switch | None) -> Response:
    said = {name: posted.text(name) for name in _said(None)}
    try:
        switch = _read(said, old)
        _desk(visit).check(switch)
        with visit.transaction() as session:
            saved = save_switch(session, switch, now=visit.now)
    except RefusedError as error:
        return _form(visit, old, said, error.problems)
    return visit.see_other(f"{FAILOVER}/{saved.name}?saved")


def _said(switch: Switch | None) -> dict[str, str]:
    """The fields of the form as a person would have typed them."""
    if switch is None:
        names = ("name", "zone", "provider", "normal", "failover", "options", "version")
        return dict.fromkeys(names, "") | {"planned_ttl": "300"}
    return {
        "name": switch.name,
        "zone": switch.zone,
        "provider": switch.provider,
        "normal": "\n".join(switch.normal),
        "failover": "\n".join(switch.failover),
        "planned_ttl": str(switch.planned_ttl),
        "options": "\n".join(f"{name} = {value}" for name, value in switch.options.items()),
        "version": str(switch.version),
    }


def _read(said: dict[str, str], old: Switch | None) -> Switch:
    ttl, version = said["planned_ttl"], said["version"]
    return Switch(
        id=old.id if old else "",
        name=said["name"],
        zone=said["zone"],
        provider=said["provider"],
        normal=tuple(said["normal"].split()),
        failover=tuple(said["failover"].split()),
        planned_ttl=int(ttl) if ttl.isascii() and ttl.isdigit() and len(ttl) < 7 else 0,
        options=_options(said["options"]),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
    )


def _is_clean(posted: Posted) -> bool:
    """Which of the two was chosen; nothing is, until a person says so.

    Raises:
        RefusedError: neither.
    """
    outcome = posted.text("outcome")
    if outcome not in ("clean", "failed"):
        raise RefusedError({"outcome": "Say whether it worked."})
    return outcome == "clean"


def _options(text: str) -> dict[str, str]:
    """Lines of `name = value`.

    Raises:
        RefusedError: a line is none, or looks like a secret, which belongs in the settings.
    """
    options = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (equals and name and value):
            raise RefusedError({"options": f"“{line[:60]}” is not of the form name = value."})
        if any(word in name.lower() for word in ("secret", "token", "password", "key")):
            raise RefusedError(
                {"options": "Secrets belong in the settings of the host, never here (docs/failover.md)."}
            )
        options[name] = value
    return options
