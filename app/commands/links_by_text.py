"""Whether a caller who pressed 1 may be texted the links: wanted, and not too often (notices.md, "Phone")."""

from datetime import datetime

from sqlmodel import Session

from app.commands.addresses import country_code, normal_address
from app.commands.sign_up_limits import within_limits
from app.domain.announcements import LinkTextLimits
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.subscribers import SubscriptionStatus
from app.store.replies import is_first
from app.store.subscribers import subscription_by_address
from app.store.vault import Vault

_LAST_DIGITS = 4


def take_link_text(
    session: Session, vault: Vault, caller: str, call_id: str, limits: LinkTextLimits, *, now: datetime
) -> str | None:
    """Count a text to this caller; the number it may go to, or None when it may not.

    Never to somebody who texted STOP or whose reply a person has still to read, nor to a country
    that texts do not go to, nor twice for one call however often the provider asks.
    """
    try:
        number = normal_address(Channel.SMS, caller)
    except RefusedError:
        return None
    if country_code(number) not in limits.country_codes or not _is_willing(session, vault, number):
        return None
    if not is_first(session, f"links:{call_id}", now) or not _is_first_lately(session, vault, number, limits, now):
        return None
    buckets = {
        f"links:{vault.index(Channel.SMS, number)}": limits.caller,
        f"links:{number[:-_LAST_DIGITS]}": limits.neighbours,
        "links:all": limits.everybody,
    }
    return number if within_limits(session, buckets, now=now) else None


def _is_willing(session: Session, vault: Vault, number: str) -> bool:
    row = subscription_by_address(session, vault, Channel.SMS, number)
    return row is None or (row.status != SubscriptionStatus.OPTED_OUT and row.held_at is None)


def _is_first_lately(session: Session, vault: Vault, number: str, limits: LinkTextLimits, now: datetime) -> bool:
    """Of two calls at the same moment only one; the counting afterwards sees the rest."""
    slot = int(now.timestamp() // limits.caller.window.total_seconds())
    return is_first(session, f"links:{vault.index(Channel.SMS, number)}:{slot}", now)
