"""Bringing a database to this version's tables (Alembic), and knowing which version it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from app.domain.errors import RefusedError, UnavailableError
from app.store import (
    accounts,
    actions,
    announcements,
    api_keys,
    approvals,
    assignments,
    attachments,
    audit,
    cadence,
    causes,
    circulation,
    closing,
    components,
    consents,
    decisions,
    deliveries,
    drafts,
    drills,
    escalation,
    examinations,
    failovers,
    findings,
    first_words,
    heartbeats,
    holidays,
    incidents,
    invitations,
    known_issues,
    maintenance,
    maintenance_series,
    meetings,
    message_plan,
    message_templates,
    notices,
    organisation,
    outbox,
    owed_calls,
    packs,
    pages,
    plan,
    posting_by_text,
    probes,
    pronunciations,
    publication,
    rates,
    recovery,
    redundancy,
    replies,
    report,
    reports,
    restorations,
    roster,
    second_factors,
    social,
    staff_messages,
    stale_nudges,
    submissions,
    subscribers,
    survey,
    suspicions,
    tickets,
    timeline,
    tray,
    vendors,
    weekly_digest,
)
from app.store.session import Database, in_words

TABLES = (
    organisation,
    components,
    incidents,
    maintenance,
    outbox,
    publication,
    accounts,
    submissions,
    heartbeats,
    subscribers,
    consents,
    replies,
    notices,
    deliveries,
    rates,
    tray,
    audit,
    api_keys,
    message_templates,
    failovers,
    second_factors,
    invitations,
    approvals,
    cadence,
    drafts,
    maintenance_series,
    holidays,
    pronunciations,
    posting_by_text,
    staff_messages,
    owed_calls,
    restorations,
    announcements,
    reports,
    suspicions,
    timeline,
    tickets,
    probes,
    roster,
    examinations,
    assignments,
    decisions,
    actions,
    packs,
    escalation,
    pages,
    first_words,
    meetings,
    message_plan,
    social,
    circulation,
    report,
    survey,
    weekly_digest,
    attachments,
    causes,
    findings,
    known_issues,
    recovery,
    stale_nudges,
    vendors,
    redundancy,
    plan,
    drills,
    closing,
)
"""Every module that declares tables, so that the metadata is whole wherever this is imported."""

METADATA = SQLModel.metadata

_ROOT = Path(__file__).resolve().parents[2]


def _config() -> Config:
    config = Config(str(_ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    return config


def migrate(database: Database, to: str = "head") -> None:
    """Create or upgrade the tables; safe to call at every start and from several processes.

    `to` names an older revision to go back to; what only newer tables and columns hold is lost then.

    Raises:
        UnavailableError: the database is newer than this code, or cannot be reached.
        RefusedError: there is no revision `to`.
    """
    check_not_newer(database)
    goes_back = to != "head" and _is_older(schema_revision(database), to)
    with in_words(), _changing(database) as config:
        (command.downgrade if goes_back else command.upgrade)(config, to)


@contextmanager
def _changing(database: Database) -> Iterator[Config]:
    """One transaction for all steps. SQLite rebuilds tables, which others refer to, and is checked as a whole after."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            _check_references(connection, "OFF")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7146511)")
                config = _config()
                config.attributes["connection"] = connection
                yield config
                if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise UnavailableError(f"The change would leave rows of {broken[0]} without what they refer to.")
        finally:
            if database.is_sqlite:
                _check_references(connection, "ON")


def _check_references(connection: Connection, switch: str) -> None:
    """Past SQLAlchemy, because within a transaction SQLite does not listen."""
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(f"PRAGMA foreign_keys={switch}")


def _is_older(at: str | None, to: str) -> bool:
    """Whether a database at one revision would have to go back to reach the other.

    Raises:
        RefusedError: there is no such revision.
    """
    revisions = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    if to not in revisions:
        raise RefusedError(f"There is no schema {to}. The newest is {revisions[0]}, the first {revisions[-1]}.")
    return at in revisions and revisions.index(to) > revisions.index(at)


def schema_revision(database: Database) -> str | None:
    """The Alembic revision the database is at; None before the first migration.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with in_words(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The Alembic revision this code wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def check_not_newer(database: Database) -> None:
    """Refuse a database that a newer Porchlight has changed.

    Raises:
        UnavailableError: its revision is unknown here.
    """
    revision = schema_revision(database)
    if revision is not None:
        check_known(revision, "This database")


def check_known(revision: str, what: str) -> None:
    """Refuse what a newer Porchlight has made; `what` it is begins the sentence.

    Raises:
        UnavailableError: the revision is unknown here.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision not in known:
        raise UnavailableError(
            f"{what} was made by a newer Porchlight (schema {revision}). Upgrade the program, not the data."
        )
