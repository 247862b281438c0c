"""A small MLS with subscribers and one outage, and a worker that sends to the provider of the tests."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.incidents import Incident, IncidentStatus
from app.domain.subscribers import SubscriptionStatus
from app.engine import Engine
from app.publish.publisher import Publisher
from app.queueing import enqueue_notices, enqueue_publishing
from app.store.chunks import Claimed
from app.store.deliveries import DeliveryRow
from app.store.notices import NoticeRow, notices_about
from app.store.session import Database
from app.store.subscribers import SubscriptionRow
from app.worker import Channels, Worker
from notifiers.base import Notice, Notifier
from tests.commands.world import build, words

DOWN = {"dashboard": ComponentStatus.MAJOR_OUTAGE}


def now() -> datetime:
    """This moment: the ledger goes by the database's own clock."""
    return datetime.now(UTC)


def subscribe(session: Session, count: int, channel: Channel = Channel.SMS, **fields: object) -> None:
    """So many active subscribers of everything; their cipher is their address in clear."""
    made = now()
    given = {"status": SubscriptionStatus.ACTIVE, "created_at": made, "confirmed_at": made} | fields
    first = session.execute(sa.select(sa.func.coalesce(sa.func.max(SubscriptionRow.id), 0))).scalar_one()
    session.execute(
        sa.insert(SubscriptionRow),
        [
            {"channel": channel, "address_cipher": b"+1555%07d" % number, "address_index": f"{number:064d}", **given}
            for number in range(first + 1, first + count + 1)
        ],
    )


def prepare(database: Database, count: int = 0, **fields: object) -> None:
    """The organisation and so many subscribers."""
    with database.transaction() as session:
        build(session)
        if count:
            subscribe(session, count, **fields)  # type: ignore[arg-type]


def say(
    database: Database, incident: Incident | None = None, *, on_page: bool = True, **fields: object
) -> tuple[Incident, int]:
    """Post an update that notifies, its undo already over and, unless told, the page done; incident and notice."""
    at = now()
    given = {"next_update_at": at + timedelta(hours=2)} | fields
    if given.get("status") is IncidentStatus.RESOLVED:
        del given["next_update_at"]
    with database.transaction() as session:
        if incident is None:
            draft = words(**({"components": DOWN} | given))
            incident = open_incident(session, IncidentDraft("Nobody can sign in", draft), now=at)
        else:
            incident = post_update(session, incident.id, words(**given), now=at)
        notice = notices_about(session, incident.id)[-1]
        notice.held_until = at
        if on_page:
            session.execute(sa.text("UPDATE outbox SET generation = 1"))
        session.info["notices"] = [(notice.id, timedelta(0))]
        return incident, notice.id or 0


def compose(notice: NoticeRow, claimed: Claimed) -> Notice:
    """The plainest message there is."""
    address = (claimed.cipher or b"").decode()
    return Notice(delivery_id=str(claimed.delivery_id), address=address, text=notice.content["status"])


def make_worker(database: Database, notifiers: dict[str, Notifier], **settings: object) -> Worker:
    """A whole worker that publishes nowhere and sends by these notifiers."""
    engine = Engine(database)
    database.before_commit += [enqueue_publishing(engine), enqueue_notices(engine)]
    publisher = Publisher(
        database, [], lambda _: [], public_url="https://status.example", owner=engine.executor_id, clock=now
    )
    channels = Channels(notifiers, compose, **settings)  # type: ignore[arg-type]
    return Worker(database, engine, publisher, clock=now, channels=channels)


def deliveries(database: Database, notice_id: int | None = None) -> list[DeliveryRow]:
    """The rows of the ledger."""
    with database.read() as session:
        wanted = sa.select(DeliveryRow).order_by(DeliveryRow.id)
        if notice_id is not None:
            wanted = wanted.where(DeliveryRow.notice_id == notice_id)
        rows = list(session.execute(wanted).scalars())
        session.expunge_all()
        return rows


def outcomes(database: Database, notice_id: int | None = None) -> dict[str, int]:
    """How many deliveries ended how; those that have not ended count under their state."""
    with database.read() as session:
        key = sa.func.coalesce(DeliveryRow.outcome, DeliveryRow.state)
        counted = sa.select(key, sa.func.count()).group_by(key)
        if notice_id is not None:
            counted = counted.where(DeliveryRow.notice_id == notice_id)
        return dict(session.execute(counted).all())


def deliveries_written(database: Database) -> int:
    """How many deliveries there are."""
    with database.read() as session:
        return int(session.execute(sa.select(sa.func.count(DeliveryRow.id))).scalar_one())
