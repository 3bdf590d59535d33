"""What a password must be: long, and neither well known nor made of its owner's name. No rules about character classes.

After NIST SP 800-63B-4 §3.1.1: a least length, every printable character and spaces allowed, a list of what is refused,
no composition rules and no forced changes.
"""

from __future__ import annotations

import unicodedata
from typing import Final

SHORTEST: Final = 12
"""Characters; the standard asks for 8 where a second factor is always asked, as it is here."""

LONGEST: Final = 128
"""Characters, so that nobody makes us hash megabytes; the standard asks for at least 64."""

FEWEST: Final = 6
"""Different characters."""

_KNOWN: Final = frozenset(
    {
        "password1234",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiopas",
        "administrator",
        "adminadmin12",
        "letmeinletmein",
        "changemechangeme",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "q1w2e3r4t5y6",
        "correcthorsebatterystaple",
        "trustno1trustno1",
        "p@ssw0rd1234",
        "passw0rd1234",
    }
)
_BEGINNINGS: Final = (
    "password",
    "passwort",
    "qwerty",
    "letmein",
    "welcome",
    "changeme",
    "iloveyou",
    "abc123",
    "abcd1234",
)
"""What the most used passwords are made of: one of these and then digits or signs is refused too."""

_RUNS: Final = ("0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "9876543210987654321098765")


def normal(password: str) -> str:
    """The same characters however they were typed (Unicode NFKC), as the standard asks before hashing."""
    return unicodedata.normalize("NFKC", password)


def fault(password: str, *context: str) -> str | None:
    """Why this password is not taken, as a sentence that does not repeat it; None: it is.

    `context` is what an attacker would try first: the address, the tenant.
    """
    text = normal(password)
    folded = text.casefold()
    if len(text) < SHORTEST:
        return f"A password has at least {SHORTEST} characters; a few words do well."
    if len(text) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if len(set(folded)) < FEWEST or folded in _KNOWN or _known_shape(folded):
        return "This password is one of the first that anybody would try; choose another."
    parts = {part for each in (*context, "alertveil") for part in each.casefold().replace("@", " ").split()}
    if any(len(part) > 3 and part in folded for part in parts):  # noqa: PLR2004 - shorter parts are in many words
        return "This password holds your address, the tenant's name or ours; choose another."
    return None


def _known_shape(folded: str) -> bool:
    """A run of the alphabet or digits, or a well-known word with digits and signs behind it."""
    begun = next((each for each in _BEGINNINGS if folded.startswith(each)), None)
    rest = folded.removeprefix(begun) if begun else ""
    return any(folded in run for run in _RUNS) or (begun is not None and not any(char.isalpha() for char in rest))
