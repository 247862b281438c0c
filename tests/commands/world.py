"""A small MLS to run commands on: a dashboard, what hangs on it, and one thing that does not."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from app.commands.components import ComponentDraft, save_components, save_groups
from app.domain.components import AuthMode, DirectLink
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.store.organisation import OrganisationRow

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
"""Easter Saturday, 9:50 PM in Chicago."""

SOON = NOW + timedelta(minutes=40)
WHOLE = Headings("Nobody can sign in.", "The supplier is on it.", "The dashboard.", "Direct sign-ins.")


def build(session: Session) -> None:
    """The organisation, one group and four components."""
    session.add(
        OrganisationRow(
            page_id="kctbh9vrtdwd",
            name="Test MLS",
            short_name="TMLS",
            time_zone="America/Chicago",
            created_at=NOW,
            updated_at=NOW,
        )
    )
    save_groups(session, [("signin", "Signing in", {})], now=NOW)
    own_door = DirectLink("https://forms.example", AuthMode.OWN_PASSWORD)
    save_components(
        session,
        [
            ComponentDraft("dashboard", "Member dashboard (single sign-on)", group="signin"),
            ComponentDraft("codes", "Sign-in codes", requires=("dashboard",), reached_via=("dashboard",)),
            ComponentDraft("forms", "Contract forms", reached_via=("dashboard",), direct_link=own_door),
            ComponentDraft("lockboxes", "Lockboxes"),
        ],
        now=NOW,
    )


def words(status: IncidentStatus = IncidentStatus.INVESTIGATING, **fields: object) -> UpdateDraft:
    """A whole update, open ones with a promise."""
    given: dict[str, object] = {"status": status, "headings": WHOLE}
    if status.is_open:
        given["next_update_at"] = SOON
    return UpdateDraft(**(given | fields))  # type: ignore[arg-type]
