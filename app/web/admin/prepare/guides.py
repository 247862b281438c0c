"""Role guides: one page for each part in an incident, short enough to be read at three in the morning (R72)."""

from enum import StrEnum

from fastapi import APIRouter
from starlette.responses import Response

from app.web.auth import Reader

GUIDES = "/admin/guides"

router = APIRouter(prefix=GUIDES)


class Guide(StrEnum):
    """The parts that have a guide; each value is the name of its template too."""

    COMMANDER = "commander"
    COMMUNICATIONS_LEAD = "communications-lead"
    OPERATIONS_MANAGER = "operations-manager"
    INVESTIGATOR = "investigator"
    SERVICE_MANAGER = "service-manager"
    HELP_DESK = "help-desk"
    EXECUTIVE = "executive"

    @property
    def in_words(self) -> str:
        """The part as people call it."""
        return _NAMES.get(self, self.value.replace("-", " ").capitalize())


_NAMES = {Guide.COMMANDER: "Incident commander", Guide.INVESTIGATOR: "Subject expert and investigator"}

_OF_ROLES = {
    "incident_commander": Guide.COMMANDER,
    "comms_lead": Guide.COMMUNICATIONS_LEAD,
    "comms_backup": Guide.COMMUNICATIONS_LEAD,
    "operations_manager": Guide.OPERATIONS_MANAGER,
    "subject_expert": Guide.INVESTIGATOR,
    "investigator": Guide.INVESTIGATOR,
    "service_manager": Guide.SERVICE_MANAGER,
    "executive": Guide.EXECUTIVE,
}

_PURPOSES = {
    Guide.COMMANDER: "Guides the team and owns the record.",
    Guide.COMMUNICATIONS_LEAD: "The one voice that members hear.",
    Guide.OPERATIONS_MANAGER: "Carries out the fix, the switch and the test.",
    Guide.INVESTIGATOR: "Advises on one system, and looks for the cause alone.",
    Guide.SERVICE_MANAGER: "Is copied on everything and consulted before a surprise.",
    Guide.HELP_DESK: "Hears members first, and counts.",
    Guide.EXECUTIVE: "Decides what only they can, and shields the team.",
}


def guide_path(role: str) -> str:
    """Where the guide of a part stands, by the key of its role; of all parts where it has none of its own."""
    guide = _OF_ROLES.get(role)
    return f"{GUIDES}/{guide}" if guide else GUIDES


@router.get("")
def guides(visit: Reader) -> Response:
    """All of them."""
    return visit.page("guides/index.html", guides=list(Guide), purposes=_PURPOSES)


@router.get("/{guide}")
def guide_page(visit: Reader, guide: Guide) -> Response:
    """One of them, made to be printed."""
    return visit.page(f"guides/{guide}.html", guide=guide, purpose=_PURPOSES[guide])
