"""What a finding is: where, what, how bad, and for which rule of HIPAA. It holds names of fields, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

from router.privacy.keys import judge, split
from router.privacy.rules import Rules, compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import KINDS, ThrowawayMint

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)

_ASKS: Final = frozenset({"is", "has", "have", "can", "should", "needs"})
_TELLS: Final = frozenset(
    {"sent", "verified", "valid", "invalid", "exists", "missing", "required", "enabled", "pattern"}
)
"""First and last words of names that say something about a value and do not hold it."""

LETTERS: Final[Mapping[str, str]] = {
    "PERSON": "A",
    "ADDRESS": "B",
    "ZIP": "B",
    "GEO": "B",
    "DATE": "C",
    "DOB": "C",
    "AGE": "C",
    "PHONE": "D",
    "FAX": "E",
    "EMAIL": "F",
    "SSN": "G",
    "MRN": "H",
    "MEMBER_ID": "I",
    "ACCOUNT": "J",
    "CREDIT_CARD": "J",
    "LICENSE": "K",
    "DEA": "K",
    "NPI": "K",
    "VIN": "L",
    "PLATE": "L",
    "DEVICE_ID": "M",
    "URL": "N",
    "IP": "O",
    "BIOMETRIC": "P",
}
"""The letter of 45 CFR 164.514(b)(2)(i) that names each type; what has no letter of its own is R."""

WEIGHTS: Final[Mapping[str, int]] = {
    "SSN": 10,
    "SECRET": 10,
    "MRN": 9,
    "CREDIT_CARD": 9,
    "NATIONAL_ID": 9,
    "DIAGNOSIS": 9,
    "MEDICATION": 8,
    "PATIENT_ID": 8,
    "MEMBER_ID": 8,
    "DOB": 8,
    "PERSON": 7,
    "BIOMETRIC": 8,
    "EMAIL": 7,
    "PHONE": 7,
    "ACCOUNT": 7,
    "ADDRESS": 7,
    "FAX": 6,
    "DEVICE_ID": 6,
    "LICENSE": 6,
    "NPI": 5,
    "DEA": 6,
    "VIN": 6,
    "PLATE": 6,
    "WARD": 5,
    "GEO": 5,
    "ZIP": 4,
    "AGE": 4,
    "IP": 4,
    "DATE": 4,
    "URL": 4,
    "USERNAME": 4,
    "IDENTIFIER": 4,
}
"""How bad one readable value of a type is, 1 to 10: how directly it names a person, and whether it can be taken back.
An order of our own; no rule gives numbers."""

RULES: Final[Mapping[str, tuple[str, str]]] = {
    "phi-in-log": ("PHI stands in a log file", "Tokenize the file before it is shared: `alertveil scrub`."),
    "phi-logged": ("A log call writes PHI", "Log a keyed hash (`Scrubber.hash`) or an error id in its place."),
    "object-logged": (
        "A log call writes a whole object, with whatever is in it",
        "Log named, harmless fields of it, or install the logging filter.",
    ),
    "message-built": (
        "A log message is built from values, so no filter can know what they are",
        "Pass the values as arguments or `extra`, whose keys say what they are.",
    ),
    "exception-logged": (
        "A log call writes an exception's message and traceback",
        "Install the logging filter, or use `log_error`, which writes class and error id.",
    ),
    "phi-printed": ("PHI is printed, which in a container is a log", "Do not print it."),
    "phi-in-exception": (
        "An exception's message holds PHI",
        "Raise it with an id; the message ends in logs and trackers.",
    ),
    "phi-in-tracker": (
        "PHI is handed to an error tracker or a trace",
        "Hand over a keyed hash, and install the hooks.",
    ),
    "tracker-takes-all": (
        "An error tracker is told to collect personal data",
        "Turn it off, and install `scrubbers.sentry` as its hooks.",
    ),
    "phi-in-url": (
        "PHI is put into a URL, which every proxy and access log keeps",
        "Send it in the body, or by an id.",
    ),
    "sql-echo": (
        "A database engine logs every statement with its parameters",
        "Set echo=False and hide_parameters=True.",
    ),
    "unkeyed-hash": (
        "An identifier is hashed without a key, so it can be found by trying",
        "Use a keyed hash (45 CFR 164.514(c)): `Scrubber.hash`.",
    ),
    "phi-in-source": (
        "Source code holds what reads like a real person's data",
        "Use synthetic data of reserved ranges.",
    ),
}
"""Rule -> (what it says, what to do)."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding. `what` names the field or the type; `score` is 1 to 10; lines and columns count from 1."""

    path: str
    line: int
    column: int
    rule: str
    kind: str
    what: str
    score: int
    hipaa: str

    @property
    def severity(self) -> Severity:
        """The score as a word (CVSS 3.1 §5 has the same bounds)."""
        return severity(self.score)


def severity(score: int) -> Severity:
    """1 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 critical."""
    return "critical" if score >= 9 else "high" if score >= 7 else "medium" if score >= 4 else "low"  # noqa: PLR2004 - CVSS


def hipaa(kind: str) -> str:
    """The paragraph that a readable value of this type touches."""
    if kind == "SECRET":
        return "45 CFR 164.312(a)(1)"
    if kind in {"DIAGNOSIS", "MEDICATION", "WARD"}:
        return "45 CFR 160.103 (health information)"
    return f"45 CFR 164.514(b)(2)(i)({LETTERS.get(kind, 'R')})"


def risk(path: str, place: tuple[int, int], rule: str, kind: str, what: str, less: int = 0) -> Risk:
    """A finding about a type of PHI; `less` makes it milder where the value is not readable yet."""
    return Risk(path, *place, rule, kind, what, max(1, WEIGHTS.get(kind, 4) - less), hipaa(kind))


def general(path: str, place: tuple[int, int], rule: str, what: str, score: int, paragraph: str) -> Risk:
    """A finding that is about no one type."""
    return Risk(path, *place, rule, "", what, score, paragraph)


@lru_cache(maxsize=1)
def detector() -> Rules:
    """What surely is PHI: the level `detect`, without any tenant's rules."""
    return compile_rules("detect")


@lru_cache(maxsize=20_000)
def kind_of(name: str) -> str:
    """The type of PHI that a variable, field or key of this name holds, as the tokenizer reads keys; '' for none.

    `patient.name` is a person's, a bare `name` is anything's.
    """
    if not name or len(name) > 80:  # noqa: PLR2004 - longer is no name that somebody wrote
        return ""
    words = split(name)
    if words and (words[0] in _ASKS or words[-1] in _TELLS):
        return ""
    of, _, last = name.rpartition(".")
    subject = judge(of.rpartition(".")[2]).subject if last.lower() == "name" else ""
    return judge(last, subject if subject in {"person", "provider"} else "").kind


@lru_cache(maxsize=5_000)
def kind_of_text(text: str) -> str:
    """The type of PHI that a literal surely is by its shape or what stands around it; '' for none."""
    found = tokenize(text, detector(), {}, ThrowawayMint()).findings
    worst = max(found, key=lambda each: WEIGHTS.get(each.kind, 0), default=None)
    return worst.kind if worst is not None and worst.kind in KINDS else ""
