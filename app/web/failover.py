"""The MLS's own names while they point here: the outage document for any path, any method, any query.

503 with Retry-After, so that listing programs delete nothing and search engines index nothing; never
a redirect, which browsers would remember after the name points home again (page.md). Nothing of the
request is repeated, no cookie or credential is looked at, and no body is read.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from app.publish.addresses import failover_paths
from app.publish.documents import Document, Edition
from app.publish.sinks import MemorySink
from app.web.answers import Answer, sentence, unavailable
from app.web.negotiation import Coding, coding_for, host_name, qualities

RETRY_AFTER = (b"retry-after", b"120")
ROBOTS_PATH = "/robots.txt"
ROBOTS = sentence(200, "User-agent: *\nDisallow:")
"""Everything may be fetched: a 503 here would shut the whole site out of the indexes."""

NOTHING_YET = sentence(
    503, "This service is out of order at the moment, and the page about it is starting. Try again soon.", RETRY_AFTER
)

_LONGEST_ACCEPT = 1_024


class Form(StrEnum):
    """The three forms of an outage document."""

    HTML = "html"
    JSON = "json"
    TEXT = "text"


class OutageDocuments:
    """The answers for the names in the failover list, made once per edition, host, form and coding."""

    def __init__(self, memory: MemorySink) -> None:
        self._memory = memory
        self._edition: Edition | None = None
        self._ready: dict[tuple[str, Form, Coding], Answer] = {}

    def answer(self, path: str, asked: Mapping[bytes, bytes]) -> Answer:
        """What to say, whatever was asked; `asked` are the header fields, of which three are looked at."""
        if path == ROBOTS_PATH:
            return ROBOTS
        edition = self._memory.edition
        if edition is not self._edition:
            self._edition, self._ready = edition, {}
        host = host_name(asked[b"host"]) or ""
        key = (host, form_for(asked.get(b"accept")), coding_for(asked.get(b"accept-encoding")))
        return self._ready.get(key) or self._prepare(*key)

    def _prepare(self, host: str, form: Form, coding: Coding) -> Answer:
        document = self._document(host, form)
        if document is None:
            return NOTHING_YET
        answer = self._ready[host, form, coding] = unavailable(document, coding, RETRY_AFTER)
        return answer

    def _document(self, host: str, form: Form) -> Document | None:
        paths = failover_paths(host)
        return self._edition.documents.get(getattr(paths, form)) if self._edition else None


@lru_cache(maxsize=256)
def form_for(accept: bytes | None) -> Form:
    """HTML for browsers, JSON where it is asked for by name, plain text for everything else."""
    if not accept or len(accept) > _LONGEST_ACCEPT:
        return Form.TEXT
    wanted = qualities(accept.decode("latin-1").lower())
    page = max(wanted.get("text/html", 0.0), wanted.get("application/xhtml+xml", 0.0))
    facts = max((quality for name, quality in wanted.items() if _is_json(name)), default=0.0)
    if not page and not facts:
        return Form.TEXT
    return Form.HTML if page >= facts else Form.JSON


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
