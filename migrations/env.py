"""Alembic's entry: runs the migrations on the connection it is handed, or on PORCHLIGHT_DATABASE_URL."""

import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from app.store.columns import Moment
from app.store.schema import METADATA
from app.store.session import open_engine


def render_plainly(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types as SQLAlchemy's own, so that a migration never imports the product."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def is_ours(_item: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """The engine's tables stand in the same database and are not ours to migrate."""
    return kind != "table" or name in METADATA.tables


def run_on(connection: sa.Connection) -> None:
    """Run the migrations in the caller's transaction."""
    options: dict[str, Any] = {"render_item": render_plainly, "include_object": is_ours, "render_as_batch": True}
    context.configure(connection=connection, target_metadata=METADATA, **options)
    context.run_migrations()


def run() -> None:
    """Migrate on the given connection; `alembic` on the command line opens its own."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run_on(connection)
        return
    engine = open_engine(os.environ.get("PORCHLIGHT_DATABASE_URL", "sqlite:///var/porchlight.db"))
    with engine.begin() as opened:
        run_on(opened)


run()
