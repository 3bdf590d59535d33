"""A name that was found takes along what can only be part of it: particles, its other half, syllables of East Asia.

What `beside` widens are stretches of one word at `strict`; here a name grows at both levels, and only by words that no
list knows, that are names themselves, or that stand where nothing but the rest of a name can stand.
"""

# ruff: noqa: C901, E501, PLR2004, SIM905 - the tables read better as long lines of words; one decision table
from __future__ import annotations

import re
from typing import Final

from router.privacy.keys import KEY_WORDS
from router.privacy.lexicon import LEXICON
from router.privacy.spans import Span, settle
from router.privacy.words import HONORIFICS, NOUNS, PERSON_CUES, PRODUCTS, TITLES

_TWO_PARTICLES: Final = (
    r"van der|van den|van de|van het|van 't|von der|von dem|von den|von und zu|de la|de los|de las|de le|op de|op den"
    r"|in 't|in het|aan de|uit de|uit den|uijt den"
)
"""Particles of which two stand together: one alone is a word of prose in its language (`dossier van Janssen`)."""
_PARTICLE: Final = (
    "van|von|vom|de|den|der|del|della|dello|dela|des|di|da|do|dos|das|du|la|le|lo|los|las|el|al|bin|bint|ibn|abu|ben|ter|ten|te|zu|zum"
    "|zur|het|op|mc|mac|st|saint|san|santa|af|av|y|e"
)
_SECOND: Final = frozenset(pair.rpartition(" ")[2] for pair in _TWO_PARTICLES.split("|"))
_SPACED: Final = re.compile(rf"(?<![\w'-])(?:{_TWO_PARTICLES}) $", re.IGNORECASE)
_WRITTEN: Final = re.compile(rf"(?:(?<=[/\"'=:> ])|^)(?:(?:{_PARTICLE})([-_+.])){{1,3}}$", re.IGNORECASE)
"""Particles as paths, files and logins write them: `/van-der-`, `de_la_`."""
_PARTICLE_LOW: Final = "(?:van|von|vom|de|den|der|del|della|des|di|da|dos|das|du|la|los|las|el|al|bin|bint|ibn|ter|ten|te|zu|zum|zur|het|af|av)"
_WORD: Final = r"[^\W\d_]{2,24}(?:['\u2019][^\W\d_]{2,20})?(?:-[^\W\d_]{2,24}){0,2}"
_BEFORE: Final = re.compile(rf"(?:(?<=[\s\"'(\[{{>/|;=*,+])|^)({_WORD})( )$")
_LAST: Final = re.compile(rf"(?:(?<=[\s\"'(\[{{>/|;=*+])|^)({_WORD})(, ?)$")
_AFTER: Final = re.compile(
    rf"(?:-(?={_PARTICLE_LOW} [A-Z]))?(?: ?(?:{_PARTICLE_LOW}) (?=[A-Z]|{_PARTICLE_LOW} [A-Z])){{0,3}} ?(?<=[ ])({_WORD})(?![\w@=/\\(\[-]|\.[\w]|:\w)"
)
_FIRST: Final = re.compile(
    rf", ?({_WORD})((?: [A-Z][^\W\d_]{{0,15}}){{0,2}}?)(?: [A-Z]\.?)?(?=[\"'()<>|;:/*\]}}\n\r]|,[^\w]|$|\.$|\. | [^A-Z\s]|%| - )"
)
_HYPHENED: Final = re.compile(r"-([A-Z][a-z]{2,20})(?![\w@=/\\-])")
_TOWN: Final = re.compile(
    r", ?([A-Z][a-z]{2,20}(?:[ -][A-Z][a-z]{2,20}){0,2}(?:,? [A-Z]{2})?(?: [0-9]{4,6}(?:-[0-9]{3,4})?(?![\w-])|(?=\\?[\"'<]|$)))"
)
"""The town behind a street, and its postal code, to the end of a value or the code."""
_BY_NUMBER: Final = re.compile(r"(?: - |, | / | \(| \| )([A-Z]{1,4}[.-]?[0-9]{5,10}[A-Z]?)(?![\w.-])")
"""Somebody's number behind the name: `Min-jun Kim - AIG.90420164`."""
_NUMBERED: Final = re.compile(r" (?:III|Jr\.?|Sr\.?)(?![\w-])")
_CARET: Final = re.compile(
    r"(?<=[\"'(\[=: ])([^\W\d_][^\W\d_' -]{1,30}[^\W\d_])\^([^\W\d_][^\W\d_' -]{0,30}[^\W\d_])(?:\^[^\W\d_. ]{0,20}){0,3}(?=[\"')\],; ]|$)"
)
"""A name as HL7 and DICOM write it: `MUNI^FALAK`."""
_OF_LABELS: Final = frozenset({"FS", "FD", "FO", "FT", "XA", "XZ", "CF", "BY", "BC", "GB", "PQ", "LH"})
"""Commands of ZPL, in which labels are printed: `^FD GATES, BILL^FS`."""
_CALLED: Final = re.compile(r" (?:for|of|by|with|from|to|on|is) $")
"""What of two words of a name is sure, where a sentence speaks of somebody: `failed for AAHANA KASHYAP`."""
_JOINTS: Final = frozenset({" ", "-", "_", "+", "."})
_MOST: Final = 3
_SHORT: Final = 3

_KOREAN: Final = frozenset(
    "a ae ah an bae baek been beom bi bin bo bok bom bong byeol byeong byung chae chan chang che cheol cheon cho chul chun da dae dam dan do dong duk eun eum eun ga gang "
    "gap geon geun gi gil gon gook gu gun gwan gwang gyeong gyu ha hae han hana haneul hee heon heum ho hong hoon hun hwa hwan hwi hye hyeok hyeon hyeong hyo hyuk hyun hyung "
    "il im in ja jae jang je jeong ji jin jo jong joo joon ju jun jung kang ki kil kook ku kun kwan kwang kwon kyeong kyo kyu kyun kyung mi mil min mo mok mu mun "
    "myeong myung na nam nan nara ok pil ra rae ram ran ri rim rin ro ryeong sae san sang se seo seok seol seon seong seung si sik sil sim sin so sol song soo sook su suk sun sung "
    "tae taek u ui wan woo woon won wook woong yang ye yeo yeol yeon yeong yi yo yong yoo yool yoon you young yu yuk yul yun".split()
)
"""Syllables of given names as Korea romanises them."""
_EAST: Final = _KOREAN | frozenset(
    "thu thuy ha linh minh anh ngoc van thi duc quang hung dung tuan nam long son hai phuong thao trang lan mai hoa huong nga nhung yen tam kim quynh chi dieu my nhi nhu oanh "
    "phuc thanh thang tien toan trung tuyet uyen viet vinh xuan bao binh chau cuong dai dat giang hanh hau hieu khanh khoa kien lam loan luan ly nghia ngan nguyet nhan phat phong "
    "quan quoc sang tai tan thien thinh tho tin tra tri truc tu tung vu vo dang bui ngo duong dinh nguyen tran pham hoang huynh phan le mei ling xin yi ying yan yu wei jie jing "
    "lei qiang xiu xia hui hua fang fen juan lin ping qing rong shan shu tao ting wen xiang xiao xue yang ying zhen zhi lim tan ong goh koh teo yeo kwok siu wai ming kit yin ka chun "
    "lai lau leung cheung chan ng tse yip".split()
)
"""Syllables of names of Korea, Vietnam and China; words of English among them count only beside a name."""
_NO_NAME: Final = frozenset(
    {
        "do",
        "an",
        "in",
        "so",
        "long",
        "no",
        "van",
        "si",
        "sim",
        "son",
        "a",
        "you",
        "chi",
        "tin",
        "mu",
        "song",
        "my",
        "tan",
        "chan",
    }
)
_PAIR: Final = re.compile(r"(?<![\w@/.-])([A-Z][a-z]{0,5}|[A-Z]{2,6})-([A-Za-z]{1,6})(?![\w@-]|\.\w)")
_NO_PAIR: Final = frozenset({"so-so", "ha-ha", "in-an", "in-so", "you-do", "do-so", "sin-si"})


class _Style:
    """How a name is written."""

    __slots__ = ("lower", "upper")

    def __init__(self, name: str) -> None:
        self.upper = name.isupper() and len(name) > 1
        self.lower = name.islower()

    def fits(self, word: str) -> bool:
        if self.upper:
            return word.isupper()
        if self.lower:
            return word.islower()
        return word[0].isupper() and not (word.isupper() and len(word) > 1)


def _korean(word: str) -> bool:
    parts = word.lower().split("-")
    return len(parts) == 2 and all(part in _KOREAN for part in parts) and word.lower() not in _NO_PAIR


def _half(word: str, safe: frozenset[str], *, strict: bool, upper: bool) -> bool:
    """Can a word beside a name be the rest of it: one that no list has, or a name; each part of a compound."""
    if _korean(word):
        return True
    low = word.lower()
    if low in safe or low in HONORIFICS or low in TITLES or low in PERSON_CUES or low in KEY_WORDS or low in PRODUCTS:
        return False
    if upper and len(word) <= _SHORT and low not in _EAST:
        return False
    parts = re.split("['\u2019-]", low)
    flags = [LEXICON.flag(part) for part in parts]
    if len(parts) > 1:
        return "w" not in [flag for part, flag in zip(parts, flags, strict=True) if len(part) > _SHORT] and not {
            "p",
            "",
            "n",
        }.isdisjoint(flags)
    if low in _EAST and low not in _NO_NAME:
        return True
    return (
        flags[0] == "p"
        or (flags[0] == "" and word.isascii() and _spoken(low))
        or (flags[0] == "" and not word.isascii())
        or (strict and flags[0] == "n" and low not in NOUNS)
    )


def _spoken(word: str) -> bool:
    """Has a word vowels enough to be spoken: `OKONKWO`, but not `XMPP`."""
    return sum(char in "aeiouy" for char in word) * 5 >= len(word)


def _rest(word: str, safe: frozenset[str]) -> bool:
    """Can a word behind `SMITH, ` and before the end of a cell be a given name: any but the trade's."""
    low = word.lower()
    if low in safe or low in HONORIFICS or low in KEY_WORDS:
        return False
    return low in _EAST or (
        low not in NOUNS
        and all(LEXICON.flag(part) in {"p", "n", "r", ""} or part in _EAST for part in re.split("['\u2019-]", low))
    )


def _grown(text: str, span: Span, safe: frozenset[str], *, strict: bool) -> Span:
    """A name with what stands beside it and belongs to it."""
    start, end = span.start, span.end
    name = text[start:end]
    style = _Style(name)
    single = not any(mark in name for mark in " ,^")
    for _ in range(_MOST if text[end : end + 1] in {" ", "-"} else 0):
        found = _AFTER.match(text, end)
        if (
            found is None
            or not style.fits(found[1])
            or style.lower
            or not _half(found[1], safe, strict=strict, upper=style.upper)
        ):
            break
        end = found.end(1)
        single = False
    for _ in range(_MOST if text[max(start - 1, 0) : start] == " " and not style.lower else 0):
        lead = text[max(start - 60, 0) : start]
        if lead[:-1].rpartition(" ")[2].islower():
            break  # as in most texts, and no word of a name that has capitals
        found = _BEFORE.search(lead)
        if found is None or not style.fits(found[1]) or not _half(found[1], safe, strict=strict, upper=style.upper):
            break
        start -= len(lead) - found.start(1)
        single = False
    found = _HYPHENED.match(text, end)
    if found is not None and not style.lower and LEXICON.flag(found[1].lower()) in {"p", ""} and name[-1].islower():
        end = found.end()
    if single and text[end : end + 1] == "," and "," not in text[start:end]:
        found = _FIRST.match(text, end)
        if (
            found is not None
            and style.fits(found[1])
            and not style.lower
            and _rest(found[1], safe)
            and all(_rest(word, safe) for word in found[2].split())
        ):
            end = found.end()
    if "," in {text[start - 1 : start], text[start - 2 : start - 1]} and "," not in text[start:end]:
        lead = text[max(start - 60, 0) : start]
        found = _LAST.search(lead)
        if found is not None and style.fits(found[1]) and not style.lower:
            before = lead[: found.start(1)][-1:]
            if _half(found[1], safe, strict=True, upper=style.upper) or (
                before in {"/", '"', "'", "("}
                and LEXICON.flag(found[1].lower()) in {"w", "r", "n"}
                and (before == "/" or (strict and found[1].lower() not in KEY_WORDS))
            ):
                start -= len(lead) - found.start(1)
    if text[max(start - 1, 0) : start] in _JOINTS:
        lead = text[max(start - 40, 0) : start]
        if lead[-1:] != " ":
            found = _WRITTEN.search(lead)
        else:
            found = _SPACED.search(lead) if lead[:-1].rpartition(" ")[2].lower() in _SECOND else None
        if found is not None and any(map(str.isalpha, found[0])):
            start -= len(lead) - found.start()
    found = _NUMBERED.match(text, end)
    if found is not None and not single:
        end = found.end()
    if (start, end) == (span.start, span.end):
        return span
    sure = (
        span.sure
        or ("," in text[start:end] and text[start - 1 : start] in {"(", '"', "'"})
        or (not single and _CALLED.search(text, max(start - 8, 0), start) is not None)
    )
    return span._replace(start=start, end=end, kind="PERSON", sure=sure)


def kin(text: str, spans: list[Span], safe: frozenset[str], *, strict: bool) -> list[Span]:
    """The spans, each name with what belongs to it, and what only a name can be."""
    found: list[Span] = []
    if "-" in text:
        found += [
            Span(match.start(), match.end(), "PERSON", "name", _beside_a_name(text, match))
            for match in _PAIR.finditer(text)
            if _korean(match[0]) and (match[1].istitle() or len(match[0]) > 6)
        ]
    if "^" in text:
        for match in _CARET.finditer(text):
            words = set(re.findall(r"[^\W\d_]+", f"{match[1]} {match[2]}".lower())).difference(_PARTICLE.split("|"))
            flags = {LEXICON.flag(word) for word in words}
            if match[2] not in _OF_LABELS and not flags <= {"w", "r"} and ("w" not in flags or "p" in flags):
                found.append(Span(match.start(), match.end(), "PERSON", "name", True))
    if found:
        spans = settle([*spans, *found])
    changed = False
    told: list[Span] = []
    for at, span in enumerate(spans):
        if span.kind == "ADDRESS":
            town = _TOWN.match(text, span.end)
            if town is not None:
                told.append(Span(town.start(1), town.end(), "ADDRESS", "beside", span.sure))
        elif span.kind == "PERSON" and span.sure and not strict:
            number = _BY_NUMBER.match(text, span.end)
            if number is not None:
                told.append(Span(number.start(1), number.end(1), "MRN", "beside", True))
        if span.kind == "PERSON" or (strict and span.kind == "WORD" and span.rule == "unknown"):
            grown = _grown(text, span, safe, strict=strict)
            if grown is not span:
                if not changed:
                    spans, changed = [*spans], True
                spans[at] = grown
    return settle([*spans, *told]) if changed or told else spans


def _beside_a_name(text: str, match: re.Match[str]) -> bool:
    """Is there a name, or a family's name of Korea, beside two syllables."""
    near = [
        _AFTER.match(text, match.end()),
        _BEFORE.search(text[max(match.start() - 30, 0) : match.start()]),
        _LAST.search(text[max(match.start() - 30, 0) : match.start()]),
    ]
    return any(
        found is not None
        and found[1][0].isupper()
        and (LEXICON.flag(found[1].lower()) in {"p", "n"} or found[1].lower() in _KOREAN)
        for found in near
    )
