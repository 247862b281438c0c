"""How the demo organisation recovers: known issues, the steps of each component, and what past outages came from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.known_issues import save_known_issue
from app.commands.recovery import save_steps
from app.domain.causes import CauseState
from app.store.causes import CauseRow
from app.store.incidents import incident_row

_SEEN = {
    "http": "Open it yourself and see that it answers",
    "login_journey": "Sign in with a test account, all the way in",
    "canary_code": "Ask for a sign-in code and receive it",
    "canary_email": "Send a test message and receive it",
    "feed_age": "See that the newest record came within the last half hour",
    "smtp": "Send a mail in and one out",
    "call_probe": "Call the line and hear somebody answer",
}
"""What a person looks at, by the kind of check that looks at the same by itself."""


def save_demo_recovery(session: Session, raw: Mapping[str, Any], *, now: datetime) -> None:
    """Known issues and recovery steps; components and history must be there already."""
    for issue in raw["known_issues"]:
        save_known_issue(session, issue["id"], issue["title"], issue["workaround"], issue["components"], now=now)
    suppliers = {vendor["key"]: vendor["name"] for vendor in raw["vendors"]}
    for component in raw["components"]:
        verify = [_SEEN[check["kind"]] for check in component.get("checks", ()) if check["kind"] in _SEEN]
        supplier = suppliers.get(component.get("vendor") or "")
        recover = f"Have {supplier} say in writing that the fault is gone" if supplier else ""
        save_steps(session, component["key"], recover, "\n".join(verify), now=now)
    _save_causes(session, raw)


def _save_causes(session: Session, raw: Mapping[str, Any]) -> None:
    people = {person["id"]: person["name"] for person in raw["people"]}
    for incident in raw["incidents"]:
        row = incident_row(session, incident["id"])
        if row is None:
            continue
        row.fix = incident.get("fix_kind")
        for found in incident.get("investigations", ()):
            at = found["submitted_at"]
            who = people[found["by"]]
            session.add(
                CauseRow(
                    incident_id=row.id,
                    words=found["finding"],
                    state=CauseState.FOUND,
                    author=who,
                    created_at=at,
                    judged_at=at,
                )
            )
    session.flush()
