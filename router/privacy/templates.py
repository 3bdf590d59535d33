"""Remembers how texts of one template read, so that the tenth alert of a kind is not read from its first letter.

A text is cut into pieces and the marks between them. What is harmless by itself (a word of the lexicon, a code that
passes) stands for itself; every other piece is reduced to what the rules ask of it: `Quackenbush` is an unknown word
with a capital, `77341902` a number of eight digits. Texts that are the same then read the same, and share one plan.

What keeps that safe whatever the rules ask: a plan is only made when each piece that is not harmless by itself lies in
a span, so that a text can never pass through a plan with a name, an address or a long number in it. No plan and no key
holds a value: what got a token is there as its class only.
"""

# ruff: noqa: C901, E501, PLR2004 - one decision table of what the rules ask of a piece
from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from types import CodeType, FunctionType, ModuleType
from typing import Final, NamedTuple

from router.privacy import (
    clinical,
    codes,
    items,
    keys,
    names,
    numbers,
    positional,
    roles,
    shapes,
    spans,
    text,
    values,
    words,
)
from router.privacy.items import scan
from router.privacy.keys import judge
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.made import PAGE_ID, SOURCE_FILE
from router.privacy.shadow import escaped
from router.privacy.spans import Span
from router.privacy.text import Reader
from router.privacy.values import HL7_KEY

LONGEST: Final = 2_000
"""Characters of a text that a plan is made for."""
PLANS: Final = 4_000
PARTS: Final = 400_000
"""Pieces and marks in the keys of all plans of one rule set, some 10 MB at most; then all are forgotten."""
SKELETONS: Final = 16_000
"""Texts without their pieces, by hash, of which is known how often no plan was found for them."""
HOPELESS: Final = 8
"""Misses after which texts with the same marks are read without asking for a plan."""
_GAP: Final = 8
"""Characters of a mark between pieces that is remembered."""
PIECES: Final = 20_000
"""Harmless pieces remembered with what they stand for."""
OFTEN: Final = 8
"""Texts after which a plan is sought by an expression for all that they share."""
SWIFT: Final = 512
"""Plans of one rule set that are sought so; an expression takes some 2 kB."""
_LIKE: Final = 3
"""Expressions that are tried on texts that begin alike."""
_BEGINNING: Final = 6
"""Characters by which texts begin alike, after the time with which lines of logs begin."""
_COMPILED: Final = 30
"""Codes that are judged in the time that an expression takes to be made."""

_STAMP: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAYTIME: Final = r"[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?"
_CUT: Final = re.compile(rf"((?:{_STAMP}|{_DAYTIME})(?![0-9A-Za-z_:.,/-])|[^\s,;:=\"'()\[\]{{}}<>|`?&#*!~^$\\/]+)")
"""A time stamp, a time of day, or a solid piece as shapes.SCAN cuts them, a path at its slashes. Every part is bounded, or
one run of one class."""
_TIME: Final = re.compile(rf"(?:{_STAMP}|{_DAYTIME})")
_DATED: Final = re.compile(rf"[\[(]?({_STAMP}|{_DAYTIME})(?![0-9A-Za-z_:.,/-])")
"""How lines of logs begin."""
_OPENS_DATED: Final = frozenset("0123456789[(")
_TIMED: Final = "\x03"
_RECENT: Final = re.compile(
    r"20[12][0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[T ](?:0[1-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]{1,9})?Z?"
)
"""Times of this day, which the scan takes for nothing else."""
_ADDRESS: Final = r"[A-Za-z0-9._+-]++@(?:[A-Za-z0-9-]++\.)++[A-Za-z]{2,12}+"
_EMAIL: Final = re.compile(_ADDRESS)
_UNIT: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?[A-Za-z%]|[0-9]{1,7}[A-Za-z%]")
_DECADE: Final = re.compile("20[12][0-9]")
"""A year in which software runs: text.Reader is less sure of such a day."""
_MEMORY: Final = re.compile("0x[0-9a-f]{2,16}")
_LONGEST_CODE: Final = 40
_CELL: Final = re.compile(r"[A-Za-z0-9#/_-]{2,24}")
_MASK: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz123456789", "A" * 26 + "a" * 26 + "0" * 9
)
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
_DIGITS: Final = str.maketrans("123456789", "0" * 9)


def _spelt(modules: tuple[ModuleType, ...]) -> dict[str, int]:
    """Every word that stands in the code and the tables of `modules`: what a rule may ask for by its spelling.

    Words that stand in the same tables, and nowhere by themselves, are one to every rule and share a number.
    """
    where: dict[str, set[object]] = {}
    seen: set[int] = set()
    left: list[object] = [value for module in modules for value in vars(module).values()]

    def stands(word: object, place: object) -> bool:
        if not isinstance(word, str):
            return False
        if word.isalpha() and len(word) < 30:
            where.setdefault(word.lower(), set()).add(place)
        return True

    for module in modules:
        for name in vars(module):
            stands(name, name)
    while left:
        each = left.pop()
        if id(each) in seen or stands(each, each):
            continue
        seen.add(id(each))
        if isinstance(each, dict):
            for word, value in each.items():
                told = value if isinstance(value, (str, int, float, bool, tuple)) else id(value)
                if not stands(word, (id(each), told)):
                    left.append(word)
                left.append(value)
        elif isinstance(each, (frozenset, set)):
            left += [word for word in each if not stands(word, id(each))]
        elif isinstance(each, (tuple, list)):
            left += each
        elif isinstance(each, CodeType):
            left += each.co_consts
        elif isinstance(each, FunctionType) and each.__module__.startswith(__package__ or ""):
            left.append(each.__code__)
        elif isinstance(each, type) and each.__module__.startswith(__package__ or ""):
            left.append(dict(vars(each)))
    numbers: dict[frozenset[object], int] = {}
    return {word: numbers.setdefault(frozenset(places), len(numbers)) for word, places in where.items()}


_CLOSED: Final = _spelt(
    (clinical, codes, items, keys, names, numbers, positional, roles, shapes, spans, text, values, words)
)
"""Words that a rule asks for by their spelling, though they may be unknown or names."""
_ALONE: Final = frozenset(number for number, times in Counter(_CLOSED.values()).items() if times == 1)
"""Numbers of the words that stand where no other does."""
_MOST_GROUPS: Final = 40
_PIECE: Final = r"[^\s,;:=\"'()\[\]{}<>|`?&#*!~^$\\/]++"
"""A solid piece as _CUT has it, where it is no time."""
_TIME_PIECE: Final = rf"(?>{_STAMP}|{_DAYTIME})(?![0-9A-Za-z_:.,/-])"
"""A time as _CUT has it."""
_START: Final = (0, 0)
_MAY: Final = "\x01"  # a class whose pieces may pass
_MUST: Final = "\x02"  # a class whose pieces only go in a span
_NO_PLAN: Final = ""
_EXPRESSED: Final = {
    f"{_MUST}@": _ADDRESS,
    f"{_MUST}#8": "(?!0|19|20)[0-9]{8}",
    **{f"{_MAY}#{size}": f"[1-9][0-9]{{{size - 1}}}" for size in (5, 6, 7)},
}
"""Classes that an expression says all of, before a mark: what else such pieces are called, _sign does not ask."""

new = tuple.__new__

Sign = tuple[str, ...]
"""What a text is called: its marks, its harmless pieces, and the classes of the others."""
Step = tuple[int, int, int, int, str, str, bool]
"""First part and where in it the span starts, last part and how far before its end it ends, kind, rule, sure."""


class Swift(NamedTuple):
    """Plans that are found by one expression, without cutting the text."""

    expression: str  # all that their texts share; a group for each piece that varies
    match: Callable[[str], re.Match[str] | None]
    asked: tuple[tuple[int, str], ...]  # groups of which the expression does not say all, and the mark behind each
    plans: dict[tuple[str, ...], tuple[tuple[Step, ...], Sign]]
    """What the pieces that are asked for stand for: the plan, and what its texts are called. In these steps stand not
    parts but the groups before a span's start and end, and how far behind the end of each that is."""


class Templates:
    """The plans of one rule set. Bounded; safe to share between threads: what is lost is read again."""

    __slots__ = ("_known", "_met", "_misses", "_parts", "_plans", "_reader", "_swift", "_swifts", "settled")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, str] = {}
        self._plans: dict[tuple[str, ...], tuple[Step, ...]] = {}
        self._misses: dict[int, int] = {}
        self._parts = 0
        self._met: dict[Sign, int] = {}
        self._swift: dict[str, tuple[Swift, ...]] = {}
        self._swifts = 0
        self.settled: set[Sign] = set()

    def __repr__(self) -> str:
        return f"<Templates {len(self._plans)}>"

    def read(self, text: str, full: Callable[[str], list[Span]]) -> list[Span]:
        """What `full` finds in `text`."""
        return self.recall(text, full)[0]

    def recall(self, text: str, full: Callable[[str], list[Span]]) -> tuple[list[Span], Sign | None, int]:
        """What `full` finds in `text`, what texts are called that share the plan of it, if any, and codes judged for that."""
        if len(text) > LONGEST or not text.isascii() or "\\" in text or "<" in text:
            return full(text), None, 0
        if ("%" in text or "=" in text or "&" in text) and escaped(text) is not None:
            return full(text), None, 0
        for swift in self._swift.get(text[:_BEGINNING] if text[0] not in _OPENS_DATED else _begins(text), ()):
            found = swift.match(text)
            if found is not None:
                plan = swift.plans.get(self._asked(found, swift.asked))
                if plan is not None:
                    break
        else:
            return self._cut(text, full)
        for _, pattern in self._reader.patterns:
            if pattern.finditer(text):
                return full(text), None, 0
        at = (_START, *found.regs[1:])
        return (
            [
                new(Span, (at[first][1] + skip, at[last][1] + more, kind, rule, sure))
                for first, skip, last, more, kind, rule, sure in plan[0]
            ],
            plan[1],
            0,
        )

    def _asked(self, found: re.Match[str], groups: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
        """What the pieces stand for that an expression does not say all of."""
        known = self._known
        return tuple([known.get(found[group]) or self._sign(found[group], gap)[0] for group, gap in groups])

    def _cut(self, text: str, full: Callable[[str], list[Span]]) -> tuple[list[Span], Sign | None, int]:
        """What recall gives, by the pieces of the text."""
        parts = _CUT.split(text)
        # The marks alone say cheaply whether a text may have been seen before with other values.
        bones = hash(tuple(parts[::2]))
        misses = self._misses.get(bones)
        if misses is None:
            if len(self._misses) >= SKELETONS:
                self._misses.clear()
            self._misses[bones] = 0
            return full(text), None, 0
        if misses > HOPELESS and misses & 15:
            self._misses[bones] = misses + 1  # each sixteenth of such texts is tried again
            return full(text), None, 0
        signs = list(map(self._known.get, parts))
        fits, asked = self._signs(parts, signs) if None in signs else (True, 0)
        if not fits:
            self._misses[bones] = misses + 5
            return full(text), None, asked
        key: Sign = tuple(signs)  # type: ignore[arg-type]  # no None is left
        plan = self._plans.get(key)
        if plan is None:
            spans = full(text)
            if self._learn(parts, key, spans):
                self._misses[bones] = misses + 1
                return spans, key, asked
            self._misses[bones] = misses + 3
            return spans, None, asked
        if misses:
            self._misses[bones] = 0
        times = self._met.get(key, 0)
        if times <= OFTEN:
            self._met[key] = times + 1
            if times == OFTEN and self._swifts < SWIFT:
                asked += self._hasten(parts, key, plan)
        for _, pattern in self._reader.patterns:
            if pattern.finditer(text):
                return full(text), None, asked
        if not plan:
            return [], key, asked
        ends = [0, *accumulate(map(len, parts))]
        return (
            [
                new(Span, (ends[first] + skip, ends[last + 1] - left, kind, rule, sure))
                for first, skip, last, left, kind, rule, sure in plan
            ],
            key,
            asked,
        )

    def settle(self, sign: Sign) -> None:
        """Remember that texts called `sign` say nothing more of a person, when that is sure by what they share."""
        for at in range(1, len(sign), 2):
            gap = sign[at + 1]
            if sign[at][:2] == _MAY + "#" and gap[:1] == "/":
                return  # a day of a month, perhaps
            if sign[at][:1] in {_MAY, _MUST} and ("=" in gap or ":" in gap):
                return  # a key, perhaps
        if sign in self._plans:
            self.settled.add(sign)

    def _learn(self, parts: list[str], key: Sign, spans: list[Span]) -> bool:
        """Make a plan of what was found, unless a piece that is not harmless by itself would pass."""
        plan = _plan(parts, key, spans)
        if plan is None:
            return False
        if len(self._plans) >= PLANS or self._parts + len(key) > PARTS:
            self._plans.clear()
            self._met.clear()
            self._swift.clear()
            self._swifts = 0
            self.settled.clear()
            self._parts = 0
        self._parts += len(key)
        self._plans[key] = plan
        return True

    def _hasten(self, parts: list[str], key: Sign, plan: tuple[Step, ...]) -> int:
        """Have a plan found by one expression from now on, where that cuts its texts as _CUT does; what that costs."""
        classes = [at for at in range(1, len(key), 2) if key[at][:1] in {_MAY, _MUST}]
        if not classes or len(classes) > _MOST_GROUPS or ":" in parts[2::2]:
            return 0  # perhaps a time
        times = [at for at in classes if ":" in parts[at]]
        for at in times:
            if _TIME.fullmatch(parts[at]) is None or (at - 2 in classes and parts[at - 1] == " "):
                return 0  # perhaps the hour of a day that stands before it
        begins = _begins("".join(parts))
        opening = sum(map(len, parts[: classes[0]]))
        if begins[0] == _TIMED:
            opening = sum(map(len, parts[2 : classes[1] if len(classes) > 1 else len(parts)]))
        if opening < _BEGINNING:
            return 0
        ends = [0, *accumulate(map(len, parts))]
        groups = [0] + [0] * len(key)  # for each part the last piece that varies up to it
        for group, at in enumerate(classes, 1):
            groups[at:] = [group] * (len(groups) - at)
        behind = [0, *(ends[at + 1] for at in classes)]  # where each such piece ends in this text
        steps: list[Step] = []
        for first, skip, last, left, kind, rule, sure in plan:
            before = groups[first - 1] if first else 0
            after = groups[last]
            steps.append(
                (
                    before,
                    ends[first] + skip - behind[before],
                    after,
                    ends[last + 1] - left - behind[after],
                    kind,
                    rule,
                    sure,
                )
            )
        expression = "".join(
            re.escape(sign)
            if at not in classes
            else f"({_TIME_PIECE if at in times else _EXPRESSED.get(sign, _PIECE)})"
            for at, sign in enumerate(key)
        )
        asked = [(group, at) for group, at in enumerate(classes, 1) if key[at] not in _EXPRESSED]
        alike = self._swift.get(begins, ())
        swift = next((each for each in alike if each.expression == expression), None)
        if swift is None:
            if len(alike) >= _LIKE:
                return 0
            groups_asked = tuple((group, parts[at + 1]) for group, at in asked)
            swift = Swift(expression, re.compile(expression).fullmatch, groups_asked, {})
            self._swift[begins] = (*alike, swift)  # another thread may be going through the old ones
        swift.plans[tuple(key[at] for _, at in asked)] = tuple(steps), key
        self._swifts += 1
        return _COMPILED

    def _signs(self, parts: list[str], key: list[str | None]) -> tuple[bool, int]:
        """Fill in what each part stands for that is not known yet: is this text for plans, and codes judged for that."""
        known = self._known
        met: dict[tuple[str, str], str] = {}  # what is not remembered, in this text
        asked = at = 0
        while True:
            try:
                at = key.index(None, at)
            except ValueError:
                return True, asked
            part = parts[at]
            if at & 1:
                gap = parts[at + 1]
                sign, lasting = met.get((part, gap), ""), False
                if not sign:
                    sign, lasting = self._sign(part, gap)
                    asked += not part.isalpha()
                    if not sign:
                        return False, asked
                    if not lasting:
                        met[part, gap] = sign
            else:
                sign, lasting = part, len(part) < _GAP
            if lasting:
                if len(known) >= PIECES:
                    known.clear()
                known[part] = sign
            key[at] = sign
            at += 1

    def _sign(self, piece: str, gap: str) -> tuple[str, bool]:
        """What a piece stands for, before `gap`, and whether that may be remembered. ('', False): no plan for such."""
        if piece[0] < " ":
            return _NO_PLAN, False
        core = piece.rstrip(".")
        dots = len(piece) - len(core)
        if not core or dots > 1:
            return _NO_PLAN, False
        tail = "." if dots else ""
        if core.isalpha():
            return self._word(piece, core, tail, gap)
        if core.isdigit():
            return _number(core, self._reader) + tail, len(core) <= 3
        if "@" in core:
            return (_MUST + "@" + tail, False) if _EMAIL.fullmatch(core) else (_NO_PLAN, False)
        if ":" in core:
            if _RECENT.fullmatch(core) is not None:
                return f"{_MAY}d{core.translate(_MASK)}{tail}", False
            cut = scan(core)
            if len(cut) != 1 or cut[0].end != len(core):
                return _NO_PLAN, False
            return f"{_MAY if cut[0].type == 'd' else _MUST}{cut[0].type}{core.translate(_MASK)}{tail}", False
        if core.startswith(("-----", "eyJ", "arn", "data")):
            return _NO_PLAN, False
        return self._code(piece, core, tail, gap)

    def _word(self, piece: str, word: str, tail: str, gap: str) -> tuple[str, bool]:
        low = word.lower()
        safe = low in self._reader.safe
        flag = "w" if safe else LEXICON.flag(low)
        if flag in PLAIN or (flag == "n" and word == low) or len(word) <= 2:
            return piece, True
        table = _CLOSED.get(low, -1)
        if table >= 0 and (table in _ALONE or flag not in {"n", "p"} or not word.istitle()):
            return piece, True
        if ":" in gap or "=" in gap:
            verdict = judge(word)
            if verdict.kind or verdict.role or verdict.subject:
                return piece, False
        if low[:-1] in _CLOSED:
            return piece, False
        if word == low:
            case = "l"
        elif word.isupper():
            case = f"U{min(len(word), 5)}"
        elif word[1:].islower():
            case = "T"
        else:
            case = "X"
            if self._reader._camel(word):  # noqa: SLF001 - one engine
                return piece, len(word) < 60
        ends = ""
        if len(low) > 5:
            turned = low[::-1]
            if words.CONDITION_TURNED.match(turned) is not None:
                ends += "c"
            if words.DRUG_TURNED.match(turned) is not None:
                ends += "d"
            if words.street_tail(low, turned):
                ends += "s"
        if ends:
            ends += str(min(len(low), 8))
        if flag:
            ends += f"{LEXICON.trade(low):d}{LEXICON.systems(low):d}{LEXICON.personal(low):d}"
        if table >= 0:
            ends += f"t{table}"
        return f"{_MUST}w{flag}{case}{ends}{tail}", flag != ""

    def _code(self, piece: str, core: str, tail: str, gap: str) -> tuple[str, bool]:
        if _UNIT.match(core) is not None and shapes.measured(core):
            if core[-2:] in _ORDINALS:
                return piece, True  # a day of a month
            return f"{_MAY}u{core.translate(_DIGITS)}{tail}", len(core) <= 4
        if shapes.UUID.fullmatch(core) is not None:
            return f"{_MAY}U{tail}", False
        mask = core.translate(_MASK)
        reader = self._reader
        if core not in reader.codes:
            cut = scan(core)
            if len(cut) != 1 or cut[0].start or cut[0].end != len(core):
                return _NO_PLAN, False
            item = cut[0]
            if item.type == "n":  # `+0000` of an access log, a number of its length with a sign before it
                number = _number(core.lstrip("+"), reader)
                return f"{number[0]}n{len(core) - len(core.lstrip('+'))}{number[1:]}{tail}", False
            if item.type != "c":
                may = item.type == "d" or (item.type == "w" and LEXICON.flag(item.text.lower()) in PLAIN)
                if item.kind == "SECRET":
                    mask = ""
                decade = "y" if _DECADE.search(core) is not None else ""
                return f"{_MAY if may else _MUST}{item.type}{item.kind}{decade}{mask}{tail}", False
            found = reader._judge_code(core, 0)  # noqa: SLF001 - one engine
        else:
            found = []
        digits = "0" in mask
        if not found and not digits:
            return piece, len(piece) < 100
        says = ""
        if len(core) < 12 or shapes.HEX.fullmatch(core) is None:
            verdict = judge(core)
            kind = verdict.kind or ("" if core.islower() or core.isupper() else judge(core.lower()).kind)
            if kind or (verdict.role and (":" in gap or "=" in gap)):
                if not found:
                    return piece, len(piece) < 100
                if HL7_KEY.fullmatch(core) is not None or gap[:1] == "/" or len(core) > _LONGEST_CODE:
                    return _NO_PLAN, False
                says = f"k{verdict.kind}{kind}{verdict.role}{verdict.subject}"
        facts = f"{digits:d}{bool(SOURCE_FILE.match(core)):d}{bool(_CELL.fullmatch(core)):d}{core[0].isupper():d}{core[0].isdigit():d}"
        facts += says
        if _MEMORY.fullmatch(core) is not None:
            facts += "0x"
        elif len(core) <= 8:  # of a length that a rule may read together with what stands beside
            facts += mask
        if PAGE_ID.fullmatch(core) is not None:
            facts += "p"
        if found:
            if len(found) > 1 or found[0].start or found[0].end != len(core) or len(core) > _LONGEST_CODE:
                return _NO_PLAN, False
            facts += f"{found[0].kind}{found[0].rule}{found[0].sure:d}"
        return f"{_MUST if found else _MAY}c{facts}{tail}", not found and len(piece) < 100


def _begins(text: str) -> str:
    """By what a text is known to begin like others: in a line of a log by what stands behind its time."""
    dated = _DATED.match(text)
    if dated is None:
        return text[:_BEGINNING]
    return f"{_TIMED}{text[: dated.start(1)]}{text[dated.end() : dated.end() + _BEGINNING]}"


def _number(digits: str, reader: Reader) -> str:
    """The class of a whole number: its length, and what the rules ask of numbers of that length."""
    size = len(digits)
    zero = "z" if digits[0] == "0" else ""
    if size == 1:
        return f"{_MAY}#1{'b' if digits in '01' else ''}"
    if size == 2:
        return f"{_MAY}#2{zero}{'d' if digits <= '31' else ''}"
    if size == 4:
        if "2010" <= digits <= "2029":
            return f"{_MAY}#4y"
        kind = "x" if "2030" <= digits <= "2039" else "c" if digits[:2] in {"19", "20"} else digits[0] < "3"
        return f"{_MAY}#4{zero}{kind}"
    if size <= 7:
        return f"{_MAY}#{size}{zero}{'a' if size == 3 and digits < '120' else ''}"
    if size == 8:
        return f"{_MUST}#8{zero}{digits[:2] if digits[:2] in {'19', '20'} else ''}"
    alone = "".join(f"{span.kind}{span.sure:d}" for span in reader.read(digits))  # what check digits say
    return f"{_MUST}#{size}{zero}{digits[0] == '1':d}{alone}"


def _plan(parts: list[str], key: tuple[str, ...], spans: list[Span]) -> tuple[Step, ...] | None:
    ends = list(accumulate(map(len, parts)))
    covered: set[int] = set()
    steps: list[Step] = []
    for start, end, kind, rule, sure in spans:
        if rule in {"budget", "segment", "pattern"} or end <= start:
            return None
        first = bisect_right(ends, start)
        last = bisect_left(ends, end)
        skip = start - (ends[first - 1] if first else 0)
        left = ends[last] - end
        if skip and key[first][:1] in {_MAY, _MUST}:
            return None
        if left and key[last][:1] in {_MAY, _MUST} and not (left == 1 and key[last][-1] == "."):
            return None
        classes = 0
        digits = 0
        for at in range(first, last + 1):
            sign = key[at]
            if sign[:1] in {_MAY, _MUST}:
                classes += 1
                digits += sum(map(str.isdigit, parts[at]))
            elif at % 2 and not _lexical(sign):
                return None
        if not classes or (last - first > 2 and digits >= 12):  # grouped digits have check digits
            return None
        covered.update(range(first, last + 1))
        steps.append((first, skip, last, left, kind, rule, sure))
    for at, sign in enumerate(key):
        if sign[:1] == _MUST and at not in covered:
            return None
        if sign in {"data", "arn"} and key[at + 1][:1] == ":":
            return None  # what follows is read to its end
        if at % 2 and parts[at - 1] in {":", "::"} and parts[at + 1][:1] == ":":
            return None  # a hardware or IPv6 address, whose groups are numbers of any length
    return tuple(steps)


def _lexical(piece: str) -> bool:
    """Is a piece that stands for itself a public word rather than somebody's."""
    low = piece.rstrip(".").lower()
    return len(low) <= 2 or low in _CLOSED or LEXICON.flag(low) in SAFE
