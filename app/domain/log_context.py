"""What the present work is about, for every line it writes into the log: a request, an incident, a job."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_FACTS: ContextVar[Mapping[str, str]] = ContextVar("log_facts", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Add facts to all that is logged in this block, in this thread or task and in those it starts."""
    token = _FACTS.set({**_FACTS.get(), **facts})
    try:
        yield
    finally:
        _FACTS.reset(token)


def log_facts() -> Mapping[str, str]:
    """The facts in force."""
    return _FACTS.get()
