"""What stands in the place of a value: the grammar of a token, its closed list of kinds, and how one is made."""

from __future__ import annotations

import os
import re
import secrets
from collections import OrderedDict
from typing import Final

KINDS: Final[dict[str, str]] = {
    # 45 CFR 164.514(b)(2)(i), letters A to R
    "PERSON": "a person's name or part of one",
    "ADDRESS": "street, city, county or another place smaller than a state",
    "ZIP": "postal code",
    "GEO": "coordinates",
    "DATE": "a date tied to a person",
    "DOB": "date of birth",
    "AGE": "age",
    "PHONE": "telephone number",
    "FAX": "fax number",
    "EMAIL": "e-mail address",
    "SSN": "social security number or part of one",
    "MRN": "medical record number",
    "MEMBER_ID": "health plan beneficiary number",
    "ACCOUNT": "account number",
    "LICENSE": "certificate or licence number",
    "DEA": "prescriber's DEA number",
    "NPI": "national provider identifier",
    "VIN": "vehicle identification number",
    "PLATE": "licence plate",
    "DEVICE_ID": "device identifier or serial number",
    "URL": "web address that leads to a person",
    "IP": "internet address of a person",
    "BIOMETRIC": "biometric identifier or full-face image",
    "CREDIT_CARD": "payment card number",
    "NATIONAL_ID": "passport, tax or another country's personal number",
    "PATIENT_ID": "identifier of a patient in some system",
    "USERNAME": "login name",
    "IDENTIFIER": "another unique identifying code",
    # clinical facts about a person
    "DIAGNOSIS": "diagnosis, procedure or condition",
    "MEDICATION": "medication",
    "WARD": "ward, room or bed",
    # never opened, never opted in
    "SECRET": "credential",
    # what is left at `strict` and `sealed`: not known to be harmless
    "WORD": "a word that is not known to be harmless",
    "NUMBER": "a number whose role is not known",
    "CODE": "a code whose role is not known",
    "TEXT": "a whole text",
}
"""Every type name a token may have, and what it says to a person. Letters and `_` only."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (no I, L, O, U)."""

_LETTERS: Final = (ALPHABET * 8).encode()
"""For each of the 256 bytes one of 32 letters, each of them for eight."""
LENGTH: Final = 10
BYTES: Final = LENGTH
"""Random bytes that `new_token` needs: one a place, of which five bits count."""

TOKEN: Final = re.compile(r"<([A-Z][A-Z_]{1,15})_([0-9A-HJKMNP-TV-Z]{10})>")
"""The token grammar. Bounded, so linear; a match is a token only if its kind is in KINDS and its body has a letter."""


def new_token(kind: str, random_bytes: bytes) -> str:
    """The token of `kind` that these BYTES random bytes spell.

    A body of ten digits could be somebody's number, so the last place of such a body is a letter instead.

    Raises:
        ValueError: an unknown kind, or too few bytes.
    """
    if kind not in KINDS or len(random_bytes) < BYTES:
        raise ValueError("a token needs a kind of KINDS and ten random bytes")
    return f"<{kind}_{_body(random_bytes[:LENGTH].translate(_LETTERS).decode())}>"


def _body(letters: str) -> str:
    """LENGTH letters of ALPHABET as the body of a token."""
    return letters[:-1] + ALPHABET[10 + int(letters[-1])] if letters.isdigit() else letters


_AT_ONCE: Final = 256
_READY: Final[list[str]] = []
"""Bodies that no token has yet: the system is asked for randomness once for many of them."""
os.register_at_fork(after_in_child=_READY.clear)  # two processes never propose the same tokens


def fresh_token(kind: str) -> str:
    """A token of `kind` that nobody can foretell. Safe in any thread.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError("a token needs a kind of KINDS")
    try:
        body = _READY.pop()
    except IndexError:
        letters = secrets.token_bytes(BYTES * _AT_ONCE).translate(_LETTERS).decode()
        made = [_body(letters[at : at + LENGTH]) for at in range(0, len(letters), LENGTH)]
        body = made.pop()
        _READY.extend(made)
    return f"<{kind}_{body}>"


def is_token(text: str) -> bool:
    """Is `text` a token and nothing else."""
    match = TOKEN.fullmatch(text)
    return match is not None and match[1] in KINDS and not match[2].isdigit()


def find_tokens(text: str) -> list[str]:
    """The tokens in `text`, in order, repeats included."""
    return [match[0] for match in TOKEN.finditer(text) if match[1] in KINDS and not match[2].isdigit()]


class ThrowawayMint:
    """Random tokens for previews and `scrub`: the same (kind, normal) is the same token for this object's life only."""

    __slots__ = ("_made", "_used", "limit")

    def __init__(self, limit: int = 100_000) -> None:
        """`limit`: values remembered; beyond it the oldest is forgotten and would get another token."""
        self.limit = limit
        self._made: OrderedDict[tuple[str, str], str] = OrderedDict()  # a dict looks for its first key past all it lost
        self._used: set[str] = set()

    def token(self, kind: str, value: str, normal: str) -> str:
        """The token for this value."""
        del value
        key = (kind, normal)
        found = self._made.get(key)
        if found is not None:
            return found
        made = fresh_token(kind)
        while made in self._used:
            made = fresh_token(kind)
        if len(self._made) >= self.limit:
            self._used.discard(self._made.popitem(last=False)[1])
        self._made[key] = made
        self._used.add(made)
        return made

    def __repr__(self) -> str:
        return "<ThrowawayMint>"
