"""The few statements of a chunk in hand: look, claim, record. Asked fifty times a second.

Each is one statement for all rows of the chunk, written once as text: a list goes over as JSON,
which both databases unfold themselves, so that no row costs a parameter list of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, case, func
from sqlmodel import Session

from app.domain.channels import Programme
from app.domain.deliveries import Ending, Later, State
from app.store.columns import Moment
from app.store.deliveries import ATTEMPT, DELIVERY, SUBSCRIPTION
from app.store.subscribers import SERVICE_MANAGER


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery in hand: its row, what decides about it, and where it goes.

    `cipher` is None for a subscription that is gone. `is_copy` is the service manager's.
    """

    delivery_id: int
    state: State
    attempts: int
    subscription_id: int
    status: str | None
    takes_programme: bool
    is_held: bool
    quiet_from: str
    quiet_until: str
    override_quiet: bool
    language: str
    cipher: bytes | None
    channel: str
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one delivery in hand: `number` is the attempt that brought it."""

    delivery_id: int
    number: int
    verdict: Ending | Later
    provider_id: str | None = None


_ORDER = case((DELIVERY.c.state == State.WAITING, 0), else_=1)
"""Fresh ones first; those whose fate a crash left unclear last."""


def _due(takes: sa.ColumnElement[bool]) -> sa.Select[Any]:
    wanted = (
        DELIVERY.c.id,
        DELIVERY.c.state,
        DELIVERY.c.attempts,
        DELIVERY.c.subscription_id,
        SUBSCRIPTION.c.status,
        func.coalesce(takes, sa.false()),
        SUBSCRIPTION.c.held_at.is_not(None),
        func.coalesce(SUBSCRIPTION.c.quiet_from, ""),
        func.coalesce(SUBSCRIPTION.c.quiet_until, ""),
        func.coalesce(SUBSCRIPTION.c.override_quiet, sa.false()),
        func.coalesce(SUBSCRIPTION.c.language, ""),
        SUBSCRIPTION.c.address_cipher,
        func.coalesce(SUBSCRIPTION.c.channel, ""),
        func.coalesce(SUBSCRIPTION.c.source == SERVICE_MANAGER, sa.false()),
    )
    return (
        sa.select(*wanted)
        .select_from(DELIVERY.outerjoin(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id))
        .where(
            DELIVERY.c.batch_id == bindparam("batch"),
            DELIVERY.c.state != State.ENDED,
            DELIVERY.c.due_at <= bindparam("now", type_=Moment),
        )
        .order_by(_ORDER, DELIVERY.c.attempts, DELIVERY.c.id)
        .limit(bindparam("most"))
        .with_for_update(of=DELIVERY, skip_locked=True)
    )


# Built once, because building costs as much as asking.
_DUE = {Programme.OUTAGES: _due(SUBSCRIPTION.c.outages), Programme.MAINTENANCE: _due(SUBSCRIPTION.c.maintenance)}


def due_deliveries(session: Session, batch_id: int, programme: Programme, now: datetime, most: int) -> list[Claimed]:
    """Deliveries of a batch that may be taken in hand, locked until the transaction ends."""
    found = session.connection().execute(_DUE[programme], {"batch": batch_id, "now": now, "most": most})
    return [Claimed(number, State(state), *rest) for number, state, *rest in found]


_IDS = {
    "sqlite": "(SELECT value FROM json_each(:ids))",
    "postgresql": "(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)))",
}
_CLAIM = {
    name: sa.text(
        "UPDATE delivery SET state = :state, owner = :owner, due_at = :lease, attempts = attempts + :more"  # noqa: S608 - ours
        f" WHERE id IN {ids}"
    ).bindparams(bindparam("lease", type_=Moment))
    for name, ids in _IDS.items()
}
_ATTEMPT = {
    name: sa.text(
        "INSERT INTO attempt (delivery_id, number, at, result)"  # noqa: S608 - ours
        f" SELECT id, attempts, :now, '' FROM delivery WHERE id IN {ids}"
    ).bindparams(bindparam("now", type_=Moment))
    for name, ids in _IDS.items()
}


def claim(session: Session, ids: Sequence[int], state: State, owner: str, lease_until: datetime) -> None:
    """Take deliveries in hand under a name of one's own: to send them, which is one more attempt, or to ask."""
    more = 1 if state is State.SENDING else 0
    given = {"ids": json.dumps(ids), "state": state.value, "owner": owner, "lease": lease_until, "more": more}
    _run(session, _CLAIM, given)


def write_attempts(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Note the attempts that are about to be made at deliveries just claimed."""
    _run(session, _ATTEMPT, {"ids": json.dumps(ids), "now": now})


_FIELDS = {
    "delivery_id": "bigint",
    "number": "integer",
    "state": "text",
    "outcome": "text",
    "reason": "text",
    "words": "text",
    "provider_id": "text",
    "due_at": "timestamptz",
}
_PICKED = ", ".join(f"value ->> '{name}' AS {name}" for name in _FIELDS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _FIELDS.items())
_ROWS = {
    "sqlite": f"(SELECT {_PICKED} FROM json_each(:rows)) AS r",  # noqa: S608 - ours
    "postgresql": f"json_to_recordset(CAST(:rows AS json)) AS r({_TYPED})",
}
_RECORD = {
    name: sa.text(
        "UPDATE delivery SET state = r.state, outcome = r.outcome, reason = r.reason, words = r.words,"  # noqa: S608 - ours
        " provider_id = coalesce(r.provider_id, delivery.provider_id), due_at = r.due_at, updated_at = :now"
        f" FROM {rows} WHERE delivery.id = r.delivery_id AND delivery.owner = :owner AND delivery.state <> :ended"
    ).bindparams(bindparam("now", type_=Moment))
    for name, rows in _ROWS.items()
}
_ANSWER = {
    name: sa.text(
        f"UPDATE attempt SET result = r.reason FROM {rows}"  # noqa: S608 - ours
        " WHERE attempt.delivery_id = r.delivery_id AND attempt.number = r.number"
    )
    for name, rows in _ROWS.items()
}


def record_results(session: Session, owner: str, results: Sequence[Result], now: datetime) -> None:
    """What became of deliveries in hand. One that another has taken since, or a receipt has ended, stays as it is."""
    if not results:
        return
    rows = [_row(result) for result in results]
    _run(session, _RECORD, {"rows": json.dumps(rows), "owner": owner, "ended": State.ENDED.value, "now": now})
    if failed := [row for row in rows if row["reason"]]:
        _run(session, _ANSWER, {"rows": json.dumps(failed)})


def _row(result: Result) -> dict[str, object]:
    verdict = result.verdict
    row: dict[str, object] = {"delivery_id": result.delivery_id, "number": result.number}
    row |= {"provider_id": result.provider_id, "reason": verdict.reason, "words": verdict.words}
    if isinstance(verdict, Ending):
        return row | {"state": State.ENDED.value, "outcome": verdict.outcome.value}
    # As SQLite keeps a Moment; PostgreSQL reads it by the clock of its session, which is UTC.
    return row | {"state": verdict.state.value, "due_at": f"{verdict.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"}


def last_attempts(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these deliveries was last tried."""
    latest = sa.select(ATTEMPT.c.delivery_id, func.max(ATTEMPT.c.at)).where(ATTEMPT.c.delivery_id.in_(ids))
    found = session.execute(latest.group_by(ATTEMPT.c.delivery_id))
    return dict(found.all())


def _run(session: Session, statements: Mapping[str, sa.TextClause], given: Mapping[str, object]) -> None:
    """Past the ORM, which has nothing to do here."""
    connection = session.connection()
    connection.execute(statements[connection.dialect.name], given)
