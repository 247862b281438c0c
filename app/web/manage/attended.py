"""What an organisation wants a second person to look at first is not said by a program alone (R24).

A key with the scope `unattended` is trusted to speak without anybody's look. Any other is refused
where the console would let the message wait: a program cannot be told later what became of it.
"""

from sqlmodel import Session

from app.domain.api_keys import Scope
from app.domain.approvals import Reason, approval_needed
from app.domain.errors import RefusedError
from app.domain.incidents import Incident, UpdateDraft
from app.domain.severity import Kind, Severity, Urgency
from app.domain.surprises import surprises
from app.store.approvals import two_person_rule
from app.web.manage.call import Call

_WORDS = {
    Reason.TWO_PERSON: "Here a second person looks at messages of this severity first.",
    Reason.MAY_SURPRISE: "This may surprise members, so that the service manager is asked first.",
}


def check_may_say(
    session: Session, call: Call, draft: UpdateDraft, *, kind: Kind, severity: Severity | None, urgency: Urgency | None
) -> None:
    """Refuse what the console would let wait, unless the key may speak without anybody's look.

    Raises:
        RefusedError: somebody has to look first.
    """
    if call.key.may(Scope.UNATTENDED):
        return
    weight = severity or Severity.HIGH
    reasons = surprises(
        draft, kind, urgency or call.organisation.urgency_of(weight), call.organisation.day, now=call.now
    )
    needed = approval_needed(two_person_rule(session), weight, may_surprise=bool(reasons), is_correction=False)
    if needed is not None:
        raise RefusedError(
            f"{_WORDS[needed.reason]} Post it from the console, or use a key with the scope “{Scope.UNATTENDED}”."
        )


def check_may_go_on(session: Session, call: Call, draft: UpdateDraft, incident: Incident) -> None:
    """The same of an incident's next update.

    Raises:
        RefusedError: somebody has to look first.
    """
    severity, urgency = incident.severity, incident.urgency
    check_may_say(session, call, draft, kind=incident.kind, severity=severity, urgency=urgency)
