"""A document as an accessible PDF: tagged (PDF/UA-1), with bookmarks and page numbers, fonts embedded, nothing fetched.

Typst compiles a template of ours; the document reaches it as data, never as markup, so no text of a report can be read
as an instruction.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Final

import typst

from router.reports.document import Document

_SHOWN: Final = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u0370-\u0377\u037b-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482"
    "\u048a-\u04ff\u1e00-\u1eff\u2010-\u2027\u2030-\u203a\u20ac\u2190-\u2193\u2212\u2260\u2264\u2265]"
)
"""What the fonts that the compiler brings cannot draw (Libertinus Serif, DejaVu Sans Mono): PDF/UA forbids a missing
glyph, so such a character is written by its number."""


def render(document: Document) -> bytes:
    """The document as PDF. The same document gives the same bytes."""
    data = json.dumps(_drawable(document.plain()), ensure_ascii=False)
    made = typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=datetime.fromisoformat(document.made_at),
        sys_inputs={"document": data},
    )
    assert isinstance(made, bytes)  # noqa: S101 - one output, no path to write it to
    return made


@cache
def _template() -> bytes:
    return resources.files("router.reports").joinpath("templates/report.typ").read_bytes()


def drawable(text: str) -> str:
    """The text with `{U+5B57}` for every character that the fonts do not have."""
    return _SHOWN.sub(lambda found: f"{{U+{ord(found[0]):04X}}}", unicodedata.normalize("NFC", text))


def _drawable(value: Any) -> Any:  # noqa: ANN401 - plain data
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, Mapping):
        return {key: _drawable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_drawable(each) for each in value]
    return value
