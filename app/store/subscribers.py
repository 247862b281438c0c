"""Rows of subscriptions, their components, open confirmations and counted sign-ups, and their queries.

An address is stored twice: as a cipher, to be sent to, and as a keyed index, to be found by.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, UniqueConstraint, delete, func
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.channels import Channel, Programme
from app.domain.hooks import without_secret
from app.domain.subscribers import Choices, QuietHours, Subscription, SubscriptionStatus
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow
from app.store.vault import Vault

BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column called INTEGER."""


SERVICE_MANAGER = "service_manager"
"""The `source` of the one subscription that nobody can end: the service manager is copied on everything (R23).

What that person chose for themselves stays in the row, and holds again once somebody else has the part.
"""


class SubscriptionRow(SQLModel, table=True):
    """One address on one channel.

    `held_at` is set while a person has still to read a reply that may have meant "stop". Quiet
    hours are "22:00" on the organisation's clock. `is_test` marks who hears of drills (R70).
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("channel", "address_index"),
        # From this index alone the composer counts an audience, and lists stand by state and channel.
        Index(
            "ix_subscription_audience",
            "status",
            "channel",
            "held_at",
            "outages",
            "maintenance",
            "all_components",
            "is_test",
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    address_cipher: bytes = Field(sa_type=LargeBinary)
    address_index: str = Field(max_length=64)
    language: str = "en"
    outages: bool = True
    maintenance: bool = True
    status: str = SubscriptionStatus.PENDING
    quiet_from: str | None = None
    quiet_until: str | None = None
    override_quiet: bool = False
    all_components: bool = True
    created_at: datetime = Field(sa_type=Moment)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    held_at: datetime | None = Field(default=None, sa_type=Moment)
    source: str = ""
    is_test: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class SubscriptionComponentRow(SQLModel, table=True):
    """One component that a subscription with `all_components` off wants to hear about."""

    __tablename__ = "subscription_component"

    subscription_id: int = Field(
        sa_column=sa.Column(BIG, sa.ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True)
    )
    component_id: str = Field(foreign_key="component.id", primary_key=True, index=True)


class ConfirmationRow(SQLModel, table=True):
    """What somebody asked for and has still to confirm. The code itself is derived from `nonce`, never stored."""

    __tablename__ = "confirmation"

    subscription_id: int = Field(
        sa_column=sa.Column(BIG, sa.ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True)
    )
    nonce: str = Field(max_length=32)
    choices: dict[str, Any] = Field(sa_type=JSON)
    tries: int = 0
    network: str = ""
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)


class SignUpAttemptRow(SQLModel, table=True):
    """One sign-up, counted in the bucket of an address, a network, a country prefix, or everybody."""

    __tablename__ = "sign_up_attempt"
    __table_args__ = (Index("ix_sign_up_attempt_bucket_at", "bucket", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    bucket: str
    at: datetime = Field(sa_type=Moment, index=True)


def audience(programme: Programme, component_ids: Collection[str], *, is_drill: bool = False) -> sa.ColumnElement[bool]:
    """The condition on `SubscriptionRow` for whom a notice is: for `INSERT ... SELECT`.

    Active, not held, taking that programme, and wanting every component or one of these (ids). A
    drill concerns test recipients alone.
    """
    wanted = (
        sa.exists()
        .where(col(SubscriptionComponentRow.subscription_id) == col(SubscriptionRow.id))
        .where(col(SubscriptionComponentRow.component_id).in_(component_ids))
    )
    takes = col(SubscriptionRow.outages) if programme is Programme.OUTAGES else col(SubscriptionRow.maintenance)
    return sa.and_(
        col(SubscriptionRow.status) == SubscriptionStatus.ACTIVE,
        col(SubscriptionRow.held_at).is_(None),
        takes.is_(True),
        sa.or_(col(SubscriptionRow.all_components).is_(True), wanted),
        *([col(SubscriptionRow.is_test).is_(True)] if is_drill else []),
    )


def is_copied() -> sa.ColumnElement[bool]:
    """The condition on `SubscriptionRow` for the service manager's copy, whatever the row's own choices are."""
    return sa.and_(
        col(SubscriptionRow.source) == SERVICE_MANAGER, col(SubscriptionRow.status) == SubscriptionStatus.ACTIVE
    )


def subscription_by_address(
    session: Session, vault: Vault, channel: Channel, address: str, *, lock: bool = False
) -> SubscriptionRow | None:
    """The subscription of a normalised address, whatever its status. `lock` keeps others from changing it."""
    indexes = vault.indexes(channel, address)
    wanted = select(SubscriptionRow).where(
        SubscriptionRow.channel == channel, col(SubscriptionRow.address_index).in_(indexes)
    )
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def subscription_row(session: Session, subscription_id: int, *, lock: bool = False) -> SubscriptionRow | None:
    """The subscription by id. `lock` keeps others from changing it until the transaction ends."""
    wanted = select(SubscriptionRow).where(SubscriptionRow.id == subscription_id)
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def subscription_rows(
    session: Session, *, status: str = "", before: int | None = None, most: int = 50
) -> list[SubscriptionRow]:
    """Subscriptions, newest first, `most` at a time: those with an id below `before`."""
    wanted = select(SubscriptionRow).order_by(col(SubscriptionRow.id).desc()).limit(most)
    if status:
        wanted = wanted.where(SubscriptionRow.status == status)
    if before is not None:
        wanted = wanted.where(col(SubscriptionRow.id) < before)
    return list(session.exec(wanted))


def subscriptions_listed(
    session: Session, *, channel: Channel | None, status: SubscriptionStatus | None, skip: int, most: int
) -> list[SubscriptionRow]:
    """Subscriptions whose address was not erased, newest first; `channel` and `status` narrow them."""
    wanted = select(SubscriptionRow).where(func.length(SubscriptionRow.address_cipher) > 0)
    if channel is not None:
        wanted = wanted.where(SubscriptionRow.channel == channel)
    if status is not None:
        wanted = wanted.where(SubscriptionRow.status == status)
    return list(session.exec(wanted.order_by(col(SubscriptionRow.id).desc()).offset(skip).limit(most)))


def subscription_counts(session: Session) -> dict[tuple[Channel, SubscriptionStatus], int]:
    """How many subscriptions there are, by channel and status."""
    counted = select(SubscriptionRow.channel, SubscriptionRow.status, func.count()).group_by(
        col(SubscriptionRow.channel), col(SubscriptionRow.status)
    )
    return {(Channel(channel), SubscriptionStatus(status)): number for channel, status, number in session.exec(counted)}


def wanted_components(session: Session, subscription_id: int) -> frozenset[str]:
    """The slugs a subscription chose; empty when it never chose any."""
    chosen = (
        select(ComponentRow.slug)
        .join(SubscriptionComponentRow, col(SubscriptionComponentRow.component_id) == ComponentRow.id)
        .where(SubscriptionComponentRow.subscription_id == subscription_id)
    )
    return frozenset(session.exec(chosen))


def replace_wanted_components(session: Session, subscription_id: int, slugs: Collection[str]) -> None:
    """Give a subscription exactly these components; unknown slugs are left out."""
    session.execute(
        delete(SubscriptionComponentRow).where(col(SubscriptionComponentRow.subscription_id) == subscription_id)
    )
    found = session.exec(select(ComponentRow.id).where(col(ComponentRow.slug).in_(slugs)))
    session.add_all(
        [SubscriptionComponentRow(subscription_id=subscription_id, component_id=component) for component in found]
    )


def frozen_subscription(session: Session, row: SubscriptionRow, vault: Vault) -> Subscription:
    """The subscription as a value, with its address in clear.

    Raises:
        UnavailableError: the secret key is not the one the address was sealed with.
    """
    components = frozenset() if row.all_components else wanted_components(session, key_of(row))
    programmes = {Programme.OUTAGES: row.outages, Programme.MAINTENANCE: row.maintenance}
    return Subscription(
        id=key_of(row),
        channel=Channel(row.channel),
        address=without_secret(vault.open(row.address_cipher))[0] if row.address_cipher else "",
        status=SubscriptionStatus(row.status),
        choices=Choices(
            programmes=frozenset(programme for programme, taken in programmes.items() if taken),
            components=components,
            language=row.language,
            quiet=QuietHours.parse(row.quiet_from or "", row.quiet_until or "", overridden=row.override_quiet),
        ),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        source=row.source,
        is_held=row.held_at is not None,
    )


def key_of(row: SubscriptionRow) -> int:
    """The id of a row that has been flushed."""
    if row.id is None:
        raise ValueError("the row has no id before it is flushed")
    return row.id


def sign_ups_since(session: Session, bucket: str, since: datetime) -> Sequence[datetime]:
    """When sign-ups were counted in this bucket after `since`, oldest first."""
    wanted = select(SignUpAttemptRow.at).where(SignUpAttemptRow.bucket == bucket, SignUpAttemptRow.at > since)
    return list(session.exec(wanted.order_by(col(SignUpAttemptRow.at))))


def forget_old_sign_ups(session: Session, before: datetime) -> None:
    """Drop sign-ups that no window counts any more, and confirmations that expired before then."""
    session.execute(delete(SignUpAttemptRow).where(col(SignUpAttemptRow.at) <= before))
    session.execute(delete(ConfirmationRow).where(col(ConfirmationRow.expires_at) <= before))


def unconfirmed_ids(session: Session, before: datetime) -> list[int]:
    """Sign-ups from before then that nobody ever confirmed or can still confirm."""
    wanted = (
        select(SubscriptionRow.id)
        .where(SubscriptionRow.status == SubscriptionStatus.PENDING, SubscriptionRow.created_at <= before)
        .where(col(SubscriptionRow.id).not_in(select(ConfirmationRow.subscription_id)))
    )
    return [found for found in session.exec(wanted) if found is not None]


def forget_subscriptions(session: Session, ids: Collection[int]) -> None:
    """Drop subscriptions that never told anybody anything; their log and replies go first."""
    session.execute(delete(SubscriptionRow).where(col(SubscriptionRow.id).in_(ids)))


def owed_confirmations(session: Session, now: datetime, most: int) -> list[tuple[ConfirmationRow, SubscriptionRow]]:
    """Confirmations that nobody has sent yet and that can still be answered, oldest first; locked."""
    wanted = (
        select(ConfirmationRow, SubscriptionRow)
        .join(SubscriptionRow, col(SubscriptionRow.id) == ConfirmationRow.subscription_id)
        .where(col(ConfirmationRow.sent_at).is_(None), ConfirmationRow.expires_at > now)
        .order_by(col(ConfirmationRow.created_at))
        .limit(most)
        .with_for_update(skip_locked=True, of=ConfirmationRow)
    )
    return [(confirmation, row) for confirmation, row in session.exec(wanted)]
