"""Which words may be a person's name, a condition or a medicine."""

# ruff: noqa: C901, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy.codes import IDLE
from router.privacy.derived import derived
from router.privacy.items import Item, in_prose, is_separator, is_value, stands_alone
from router.privacy.keys import KEY_WORDS, kind_of_words
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.made import PROGRAM
from router.privacy.numbers import Numbers
from router.privacy.parts import joined
from router.privacy.spans import Span
from router.privacy.streets import HOUSE_NUMBER
from router.privacy.wards import of_program
from router.privacy.words import (
    CAMEL_NAME,
    CONDITION_TURNED,
    DATED,
    DAY_CUES,
    DRUG_TURNED,
    GIVEN,
    ID_KINDS,
    NOUNS,
    NUMBER_ROLES,
    OF_BODIES,
    OF_RECORDS,
    OPENERS,
    ORGANS,
    PARTICLES,
    PERSON_CUES,
    PLACES,
    PRODUCTS,
    STREET_LEADS,
    STREET_WORDS,
    TITLES,
    TOWNS,
    WINGS,
    street_tail,
)

_LONG_WARD: Final = 6
_SHORT: Final = 3
_BEFORE_NAME: Final = frozenset("\"'`[({<>=:|;,\n\t^~/")
_BETWEEN: Final = frozenset("/|-&+(\u2013")
_AFTER_NAME: Final = frozenset("\"'`])}<>&|;,\n\t^~")


_INITIAL: Final = re.compile(r" [A-Z](?![A-Za-z0-9'-])")
_OF_A_CITY: Final = frozenset(
    {"street", "avenue", "road", "boulevard", "drive", "plaza", "campus", "building", "datacenter", "airport"}
)
"""What makes of a name that of a place."""
_INITIAL_DOT: Final = re.compile(r",? [A-Z]\.")
_OF_AN_AGE: Final = re.compile(r"(?: \(|, | )[0-9]{1,3} ?(?:[MFmf]|yo|y/o)(?![A-Za-z0-9])")


def _behind_id(text: str, item: Item, spans: list[Span]) -> bool:
    """Does a word stand right behind somebody's number."""
    if not spans or not spans[-1].sure or spans[-1].kind not in ID_KINDS or len(item.text) < 3:
        return False
    return text[spans[-1].end : item.start] in {" ", ", ", " - ", "|", " | "}


def _named_alone(text: str, first: Item, last: Item, *, strict: bool) -> bool:
    """Do two words fill a cell or a value; unless `strict` also begin a sentence (`Will Young cannot`)."""
    before, after = text[max(first.start - 3, 0) : first.start].rstrip(" ")[-1:], text[last.end : last.end + 1]
    if (before or first.start > 2) and before not in _BEFORE_NAME:
        return False
    following = text[last.end + 1 : last.end + 2]
    return (
        not after
        or after in _AFTER_NAME
        or (after == ":" and following == " " and not strict)
        or (after == " " and (following in _BETWEEN or (not strict and following.islower())))
    )


def _two_names(word: str) -> bool:
    """Is a word no list has two names written together, the second of five letters and more."""
    if not 9 <= len(word) <= 20 or word in KEY_WORDS:
        return False
    return any(
        LEXICON.flag(word[at:]) in {"p", "n"} and (LEXICON.flag(word[:at]) == "p" or word[:at] in GIVEN)
        for at in range(4, len(word) - 4)
    )


def _whole_name(text: str, items: list[Item]) -> bool:
    """`hannah cooper`: a value of two words in lower case that are a name and a word that is one too."""
    first, second = items
    return (
        first.start == 0
        and second.end == len(text)
        and text[first.end : second.start] == " "
        and second.text.islower()
        and {LEXICON.flag(first.text), LEXICON.flag(second.text)} == {"p", "n"}
    )


_OF_TABLES: Final = re.compile(
    r"(?:table|relation|column|into|from|update|join|index|collection|endpoint|resource|field|key|property|reading"
    r"|load(?:ing)?|fetch(?:ing)?|list)[ =:(]{1,3}[\"'`\[]?$",
    re.IGNORECASE,
)


def _called(text: str, item: Item) -> bool:
    """Is a word the name of a table or a field: all of a text, or behind `relation` and its like."""
    return len(text) == len(item.text) or _OF_TABLES.search(text, max(item.start - 14, 0), item.start) is not None


_BOUND: Final = re.compile(r"(?:^|[ ,(\[{])[$:@?]?[A-Za-z]{0,2}[0-9]{1,3} ?[=:] ?$")


def _argument(text: str, item: Item) -> bool:
    """Is a word in quotes one of several arguments or literals: `insert('Drew', 'Stack', 7)`, `near ''Land' AND`."""
    start, end = item.start - 1, item.end
    if start < 0 or text[start] not in "'\"" or text[end : end + 1] != text[start]:
        return False
    before, after = text[max(start - 3, 0) : start].rstrip(" ")[-1:], text[end + 1 : end + 4].lstrip(" ")[:1]
    if before in {"=", ":"} and _BOUND.search(text, max(start - 12, 0), start) is not None:
        return True  # `$2 = 'West'`, `1='West'`
    return (before in {"(", ","} and after in {")", ","} and (before, after) != ("(", ")")) or (
        text[start] == "'" and (before == "'" or text[end + 1 : end + 5] in {" AND", " and"})
    )


_OWNED: Final = re.compile(
    "(?:'|&#39;|%27| )s (?:iPhone|iPad|MacBook|Mac|Galaxy|Pixel|[pP]hone|Watch|[lL]aptop|PC|Surface|[tT]ablet|AirPods)"
)
"""Whose device it is, as the device says it."""
_OF_HEAPS: Final = re.compile(r" (?:regions|space|generation|Space|Gen|[0-9.]+[KMGB])|:")
"""Where Java's garbage collectors keep what is young."""
_LEVELS: Final = frozenset(
    {"ERROR", "WARN", "WARNING", "INFO", "DEBUG", "FATAL", "CRITICAL", "NOTICE", "TRACE", "SEVERE"}
)


def _a_place(words: list[Item]) -> bool:
    """`Lincoln Street`, `Chicago, Dublin`: are all of two names places, or is the last a kind of one."""
    low = [word.text.lower() for word in words]
    return low[-1] in _OF_A_CITY or PLACES.issuperset(low)


def _abbreviated(words: list[Item]) -> bool:
    """`Azure AI`, `AI Guard`: is a word of two or three capitals beside one that is written as names are."""
    return any(word.text.isupper() and 1 < len(word.text) <= _SHORT for word in words) and any(
        word.text.istitle() for word in words
    )


def _as_a_name(word: str) -> bool:
    """Is a word written as names are: a capital and small letters, or letters of a script without case."""
    return word[0].isupper() and not (word.isascii() and word.isupper()) and CAMEL_NAME.match(word) is None


class Names(Numbers):
    """Judges words."""

    __slots__ = ()

    def _word(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """Judge the word at `index`, and with it the name it begins; returns the next index to look at."""
        item = items[index]
        word = item.text
        low = word.lower()
        if not index and self._lower_pair(text, items, index):
            spans.append(Span(item.start, items[1].end, "PERSON", "name", True))
            return 2
        if low in STREET_WORDS and index and word[0].isupper() and text[items[index - 1].end : item.start] == " ":
            found = HOUSE_NUMBER.match(text, item.end + (2 if text[item.end : item.end + 2] == ". " else 1))
            before = items[index - 1]
            if found is not None and before.type == "w" and before.text[0].isupper():
                spans.append(Span(before.start, found.end(), "ADDRESS", "street", True))
                while index + 1 < len(items) and items[index + 1].start < found.end():
                    index += 1
                return index + 1
        turned = low[::-1]
        if low in STREET_LEADS or (len(low) > 5 and street_tail(low, turned)):
            after = self._named_street(text, items, index, spans)
            if after:
                return after
        flag = "w" if low in self.safe else LEXICON.flag(low)
        if word == "Eden" and _OF_HEAPS.match(text, item.end) is not None:
            return index + 1
        if index and word[0].isupper() and self._ward(text, items, index):
            spans.append(Span(item.start, item.end, "WARD", "cue", True))
            return index + 1
        if len(low) > 6 and low not in self.safe and CONDITION_TURNED.match(turned) is not None and low != "nostalgia":
            spans.append(Span(item.start, item.end, "DIAGNOSIS", "suffix", True))
            return index + 1
        if flag in PLAIN or len(word) == 1:
            if self.strict and word.isupper() and self._last_first(text, items, index):
                spans.append(Span(item.start, items[index + 1].end, "PERSON", "name", False))
                return index + 2
            if flag == "r" and self.strict and word[0].isupper() and _argument(text, item):
                spans.append(Span(item.start, item.end, "PERSON", "name", False))
                return index + 1
            if low in OF_BODIES and index and self._dose(text, items, index, spans):
                return index + 1
            if (
                low in ORGANS
                and index + 1 < len(items)
                and items[index + 1].text.lower() in ORGANS[low]
                and text[item.end : items[index + 1].start] == " "
            ):
                spans.append(Span(item.start, items[index + 1].end, "DIAGNOSIS", "phrase", True))
                return index + 2
            if (
                flag == "w"
                and low == word
                and low not in PERSON_CUES
                and low not in ORGANS
                and low not in OF_BODIES
                and len(self.idle) < IDLE
                and kind_of_words((low,)) != "PERSON"
                and low not in STREET_LEADS
            ):
                self.idle.add(word)
                return index + 1
            if len(word) == 1 and not stands_alone(text, item):
                return index + 1
            if low == "ms" and index and items[index - 1].type in {"n", "d"}:
                return index + 1
            if low in PERSON_CUES or kind_of_words((low,)) == "PERSON":
                return self._after_person_cue(text, items, index, spans)
            if (
                flag in PLAIN
                and word[0].isupper()
                and index + 1 < len(items)
                and self._name_follows(text, items, index)
            ):
                return self._name_run(text, items, index, spans)
            return index + 1
        if flag in {"d", "m"}:
            if word in OF_RECORDS and _called(text, item):
                return index + 1
            if (
                flag == "d"
                and index + 1 < len(items)
                and text[item.end : items[index + 1].start] == " "
                and of_program(low, *(item.text.lower() for item in items[index + 1 : index + 3]))
            ):
                return index + 1
            spans.append(Span(item.start, item.end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", True))
            return index + 1
        if word in PARTICLES:
            return index + 1
        if low in PERSON_CUES:
            return self._after_person_cue(text, items, index, spans)
        if flag == "n" and word.islower():
            return index + 1
        if flag in {"", "p"} and len(word) > 6 and DRUG_TURNED.match(turned) is not None:
            spans.append(Span(item.start, item.end, "MEDICATION", "suffix", flag == ""))
            return index + 1
        if flag == "" and not self.strict and word == low and _two_names(low):
            spans.append(Span(item.start, item.end, "USERNAME", "name", True))
            return index + 1  # `tylerlambert`
        if flag == "" and word.isupper() and len(word) > 5 and word[0] == "E" and LEXICON.trade(low[1:]):
            return index + 1  # Node's errors: `ERESOLVE`
        if (
            flag == ""
            and word == low
            and index
            and text[item.end : item.end + 1] == "]"
            and items[index - 1].text in _LEVELS
            and text[items[index - 1].end : item.start] in {" [", "  [", "]["}
        ):
            return index + 1  # `ERROR [prenotazioni]`: who logs
        if flag == "" and word == low and (joined(low) or derived(low)):
            return index + 1  # `queuename`, `membermatcher`, `rescheduled`
        if flag == "" and word[-1] == "s" and word[:-1].isupper() and LEXICON.flag(low[:-1]) in PLAIN:
            return index + 1  # `VMs`
        if flag == "" and (low in KEY_WORDS or (not word.islower() and self._camel(word))):
            return index + 1
        return self._name_run(text, items, index, spans)

    def _last_first(self, text: str, items: list[Item], index: int) -> bool:
        """`GARDEN, DUKE` in quotes or a cell of its own: a word, a comma and a name that is a word too."""
        if index + 1 >= len(items) or text[items[index].end : items[index + 1].start] != ", ":
            return False
        following = items[index + 1]
        return (
            following.text.isupper()
            and LEXICON.flag(following.text.lower()) in {"n", "p"}
            and text[following.end : following.end + 1] in _AFTER_NAME | {""}
        )

    def _ward(self, text: str, items: list[Item], index: int) -> bool:
        """`ward Nightingale`, `Wing C`, `Station ITS`: what a part of a hospital is called."""
        before, word = items[index - 1].text, items[index].text
        if before not in WINGS or text[items[index - 1].end : items[index].start] != " ":
            return False
        if len(word) == 1:
            return True
        if before.lower() not in {"ward", "station", "stn", "afdeling", "reparto", "osasto", "avdeling", "servis"}:
            return False
        following = items[index + 1] if index + 1 < len(items) else None
        return (word.isupper() and len(word) < _LONG_WARD) or (
            before.islower()
            and not (
                following is not None
                and following.text[0].isupper()
                and text[items[index].end : following.start] == " "
            )
        )

    def _name_follows(self, text: str, items: list[Item], index: int) -> bool:
        """An ordinary capitalised word right before a known name may be the other half of it (`Story Quackenbush`)."""
        following = items[index + 1]
        if (
            self.strict
            and len(items) == 2  # `Ega Suwarno` and nothing else
            and not index
            and text[items[0].end : following.start] == " "
            and items[0].text.istitle()
            and following.text.istitle()
            and following.end == len(text)
            and LEXICON.flag(following.text.lower()) == ""
        ):
            return True
        if (
            self.strict
            and text[items[index].end : following.start] == ", "
            and following.type == "w"
            and following.text.istitle()
            and LEXICON.flag(following.text.lower()) in {"p", ""}
            and text[max(items[index].start - 2, 0) : items[index].start].strip()[-1:]
            in {":", "(", '"', "'", "|", ";", "="}
        ):
            return True  # `Loos, Xaver`
        return (
            following.type == "w"
            and text[items[index].end : following.start] == " "
            and following.text[0].isupper()
            and not following.text.isupper()
            and LEXICON.flag(following.text.lower()) == "p"
            and (
                LEXICON.flag(items[index].text.lower()) == "r"
                or (index > 0 and text[items[index - 1].end : items[index].start].strip(" ") == "")
            )
        ) or (
            self.strict
            and index > 0
            and following.type == "w"
            and text[items[index].end : following.start] == " "
            and following.text.istitle()
            and LEXICON.flag(following.text.lower()) == ""
            and not items[index].text.isupper()
            and (
                (items[index - 1].text.islower() and text[items[index - 1].end : items[index].start] == " ")
                or (
                    text[items[index].start - 1] in {"\n", '"', "'", "|", ";", ">"}
                    and text[following.end : following.end + 1] in {"", "\r", "\n", '"', "'", "|", ";", "<"}
                )
            )
        )

    def _name_run(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """Words that together may be a name: capitalised, unknown or names, with initials between."""
        if len(items) == 2 and items[index].text.islower() and _whole_name(text, items):
            spans.append(Span(0, len(text), "PERSON", "name", True))
            return 2
        last = index
        probe = index
        flags: list[str] = []
        while probe < len(items):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start] if probe > index else ""
            if (
                probe == index + 1
                and gap == ","
                and {flags[0], LEXICON.flag(item.text.lower())} in ({"p"}, {"p", "n"})
                and item.text[0].isupper() == items[index].text[0].isupper()
                and text[max(items[index].start - 1, 0) : items[index].start] in {"", '"', "'", "=", " ", "("}
                and text[item.end : item.end + 1] in {"", '"', "'", " ", ")", ";", "&", "^"}
            ):
                gap = ", "  # `THOMAS,JUSTIN`
            if probe > index and gap not in {" ", ", ", ". ", "'", "^", "-", "+", "  "}:
                if not (
                    gap.isspace()
                    and "\n" not in gap
                    and item.text.isupper()
                    and (flags[-1] == "p" or (self.strict and flags == ["n"] and items[index].text.isupper()))
                ):
                    break
                if LEXICON.flag(item.text.lower()) != "p":
                    break  # columns of fixed width: `PEARSON       ANTHONY`
            if item.type not in PLAIN:
                break
            word = item.text
            flag = "w" if word.lower() in self.safe else LEXICON.flag(word.lower())
            if probe > index:
                if (
                    (
                        flag == "r"
                        or (
                            self.strict
                            and flag == "w"
                            and word.istitle()
                            and (
                                flags[-1] in {"p", ""}
                                or (
                                    len(flags) == 1
                                    and items[index].text.lower() in GIVEN
                                    and items[index].text.istitle()
                                    and _named_alone(text, items[index], item, strict=True)
                                )
                            )
                        )
                    )
                    and gap == " "
                    and word[0].isupper()
                    and not word.isupper()
                    and flags[-1] in {"p", "", "n"}
                    and items[probe - 1].text[0].isupper()
                    and len(flags) < 3
                ):
                    flags.append(flag)
                    last = probe
                    probe += 1
                    continue
                if (
                    word in PARTICLES
                    and gap == " "
                    and items[index].text[0].isupper()
                    and self._capital_follows(text, items, probe, named=self.strict and "p" in flags)
                ):
                    flags.append("v")
                    last = probe
                    probe += 1
                    continue
                if flag in PLAIN and not (self.strict and flags[-1] == "v" and word.istitle() and "p" in flags):
                    break
                if gap == ", " and (flag not in {"p", "n", ""} or not word[0].isupper() or len(flags) != 1):
                    break
                if flag in {"d", "m"} or (word[0].islower() and flag in SAFE):
                    break
                if gap == ". " and len(items[probe - 1].text) > 2:
                    break
                after = text[item.end : items[probe + 1].start] if probe + 1 < len(items) else ""
                if (
                    after
                    and ("=" in after or ":" in after)
                    and is_separator(after)
                    and not (
                        after in {": ", ":"}
                        and ("p" in flags or (flags == ["n"] and flag == "n" and items[index].text.lower() in GIVEN))
                        and word.istitle()
                        and gap == " "
                        and not kind_of_words((word.lower(),))
                    )
                ):
                    break
            flags.append(flag)
            last = probe
            probe += 1
            if len(flags) >= 5:
                break
        words = [items[place] for place in range(index, last + 1)]
        while len(words) > 1 and (len(words[-1].text) == 1 or flags[-1] == "v"):
            words.pop()
            flags.pop()
        last = index + len(words) - 1
        capital = [word for word, mark in zip(words, flags, strict=True) if word.text[0].isupper() or mark == "v"]
        if (
            len(words) == 1
            and flags[0] == "n"
            and not self._person_before(text, items, index)
            and not self._person_after(text, items, index)
        ):
            argument = _argument(text, words[0])
            if self.strict and words[0].text.istitle() and _INITIAL.match(text, words[0].end) is not None:
                spans.append(Span(words[0].start, words[0].end + 2, "PERSON", "name", False))
                return last + (2 if last + 1 < len(items) and items[last + 1].start == words[0].end + 1 else 1)
            if words[0].text[0].isupper() and _OF_AN_AGE.match(text, words[0].end) is not None:
                spans.append(Span(words[0].start, words[0].end, "PERSON", "cue", True))
                return last + 1  # `Silver (89 F)`
            if words[0].text[0].isupper() and _behind_id(text, words[0], spans):
                spans.append(Span(words[0].start, words[0].end, "PERSON", "argument", False))
                return last + 1  # `pt 77341902 FIELD`
            if (self.strict or argument) and self._stands_out(text, items, index):
                spans.append(Span(words[0].start, words[0].end, "PERSON", "argument" if argument else "name", False))
            return last + 1
        if len(words) == 1 and flags[0] in PLAIN:
            return last + 1
        unknown = sum(flag in {"", "p"} for flag in flags)
        before = items[index - 1] if index else None
        sure = (
            len(capital) >= 2
            and (
                "p" in flags
                or (unknown >= 2 and (self.strict or sum(_as_a_name(word.text) for word in capital) > 1))
                or (unknown and text[words[-1].end : words[-1].end + 3] in {"'s ", "\u2019s "})
                or (
                    flags == ["n", "n"]
                    and before is not None
                    and before.text.islower()
                    and text[before.end : words[0].start] == " "
                    and not any(word.text.lower() in PRODUCTS for word in words)
                    and not (words[0].text == "Max" and words[1].text.lower() in NOUNS)
                )
            )
            and unknown + flags.count("n") + flags.count("r") >= 2
            and not (
                unknown
                and all(w.text.isupper() for w in words)
                and ("p" not in flags or (not self.strict and "" in flags))
            )
            and (self.strict or not _abbreviated(words))
        )
        if not self.strict and len(words) > 1 and _a_place(words):
            sure = False
        if (
            not sure
            and len(words) == len(capital) == 2
            and words[0].text.lower() in GIVEN
            and flags[0] == "n"
            and flags[1] in {"n", "r"}
            and not words[0].text.isupper()
            and _named_alone(text, words[0], words[1], strict=flags[1] == "r")
        ) or (
            not sure
            and len(words) == len(capital) == 2
            and flags[0] in {"n", "r"}
            and flags[1] == "n"
            and words[1].text.lower() in GIVEN
            and (
                text[words[0].end : words[1].start] == "^"
                or (text[words[0].end : words[1].start] == ", " and _named_alone(text, words[0], words[1], strict=True))
            )
        ):
            sure = True  # `Will Young`, `Young, Will`, `YOUNG^WILL`
        if len(words) == 1 and flags[0] == "p" and words[0].text.istitle() and _INITIAL_DOT.match(text, words[0].end):
            sure = True  # `Mills D.`
        if len(words) == 1 and words[0].text.istitle() and _OWNED.match(text, words[0].end) is not None:
            spans.append(Span(words[0].start, words[0].end, "PERSON", "cue", True))
            return last + 1  # `Sarah's iPhone`
        if (
            len(words) == 1
            and flags[0] == "p"
            and capital
            and (
                (self.strict and not words[0].text.isupper() and (is_value(text, words[0]) or in_prose(text, words[0])))
                or (len(words[0].text) > 4 and _argument(text, words[0]))
                or (len(words[0].text) > 3 and text[words[0].end : words[0].end + 1] == "^")
            )
        ):
            sure = True
        if (
            len(words) == 1
            and flags[0] == "p"
            and len(words[0].text) > 4
            and words[0].text.isupper()
            and before is not None
            and before.text.islower()
            and before.text in {"for", "of", "by", "with", "to", "from", "called", "on"}
            and text[before.end : words[0].start] == " "
        ):
            sure = True  # `IV for MOODY bed 7`
        if (
            not capital
            and len(words) == 2
            and set(flags) == {"p", ""}
            and before is not None
            and before.text.lower() in {"is", "am", "named", "called", "patient"}
            and text[before.end : words[0].start] == " "
        ) or (flags.count("p") >= 2 and not capital and len(words) <= 3):  # `patricia desrosiers`
            spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", True))
            return last + 1
        if len(capital) >= 2 and len(capital) == len(words) and not all(word.text.isupper() for word in words):
            spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", sure))
        elif all(flag == "n" for flag in flags) and len(words) > 1 and words[0].text.isupper():
            if sure:
                spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", True))
                return last + 1
            beside = [items[place] for place in (index - 1, last + 1) if 0 <= place < len(items)]
            if self.strict and self._last_first(text, items, index):
                spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", False))
                return last + 1
            if self.strict and (not beside or any(not near.text.isupper() for near in beside)):
                spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", False))
            return last + 1
        else:
            mark: str
            for one, mark in zip(words, flags, strict=True):
                if mark == "n" and not (len(words) > 1 and one.text[0].isupper()):
                    continue
                if mark in PLAIN or mark == "v":
                    continue
                first_upper = one.text[0].isupper()
                if (
                    mark == ""
                    and len(one.text) <= 2
                    and not first_upper
                    and (one.text.islower() or len(one.text) == 1)
                    and one.text.strip("\xe9")
                ):
                    continue
                if mark == "" and len(one.text) <= 2 and one.text.isupper() and one.text.isascii():
                    continue
                spans.append(
                    Span(
                        one.start,
                        one.end,
                        "PERSON" if mark in {"p", "n"} else "WORD",
                        "name" if mark == "p" else "unknown",
                        sure,
                    )
                )
        return last + 1

    def _lower_pair(self, text: str, items: list[Item], index: int) -> bool:
        """`harris, robert 04/05/1980`: a word, a comma and a name in lower case, which are all of a text but a day."""
        if index or len(items) not in {2, 3} or items[0].start or text[items[0].end : items[1].start] != ", ":
            return False
        first, second = items[0].text, items[1].text
        return (
            first.islower()
            and second.islower()
            and items[1].type == "w"
            and "p" in {LEXICON.flag(second), LEXICON.flag(first)}
            and LEXICON.flag(second) in {"p", "n", ""}
            and (len(items) == 2 or items[2].kind == "DATE")  # and perhaps the day
        )

    def _capital_follows(self, text: str, items: list[Item], index: int, *, named: bool = False) -> bool:
        """After a particle, and perhaps another one, comes a capitalised word that may be a name, any when `named`."""
        for probe in (index + 1, index + 2):
            if (
                probe >= len(items)
                or items[probe].type != "w"
                or text[items[probe - 1].end : items[probe].start] != " "
            ):
                return False
            word = items[probe].text
            if word[0].isupper():
                return named or (LEXICON.flag(word.lower()) not in PLAIN and not (word.isupper() and len(word) < 4))
            if word not in PARTICLES:
                return False
        return False

    def _stands_out(self, text: str, items: list[Item], index: int) -> bool:
        """May a word that is a name too be one here: a capital, and neither a product nor opening a sentence."""
        item = items[index]
        low = item.text.lower()
        if not item.text[0].isupper() or low in self.safe or low in PRODUCTS:
            return False
        following = items[index + 1] if index + 1 < len(items) else None
        near = text[item.end : following.start] if following is not None else text[item.end :]
        next_word = following.text if following is not None and near == " " and following.type == "w" else ""
        before = items[index - 1] if index else None
        lead = text[before.end : item.start] if before is not None else text[: item.start]
        if item.text.isupper():
            return (
                len(low) > 3
                and low not in NOUNS
                and low not in DATED
                and bool(lead.strip(" ")) + bool(near.strip(" ")) == 2  # marks on both sides: a cell
            )
        if before is not None and lead == " ":
            if before.type == "w" and not before.text.islower():
                return before.text in TOWNS
            if before.type == "w" and low in DATED:
                return before.text not in DAY_CUES and before.text not in {"in", "of", "last", "next", "during", "this"}
            if before.type == "w":
                return not (next_word[:1].isupper() and LEXICON.flag(next_word.lower()) in PLAIN)
        if low in DATED:
            return False
        if next_word[:1].isupper():
            return False
        if not next_word and not near.startswith(" "):  # alone between marks
            return (
                low not in NOUNS
                or _argument(text, item)
                or (
                    lead == " ("
                    and near[:1] == ")"
                    and before is not None
                    and before.type == "n"
                    and len(before.text) > 3
                )
                or (lead[-1:] in {"|", ";", "^"} and near[:1] in {"|", ";", "^"})
            )
        return low not in NOUNS and low not in OPENERS

    def _person_before(self, text: str, items: list[Item], index: int) -> bool:
        if index == 0:
            return False
        before = items[index - 1]
        gap = text[before.end : items[index].start]
        return gap.strip(" .:") == "" and (before.text.lower() in PERSON_CUES or before.text.lower() in TITLES)

    def _person_after(self, text: str, items: list[Item], index: int) -> bool:
        """A doubtful capitalised word followed by an unknown or doubtful capitalised one is half of a name."""
        if index + 1 >= len(items):
            return False
        following = items[index + 1]
        gap = text[items[index].end : following.start]
        return (
            gap in {" ", ", ", "^"}
            and following.type == "w"
            and following.text[0].isupper()
            and LEXICON.flag(following.text.lower()) in {"p", ""}
            and len(following.text) > 2
        )

    def _after_person_cue(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """`Patient Grace Hill`: after such a word even ordinary words that are names, capitalised, are a name."""
        probe = index + 1
        if (
            probe < len(items)
            and items[probe].type == "w"
            and items[probe].text.lower() in {"is", "name", "named", "was"}
            and text[items[index].end : items[probe].start] == " "
        ):
            probe += 1
        start = probe
        while probe < len(items) and items[probe].type in {"w", "c"}:
            word = items[probe].text
            gap = text[items[probe - 1].end : items[probe].start]
            if (
                gap
                not in (
                    {" ", ". ", ", ", "'", "-", ": ", "^"}
                    if probe > start
                    else {" ", ". ", ", ", ": ", "^", " '", ' "', " (", ' \\"'}
                )
                or (gap == ": " and probe > start)
                or (gap == ", " and probe != start + 1)
            ):
                break
            flag = LEXICON.flag(word.lower()) if items[probe].type == "w" else ""
            if not self.strict and not flag and CAMEL_NAME.match(word) is not None and self._camel(word):
                break  # `client WindowsUpdateAgent`
            if items[probe].type == "c" and (
                PROGRAM.fullmatch(word) or not (word.replace(".", "").replace("-", "").isalpha() and word[0].isupper())
            ):
                break
            after = text[items[probe].end : items[probe + 1].start] if probe + 1 < len(items) else ""
            if after and ("=" in after or ":" in after) and is_separator(after):
                break
            if word.lower() in self.safe:
                break
            if (
                word in PARTICLES
                and (probe > start or items[index].text.lower() in TITLES)
                and self._capital_follows(text, items, probe, named=True)
            ):
                probe += 2 if items[probe + 1].text[0].isupper() else 1
                continue
            if (word[0].isupper() and flag in {"n", "p", ""}) or (
                word.islower() and flag in {"p", "n"} and (flag == "p" or probe > start or word not in NUMBER_ROLES)
            ):
                if word.islower() and flag == "n" and not self._lower_name(items, probe):
                    break
                if word.isupper() and flag == "n" and len(word) <= 3:
                    break
                probe += 1
                if probe - start >= 5:
                    break
                continue
            if word[0].isupper() and len(word) == 1 and probe > start:
                probe += 1
                continue
            if (
                word[0].isupper()
                and flag in PLAIN
                and probe > start
                and probe - start < 2
                and not word.isupper()
                and (not after or after.strip(" ")[:1] in {",", ".", ")", "(", ";", ":", "\n", '"', "'"})
            ):
                probe += 1
                continue
            break
        if probe == start:
            return index + 1
        words = items[start:probe]
        if all(
            LEXICON.flag(word.text.lower()) in {"", "n"} and word.text.isupper() and len(word.text) <= 4
            for word in words
        ):
            return index + 1
        spans.append(Span(words[0].start, words[-1].end, "PERSON", "cue", True))
        return probe

    def _lower_name(self, items: list[Item], index: int) -> bool:
        """`patient grace hill`: a lower-case word that is also a name counts next to a known or doubtful name."""
        near = [
            items[place].text
            for place in (index - 1, index + 1)
            if 0 <= place < len(items) and items[place].type == "w"
        ]
        return any(
            word.islower() and LEXICON.flag(word) in {"p", "n"} and word not in PERSON_CUES and word not in NUMBER_ROLES
            for word in near
        )
