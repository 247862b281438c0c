"""The rescue bundle: what people need on paper when nothing of ours runs, as one HTML file, one PDF, and plain text.

One list of chapters feeds all three. Nothing in it refers to anything outside, and no secret stands in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "rescue"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a recipe, and what is to be typed in it, if anything."""

    text: str
    type_this: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one thing is done by hand."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part: paragraphs, then a table, then recipes, each of which may be missing."""

    title: str
    text: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    recipes: tuple[Recipe, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """The whole: whose it is and of when, and its chapters in the order of need."""

    title: str
    dated: str
    chapters: tuple[Chapter, ...]


def as_html(bundle: Bundle) -> bytes:
    """One file that needs no other, also on paper."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("bundle.html").render(bundle=bundle).encode()


def as_text(bundle: Bundle) -> str:
    """The same for the text part of a mail."""
    return "\n".join(_lines(bundle)) + "\n"


def _lines(bundle: Bundle) -> Iterator[str]:
    yield from (bundle.title, bundle.dated)
    for chapter in bundle.chapters:
        yield from ("", chapter.title.upper(), *chapter.text)
        yield from (" | ".join(filter(None, row)) for row in chapter.rows)
        for recipe in chapter.recipes:
            yield from ("", recipe.title)
            for number, step in enumerate(recipe.steps, 1):
                yield f"{number}. {step.text}"
                yield from (f"      {line}" for line in step.type_this.splitlines())


def as_pdf(bundle: Bundle) -> bytes:
    """The same as a PDF on US letter paper."""
    from app.publish.pdf import printed  # with fonts and images 20 MB, which only a process that prints should carry

    return printed(bundle)
