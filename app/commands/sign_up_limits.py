"""Counting sign-ups in the database, before anything is done about them, so that a thousand at once are stopped too."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.accounts import AttemptLimit
from app.domain.sign_ups import DAY, UNCONFIRMED_KEPT
from app.store.consents import forget_logs
from app.store.invitations import forget_old_invitations
from app.store.replies import forget_replies, forget_seen
from app.store.subscribers import (
    SignUpAttemptRow,
    forget_old_sign_ups,
    forget_subscriptions,
    sign_ups_since,
    unconfirmed_ids,
)

INVITATIONS_KEPT = timedelta(days=30)
"""How long an invitation that ended is kept; the audit log goes on knowing that it was sent."""


def within_limits(session: Session, buckets: Mapping[str, AttemptLimit], *, now: datetime) -> bool:
    """Count one sign-up in these buckets; False when one of them is full. What is refused is not counted."""
    full = [
        bucket
        for bucket, limit in buckets.items()
        if limit.try_again_at(sign_ups_since(session, bucket, now - limit.window)) is not None
    ]
    if not full:
        session.add_all([SignUpAttemptRow(bucket=bucket, at=now) for bucket in buckets])
        session.flush()
    return not full


def forget_old_traces(session: Session, *, now: datetime) -> None:
    """What the clock lets go every day: counts, codes, callbacks seen, sign-ups and invitations not taken up."""
    forget_old_sign_ups(session, now - DAY)
    unconfirmed = unconfirmed_ids(session, now - UNCONFIRMED_KEPT)
    forget_logs(session, unconfirmed)
    forget_replies(session, unconfirmed)
    forget_subscriptions(session, unconfirmed)
    forget_seen(session, now - UNCONFIRMED_KEPT)
    forget_old_invitations(session, now - INVITATIONS_KEPT)
