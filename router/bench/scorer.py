"""Scores a tokenizer by what a reader can still read in its output; knows no token format.

Written from the words that came with the corpus: a value leaks when it, or a normalised or decoded variant, can still
be read in the output, or when an identifying part of it can; a benign value is destroyed when it occurs fewer times
than before.
"""

# ruff: noqa: PLR2004 - lengths as the rules of scoring give them
from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

_ZERO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufe00-\ufe0f]"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe63\uff0d]")


def serialise(payload: object) -> str:
    """The payload as one text: a raw string as it is, anything else as JSON."""
    return payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)


def readings(text: str, depth: int = 4) -> set[str]:
    """Everything that a patient reader gets out of `text`: itself and its decoded forms, nested."""
    seen: set[str] = set()
    waiting = [(text, depth)]
    while waiting:
        current, left = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if not left:
            continue
        following = {unquote(current), unquote_plus(current), html.unescape(current), _unescape(current)}
        following.add(_DASHES.sub("-", _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", current))))
        for run in re.findall(r"[A-Za-z0-9+/_-]{8,}={0,2}", current):
            plain = _decode(run)
            if plain is not None:
                following.add(plain)
        waiting += [(form, left - 1) for form in following if form != current]
    return seen


def _unescape(text: str) -> str:
    out = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    out = re.sub(r"\\+x([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), out)
    return re.sub(r"\\+([\"'/\\])", r"\1", re.sub(r"\\+[nrt]", " ", out))


def _decode(run: str) -> str | None:
    body = run.rstrip("=")
    attempts: list[Callable[[], bytes]] = [
        lambda: bytes.fromhex(body),
        lambda: base64.b64decode(body + "=" * (-len(body) % 4), validate=True),
        lambda: base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)),
    ]
    for attempt in attempts:
        try:
            raw = attempt()
            if raw[:2] == b"\x1f\x8b":
                raw = zlib.decompress(raw, 47)
            plain = raw.decode()
        except (ValueError, binascii.Error, zlib.error):
            continue
        if len(plain) >= 4 and all(char.isprintable() or char in "\r\n\t" for char in plain):
            return plain
    return None


def _fold(text: str) -> str:
    return " ".join(_ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text)).casefold().split())


@dataclass
class Reading:
    """An output, ready to be searched."""

    folded: str
    numbers: list[str]
    words: set[str]

    @classmethod
    def of(cls, output: str) -> Reading:
        forms = readings(output)
        folded = "\x00".join(_fold(form) for form in forms)
        numbers = [
            re.sub(r"\D", "", run) for form in forms for run in re.findall(r"\d(?:[\d .()/_-]*\d)?", _fold(form))
        ]
        return cls(folded, numbers, set(re.findall(r"[^\W\d_]+", folded)))


def leak(value: str, kind: str, reading: Reading, harmless: str) -> str:  # noqa: C901 - one way to read it a branch
    """'whole', 'part' or ''. `harmless` is the folded text of benign values, which may share words with PHI."""
    folded = _fold(value)
    digits = re.sub(r"\D", "", folded)
    letters = re.sub(r"[\W\d_]", "", folded)
    edge = r"(?<![^\W_])" + re.escape(folded) + r"(?![^\W_])"
    if re.search(edge, reading.folded) and not (len(folded) < 3 and folded in harmless):
        return "whole"
    if digits and not letters and len(digits) >= 4:
        for number in reading.numbers:
            if (number == digits or (len(digits) >= 7 and digits in number)) and number not in re.sub(
                r"\D", " ", harmless
            ).split():
                return "whole"
        if len(digits) >= 7:
            need = -(-len(digits) * 6 // 10)
            for number in reading.numbers:
                if need <= len(number) <= len(digits) + 2 and any(
                    digits[i : i + need] in number for i in range(len(digits) - need + 1)
                ):
                    return "part"
    if kind == "EMAIL" and "@" in folded:
        local = folded.split("@")[0]
        if len(local) > 3 and re.search(r"(?<![^\W_])" + re.escape(local) + r"(?![^\W_])", reading.folded):
            return "part"
    if kind == "PERSON":
        for part in re.findall(r"[^\W\d_]{3,}", folded):
            if (
                part in reading.words
                and part not in harmless.split()
                and re.search(rf"\b{re.escape(part)}\b", reading.folded)
            ):
                return "part"
    if kind == "ADDRESS":
        street = folded.split(",")[0]
        if len(street) > 5 and street in reading.folded:
            return "part"
    return ""


@dataclass
class Score:
    """Counts over many rows."""

    values: int = 0
    whole: int = 0
    part: int = 0
    benign: int = 0
    destroyed: int = 0
    clean: int = 0
    clean_changed: int = 0
    invalid: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    leaked_by_type: Counter[str] = field(default_factory=Counter)
    by_enc: Counter[str] = field(default_factory=Counter)
    leaked_by_enc: Counter[str] = field(default_factory=Counter)
    leaks: list[tuple[str, str, str, str]] = field(default_factory=list)
    breaks: list[tuple[str, str, str]] = field(default_factory=list)

    def line(self) -> str:
        """The row of the issue's table."""
        values, benign, clean = max(self.values, 1), max(self.benign, 1), max(self.clean, 1)
        return (
            f"leaked {self.whole}/{self.values} = {100 * self.whole / values:.2f} % · "
            f"whole or part {self.whole + self.part} = "
            f"{100 * (self.whole + self.part) / values:.2f} % · "
            f"destroyed {self.destroyed}/{self.benign} = {100 * self.destroyed / benign:.2f} % · "
            f"PHI-free changed {self.clean_changed}/{self.clean} = {100 * self.clean_changed / clean:.1f} %"
        )


def score(rows: Iterable[dict[str, Any]], run: Callable[[Any], Any]) -> Score:
    """Run every payload through `run` and count."""
    total = Score()
    for row in rows:
        before = serialise(row["payload"])
        result = run(row["payload"])
        after = serialise(result)
        if isinstance(row["payload"], str) != isinstance(result, str):
            total.invalid += 1
        reading = Reading.of(after)
        harmless = _fold(" ".join([*row.get("benign", ()), *(row.get("grey") or ())]))
        for phi in row["phi"]:
            total.values += 1
            enc = phi.get("enc") or "literal"
            total.by_type[phi["type"]] += 1
            total.by_enc[enc] += 1
            how = leak(phi["value"], phi["type"], reading, harmless)
            if how:
                total.whole += how == "whole"
                total.part += how == "part"
                total.leaked_by_type[phi["type"]] += 1
                total.leaked_by_enc[enc] += 1
                total.leaks.append((row["id"], how, phi["type"], phi["value"]))
        for value in row.get("benign", ()):
            total.benign += 1
            forms = {value, json.dumps(value, ensure_ascii=False)[1:-1]}
            if all(after.count(form) < before.count(form) or not before.count(form) for form in forms):
                total.destroyed += 1
                total.breaks.append((row["id"], row.get("template", ""), value))
        if not row["phi"]:
            total.clean += 1
            if result != row["payload"]:
                total.clean_changed += 1
    return total
