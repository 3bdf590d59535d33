"""Which keys hold what somebody wrote about a person's care: reasons, notes, procedures, places of a hospital.

Such keys are used of systems too (`reason: CrashLoopBackOff`, `unit: ms`). So they say nothing alone: where the object
is about a person, their value is a token unless it speaks of systems; elsewhere only words of the trade pass in it.
"""

# ruff: noqa: E501 - the tables read better as long lines
from __future__ import annotations

import re
from typing import Final

from router.privacy.keys import split
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.wards import is_ward

_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(
        [
            "reason", "reasons", "rsn", "complaint", "complaints", "complnt", "indication", "indications", "motif", "motivo", "grund", "reden", "anlass", "motive",
            "symptom", "symptoms", "sx", "problem", "problems", "concern", "concerns", "finding", "findings", "procedure", "procedures", "procedimiento", "procedimento",
            "prozedur", "eingriff", "ingreep", "exam", "exams", "examen", "examination", "requested", "ordered", "performed", "specimen", "muestra", "bodysite", "site",
            "assessment", "anamnesis", "anamnese", "antecedents", "antecedentes", "queixa", "exame", "exames", "orsak", "besvar", "rozpoznanie", "untersuchung", "onderzoek", "badanie", "leistung", "obs", "svc", "history", "hx", "instructions", "instruction", "justification", "narrative", "goal", "goals", "intervention",
            "treatment", "therapy", "tratamiento", "tratamento", "traitement", "behandlung", "referral", "study", "observation", "observations", "observacion",
            "observaciones", "observacoes", "bemerkung", "bemerkungen", "opmerking", "opmerkingen", "remarque", "remarques", "note", "notes", "nota", "notas", "notiz",
            "notizen", "comment", "comments", "comentario", "comentarios", "commentaire", "commentaires", "kommentar", "kommentare", "remark", "remarks",
            "transcript", "utterance", "why", "wrong", "issue", "issues", "context", "equipment", "mobility", "situation", "appt", "appointment", "encounter", "concept", "directions", "sig", "dx", "freetext", "clinical", "medical", "diet", "dietary", "presentation", "presenting", "injury", "precaution", "precautions",
            "impression", "intake", "screening", "visit", "tests", "result", "results", "answer", "condition", "cond", "soap", "reaction", "reactions", "smoking", "acuity",
            "triage", "specialty", "modality", "lab", "labs",
        ],
        "DIAGNOSIS",
    ),
    **dict.fromkeys(
        [
            "ward", "unit", "dept", "department", "loc", "location", "floor", "clinic", "room", "bed", "bay", "wing", "theatre", "suite", "campus", "planta", "piso",
            "abteilung", "pavillon", "etage", "station", "building", "facility", "place", "practice", "office", "destination", "origin", "where", "bereich", "zone", "poc",
        ],
        "WARD",
    ),
    **dict.fromkeys(["product", "drug", "dose", "supply", "formulary", "dispensed"], "MEDICATION"),
}  # fmt: skip
_CLINICAL: Final = frozenset(
    [
        "complaint", "complaints", "complnt", "indication", "indications", "symptom", "symptoms", "sx", "procedure", "procedures", "procedimiento", "procedimento",
        "prozedur", "eingriff", "ingreep", "examination", "specimen", "anamnese", "anamnesis", "antecedents", "antecedentes", "queixa", "exame", "exames", "orsak", "besvar", "rozpoznanie", "untersuchung", "treatment", "therapy", "tratamiento", "tratamento", "traitement",
        "behandlung", "presenting", "precaution", "precautions", "diet", "dietary", "clinical", "medical", "ward", "bodysite", "drug", "dispensed",
    ]
)  # fmt: skip
"""Those that are used of hardly anything else."""
_ALONE: Final = _CLINICAL | frozenset(
    [
        "reason", "reasons", "rsn", "motif", "motivo", "grund", "reden", "anlass", "motive", "concern", "concerns", "justification", "narrative", "observation",
        "observations", "observacion", "observacoes", "bemerkung", "bemerkungen", "opmerking", "opmerkingen", "remarque", "remarques", "nota", "notas", "notiz",
        "notizen", "comentario", "comentarios", "commentaire", "kommentar", "transcript", "clinic", "note", "notes", "comment", "comments",
    ]
)  # fmt: skip
"""Those that are read as a person's wherever they stand."""
_OF_RECORDS: Final = frozenset(
    ["id", "ids", "no", "number", "num", "nr", "status", "state", "date", "time", "at", "on", "ts", "url", "uri", "link", "code", "codes", "count", "version", "type_id", "uuid", "ref", "email", "phone"]
)  # fmt: skip
"""Last words of keys that say something of the record rather than of the care."""
_OF_ALERTS: Final = frozenset({"monitor", "alert", "alarm", "trigger", "rule"})
"""Words of a key that is one of alerts, whatever the others say: `monitorCondition`."""
_OF_HOSPITALS: Final = frozenset(
    ["uf", "servis", "service", "servicio", "servizio", "servico", "division", "section", "specialty", "speciality", "especialidad", "specialite", "fachrichtung", "fachabteilung", "setor", "vakgroep", "specialisme", "reparto"]
)  # fmt: skip
"""Keys of parts of a hospital that are used of parts of a system as often: only what a ward is called counts."""
_FAULTS: Final = frozenset(
    [
        "failure", "failures", "down", "lag", "latency", "bounced", "stuck", "outage", "expired", "exceeded", "mismatch", "undeliverable", "unreachable", "rejected",
        "missing", "delayed", "slow", "unavailable", "degraded", "offline", "reconnecting", "lost", "growing", "overdue",
    ]
)  # fmt: skip
"""What goes wrong with systems."""
_REMEMBERED: Final = 20_000
_LONGEST: Final = 60
_UNITS: Final = frozenset(
    {"seconds", "milliseconds", "minutes", "hours", "days", "bytes", "percent", "count", "counts", "none", "requests", "rows", "items", "celsius"}
)  # fmt: skip
"""What a measure is counted in: `unit=seconds` is no ward."""
_NAMED: Final = re.compile(r"[0-9]{0,3}[\xaa\xba]?(?: ?[A-Z\xc0-\xdd][\w'&.]*){1,4}(?: [0-9]{1,3}[A-Z]?)?")
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_PLACE: Final = re.compile(r"(?:The )?[A-Z][a-z']+(?: (?:[A-Z][a-z']*|of|and))*(?: ?[0-9]{1,3}[A-Za-z]?)?")
_CODED_WARD: Final = re.compile(r"['\"]?[0-9]{1,2}[ -]?[A-Z]{1,2}(?:-?[0-9]{1,3})?['\"]?")
"""`5B`, `4W-12`."""
_kinds: dict[str, str] = {}
_alone: dict[str, bool] = {}


def kind_of(key: str) -> str:
    """The kind that the value of `key` has where the object is about a person, or ''."""
    known = _kinds.get(key)
    if known is None:
        words = split(key) if len(key) <= _LONGEST else ()
        if words and (words[-1] in _OF_RECORDS or not _OF_ALERTS.isdisjoint(words)):
            words = ()
        known = next((_WORDS[word] for word in reversed(words) if word in _WORDS), "")
        if len(_kinds) < _REMEMBERED and all(LEXICON.flag(word) in SAFE for word in words):
            _kinds[key] = known
    return known


def calls_ward(key: str, text: str) -> bool:
    """Does the value of a key such as `servicio` call a ward, with a word that no service is called by."""
    return (
        not _OF_HOSPITALS.isdisjoint(split(key)[-1:])
        and is_ward(text)
        and not all(LEXICON.trade(word.lower()) for word in _WORD.findall(text))
    )


def alone(key: str) -> bool:
    """Does `key` speak of care wherever it stands."""
    known = _alone.get(key)
    if known is None:
        words = split(key) if len(key) <= _LONGEST else ()
        known = not _ALONE.isdisjoint(words)
        if len(_alone) < _REMEMBERED and all(LEXICON.flag(word) in SAFE for word in words):
            _alone[key] = known
    return known


def clinical(key: str) -> bool:
    """Is `key` used of care and of hardly anything else."""
    return alone(key) and not _CLINICAL.isdisjoint(split(key))


def of_systems(text: str) -> bool:
    """Does a text speak of systems: with a word that only the trade uses, or of what goes wrong with them."""
    return any((low := word.lower()) in _FAULTS or LEXICON.systems(low) for word in _WORD.findall(text))


def vague(key: str) -> bool:
    """Is a key one of systems for the most part, so that a single word under it is a system's."""
    words = split(key)
    return bool(words) and words[-1] in {"svc", "context", "issue", "product"}


def ordinary(text: str, kind: str = "") -> bool:
    """Is a text made of ordinary words, and none that speaks of systems; or, for a WARD, of a name's shape."""
    if "://" in text or text.lower() in _UNITS:
        return False
    if kind == "WARD" and (
        _PLACE.fullmatch(text)
        or is_ward(text)
        or _CODED_WARD.fullmatch(text)
        or (_NAMED.fullmatch(text) and not of_systems(text))
    ):
        return True
    words = [word.strip(".,;:!?()'\"") for word in text.replace("+", " ").split()]
    return any(word.isalpha() and LEXICON.flag(word.lower()) != "" for word in words) and not of_systems(text)


def a_status(text: str) -> bool:
    """`DENIED`, `MEMBER NOT ELIGIBLE`: capitals that say nothing of a body."""
    return text.isupper() and not any(
        LEXICON.personal(low := word.lower()) or LEXICON.flag(low) in {"d", "m", ""} for word in _WORD.findall(text)
    )


def worded(text: str) -> bool:
    """Is a text words and nothing of systems, whether a list has them or not: `hemograma`."""
    return text.replace(" ", "").isalpha() and not of_systems(text)


def telling(text: str, kind: str) -> bool:
    """Does a value of a key that is used of systems too say something of a person, so that `detect` takes it."""
    if kind == "WARD":
        return bool(_PLACE.fullmatch(text) or _NAMED.fullmatch(text) or is_ward(text) or _CODED_WARD.fullmatch(text))
    return any(LEXICON.personal(word.lower()) for word in _WORD.findall(text))
