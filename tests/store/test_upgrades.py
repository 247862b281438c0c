"""Every released schema, populated: up from it, down to it, and no row is lost that has a place on both sides."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from app.importers.demo import load_demo
from app.store.schema import _config, migrate, newest_revision, schema_revision
from app.store.session import Database
from tests.commands.sign_ups import VAULT

REVISIONS = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
"""From the newest to the first."""

OF_THE_TOOLS = {"alembic_version"}
OF_A_DAY = {"sign_in"}
"""What an upgrade may end on purpose: everybody signs in anew."""

pytestmark = pytest.mark.slow

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)


def move(database: Database, revision: str) -> None:
    """Up or down to a revision, as `porchlight migrate` does it."""
    migrate(database, to=revision)
    assert schema_revision(database) == revision


def rows(database: Database) -> dict[str, int]:
    """How many rows every table has."""
    with database.engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names()) - OF_THE_TOOLS - OF_A_DAY
        return {name: connection.execute(counting(name)).scalar_one() for name in names}


def counting(name: str) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).select_from(sa.table(name))


def fill(database: Database) -> None:
    """A row in every table that has none, with whatever its columns take."""
    found = sa.MetaData()
    with database.engine.begin() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name not in OF_THE_TOOLS and not connection.execute(counting(table.name)).scalar_one():
                connection.execute(table.insert().values(dict(values(connection, table))))


def values(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[str, object]]:
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        if key is not None:
            yield column.name, connection.execute(sa.select(key.column).limit(1)).scalar()
        elif not column.nullable and column.server_default is None:
            yield column.name, value(column)


def value(column: sa.Column[object]) -> object:
    match column.type:
        case sa.DateTime():
            return NOW
        case sa.Date():
            return NOW.date()
        case sa.Boolean():
            return False
        case sa.Integer() | sa.Float() | sa.Numeric():
            return 1
        case sa.LargeBinary():
            return b"x"
        case sa.JSON():
            return []
    return "x"


@pytest.fixture
def populated(database: Database) -> Database:
    load_demo(database, VAULT, now=NOW, outage=True)
    fill(database)
    assert all(rows(database).values())
    return database


def test_going_down_to_the_first_schema_and_up_again_loses_no_row_that_has_a_place(populated):
    before = rows(populated)
    for revision in REVISIONS[1:]:
        move(populated, revision)
        after = rows(populated)
        assert after == {name: before[name] for name in after}, revision
        before = after
    assert len(before) > 5, "the first schema is as good as empty"
    for revision in reversed(REVISIONS[:-1]):
        move(populated, revision)
        after = rows(populated)
        assert {name: after[name] for name in before} == before, revision
        before = after
    assert schema_revision(populated) == newest_revision()


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_a_populated_database_of_every_schema_comes_up_to_this_one(populated, revision):
    """At once, as an upgrade after a long time does; every table of that schema has a row of its own."""
    move(populated, revision)
    fill(populated)
    before = rows(populated)
    move(populated, REVISIONS[0])
    after = rows(populated)
    assert {name: after[name] for name in before} == before


def test_all_of_it_can_be_taken_away(database):
    with database.engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert rows(database) == {}
