"""The rescue bundle: what people need on paper when nothing of ours runs, as one HTML file, one PDF, and plain text.

One list of chapters feeds all three. Nothing in it refers to anything outside, and no secret stands in it.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import WrapMode
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "rescue"
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "…": "...", "→": "->", "·": "-"})


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
    """The same as a PDF on US letter paper, in the fonts that every reader of PDFs has (ISO 32000-1, 9.6.2.2)."""
    paper = _Paper(bundle)
    for chapter in bundle.chapters:
        _draw(paper, chapter)
    return bytes(paper.output())


class _Paper(FPDF):
    """Pages with their number and the date at the foot, because loose sheets get mixed up."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(format="letter")
        self._dated = _printable(bundle.dated)
        self.set_title(_printable(bundle.title))
        self.set_margin(18)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_page()
        self.write_block(bundle.title, style="B", size=18, height=9)
        self.write_block(bundle.dated)

    def footer(self) -> None:
        """The foot of every page."""
        self.set_y(-14)
        self.set_font("helvetica", size=8)
        self.cell(0, 5, f"{self._dated}  -  page {self.page_no()}", align="C")

    def write_block(
        self, text: str, *, font: str = "helvetica", style: str = "", size: int = 10, height: int = 5
    ) -> None:
        """A paragraph over the whole width; the next one begins below."""
        self.set_font(font, style=style, size=size)
        self.multi_cell(0, height, _printable(text), new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.WORD)


def _draw(paper: _Paper, chapter: Chapter) -> None:
    paper.ln(4)
    paper.write_block(chapter.title, style="B", size=13, height=7)
    for text in chapter.text:
        paper.write_block(text)
    if chapter.rows:
        _draw_table(paper, chapter)
    for recipe in chapter.recipes:
        paper.ln(2)
        paper.write_block(recipe.title, style="B", size=11, height=6)
        for number, step in enumerate(recipe.steps, 1):
            paper.write_block(f"{number}. {step.text}")
            if step.type_this:
                paper.write_block(step.type_this, font="courier", size=9, height=4)


def _draw_table(paper: _Paper, chapter: Chapter) -> None:
    paper.set_font("helvetica", size=9)
    with paper.table(text_align="LEFT", line_height=4.5, padding=1, borders_layout="HORIZONTAL_LINES") as table:
        for row in (chapter.columns, *chapter.rows):
            table.row([_printable(cell) for cell in row])


def _printable(text: str) -> str:
    """In the letters that these fonts have (Latin-1): accents stay, others lose theirs or become a question mark."""
    plain = text.translate(_PLAIN)
    letters = (letter if ord(letter) < 256 else unicodedata.normalize("NFKD", letter) for letter in plain)
    bare = (letter for letter in "".join(letters) if not unicodedata.combining(letter))
    return "".join(bare).encode("latin-1", "replace").decode("latin-1")
