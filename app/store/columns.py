"""Column types that both databases keep alike, and the making of ids."""

import secrets
import string
from datetime import UTC, datetime

import sqlalchemy as sa

_ALPHABET = string.ascii_lowercase + string.digits


def new_id() -> str:
    """Twelve lowercase alphanumerics, as Statuspage's clients expect (62 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC moment. SQLite keeps it as text without a zone, PostgreSQL as timestamptz."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive values: they name no moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
