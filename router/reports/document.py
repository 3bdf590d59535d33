"""What a report consists of, whatever it is shown as: sections of paragraphs, tables, facts, figures and cards.

A report's words live here once; the PDF and the HTML only lay them out, so neither can say more than the other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Tone = Literal["", "good", "warn", "bad", "quiet"]
"""How a word is coloured. The word alone says the same: colour is never the only sign."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. `mono`: an id or hash, set in a fixed width."""

    text: str
    tone: Tone = ""
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and its share of the width; `right`: numbers, set flush right."""

    name: str
    share: int = 1
    right: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str
    block: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `nothing` is the sentence that stands there when there are none."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str
    caption: str = ""
    block: str = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what they are."""

    pairs: tuple[tuple[str, Cell], ...]
    block: str = "facts"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it counts."""

    number: str
    label: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers side by side."""

    figures: tuple[Figure, ...]
    block: str = "figures"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing (SVG) with a sentence that says what it shows to somebody who does not see it."""

    title: str
    svg: str
    alt: str


@dataclass(frozen=True, slots=True)
class Charts:
    """Drawings, two side by side."""

    charts: tuple[Chart, ...]
    block: str = "charts"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that must not be overlooked."""

    title: str
    text: str
    tone: Tone
    block: str = "note"


@dataclass(frozen=True, slots=True)
class Card:
    """One thing with its facts, kept together; it has a heading of the second level, and its id as `mark`."""

    title: str
    mark: Cell
    tags: tuple[Cell, ...]
    pairs: tuple[tuple[str, Cell], ...]
    lines: tuple[str, ...]
    verdict: Cell
    block: str = "card"


Block: TypeAlias = Paragraph | Table | Facts | Figures | Charts | Note | Card


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the first level and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report. `ribbon` stands on the cover and on every page when it is not the final word (draft, interim).

    `mark` is what every page carries at its foot, `made_at` the ISO moment it is dated with.
    """

    title: str
    subtitle: str
    owner: str
    description: str
    ribbon: str
    mark: str
    made_at: str
    cover: tuple[tuple[str, Cell], ...]
    foreword: str
    sections: tuple[Section, ...]

    def plain(self) -> dict[str, Any]:
        """As dictionaries and lists."""
        return asdict(self)
