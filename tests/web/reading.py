"""A page of ours as a test reads it: parsed as browsers do, each once; the token that its forms send, found at once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import html5lib  # type: ignore[import-untyped]  # the library has none

_CSRF = re.compile(r'<input type="hidden" name="csrf" value="([^"]*)">')


@lru_cache(maxsize=4)
def document(text: str) -> Any:  # noqa: ANN401 - the root element of a library without types
    """The page's tree, which nobody changes: a test asks the same page for several things."""
    return html5lib.parse(text, namespaceHTMLElements=False)


def elements(text: str, tag: str) -> list[Any]:
    """Every element of a tag, in order."""
    return list(document(text).iter(tag))


def words(text: str) -> str:
    """What a person reads of it."""
    return " ".join("".join(document(text).find("body").itertext()).split())


def csrf(text: str) -> str:
    """The one token that every form of the page has. To parse a page for it takes longer than to make the page."""
    (token,) = set(_CSRF.findall(text))
    return str(token)
