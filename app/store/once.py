"""Rows whose key is what makes something happen once, whichever worker looks."""

import sqlalchemy as sa
from sqlmodel import Session, SQLModel


def insert_once(session: Session, row: type[SQLModel], **values: object) -> bool:
    """Insert unless something stands under this key: decided by the database, so that two at once agree."""
    table = sa.inspect(row).local_table
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    insert = sa.text(f"INSERT INTO {table.name} ({names}) VALUES ({slots}) ON CONFLICT DO NOTHING")  # noqa: S608 - ours
    typed = [sa.bindparam(name, value, table.c[name].type) for name, value in values.items()]
    return bool(session.connection().execute(insert.bindparams(*typed)).rowcount)
