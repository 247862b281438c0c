"""The log: plain lines for a terminal or JSON for a collector, with what each line is about, and nobody's address.

Members' telephone numbers and mail addresses, keys and tokens do not belong in a log (security.md,
"Personal data"), whatever a library or a stack trace puts there: the finished line is read once
more, and what looks like one is blotted out.
"""

import logging
import re

from pythonjsonlogger.json import JsonFormatter

from app.domain.log_context import log_facts

BLOT = "[removed]"

_PRIVATE = re.compile(
    r"""
      [\w.+-]+@[\w-]+(?:\.[\w-]+)+                                   # a mail address
    | \+\d[\d\ ().-]{6,}\d                                           # a telephone number as Twilio spells it
    | (?<![\w.:-])\(?\d{3}\)?[ -]\d{3}-\d{4}(?!\d)                   # and as people do
    | (?<=Bearer\ )[\w.~+/=-]{8,} | (?<=OAuth\ )[\w.~+/=-]{8,}       # credentials in a header
    | (?<=api_key=)[\w-]+ | (?<=token=)[\w.~-]+                      # and in an address
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                                # a password in a URL
    """,
    re.VERBOSE,
)


def set_up_logging(level: str, *, as_json: bool = False) -> None:
    """Send every logger of the process to standard error; called once, before anything is opened."""
    out = logging.StreamHandler()
    out.setFormatter(_Json() if as_json else _Text())
    logging.basicConfig(level=level, handlers=[out], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # a migration is no news to whoever starts it
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every address it asks


def without_private(line: str) -> str:
    """The line with addresses, numbers and credentials blotted out."""
    return _PRIVATE.sub(BLOT, line)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s%(about)s")

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in log_facts().items())
        record.about = f" [{facts}]" if facts else ""
        return without_private(super().format(record))


class _Json(JsonFormatter):
    def __init__(self) -> None:
        renamed = {"levelname": "level", "name": "logger"}
        super().__init__("%(levelname)s %(name)s %(message)s", rename_fields=renamed, timestamp="at")

    def format(self, record: logging.LogRecord) -> str:
        for name, value in log_facts().items():
            setattr(record, name, value)
        return without_private(super().format(record))
