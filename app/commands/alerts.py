"""Take in what monitoring systems say: an open alert is a sign of trouble, a resolved one ends it (R7)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.commands.suspicions import OnSuspected, end_sign, suspect, tell_nobody
from app.domain.alerts import Alert, known_component
from app.domain.suspicions import Sign, SignKind
from app.store.components import component_rows
from app.store.suspicions import sign_row_since


def take_in_alerts(
    session: Session,
    source: str,
    name: str,
    alerts: Sequence[Alert],
    *,
    now: datetime,
    on_suspected: OnSuspected = tell_nobody,
) -> None:
    """Take in the alerts of one call. `source` is the key they came by, `name` what it is called.

    Saying the same again changes nothing, and an alert that comes late, after its end, is not
    believed a second time: monitoring systems repeat themselves and arrive out of order.
    """
    slugs = {row.slug for row in component_rows(session)}
    for alert in alerts:
        ref = f"{source}:{alert.id}"
        if not alert.is_open:
            end_sign(session, SignKind.ALERT, ref, now=now)
            continue
        began_at = min(alert.began_at or now, now)
        is_over = alert.began_at is not None and sign_row_since(session, SignKind.ALERT, ref, began_at) is not None
        if not is_over:
            sign = Sign(SignKind.ALERT, ref, f"{name}: {alert.words}", began_at, known_component(alert, slugs))
            suspect(session, sign, now=now, on_suspected=on_suspected)
