"""When the clock alone will next change what the public sees, so that the page is rendered anew."""

from datetime import datetime, timedelta

from app.publish.snapshot import PublicSnapshot

_JUST_AFTER = timedelta(seconds=1)


def next_change_at(snapshot: PublicSnapshot) -> datetime:
    """The first moment after `as_of` at which the same rows give another page.

    A promise that passes, deadline relief that begins or ends, planned work whose end has come
    and gone, a name whose last old answer has run out, reports that stop counting, a check whose age
    should be told anew, and local midnight, when "today" becomes
    yesterday and the bars gain a day.
    """
    now = snapshot.as_of
    moments = [_midnight_after(now, snapshot)]
    for incident in snapshot.open_incidents:
        if incident.promised_at:
            moments.append(incident.promised_at)
        if incident.relief:
            moments += [incident.relief.starts_at, incident.relief.ends_at]
    for work in (*snapshot.upcoming_maintenances, *snapshot.active_maintenances):
        moments += [work.scheduled_for, work.scheduled_until]
    moments += [pointing.everyone_by for pointing in snapshot.pointings]
    moments += [facts.changes_at for facts in snapshot.facts if facts.changes_at]
    return min(moment + _JUST_AFTER for moment in moments if moment + _JUST_AFTER > now)


def _midnight_after(now: datetime, snapshot: PublicSnapshot) -> datetime:
    day = snapshot.organisation.day
    tomorrow = now.astimezone(day.zone).date() + timedelta(days=1)
    return day.moment(tomorrow, datetime.min.time())
