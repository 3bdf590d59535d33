"""A word that no list has, made of a word of the trade by a prefix or an ending: `rescheduled`, `requeuer`."""

from __future__ import annotations

from typing import Final

from router.privacy.lexicon import LEXICON

_PREFIXES: Final = (
    "re", "un", "pre", "non", "de", "multi", "over", "under", "mis", "auto", "inter", "intra", "anti", "dis", "sub",
    "micro", "mini", "hyper", "pseudo", "semi", "cross", "self", "co", "post", "out", "up", "down", "meta", "super",
)  # fmt: skip
_ENDINGS: Final = (
    "s", "es", "ed", "ing", "er", "ers", "or", "ors", "able", "ness", "ly", "less", "ize", "izes", "ized", "izing",
    "ization", "ise", "ised", "ising", "isation", "ability", "ings", "ation", "ations", "ful", "ware", "wise", "ward",
)  # fmt: skip
_SHORTEST: Final = 7
"""Letters that such a word has at least. Of the 59,000 families of the Census of 1990 that the lexicon leaves out
some 30 are called so (`Tainter`, `Scripter`), each less than once in 400,000 people."""
_STEM: Final = 4
_LONG_STEM: Final = 6
_OF_NAMES: Final = frozenset({"er", "ers", "or", "ors", "ings", "ing", "es", "s", "ness", "wise", "ward", "ful"})
_BEFORE_NAMES: Final = frozenset({"de", "co", "sub", "up", "out", "dis", "con", "in", "un", "down"})
"""What families' names begin and end with too: the rest is longer there, or the trade's alone."""
_REMEMBERED: Final = 8_000
_known: dict[str, bool] = {}


def derived(word: str) -> bool:
    """Is a lower-case word that no list has a form of a word of the trade."""
    if not _SHORTEST <= len(word) <= 24 or not word.isascii():  # noqa: PLR2004 - as long as the lexicon's words
        return False
    known = _known.get(word)
    if known is None:
        known = _form(word) or any(
            word.startswith(prefix)
            and len(rest := word[len(prefix) :]) >= _STEM
            and (len(rest) >= _LONG_STEM or prefix not in _BEFORE_NAMES or LEXICON.systems(rest))
            and _of_trade(rest)
            for prefix in _PREFIXES
        )
        if known and len(_known) < _REMEMBERED:
            _known[word] = True
    return known


def _of_trade(word: str) -> bool:
    return (LEXICON.flag(word) == "w" and LEXICON.trade(word)) or _form(word)


def _form(word: str) -> bool:
    """Is a word a word of the trade with an ending."""
    for ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        stem = word[: -len(ending)]
        if len(stem) < _STEM:
            continue
        stems = [stem, f"{stem}e"] if ending[0] in "aeiou" else [stem]
        if stem[-1] == stem[-2]:
            stems.append(stem[:-1])
        if stem[-1] == "i":
            stems.append(f"{stem[:-1]}y")
        if any(
            len(each) >= _STEM
            and LEXICON.flag(each) == "w"
            and (
                LEXICON.systems(each)
                or (
                    LEXICON.trade(each) and (ending not in _OF_NAMES or (len(each) >= _LONG_STEM and each != stem[:-1]))
                )
            )
            for each in stems
        ):
            return True
    return False
