"""What a text about a person says of that person in ordinary words: what is wrong, what is done, where it is done.

`foot exam`, `Day Surgery` and `June` mean nothing in most texts. Where a text names somebody, or speaks of patients
and wards, only words of the trade stay (`lexicon.trade`); after `c/o`, `admitted to` and their like even those go.
"""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; tables read better as long lines
from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from router.privacy.care import kind_of, of_systems, ordinary, vague
from router.privacy.items import Item, is_separator
from router.privacy.keys import judge, kind_of_words
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.spans import Span
from router.privacy.wards import WAKING, called
from router.privacy.words import CAMEL_NAME, OF_BODIES, TITLES, WHO

OF_PERSONS: Final = frozenset(
    {"ADDRESS", "ZIP", "PERSON", "DOB", "AGE", "MRN", "PATIENT_ID", "MEMBER_ID", "SSN", "NATIONAL_ID", "DIAGNOSIS", "MEDICATION", "WARD", "PHONE"}
)  # fmt: skip
"""Kinds that make a text one about a person."""
_SPEAKS_OF_PATIENTS: Final = frozenset(
    ["patient", "patients", "pt", "pts", "ward", "bedside", "admitted", "readmitted", "nurse", "nurses", "symptom", "symptoms", "complaint", "diagnosed",
     "diagnosis", "prescribed", "allergic", "prognosis", "inpatient", "outpatient", "resident", "clinician", "surgeon",
     "male", "female", "aged", "toddler", "newborn", "bed", "referral", "gp", "carer", "sibling",
     "var\xf3n", "varon", "mujer", "hombre", "mulher", "homem", "herr", "frau", "madame", "monsieur", "mevrouw", "a\xf1os", "anos", "jahre", "jaar", "geachte", "estimado", "estimada", "prezado", "prezada", "bonjour", "signora",
     "paciente", "pacientes", "patientin", "patienten", "patiente", "pazienti", "paziente", "afdeling", "krankenhaus", "klinik", "pacjent"]
)  # fmt: skip
# first word -> what may follow it, '' when it needs nothing. After these something is wrong with somebody, or done to them.
_SURE_CUES: Final[dict[str, frozenset[str]]] = {
    "c/o": frozenset({""}), "h/o": frozenset({""}), "s/p": frozenset({""}), "w/u": frozenset({""}), "r/o": frozenset({""}), "k/c/o": frozenset({""}),
    "dx": frozenset({""}), "hx": frozenset({"of", ""}), "pmh": frozenset({""}), "pmhx": frozenset({""}), "cc": frozenset({":"}), "sx": frozenset({""}), "tx": frozenset({":"}), "rx": frozenset({""}),
    "diagnosed": frozenset({"with", "as"}), "complains": frozenset({"of"}), "complaining": frozenset({"of"}), "complained": frozenset({"of"}),
    "suffers": frozenset({"from"}), "suffering": frozenset({"from"}), "suffered": frozenset({""}), "allergic": frozenset({"to"}),
    "underwent": frozenset({""}), "undergoing": frozenset({""}), "undergo": frozenset({""}), "prescribed": frozenset({""}), "operated": frozenset({"for"}),
    "admitted": frozenset({"with", "for", "to", "on"}), "readmitted": frozenset({"with", "for", "to"}), "hospitalized": frozenset({"for", "with"}), "hospitalised": frozenset({"for", "with"}),
    "presenting": frozenset({"with"}), "presents": frozenset({"with"}), "presented": frozenset({"with"}), "symptoms": frozenset({"of"}), "sintomas": frozenset({"de"}),
    "padece": frozenset({"", "de"}), "refiere": frozenset({""}), "relata": frozenset({""}), "acude": frozenset({"por"}), "ingresa": frozenset({"por"}), "ingresado": frozenset({"por", "en"}), "ingresada": frozenset({"por", "en"}), "diagnosticado": frozenset({"de", "com", "con"}), "diagnosticada": frozenset({"de", "com", "con"}),
    "internado": frozenset({"por", "com", "na", "no"}), "internada": frozenset({"por", "com", "na", "no"}),
    "souffre": frozenset({"de", "d"}), "hospitalise": frozenset({"pour", "en"}), "hospitalisee": frozenset({"pour", "en"}), "admis": frozenset({"pour", "en"}), "admise": frozenset({"pour", "en"}), "consulte": frozenset({"pour"}),
    **dict.fromkeys(["allergie", "allergies", "allergy", "allergia", "alergia", "alergias", "allergique", "allergisch", "allergico", "alergico", "alergica", "al\xe9rgico", "al\xe9rgica"],
                    frozenset({"", "to", "\xe0", "aux", "au", "a", "al", "gegen", "voor", "\xe0s", "ao"})),
    "leidet": frozenset({"an", "unter"}), "verdacht": frozenset({"auf"}), "aufgenommen": frozenset({"wegen", "mit"}), "behandlung": frozenset({"wegen"}),
    "opgenomen": frozenset({"met", "wegens", "op"}), "lijdt": frozenset({"aan"}),
}  # fmt: skip
_SPEAKING: Final = frozenset(
    form for word in _SPEAKS_OF_PATIENTS | _SURE_CUES.keys() for form in (word, word.title(), word.upper())
)
# the same where the text is about somebody
_CUES: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        ["scheduled", "booked", "referred", "due", "listed", "waiting", "seen", "treated", "called", "consented", "needs", "wants", "wanted", "requests", "requested", "evaluated", "assessed", "reviewed", "screened", "appointment", "appt", "visit", "slot", "booking", "reminder", "referral", "consult", "surgery", "session", "results"],
        frozenset({"for", "of"}),
    ),
    "history": frozenset({"of"}), "treated": frozenset({"for", "with"}), "started": frozenset({"on"}), "taking": frozenset({""}), "takes": frozenset({""}), "transferred": frozenset({"to", "from"}), "moved": frozenset({"to"}), "discharged": frozenset({"from", "with"}),
    "admit": frozenset({"to", "for"}), "awaiting": frozenset({""}), "wants": frozenset({"", "a"}), "needs": frozenset({"", "a"}), "given": frozenset({""}), "reports": frozenset({""}), "reporting": frozenset({""}), "mentions": frozenset({""}), "denies": frozenset({""}), "has": frozenset({"had"}), "reason": frozenset({"", ":"}), "ward": frozenset({""}),
    "motivo": frozenset({"", ":"}), "motif": frozenset({"", ":"}), "grund": frozenset({"", ":"}), "reden": frozenset({"", ":"}), "wegen": frozenset({""}), "wegens": frozenset({""}),
}  # fmt: skip
_ANYTHING: Final = frozenset({""})
_INTRODUCING: Final = frozenset(
    [
        "for",
        "re",
        "has",
        "had",
        "having",
        "with",
        "about",
        "wants",
        "got",
        "por",
        "pour",
        "wegen",
        "voor",
        "mit",
        "con",
        "avec",
        "com",
        "per",
        "your",
    ]
)
"""What introduces a phrase where somebody is named: `for travel jabs`."""
_SKIPPED: Final = frozenset(
    ["a", "an", "the", "his", "her", "their", "my", "your", "some", "acute", "chronic", "severe", "mild", "new", "recurrent", "ongoing", "possible", "suspected", "an", "el", "la", "un", "una", "le", "une", "de", "den", "der", "die", "het", "een", "o", "um", "uma"]
)  # fmt: skip
"""Words between a cue and what it announces."""
_STOPS: Final = frozenset(
    ["and", "or", "but", "at", "by", "from", "since", "for", "with", "who", "which", "that", "is", "was", "were", "are", "not", "failed", "could", "cannot", "due", "after", "before", "because",
     "via", "when", "while", "during", "today", "yesterday", "tomorrow", "until", "on", "as", "if", "has", "had", "have", "will", "to", "into", "without", "error", "failed", "missing", "timeout",
     "y", "e", "et", "und", "en", "desde", "seit", "depuis", "sinds", "no", "nicht", "pas", "niet"]
)  # fmt: skip
"""Words that end what a cue announces."""
_GLUE: Final = frozenset(
    [
        "of",
        "in",
        "the",
        "to",
        "on",
        "and",
        "with",
        "de",
        "du",
        "des",
        "la",
        "le",
        "a",
        "or",
        "for",
        "left",
        "right",
        "upper",
        "lower",
    ]
)
_YEARS: Final = frozenset(
    ["y", "a\xf1os", "yo", "yr", "yrs", "ans", "lat", "jahre", "jaar", "anos", "anni", "years", "year"]
)
_TURNS: Final = frozenset(["turned", "turns", "turning", "aged", "age", "edad", "alter"])
_MONTHS: Final = frozenset(
    ["january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"]
)  # fmt: skip
_MONTHS_ELSEWHERE: Final = frozenset(
    ["januar", "februar", "m\xe4rz", "mai", "juni", "juli", "oktober", "dezember", "janvier", "f\xe9vrier", "mars", "avril", "juin", "juillet", "ao\xfbt", "septembre", "octobre", "novembre", "d\xe9cembre",
     "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre", "januari", "februari", "maart", "mei", "augustus",
     "janeiro", "fevereiro", "mar\xe7o", "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro", "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre", "maj", "augusti"]
)  # fmt: skip
"""Months that are written small, right behind a day."""
_DAY_BEFORE: Final = re.compile(r"(?<![0-9.:/-])[0-3]?[0-9]\.?(?: de)? $")
_ORDINAL: Final = re.compile(r"(?:the )?[0-3]?[0-9](?:st|nd|rd|th)(?: of)?$")
_PRESSURE: Final = re.compile(r"(?:[7-9][0-9]|1[0-9]{2}|2[0-4][0-9])/(?:[3-9][0-9]|1[0-4][0-9])(?![0-9/])")
_RESULTS: Final = frozenset(
    [
        "positive",
        "negative",
        "detected",
        "undetected",
        "reactive",
        "nonreactive",
        "abnormal",
        "borderline",
        "elevated",
        "inconclusive",
        "indeterminate",
        "equivocal",
        "trace",
        "positiv",
        "negativ",
        "positivo",
        "negativo",
        "positif",
        "positief",
    ]
)
"""What a laboratory says, where it is all that a value says."""
_MEASURED: Final = re.compile(r"[<>]?=? ?[0-9]{1,5}(?:\.[0-9]{1,3})? ?([a-z%][a-z0-9/%]{0,11})")
_RESULT_KEYS: Final = frozenset(
    {"result", "results", "finding", "reading", "ergebnis", "resultado", "resultat", "uitslag"}
)
_TOWARDS: Final = frozenset(
    [
        "in",
        "near",
        "from",
        "at",
        "to",
        "on",
        "outside",
        "en",
        "nach",
        "aus",
        "bei",
        "\xe0",
        "em",
        "te",
        "uit",
        "op",
        "i",
        "w",
        "z",
        "van",
    ]
)
"""What stands before the name of a town or a ward."""
_NUMBERED_WARD: Final = re.compile(r"[0-9]{1,2}[A-HNSEW]|[A-H][0-9]{1,2}")
_MONTH_DAY: Final = re.compile(
    r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9/])|(?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|1[0-2])(?![0-9/])"
)
_AFTER_MONTH: Final = re.compile(r"(?: [0-9]{1,2}(?:st|nd|rd|th)?(?![0-9:]))?(?:,? (?:19|20)[0-9]{2}(?![0-9]))?")
_BEFORE_MONTH: Final = re.compile(r"(?:the )?[0-9]{1,2}(?:st|nd|rd|th)?(?: of)? $")
_OF_THINGS: Final = frozenset(
    ["service", "server", "error", "exception", "api", "queue", "cloud", "manager", "engine", "monitor", "alert", "desk", "run", "console", "gateway", "system", "app", "portal", "lambda", "database", "cluster", "function", "storage", "warning", "critical", "code", "version", "event", "hub", "store"]
)  # fmt: skip
"""What ends the name of a product or a part of a system: `Service Desk`, `Cloud Run`."""
_SOURCE: Final = re.compile(r"\.(?:[jt]sx?|mjs|py|rb|go|java|kt|cs|php|rs|vue|swift|scala|ex|exs|erl|c|cc|cpp|h)$")
_OFFICE: Final = frozenset(
    ["operation", "operations", "pump", "pumps", "lab", "labs", "laboratory", "referral", "referrals", "pharmacy", "pharmacies", "clinic", "clinics", "discharge", "discharges", "hospital", "hospitals",
     "medication", "medications", "drug", "drugs", "medical", "clinical", "home", "ice", "born", "dead", "young", "victim", "victims", "burn", "mother", "child", "children", "orphan"]
)  # fmt: skip
"""Words that, alone, name a part of a health system or of a program (`deadlock victim`) rather than say what somebody has."""
_ONLY_BEFORE: Final = frozenset(
    ["born", "née", "né", "nee", "geboren", "geb", "nacido", "nacida", "nascido", "nascida", "nato", "nata", "født", "född", "syntynyt"]
)  # fmt: skip
"""Words that say no more of somebody than the kind of the token behind them: `born <DOB_…>`."""
_ACTS: Final = frozenset({"review", "draw", "test", "tests", "results", "work", "visit", "refill"})
"""What is done to somebody, where a word of the office says what."""
CALLED_AFTER: Final = frozenset(
    ["team", "squad", "cluster", "service", "server", "host", "node", "region", "zone", "rack", "project", "release", "sprint", "branch", "channel", "queue", "topic", "pool", "policy", "group", "vendor", "partner", "build", "job", "step", "stage", "workflow", "pipeline", "dashboard", "board", "instance", "database", "schema",
     "table", "app", "application", "product", "model", "environment", "env", "datacenter", "dc", "gateway", "bridge", "interface", "feed", "printer", "kiosk", "robot", "bot", "agent", "library", "package", "module", "plugin", "framework", "site", "tenant", "shard", "datastore", "realm", "domain", "switch", "router", "tier", "stack", "runner", "worker", "broker", "bucket", "volume", "namespace", "codename", "milestone", "epic", "repo", "repository", "appliance", "firewall", "vlan", "vrf", "ring", "cell", "pod"]
)  # fmt: skip
"""What is called after people, planets and places."""
_HASH: Final = re.compile("(?=[a-f]*[0-9])[0-9a-f]{8,64}")
_HAPPENED: Final = frozenset({"not", "could", "did", "cannot", "can"})
_ALONE: Final = frozenset(" \n\t,;:.()[]{}\"'!?|\u2026")
_WAKING: Final = _MONTHS | _MONTHS_ELSEWHERE | _TURNS | _YEARS
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,3}(?![0-9])")
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:/[a-z])?")
_NAMESPACE: Final = re.compile(r"(?:^|[ '\"`])(?:-n|--namespace|ns|namespace)[ =:]{1,2}['\"]?$")
_BY_ITSELF: Final = re.compile(
    r"(?<![\w./@:#$-])(?<![(\"'`][-.])[^\W\d_]+(?:/[a-z](?![a-z]))?(?![\w/@$\\]|[-.:=][\w\"'({\[])", re.UNICODE
)
"""A word of a sentence rather than a part of a name: of `patient.merge.v1`, `ward-dashboard` and `pt=` none is."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_PLACE_OR_DAY: Final = re.compile(
    r"[A-Z][a-z]+ (?:[A-Z]|[0-9]{1,3}(?![0-9]))|[0-9](?:/[0-9]|st |nd |rd |th |[A-HNSEW][ ,:;.)])|[A-H][0-9]|[0-9] ?(?:y|ans|[NSEW][a-z])"
)
_REMEMBERED: Final = 8_000
_END_OF_VALUE: Final = re.compile(r"[,;|\n&<>{}\[\]\"']| [A-Za-z_]{1,30}[=:]|\\")
_END_OF_FIELD: Final = re.compile(r"[\s&#\"'<>]")
_COLUMN: Final = re.compile(r"(?:column|field|key|attribute|property|table|relation)[ =:(]{1,2}[\"'`]$", re.IGNORECASE)
"""What stands before the name of a column in quotes."""
_YOURS: Final = re.compile(
    r"\b[Yy]our ([a-z-]{2,20}(?: [a-z-]{2,20}){0,3}) (?:results?|appointment|appt|visit|refill|screening|exam|procedure|surgery|prescription|injection|vaccine)\b"
)
_AMONG: Final = re.compile(r"(?<![A-Za-z_.])([A-Za-z_.]{2,40}+)[\"`]? (?:IN|in) ?\(([^()\n]{1,300})\)")
_QUOTED: Final = re.compile(r"'([^'\n]{1,80})'")
"""What a column is one of: `unit IN ('ICU', 'Delivery')`."""
_PARAMETER: Final = re.compile(r"[?&][A-Za-z_]{2,30}=([a-z]{2,20}(?: [a-z]{2,20}){1,5})(?=&|$)")
"""A parameter of a query whose blanks were written out."""
_KEY: Final = re.compile(r"(?<![A-Za-z_])([A-Za-z_]{2,40}+)[\"']?(?: ?[=:]|>)")
_HYPHENED: Final = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+){1,2}")
"""`Step-Down` in the name of a ward."""
_PICTURES: Final = frozenset({"x-ray", "x-rays", "ct-scan", "mri-scan", "check-up"})
_AGED: Final = re.compile(r"(?<![0-9.])([0-9]{1,3})[ -]?(?:y(?:ea)?rs?|months?|weeks?|days?)[ -]old")
_LONGEST_VALUE: Final = 200
_OPENING: Final = frozenset("('\";|,")
_CLOSING: Final = frozenset(")'\";|\n,")
_MOST_WORDS: Final = 5
_LONGEST_RUN: Final = 8


def within(spans: list[Span], items: list[Item], places: list[int] | None = None) -> frozenset[int]:
    """Where the items begin that begin inside one of `spans`, which are in order.

    `places`: where each character of the items' text stands in the text of the spans, when that is another one.
    """
    inside: list[int] = []
    left = iter(spans)
    span = next(left, None)
    for item in items:
        start = item.start if places is None else places[item.start]
        while span is not None and span.end <= start:
            span = next(left, None)
        if span is None:
            break
        if span.start <= start:
            inside.append(item.start)
    return frozenset(inside)


def concerns(items: list[Item], spans: list[Span]) -> int:
    """Is a text about a person: 2 when something in it says whose it is, 1 when it speaks of patients, 0 no."""
    for span in spans:
        if span.sure and span.kind in OF_PERSONS:
            return 2
    return 0 if _SPEAKING.isdisjoint([item.text for item in items]) else 1


def announced(
    text: str, items: list[Item], covered: frozenset[int], about: int, *, own: bool = False, strict: bool = True
) -> list[Span]:
    """What cues announce in the text: `c/o trouble sleeping`, `scheduled for a foot exam`.

    `own`: the text says whose it is, so that any phrase after `for` or `has` may be that person's.
    """
    found: list[Span] = []
    count = len(items)
    for index, item in enumerate(items):
        if item.type not in {"w", "c"}:
            continue
        low = item.text.lower()
        sure = _SURE_CUES.get(low)
        weak = _CUES.get(low) if about == 2 else None
        if own and low in _INTRODUCING:
            weak = (weak or _ANYTHING) | _ANYTHING
        if sure is None and weak is None:
            continue
        begin = index + 1
        if begin >= count:
            break
        gap = text[item.end : items[begin].start]
        follows = items[begin].text.lower()
        options = (sure or frozenset()) | (weak or frozenset())
        if low == "rx" and item.text == low and _NAMESPACE.search(text, max(item.start - 16, 0), item.start):
            continue  # `helm -n rx rollback`
        if gap in {" ", "\n"} and follows in options:
            begin += 1
        elif ":" in options and gap in {": ", ":", "=", " = ", '="', '": "', "': '"}:
            pass
        elif not (
            "" in options
            and gap in {" ", ": ", " - ", " '", ' "', ": '", ': "', "='", '="', " = '", "', '", "': '", '": "'}
        ):
            continue
        while (
            begin < count
            and (items[begin].text.lower() in _SKIPPED or items[begin].text.lower() in WHO)
            and text[items[begin].end : items[begin].end + 1] == " "
        ):
            begin += 1
        taken = _phrase(text, items, begin, covered)
        if not taken:
            continue
        words = items[begin : begin + taken]
        if about < 2 and all(word.type == "w" and word.text.islower() and LEXICON.trade(word.text) for word in words):
            continue  # `admitted to the queue`
        if (
            sure is None
            and low in _INTRODUCING
            and (
                follows in _OF_PROGRAMS
                or (follows == "been" and len(words) > 1 and LEXICON.trade(words[1].text.lower()))
            )
        ):
            continue  # `terminated with exit code 143`, `this mail has been blocked`
        if low == "ward" and sure is None and words[0].text.islower() and LEXICON.trade(words[0].text):
            continue  # `uplink ward switch`
        if sure is None and of_systems(text[words[0].start : words[-1].end]):
            continue  # `reason=expired`
        if not strict and (_of_a_machine(words) if sure is None else _HASH.fullmatch(words[0].text)):
            continue
        if (
            (not strict or low == "your")
            and low in _INTRODUCING
            and all(LEXICON.trade(word.text.lower()) or word.type == "n" for word in words)
        ):
            continue
        kind = "WARD" if follows in {"to", "on"} or low == "ward" else "DIAGNOSIS"
        found.append(Span(words[0].start, words[-1].end, kind, "cue", True))
    return found


_OF_PROGRAMS: Final = frozenset(
    ["exit", "exception", "exceptions", "error", "errors", "code", "image", "status", "signal", "errno", "context", "path", "sqlstate", "message", "returncode", "stderr", "http", "timeout", "another", "this", "these", "those", "longer", "example", "instance", "which", "process"]
)  # fmt: skip
"""What programs end, answer and run with, and what points at something said before: `events for this object`."""


def _of_a_machine(words: list[Item]) -> bool:
    """`MacLab 7`, `3h12m`, `BILLING`: does what a weak cue announces begin with a product's name, or is it one code."""
    first = words[0].text
    if words[-1].type == "n" and LEXICON.flag(first.lower()) == "" and len(words) == 2:
        return True
    return CAMEL_NAME.match(first) is not None or (
        len(words) == 1
        and (
            (words[0].type == "c" and any(map(str.isdigit, first)))
            or (first.isupper() and LEXICON.flag(first.lower()) in SAFE and not LEXICON.personal(first.lower()))
        )
    )


def _phrase(text: str, items: list[Item], begin: int, covered: frozenset[int]) -> int:
    """How many items from `begin` are one phrase."""
    last = begin
    while last < len(items) and last - begin < _MOST_WORDS:
        item = items[last]
        if item.type not in {"w", "c", "n"} or (item.type == "n" and last == begin) or item.start in covered:
            break
        if item.type == "w" and item.text.lower() in _STOPS:
            break
        if last > begin and text[items[last - 1].end : item.start] not in {" ", "-", "'"}:
            break
        if item.type == "c" and not item.text.replace("-", "").replace("/", "").isalnum():
            break
        after = text[item.end : items[last + 1].start] if last + 1 < len(items) else ""
        if after and ("=" in after or ":" in after) and is_separator(after):
            break
        last += 1
    return last - begin


def untold(
    text: str,
    items: list[Item],
    covered: frozenset[int],
    safe: frozenset[str],
    *,
    strict: bool,
    own: bool = False,
) -> list[Span]:
    """In a text about a person: every word that is not of the trade, ages, days, and names of wards.

    Not `strict`: of the words only stretches with one that says something of a person. `own`: the text says itself
    whose it is.
    """
    found: list[Span] = []
    run: list[Item] = []
    kept: list[Item] = []  # words of glue that belong to the run if it goes on

    begun = 0  # where in `items` the run begins

    def close(following: str = "") -> None:
        known = strict or any(LEXICON.personal(item.text.lower()) for item in run)
        if run and not known and run[0].text[0].isupper() and not run[0].text.isupper():
            at = begun
            known = at > 0 and items[at - 1].text in _TOWARDS and text[items[at - 1].end : run[0].start] == " "
        if not strict and len(run) == 1:
            before = text[max(run[0].start - 2, 0) : run[0].start]
            if (run[0].text.lower() in _OFFICE and following not in _ACTS) or (
                run[0].text.istitle() and following == "" and not (before[:1].islower() and before[1:] == " ")
            ):
                known = False
        opens = following and run and _opens(text, run[0]) and (following in _HAPPENED or of_systems(following))
        if run and not opens and known:
            found.append(Span(run[0].start, run[-1].end, "WORD", "untold", not strict))
        run.clear()
        kept.clear()

    taken = -1
    last = len(items) - 1
    for index, item in enumerate(items):
        if item.start < taken:
            continue
        kind = item.type
        if item.start in covered or kind in {"t", "d", "s"}:
            if len(run) == 1 and run[0].text.lower() in _ONLY_BEFORE and run[0] is items[index - 1]:
                run.clear()
            if run:
                close()
            continue
        if kind in {"w", "c"} and index < last and text[item.end : items[index + 1].start] != " ":
            value = _keyed(text, items, index)
            if value is not None:
                close()
                found.append(value)
                taken = value.end
                continue
        gap = text[items[index - 1].end : item.start] if index else ""
        if run and gap not in {" ", "-"}:
            close()
        if kind == "n":
            _age_or_day(text, items, index, found)
            if (
                run
                and gap == " "
                and run[-1].text[:1].isupper()
                and run[-1] is items[index - 1]
                and len(item.text) <= 3
            ):
                run.append(item)  # `Theatre 5`
            else:
                close()
            continue
        if kind == "c" and index and text[item.start - 1 : item.start] == "=":
            if judge(items[index - 1].text).role in {"name", "machine", "id"}:
                close()
                continue  # `app=nurse-call`
            if "+" in item.text and _in_query(item.text, strict=strict):
                close()
                found.append(Span(item.start, item.end, "DIAGNOSIS", "query", not strict))
                continue
        if kind == "c":
            where = index > 0 and items[index - 1].text in _TOWARDS and own
            if (strict or where) and _said_as_code(text, item, found, sure=where):
                close()
            elif _plain_compound(text, item):
                begun = begun if run else index
                run.extend(kept)
                kept.clear()
                run.append(item)
            else:
                close()
            continue
        low = item.text.lower()
        if low in _MONTHS_ELSEWHERE:
            day = _DAY_BEFORE.search(text, max(item.start - 8, 0), item.start)
            if day is not None:
                found.append(Span(day.start(), item.end, "DATE", "month", True))
                continue
        if low in _MONTHS and item.text[0].isupper() and not item.text.isupper():
            close()
            _month(text, item, index, found)
            continue
        if len(low) > 1 and _out_of_place(text, items, index, low, safe):
            begun = begun if run else index
            run.extend(kept)
            kept.clear()
            run.append(item)
            if len(run) >= _LONGEST_RUN:
                close()
        elif run and low in _GLUE:
            kept.append(item)
        elif run and _titled(text, items, index, run):
            run.append(item)
        elif run:
            close(low if gap == " " else "")
    close()
    found += (
        [Span(match.start(1), match.end(1), "AGE", "cue", True) for match in _AGED.finditer(text)]
        if "old" in text
        else []
    )
    found += _places(text, items, covered, strict=strict)
    found += called(text, items, covered, own=own)
    return found


def _keyed(text: str, items: list[Item], index: int) -> Span | None:
    """The value of a key of care that stands in a text: `reason=black+eye&`, `'why': 'passing out'`."""
    item, first = items[index], items[index + 1]
    gap = text[item.end : first.start]
    if _SOURCE.search(item.text) is not None:
        return None  # `ResultRow.jsx:31:11`
    if (
        ("=" not in gap and ":" not in gap and gap != ">")
        or len(item.text) > 40
        or not (gap == ">" or is_separator(gap))
    ):
        return None
    kind = "" if vague(item.text) and text[item.start - 1 : item.start] not in {"?", "&"} else kind_of(item.text)
    if not kind or first.type not in {"w", "c", "n"}:
        return None
    quote = gap.rstrip()[-1:]
    ending = (
        _END_OF_FIELD
        if text[item.start - 1 : item.start] in {"?", "&"} or text[first.end : first.end + 1] == "&"
        else _END_OF_VALUE
    )
    end = ending.search(text, first.start, first.start + _LONGEST_VALUE + 1) if quote not in {'"', "'"} else None
    stop = (
        text.find(quote, first.start, first.start + _LONGEST_VALUE + 1)
        if quote in {'"', "'"}
        else end.start()
        if end is not None
        else len(text)
    )
    if stop < 0 or stop - first.start > _LONGEST_VALUE:
        return None
    value = text[first.start : stop].rstrip(" .)")
    if not value or not ordinary(value, kind):
        return None
    return Span(first.start, first.start + len(value), kind, "care", True)


def keyed(text: str, items: list[Item], covered: frozenset[int]) -> list[Span]:
    """The values of all keys of care that stand in a text, also of keys that no list has and that are gone themselves."""
    found: list[Span] = []
    taken = -1
    for index in range(len(items) - 1):
        item = items[index]
        if (
            item.type in {"w", "c"}
            and item.start >= taken
            and items[index + 1].start not in covered
            and text[item.end : items[index + 1].start] != " "
            and (value := _keyed(text, items, index)) is not None
        ):
            found.append(value)
            taken = value.end
    for match in _AMONG.finditer(text) if " IN" in text or " in (" in text else ():
        kind = kind_of(match[1].rsplit(".", 1)[-1])
        found += [
            Span(match.start(2) + part.start(1), match.start(2) + part.end(1), kind, "care", True)
            for part in (_QUOTED.finditer(match[2]) if kind else ())
            if ordinary(part[1], kind)
        ]
    found += [
        Span(match.start(1), match.end(1), "DIAGNOSIS", "query", True)
        for match in _PARAMETER.finditer(text)
        if _in_query(match[1].replace(" ", "+"), strict=True)
    ]
    return found


def yours(text: str) -> list[Span]:
    """What a message to somebody says is theirs: `Your iron overload results`; one word of the trade says nothing."""
    return [
        Span(match.start(1), match.end(1), "DIAGNOSIS", "cue", True)
        for match in _YOURS.finditer(text)
        if " " in match[1] or not LEXICON.trade(match[1])
    ]


def cares(text: str) -> bool:
    """Has a text a key of care: `unit=`, `"reason":`."""
    return any(kind_of(match[1]) for match in _KEY.finditer(text))


def _opens(text: str, item: Item) -> bool:
    """Does an item open a text or a sentence: `Transcription failed for …`."""
    return text[max(item.start - 2, 0) : item.start].strip(" \t\"'[(") in {"", ".", "\n", "]"}


_of_trade: set[str] = set()  # words of the lexicon that are never out of place


def _out_of_place(text: str, items: list[Item], index: int, low: str, safe: frozenset[str]) -> bool:
    """Is a safe word no word of the trade, and part of a sentence rather than of a name, a key or an address."""
    if low in _of_trade or LEXICON.flag(low) not in SAFE or low in safe:
        return False
    if LEXICON.trade(low) or of_systems(low) or low in _STOPS or low in WHO or low in _GLUE or low in _SKIPPED:
        if len(_of_trade) < _REMEMBERED:
            _of_trade.add(low)
        return False
    item = items[index]
    if not (item.text.islower() or item.text[1:].islower() or item.text.isupper()):
        return False  # `SlowDown`
    before, after = text[item.start - 1 : item.start], text[item.end : item.end + 1]
    if before == "{" and after == "}":
        return False  # a placeholder of a template
    if before and before in "\"'`" and _COLUMN.search(text, max(item.start - 14, 0), item.start) is not None:
        return False
    if (before and before not in _ALONE) or (after and after not in _ALONE):
        return False
    if item.text.isupper() and len(low) < 4 and (not LEXICON.personal(low) or (index and items[index - 1].type == "n")):
        return False
    if after == "." and text[item.end + 1 : item.end + 2].isalnum():
        return False
    if index > 1 and item.text.islower() and kind_of_words((items[index - 2].text.lower(), items[index - 1].text, low)):
        return False  # what a field is called: `is no date of birth`
    if index + 1 < len(items):
        gap = text[item.end : items[index + 1].start]
        if ("=" in gap or ":" in gap) and is_separator(gap):
            return False  # a key
        if gap == " " and item.text.islower() and kind_of_words((low, items[index + 1].text.lower())):
            return False  # what a field is called: `birth date in the future`
    return not ((before in ",;|" and before) and (after in ",;|" and after))  # names of columns


def _titled(text: str, items: list[Item], index: int, run: list[Item]) -> bool:
    """`Paediatric Day Unit`: capitalised words after a capitalised one are of one name."""
    item = items[index]
    return bool(
        run[-1] is items[index - 1]
        and run[-1].text[:1].isupper()
        and item.text.istitle()
        and text[items[index - 1].end : item.start] == " "
    )


def _in_query(value: str, *, strict: bool) -> bool:
    """`mole+removal`: words joined in a query about somebody that are not all of the trade."""
    words = value.lower().split("+")
    return (
        all(word.isalpha() for word in words)
        and not of_systems(value.replace("+", " "))
        and (
            not all(LEXICON.trade(word) for word in words)
            if strict
            else any(LEXICON.personal(word) or LEXICON.flag(word) in {"d", "m"} for word in words)
        )
    )


def _plain_compound(text: str, item: Item) -> bool:
    """`post-traumatic`: lower-case words with a dash, all of them of the dictionary, not all of the trade."""
    if item.text.lower() in _PICTURES:
        return True
    parts = item.text.lower().split("-")
    if (
        not 2 <= len(parts) <= 3
        or not all(part.isalpha() for part in parts)
        or text[item.end : item.end + 1] not in {" ", ",", ".", '"', "'", ")", ""}
    ):
        return False
    flags = [LEXICON.flag(part) for part in parts]
    return all(flag in SAFE or flag in {"d", "m"} for flag in flags) and not all(LEXICON.trade(part) for part in parts)


def _said_as_code(text: str, item: Item, found: list[Span], *, sure: bool) -> bool:
    """`5B` as a ward, `the 4th` as a day, beside words."""
    if text[item.start - 1 : item.start] not in {"", " ", "("} or text[item.end : item.end + 1] not in {
        "",
        " ",
        ",",
        ".",
        ";",
        ":",
        ")",
    }:
        return False
    if (item.text == "G1" and _OF_COLLECTORS.match(text, item.end)) or _CODED_SO.search(
        text, max(item.start - 12, 0), item.start
    ):
        return False
    if _NUMBERED_WARD.fullmatch(item.text):
        found.append(Span(item.start, item.end, "WARD", "untold", sure))
        return True
    if _ORDINAL.fullmatch(item.text.rstrip(".")) and not text[item.end : item.end + 9].lower().startswith(
        (" perc", " attempt", " time", " retry", " of ")
    ):
        found.append(Span(item.start, item.end, "DATE", "untold", False))
        return True
    return False


_CODED_SO: Final = re.compile(
    r"(?i:\b(?:category|code|type|status|error|reason|field|element|segment|qualifier|column|cell|format|model) )$"
)
"""What numbers codes rather than wards: `category A7`."""
_OF_COLLECTORS: Final = re.compile(
    " (?:Old|Young|Eden|Survivor|Humongous|Evacuation|Compaction|Preventive|GC|Concurrent|Mixed)(?![a-z])"
)
"""What Java's G1 collector collects and does."""
_TRIED: Final = frozenset(
    {"attempt", "attempts", "retry", "retries", "try", "tries", "intento", "intentos", "tentativa", "tentativo", "tentative", "versuch", "poging", "step", "part", "page", "chunk", "batch", "shard", "replica", "score", "stage"}
)  # fmt: skip
"""What is counted as so many of so many: `retries: 4/5`."""


def _age_or_day(text: str, items: list[Item], index: int, found: list[Span]) -> None:
    item = items[index]
    digits = item.text
    before = items[index - 1].text.lower() if index else ""
    after = (
        items[index + 1].text.lower()
        if index + 1 < len(items) and text[item.end : items[index + 1].start] in {" ", "-", ""}
        else ""
    )
    if digits.isdigit() and len(digits) <= 3 and int(digits) < 120 and (before in _TURNS or after in _YEARS):
        found.append(Span(item.start, item.end, "AGE", "cue", False))
        return
    pressure = _PRESSURE.match(text, item.start)
    if (
        pressure is not None
        and text[item.start - 1 : item.start] in {"", " ", "("}
        and text[pressure.end() : pressure.end() + 1] in {"", " ", ",", ".", ")", ";"}
    ):
        found.append(Span(item.start, pressure.end(), "DIAGNOSIS", "shape", False))
        return
    day = _MONTH_DAY.match(text, item.start)
    if (
        day is not None
        and text[item.start - 1 : item.start] in {"", " ", "("}
        and text[day.end() : day.end() + 1] in {"", " ", ",", ".", ")", ";"}
    ):
        following = text[day.end() : day.end() + 2].strip()
        if not following[:1].isalpha() and before not in _TRIED:
            found.append(Span(item.start, day.end(), "DATE", "shape", False))


def _month(text: str, item: Item, index: int, found: list[Span]) -> None:
    """`June`, `3 May 2025`, `the 14th of March`, but no stamp of a log."""
    behind = _AFTER_MONTH.match(text, item.end)
    end = behind.end() if behind is not None else item.end
    if (
        text[end : end + 1].isalnum()
        or re.match(r" [0-9]{1,2}:[0-9]{2}| [0-9]{1,2} [0-9]{1,2}:[0-9]{2}", text[end : end + 9])
        or not index
    ):
        return
    before = _BEFORE_MONTH.search(text, max(item.start - 12, 0), item.start)
    found.append(Span(before.start() if before is not None else item.start, end, "DATE", "month", False))


def _places(text: str, items: list[Item], covered: frozenset[int], *, strict: bool) -> list[Span]:
    """`4 West`, `Short Stay`, `Recovery Room 2`: two capitalised words of any kind inside a sentence, or one with a number.

    Not `strict`: none of them a word of systems, no number that a ward does not have, no user agent.
    """
    found: list[Span] = []
    agent = text.find("Mozilla/")
    index = 0
    while index < len(items):
        start = index
        while (
            index < len(items)
            and (items[index].type in {"w", "n"} or _HYPHENED.fullmatch(items[index].text))
            and items[index].start not in covered
            and (
                items[index].text.istitle()
                or (
                    index > start
                    and len(items[index].text) <= 3
                    and (items[index].type == "n" or items[index].text.isupper())
                )
            )
            and (index == start or text[items[index - 1].end : items[index].start] == " ")
        ):
            index += 1
        size = index - start
        if size == 0:
            index += 1
            continue
        words = items[start:index]
        before = items[start - 1] if start else None
        inside = (
            before is not None
            and text[before.end : words[0].start] == " "
            and before.type in {"w", "s", "t"}
            and (before.text.islower() or before.start in covered)
        )
        enclosed = (
            text[words[0].start - 1 : words[0].start] in _OPENING
            and text[words[-1].end : words[-1].end + 1] in _CLOSING
        )
        if (
            inside
            and before is not None
            and size == 1
            and before.type == "w"
            and words[0].text in {"North", "South", "East", "West"}
        ):
            continue
        if (
            (inside or enclosed)
            and size >= 2
            and words[-1].text.lower() not in _OF_THINGS
            and words[0].text.lower() not in _OF_THINGS
            and words[0].text.lower() not in _MONTHS
            and not -1 < agent < words[0].start
            and not (words[-1].type == "n" and words[-2].text == "ID")
            and (strict or not _of_software(words))
        ):
            kind = "PERSON" if words[0].text.lower() in TITLES else "WARD"
            found.append(Span(words[0].start, words[-1].end, kind, "titled", False))
    for index in range(1, len(items)):
        first, second = items[index - 1], items[index]
        if (
            strict
            and first.text in {"North", "South", "East", "West"}
            and second.type == "n"
            and len(second.text) <= 2
            and text[first.end : second.start] == " "
            and first.start not in covered
        ):
            found.append(Span(first.start, second.end, "WARD", "floor", False))
        if (
            first.type == "n"
            and len(first.text) <= 2
            and second.text in {"North", "South", "East", "West", "Norte", "Sur", "Nord"}
            and text[first.end : second.start] == " "
            and second.start not in covered
        ):
            found.append(Span(first.start, second.end, "WARD", "floor", False))
    return found


def _of_software(words: list[Item]) -> bool:
    """`Fehler 421`, `Issuing CA 3`: do capitalised words name no place of a hospital."""
    return any(len(word.text) > 2 if word.type == "n" else LEXICON.systems(word.text.lower()) for word in words)


def is_result(text: str, key: str = "") -> bool:
    """Is the value of `key` what a laboratory says and nothing else: `Positive`, `135/81`, `142 mg/dL`."""
    low = text.lower()
    if low in _RESULTS or _PRESSURE.fullmatch(text) is not None:
        return True
    measured = _MEASURED.fullmatch(low)
    return measured is not None and (measured[1] in OF_BODIES or (measured[1] == "%" and key in _RESULT_KEYS))


def mentions(text: str) -> bool:
    """Has a text a word of patients, wards or ages, also in the name of a thing."""
    return not _SPEAKING.isdisjoint(_LETTERS.findall(text))


def speaks(text: str) -> bool:
    """Does a text speak of patients, wards or ages, in a sentence of its own."""
    return mentions(text) and any(word[0] in _SPEAKING for word in _BY_ITSELF.finditer(text))


def unknown_names(text: str, items: list[Item], covered: frozenset[int]) -> list[Span]:
    """At `detect`, capitalised words inside a sentence that names somebody, which no list knows: towns, people."""
    found: list[Span] = []
    for before, item in pairwise(items):
        if (
            item.type == "w"
            and len(item.text) > 3
            and item.text.istitle()
            and text[before.end : item.start] == " "
            and (before.text.islower() or before.start in covered or (found and found[-1].end == before.end))
            and LEXICON.flag(item.text.lower()) in {"", "p"}
            and item.start not in covered
            and before.text not in CALLED_AFTER
        ):
            found.append(Span(item.start, item.end, "ADDRESS" if before.text in _TOWARDS else "WORD", "untold", True))
    return found


def restless(rest: str, text: str, calm: set[str], *, own: bool) -> bool:
    """May the `rest` of a text hold what `told` finds. `calm` remembers words that it does not, one set an `own`."""
    words = _WORD.findall(rest)
    if not calm.issuperset(words):
        for word in words:
            if word not in calm:
                low = word.lower()
                if (
                    low in _WAKING
                    or low in WAKING
                    or (own and (low in _INTRODUCING or low in _CUES or low in _SURE_CUES))
                    or not (len(word) == 1 or LEXICON.flag(low) not in SAFE or LEXICON.trade(low))
                ):
                    return True
                if len(calm) < _REMEMBERED:
                    calm.add(word)
    return _PLACE_OR_DAY.search(rest) is not None or (
        _NUMBER.search(rest) is not None and not _YEARS.isdisjoint(map(str.lower, _WORD.findall(text)))
    )
