"""Templates of messages: `{slot}` substitution and nothing else (security.md, "Content").

A line whose slots are empty is left out, so that one template serves with and without a promise. What
fills a slot is never looked at again: a slot in what people typed stays the characters they typed.
"""

import re
from collections.abc import Mapping

_SLOT = re.compile(r"\{([a-z_]+)\}")


def slots_of(template: str) -> frozenset[str]:
    """The names of the slots of a template."""
    return frozenset(_SLOT.findall(template))


def fill(template: str, slots: Mapping[str, str]) -> str:
    """The template with its slots filled, without the lines that have an empty one.

    Raises:
        KeyError: the template has a slot that nobody fills.
    """
    lines = template.strip().splitlines()
    kept = [line for line in lines if all(slots[name] for name in _SLOT.findall(line))]
    return _SLOT.sub(lambda found: slots[found[1]], "\n".join(kept))
