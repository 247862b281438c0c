"""Chapters drawn as a PDF. Imported by whoever prints, when they print (see `app.publish.rescue.as_pdf`)."""

import unicodedata
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.enums import WrapMode

if TYPE_CHECKING:
    from app.publish.rescue import Bundle, Chapter

_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "…": "...", "→": "->", "·": "-"})


def printed(bundle: "Bundle") -> bytes:
    """On US letter paper, in the fonts that every reader of PDFs has (ISO 32000-1, 9.6.2.2)."""
    paper = _Paper(bundle)
    for chapter in bundle.chapters:
        _draw(paper, chapter)
    return bytes(paper.output())


class _Paper(FPDF):
    """Pages with their number and the date at the foot, because loose sheets get mixed up."""

    def __init__(self, bundle: "Bundle") -> None:
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


def _draw(paper: _Paper, chapter: "Chapter") -> None:
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


def _draw_table(paper: _Paper, chapter: "Chapter") -> None:
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
