"""What the database tells: whether somebody could speak tonight, and whether it would be heard."""

from collections.abc import Callable, Iterator, Sequence, Set
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.accounts import Permission, Role, may
from app.domain.channels import Channel
from app.domain.examination import Check, Finding
from app.domain.plan import days_overdue
from app.domain.proofs import overdue_proofs
from app.domain.redundancy import is_safe
from app.domain.second_factors import needs_second_factor
from app.store.accounts import AccountRow, account_rows
from app.store.components import live_components
from app.store.failovers import last_drill, switch_rows
from app.store.heartbeats import live_executors
from app.store.organisation import organisation_row, the_organisation
from app.store.outbox import unpublished
from app.store.plan import plan_editions, plan_sections
from app.store.posting_by_text import number_row, posting_codes_of
from app.store.publication import publication
from app.store.rates import senders
from app.store.redundancy import newest_tests
from app.store.schema import newest_revision, schema_revision
from app.store.second_factors import factors_by_account
from app.store.session import Database

WORKER_SILENCE = timedelta(seconds=30)
PUBLISHING_DELAY = timedelta(minutes=2)
DRILL_EVERY = timedelta(days=92)
FEWEST_CODES = 2


def look_at_rows(
    database: Callable[[], Database], channels: Set[Channel], *, is_production: bool, now: datetime
) -> Iterator[Check]:
    """Everything that the rows tell. `channels` are those that have a provider.

    Raises:
        UnavailableError: the database is away.
    """
    opened = database()
    revision, wanted = schema_revision(opened), newest_revision()
    if revision != wanted:
        yield Check("database", Finding.FAIL, "The tables are not up to date.", "Run: porchlight migrate")
        return
    yield Check("database", Finding.OK, f"Reachable, schema {revision}.")
    with opened.read() as session:
        if organisation_row(session) is None:
            yield Check("organisation", Finding.FAIL, "No organisation is set up.", "Try: porchlight demo load")
            return
        yield from _everything(session, channels, is_production, now)


def _everything(session: Session, channels: Set[Channel], is_production: bool, now: datetime) -> Iterator[Check]:
    able = [row for row in account_rows(session) if row.disabled_at is None]
    yield Check("organisation", Finding.OK, f"{the_organisation(session).name}.")
    yield _accounts(able)
    yield _second_factors(session, able)
    yield _posting_by_text(session, able)
    yield _publishing(session, now)
    yield _workers(session, now)
    yield from _channels(session, channels, is_production)
    yield _direct_links(session, now)
    yield _redundancy(session, now)
    yield from _plan(session, now)
    yield from _drill(session, now)


def _accounts(able: Sequence[AccountRow]) -> Check:
    speakers = [row for row in able if may(Role(row.role), Permission.POST)]
    if not speakers:
        return Check("accounts", Finding.FAIL, "Nobody can sign in and post.", "Run: porchlight accounts add")
    if len(speakers) == 1:
        words = "Only one person can post; if they sleep, nobody speaks."
        return Check("accounts", Finding.WARN, words, "Invite a second one under Accounts.")
    return Check("accounts", Finding.OK, f"{len(able)} people can sign in, {len(speakers)} of them can post.")


def _second_factors(session: Session, able: Sequence[AccountRow]) -> Check:
    """A stolen password must not be enough; and an authenticator lost at night needs a printed code."""
    have = factors_by_account(session)
    needing = [row for row in able if needs_second_factor(Role(row.role))]
    without = [row.name for row in needing if row.id not in have or not have[row.id].is_strong]
    uncoded = [row.name for row in needing if row.name not in without and have[row.id].codes_left < FEWEST_CODES]
    if without:
        words = f"No passkey or authenticator: {', '.join(without)}. A stolen password would be enough."
        return Check("second factors", Finding.WARN, words, "Each adds one under Your account.")
    if uncoded:
        words = f"Fewer than {FEWEST_CODES} printed codes left: {', '.join(uncoded)}. A lost phone would lock them out."
        return Check("second factors", Finding.WARN, words, "Each prints new ones under Your account.")
    return Check("second factors", Finding.OK, "Everybody who may act has a passkey or an authenticator, and codes.")


def _posting_by_text(session: Session, able: Sequence[AccountRow]) -> Check:
    ready = [
        row
        for row in able
        if number_row(session, row.id) and any(code.used_at is None for code in posting_codes_of(session, row.id))
    ]
    if not ready:
        words = "Nobody could publish by text if the console were out: there is no number with unused printed codes."
        return Check("posting by text", Finding.WARN, words, "Print codes under Posting by text.")
    return Check("posting by text", Finding.OK, f"{len(ready)} people have a number and printed codes.")


def _publishing(session: Session, now: datetime) -> Check:
    waiting = unpublished(session)
    if waiting and now - waiting[0].created_at > PUBLISHING_DELAY:
        words = f"{len(waiting)} changes wait to be published."
        return Check("publishing", Finding.FAIL, words, "See that a worker runs, and what its log says.")
    row = publication(session)
    if row.published_at is None:
        return Check("publishing", Finding.WARN, "Nothing has been published yet.", "Run: porchlight publish")
    return Check("publishing", Finding.OK, f"Generation {row.generation}, {len(waiting)} changes waiting.")


def _workers(session: Session, now: datetime) -> Check:
    alive = live_executors(session, now - WORKER_SILENCE)
    if not alive:
        words = "No worker has given a sign of life in the last 30 seconds. Nothing would be published or sent."
        return Check("worker", Finding.WARN, words, "Start one: porchlight worker")
    return Check("worker", Finding.OK, f"{len(alive)} alive.")


def _channels(session: Session, able: Set[Channel], is_production: bool) -> Iterator[Check]:
    """Each channel: whether anything would leave by it tonight."""
    stopped = {row.name: row.stopped_because for row in senders(session) if row.stopped_at}
    for channel in Channel:
        name = f"channel {channel}"
        if channel in stopped:
            remedy = "Mend it at the provider, then press “Send again” under Notices."
            yield Check(name, Finding.FAIL, f"Stopped: {stopped[channel]}", remedy)
        elif channel in able:
            yield Check(name, Finding.OK, "Sends.")
        elif channel.is_personal:
            where = "sign-ups do not offer it" if is_production else "messages go into the tray"
            remedy = "The settings of its provider are listed in docs/settings.md."
            yield Check(name, Finding.WARN, f"No provider is configured; {where}.", remedy)


def _direct_links(session: Session, now: datetime) -> Check:
    """In an outage members are sent to these; a door nobody tried is no door (R32)."""
    organisation = the_organisation(session)
    today = now.astimezone(organisation.zone).date()
    overdue = overdue_proofs(live_components(session), today, organisation.prove_within_days)
    if overdue:
        names = ", ".join(item.short_name for item in overdue)
        words = f"Nobody has proved in {organisation.prove_within_days} days that these direct sign-ins work: {names}."
        return Check("direct links", Finding.WARN, words, "Try each, then press “I got in today” on its page.")
    return Check("direct links", Finding.OK, "Every direct sign-in was tried lately.")


def _redundancy(session: Session, now: datetime) -> Check:
    """A copy that nobody restored and a stand-in that nobody switched to are hopes (R57)."""
    components = list(live_components(session))
    tests, today = newest_tests(session, components), now.astimezone(the_organisation(session).zone).date()
    unsafe = [item.short_name for item in components if not is_safe(tests.get(item.slug, {}), today)]
    if unsafe:
        words = f"Copy or stand-in not tested for half a year: {', '.join(unsafe)}."
        return Check("backup and redundancy", Finding.WARN, words, "Try them, and note it under Redundancy.")
    return Check("backup and redundancy", Finding.OK, "Every copy was restored and every stand-in used lately.")


def _plan(session: Session, now: datetime) -> Iterator[Check]:
    """The plan is read and signed every year (R66); an installation without one is not told about it here."""
    sections, editions = plan_sections(session), plan_editions(session)
    if not sections:
        return
    late = days_overdue(editions[0] if editions else None, now.astimezone(the_organisation(session).zone).date())
    if late is not None:
        words = f"The yearly review is {late} days overdue." if editions else "Nobody has signed the plan."
        yield Check("disaster plan", Finding.WARN, words, "Read it and sign it under Disaster plan.")
    else:
        yield Check("disaster plan", Finding.OK, f"Version {editions[0].version} is signed.")


def _drill(session: Session, now: datetime) -> Iterator[Check]:
    """A switch that nobody has used is a hope."""
    if not switch_rows(session):
        return
    drill = last_drill(session)
    if drill is None or now - drill.planned_at > DRILL_EVERY:
        since = "yet" if drill is None else "in the last three months"
        yield Check("drill", Finding.WARN, f"No switch was tried {since}.", "Under Failover, plan one as a drill.")
    else:
        yield Check("drill", Finding.OK, f"The last drill took {drill.measured_minutes} minutes.")
