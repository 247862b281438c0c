"""Bodies of the Manage API: JSON, or the bracketed forms that older clients send, read as the same tree.

    {"incident": {"name": "...", "component_ids": ["a"], "components": {"a": "major_outage"}}}
    incident[name]=...&incident[component_ids][]=a&incident[components][a]=major_outage

Everything is bounded before it is understood: bytes (by the application), fields, names and depth.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
FIELDS_MOST = 1_000
DEPTH_MOST = 12
LONGEST_NAME = 300

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")

Tree = Mapping[str, Any]


async def read_body(request: Request) -> Tree:
    """The body as one tree of JSON values; an empty body is an empty tree.

    Raises:
        HTTPException: 400 it cannot be read, 413 it has too many fields, 415 it is of another kind.
    """
    return parse(await request.body(), request.headers.get("content-type", ""))


PostedBody = Annotated[Tree, Depends(read_body)]


def parse(body: bytes, content_type: str) -> Tree:
    """The tree that a body holds. What looks like an object is read as JSON: curl calls everything a form."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return {}
    if kind == JSON or kind.endswith("+json") or (kind in ("", FORM) and body.lstrip().startswith(b"{")):
        return _json(body)
    if kind in ("", FORM):
        return _form(body)
    raise HTTPException(415, f"Send {JSON} or {FORM}; this is “{kind[:60]}”.")


def _json(body: bytes) -> Tree:
    try:
        tree = json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise HTTPException(400, f"This is not JSON: {str(error)[:120]}.") from None
    if not isinstance(tree, dict):
        raise HTTPException(400, "The body must be one JSON object.")
    if _is_deeper(tree, DEPTH_MOST):
        raise _too_deep()
    return tree


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:20])


def _is_deeper(value: object, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_is_deeper(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return left == 0 or any(_is_deeper(item, left - 1) for item in value)
    return False


def _form(body: bytes) -> Tree:
    if body.count(b"&") >= FIELDS_MOST:
        raise HTTPException(413, f"This body has more than {FIELDS_MOST:,} fields.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise HTTPException(400, "Some of this text is not UTF-8, so it cannot be read.") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _put(tree, _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    """The steps of a bracketed name: "a[b][]" is a, b, and the end of a list."""
    found = _NAME.fullmatch(name) if len(name) <= LONGEST_NAME else None
    if found is None:
        raise HTTPException(400, f"“{name[:60]}” is not a field name like incident[name].")
    path = [found[1], *_KEY.findall(found[2])]
    if len(path) > DEPTH_MOST:
        raise _too_deep()
    return path


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    is_listed = len(path) > 1 and path[-1] == ""
    steps = path[:-1] if is_listed else path
    for step in steps[:-1]:
        tree = _below(tree, step)
    if is_listed:
        listed = tree.setdefault(steps[-1], [])
        if not isinstance(listed, list):
            raise _twice(steps[-1])
        listed.append(value)
    else:
        tree[steps[-1]] = value


def _below(tree: dict[str, Any], step: str) -> dict[str, Any]:
    below = tree.setdefault(step, {})
    if not isinstance(below, dict):
        raise _twice(step)
    return below


def _twice(name: str) -> HTTPException:
    return HTTPException(400, f"“{name[:60]}” is given both as one value and as several.")


def _too_deep() -> HTTPException:
    return HTTPException(400, "This body is nested too deeply.")
