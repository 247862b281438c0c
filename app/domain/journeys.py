"""A login journey: the steps that a member takes to get in, one to a line (R7).

    open https://dashboard.example/login
    expect text Sign in
    send https://dashboard.example/login user={secret:user} password={secret:password} csrf={hidden:csrf}
    expect status 200
    expect text Welcome back

`open` asks for a page, `send` sends a form; cookies and redirects are kept as a browser keeps them.
`expect` looks at the page that came last. `{secret:NAME}` is kept sealed, `{hidden:NAME}` is the
hidden field of that name on the page before.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from shlex import split

from app.domain.errors import RefusedError

STEPS_MOST = 20
_SLOT = re.compile(r"\{(secret|hidden):([\w.-]+)\}")


class StepKind(StrEnum):
    """What a step does."""

    OPEN = "open"
    SEND = "send"
    STATUS = "status"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `target` is its address, or the status or text that is expected."""

    kind: StepKind
    target: str
    fields: Sequence[tuple[str, str]] = ()


def read_journey(text: str) -> list[Step]:
    """The steps of a journey.

    Raises:
        RefusedError: a line is no step, or the first does not open a page (field "steps").
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or len(lines) > STEPS_MOST:
        raise RefusedError({"steps": f"Give from 1 to {STEPS_MOST} steps, one to a line."})
    steps = [_step(line) for line in lines]
    if steps[0].kind is not StepKind.OPEN:
        raise RefusedError({"steps": "Begin with “open” and the address of the sign-in page."})
    return steps


def problems_of_journey(text: str, secrets: Collection[str]) -> dict[str, str]:
    """What is wrong with a journey, by field; `secrets` are the names of those that are given."""
    try:
        steps = read_journey(text)
    except RefusedError as error:
        return error.problems
    slots = [slot for step in steps for _, value in step.fields for slot in _SLOT.findall(value)]
    missing = sorted({name for kind, name in slots if kind == "secret"} - set(secrets))
    return {"secrets": f"Give the secret “{missing[0]}”, which a step names."} if missing else {}


def filled(value: str, secrets: Mapping[str, str], hidden: Mapping[str, str]) -> str:
    """The value of a field with its slots filled; what is not known stays empty."""
    known = {"secret": secrets, "hidden": hidden}
    return _SLOT.sub(lambda slot: known[slot[1]].get(slot[2], ""), value)


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """The text with every secret blotted out, for a reason that people read."""
    for value in sorted(secrets.values(), key=len, reverse=True):
        text = text.replace(value, "•••") if value else text
    return text


def _step(line: str) -> Step:
    try:
        first, *rest = split(line)
    except ValueError:
        raise RefusedError({"steps": f"A quotation mark is missing: “{line[:60]}”."}) from None
    if first == "expect" and len(rest) >= 2 and rest[0] in (StepKind.STATUS, StepKind.TEXT):
        return Step(StepKind(rest[0]), " ".join(rest[1:]))
    is_page = first in (StepKind.OPEN, StepKind.SEND) and rest and rest[0].startswith(("https://", "http://"))
    if not is_page or (first == StepKind.OPEN and len(rest) > 1) or not all("=" in each for each in rest[1:]):
        raise RefusedError({"steps": f"This is no step: “{line[:60]}”. See docs/checks.md."})
    fields = tuple((name, value) for name, _, value in (each.partition("=") for each in rest[1:]))
    return Step(StepKind(first), rest[0], fields)
