"""What an event shows of itself is not hidden elsewhere in it: a word that passed, a short form of words that passed.

`https://telora.sentry.io` shows `telora`, so hiding it in the next text keeps nothing; `Machine Config Operator (MCO)`
says what `MCO` is, and so does a deployment `machine-config-operator`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from router.privacy.lexicon import LEXICON, PLAIN

_SHORTEST: Final = 3
_ANY_CASE: Final = 5
"""From so many letters on a word is the same in small letters and capitals."""
_MOST: Final = 60
"""Doubtful words of an event beyond which none is sought."""
_ACRONYM: Final = re.compile(r"([A-Z]{2,7})(?:s|'s)?")
_LEAST: Final = 3
"""Letters that a short form has at least where nothing but their order says so."""
_IN_BRACKETS: Final = re.compile(r"[A-Za-z][ \n]{1,3}\([\"'`*]{0,3}([A-Z]{2,7})s?[\"'`*]{0,3}[),;/ ]")
"""`virtual machine instance (VMI)`."""
_BEFORE_BRACKETS: Final = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2,7})s? \(([^()\x00]{1,160})\)")
"""`OBC (Object Bucket Claim)`."""
_NEAR: Final = 160
"""Characters before a bracket in which the words stand that it abbreviates."""
_NAMED: Final = re.compile(
    r"(?<![A-Za-z])(?:(?:[A-Z][A-Za-z]{1,24}[ \n-]){2,8}[A-Z][A-Za-z]{1,24}"
    r"|[a-z]{2,20}(?:[-_][a-z]{2,20}){2,8}|(?:[A-Z][a-z]{1,20}){3,9})"
)
"""Three words and more that are one name: `Machine Config Operator`, `machine-config-operator`, `ConfigMapVolume`."""
_CHUNKS: Final = re.compile("[A-Za-z]+")
_WORDS: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SMALL: Final = frozenset({"of", "the", "and", "for", "to", "in", "on", "a", "an", "by", "with", "as"})


def passing(doubted: Iterable[str], visible: list[str], texts: Iterable[str]) -> set[str]:
    """Which of the `doubted` words `visible` shows, what of the event stays as it is, or its `texts` spell out."""
    wanted = {word for word in doubted if len(word) >= _SHORTEST}
    if not wanted or len(wanted) > _MOST:
        return set()
    haystack = "\x00".join(visible)
    low = haystack.casefold()
    found = {
        word for word in wanted if _stands(word, haystack) or (len(word) >= _ANY_CASE and _stands(word.casefold(), low))
    }
    short = {word: match[1] for word in wanted - found if (match := _ACRONYM.fullmatch(word)) is not None}
    if short:
        told = _spelled("\x00".join(texts), frozenset(short.values()))
        found |= {word for word, acronym in short.items() if acronym in told}
    return found


def _stands(word: str, haystack: str) -> bool:
    """Does a word stand in a text, with no letter or digit at its sides."""
    at = haystack.find(word)
    while at >= 0:
        if not (haystack[at - 1 : at].isalnum() or haystack[at + len(word) : at + len(word) + 1].isalnum()):
            return True
        at = haystack.find(word, at + 1)
    return False


def _spelled(text: str, acronyms: frozenset[str]) -> set[str]:
    """Which of `acronyms` a text spells out, with words of which none may be a name."""
    told: set[str] = set()
    for match in _IN_BRACKETS.finditer(text):
        acronym = match[1]
        if acronym in acronyms:
            chunks = _CHUNKS.findall(text[max(match.start() - _NEAR, 0) : match.start() + 1].rpartition("\x00")[2])
            if any(acronym in _forms(chunks[at:]) for at in range(max(len(chunks) - 2 * len(acronym), 0), len(chunks))):
                told.add(acronym)
    for match in _BEFORE_BRACKETS.finditer(text):
        if match[1] in acronyms and match[1] in _forms(_CHUNKS.findall(match[2])):
            told.add(match[1])
    left = {acronym for acronym in acronyms - told if len(acronym) >= _LEAST}
    for match in _NAMED.finditer(text) if left else ():
        chunks = _CHUNKS.findall(match[0])
        for words in (chunks, _WORDS.findall(match[0])):
            initials = "".join(word[0].upper() for word in words)
            for acronym in [each for each in left if each in initials]:
                at = initials.index(acronym)
                if _harmless(words[at : at + len(acronym)]):
                    told.add(acronym)
                    left.discard(acronym)
    return told


def _forms(chunks: list[str]) -> set[str]:
    """The initials of words none of which may be a name: with the small ones between, without, and of each part."""
    if not _harmless(chunks):
        return set()
    parts = [part for chunk in chunks for part in _WORDS.findall(chunk)]
    return {
        "".join(word[0].upper() for word in words)
        for words in (chunks, [chunk for chunk in chunks if chunk not in _SMALL], parts)
    }


def _harmless(words: list[str]) -> bool:
    """Is no word a name, a condition or unknown."""
    return all(
        part.lower() in _SMALL or len(part) == 1 or LEXICON.flag(part.lower()) in PLAIN
        for word in words
        for part in _WORDS.findall(word)
    )
