"""What the Manage API takes and gives, as OpenAPI 3.1 says it. Its answers are tested against these very schemas."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.incidents import BODY_LIMIT, TITLE_LIMIT, IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.reach import Reach
from app.domain.severity import Impact
from app.domain.subscribers import SubscriptionStatus
from app.web.manage.bodies import FORM, JSON

Schema = dict[str, Any]

ABOUT = """\
Compatible with Statuspage's Manage API v1: programs written for it need another address and key, nothing else.
Every path also answers with `.json` at its end. Bodies are JSON, or forms with bracketed names
(`incident[component_ids][]=ID`). Errors carry the same sentence in `message` and `error`."""

ERRORS = {
    400: "The body cannot be read.",
    401: "No key, or one that is unknown or revoked.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    413: "The body is too big.",
    422: "A rule says no; `problems` has one sentence per field.",
    429: "Too many requests; `Retry-After` says when to come back.",
}


def takes(noun: str) -> dict[str, Any]:
    """What a route takes, as JSON and as a form: for `openapi_extra`."""
    schema = {"$ref": f"#/components/schemas/{_body_name(noun)}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}, FORM: {"schema": schema}}}}


def gives(schema: str, status: int = 200, *, is_list: bool = False) -> dict[int | str, dict[str, Any]]:
    """What a route gives when it works: for `responses`."""
    ref: Schema = {"$ref": f"#/components/schemas/{schema}"}
    content = {JSON: {"schema": {"type": "array", "items": ref} if is_list else ref}}
    return {status: {"description": "Done." if status == 201 else "As it is now.", "content": content}}


def describe(app: FastAPI, url: str) -> dict[str, Any]:
    """The whole API as an OpenAPI document; `url` is where it stands."""
    document = get_openapi(
        title="Porchlight Manage API",
        version="1",
        openapi_version="3.1.0",
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": url}],
    )
    parts = document.setdefault("components", {})
    parts["schemas"] = SCHEMAS | {_body_name(noun): _body(noun, schema) for noun, schema in BODIES.items()}
    parts["securitySchemes"] = {
        "header": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`OAuth KEY`"},
        "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    }
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if "{page_id}" in path:
                operation.setdefault("parameters", []).insert(0, _PAGE_ID)
            operation["security"] = [{"header": []}, {"query": []}]
            operation["responses"] |= {str(status): _error(words) for status, words in ERRORS.items()}
    return document


_PAGE_ID = {"name": "page_id", "in": "path", "required": True, "schema": {"type": "string"}}
"""The guard reads it, not the handlers, so that FastAPI does not know of it."""


def _error(words: str) -> dict[str, Any]:
    return {"description": words, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _body_name(noun: str) -> str:
    return "".join(word.capitalize() for word in noun.split("_")) + "Body"


def _body(noun: str, schema: Schema) -> Schema:
    """A body is one object under its noun; what publishes a report may say nothing at all."""
    named = {"postmortem_publication": "postmortem"}.get(noun, noun)
    required = [] if noun == "postmortem_publication" else [named]
    return {"type": "object", "properties": {named: schema}, "required": required}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _one_of(*kinds: Any) -> Schema:
    return {"type": "string", "enum": [member.value for kind in kinds for member in kind]}


TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
IDS: Schema = {"type": "array", "items": TEXT}
FACTS: Schema = {"type": "object"}
LINK: Schema = {"type": "string", "format": "uri"}

_STATUS = _one_of(ComponentStatus)
_STATE = _one_of(IncidentStatus, MaintenanceStatus)

_COMPONENT = {
    "id": TEXT,
    "name": TEXT,
    "status": _STATUS,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "position": NUMBER,
    "description": _maybe(TEXT),
    "showcase": FLAG,
    "start_date": _maybe(DAY),
    "group_id": _maybe(TEXT),
    "page_id": TEXT,
    "group": FLAG,
    "only_show_if_degraded": FLAG,
    "automation_email": _maybe(TEXT),
    "reach": _one_of(Reach),
    "direct_link": _maybe(_object({"url": LINK, "auth_mode": TEXT, "verified_on": _maybe(DAY)})),
    "components": IDS,
}

_UPDATE = {
    "id": TEXT,
    "status": _STATE,
    "body": TEXT,
    "incident_id": TEXT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "display_at": MOMENT,
    "affected_components": _maybe(
        {
            "type": "array",
            "items": _object({"code": TEXT, "name": TEXT, "old_status": _STATUS, "new_status": _STATUS}),
        }
    ),
    "deliver_notifications": FLAG,
    "wants_twitter_update": FLAG,
    "twitter_updated_at": {"type": "null"},
    "custom_tweet": {"type": "null"},
    "tweet_id": {"type": "null"},
    "next_update_at": _maybe(MOMENT),
}

_INCIDENT = {
    "id": TEXT,
    "name": TEXT,
    "status": _STATE,
    "impact": _one_of(Impact),
    "impact_override": _maybe(_one_of(Impact)),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "started_at": MOMENT,
    "monitoring_at": _maybe(MOMENT),
    "resolved_at": _maybe(MOMENT),
    "next_update_at": _maybe(MOMENT) | {"description": "When members were promised to hear next."},
    "shortlink": LINK,
    "page_id": TEXT,
    "incident_updates": {"type": "array", "items": {"$ref": "#/components/schemas/IncidentUpdate"}},
    "components": {"type": "array", "items": {"$ref": "#/components/schemas/Component"}},
    "metadata": FACTS,
    "reminder_intervals": {"type": "null"},
    "scheduled_for": _maybe(MOMENT),
    "scheduled_until": _maybe(MOMENT),
    "scheduled_remind_prior": FLAG,
    "scheduled_reminded_at": {"type": "null"},
    "scheduled_auto_in_progress": FLAG,
    "scheduled_auto_completed": FLAG,
    "auto_transition_to_maintenance_state": FLAG,
    "auto_transition_to_operational_state": FLAG,
    "auto_transition_deliver_notifications_at_start": FLAG,
    "auto_transition_deliver_notifications_at_end": FLAG,
    "postmortem_body": _maybe(TEXT),
    "postmortem_body_last_updated_at": _maybe(MOMENT),
    "postmortem_ignored": FLAG,
    "postmortem_notified_subscribers": FLAG,
    "postmortem_notified_twitter": FLAG,
    "postmortem_published_at": _maybe(MOMENT),
}

SCHEMAS: dict[str, Schema] = {
    "Error": _object({"message": TEXT, "error": TEXT, "problems": FACTS}, optional=("problems",)),
    "Page": _object(
        {
            "id": TEXT,
            "name": TEXT,
            "url": LINK,
            "time_zone": TEXT,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "page_description": _maybe(TEXT),
            "domain": _maybe(TEXT),
        }
    ),
    "Component": _object(_COMPONENT, optional=("automation_email", "reach", "direct_link", "components")),
    "ComponentGroup": _object(
        {
            "id": TEXT,
            "page_id": TEXT,
            "name": TEXT,
            "description": _maybe(TEXT),
            "components": IDS,
            "position": NUMBER,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    ),
    "Uptime": _object(
        {
            "id": TEXT,
            "name": TEXT,
            "range_start": MOMENT,
            "range_end": MOMENT,
            "uptime_percentage": {"type": "number"},
            "major_outage": NUMBER | {"description": "Seconds."},
            "partial_outage": NUMBER | {"description": "Seconds."},
            "warnings": IDS,
            "related_events": _object({"incidents": IDS}),
        },
        optional=("related_events",),
    ),
    "IncidentUpdate": _object(_UPDATE),
    "Incident": _object(_INCIDENT),
    "Postmortem": _object(
        {
            "preview_key": {"type": "null"},
            "body": _maybe(TEXT),
            "body_updated_at": _maybe(MOMENT),
            "body_draft": _maybe(TEXT),
            "body_draft_updated_at": _maybe(MOMENT),
            "published_at": _maybe(MOMENT),
            "notify_subscribers": FLAG,
            "notify_twitter": FLAG,
            "custom_tweet": {"type": "null"},
        }
    ),
    "Subscriber": _object(
        {
            "id": TEXT,
            "mode": TEXT,
            "email": _maybe(TEXT),
            "endpoint": _maybe(TEXT),
            "phone_number": _maybe(TEXT),
            "phone_country": _maybe(TEXT),
            "display_phone_number": _maybe(TEXT),
            "state": _one_of(SubscriptionStatus),
            "components": IDS,
            "page_id": TEXT,
            "skip_confirmation_notification": FLAG,
            "created_at": MOMENT,
            "quarantined_at": _maybe(MOMENT),
            "purge_at": {"type": "null"},
        }
    ),
    "SubscriberCount": _object({channel.value: NUMBER for channel in Channel}),
}
"""What is given."""

_TITLE = TEXT | {"maxLength": TITLE_LIMIT}
_WORDS = TEXT | {"maxLength": BODY_LIMIT}

BODIES: dict[str, Schema] = {
    "incident": {
        "type": "object",
        "properties": {
            "name": _TITLE,
            "status": _STATE,
            "body": _WORDS,
            "message": _WORDS | {"description": "What older clients call `body`."},
            "impact_override": _one_of(Impact),
            "component_ids": IDS,
            "components": {"type": "object", "additionalProperties": _STATUS},
            "deliver_notifications": FLAG,
            "next_update_at": MOMENT | {"description": "Ours: the promise. Left out, the rules choose it."},
            "scheduled_for": MOMENT,
            "scheduled_until": MOMENT,
            "scheduled_auto_in_progress": FLAG,
            "scheduled_auto_completed": FLAG,
            "backfilled": FLAG,
            "backfill_date": DAY,
            "metadata": FACTS,
        },
    },
    "incident_update": {"type": "object", "properties": {"body": _WORDS}, "required": ["body"]},
    "postmortem": {"type": "object", "properties": {"body_draft": _WORDS}},
    "postmortem_publication": {"type": "object", "properties": {"notify_subscribers": FLAG}},
    "component": {
        "type": "object",
        "properties": {
            "name": _TITLE,
            "description": TEXT,
            "status": _STATUS,
            "group_id": _maybe(TEXT),
            "showcase": FLAG,
            "only_show_if_degraded": FLAG,
            "start_date": DAY,
        },
    },
    "component_group": {
        "type": "object",
        "properties": {"name": _TITLE, "components": IDS},
    },
    "subscriber": {
        "type": "object",
        "properties": {
            "email": TEXT,
            "phone_number": TEXT,
            "phone_country": TEXT | {"description": "Two letters, such as us."},
            "endpoint": LINK,
            "component_ids": IDS,
        },
    },
}
"""What is taken, by the noun that the object stands under."""
