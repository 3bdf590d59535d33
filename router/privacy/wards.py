"""How hospitals call their wards: a kind of care and a kind of place, or a part of medicine that needs neither.

`emergency department`, `burn unit` and `telemetry` are made of words that speak of systems too, so no list of safe words
can tell them apart. They are wards where somebody is named, as the value of a key of places or behind `in` and `to`.
"""

# ruff: noqa: E501, SIM905 - the tables read better as long lines of words
from __future__ import annotations

import re
from typing import Final

from router.privacy.items import Item
from router.privacy.spans import Span

_PARTS: Final = frozenset(
    """anaesthesia anesthesia andrology audiology behavioral behavioural burns cardiology cardio cardiothoracic chemo chemotherapy
    dermatology detox dialysis emergency endocrinology endoscopy ent gastroenterology geriatrics gynae gynaecology gynecology haematology
    haemodialysis hematology hemodialysis hepatology hospice icu immunology maternity micu neonatal neonatology nephrology neuro neurology
    neurosurgery nicu nursery ob obgyn obstetrics oncology ophthalmology ortho orthopaedics orthopedics outpatients pacu paediatrics
    palliative pathology pediatrics peds perioperative phlebotomy physio physiotherapy picu podiatry postpartum psych psychiatry pulmonology
    radiotherapy rehab rehabilitation renal resus rheumatology sicu surgery telemetry theatres transplant trauma traumatology triage urology
    ccu cicu csicu cticu cvicu hdu itu imcu scbu sdu er ed labour toxicology orthogeriatrics proctology venereology
    urgencias urgences pediatria pediatrie cardiologia cardiologie neurologia neurologie oncologia oncologie onkologie ginecologia
    gynecologie gynakologie gynaekologie maternidad maternidade maternite psiquiatria psychiatrie cirugia cirurgia chirurgie chirurgia uci uti
    reanimation reanimacion intensivstation intensiv notaufnahme kardiologie padiatrie paediatrie innere unfallchirurgie orthopadie
    orthopaedie urologie nephrologie nefrologia pneumologie neumologia pneumologia dermatologie dermatologia traumatologia hematologia
    hematologie haematologie quirofano kraamafdeling spoedeisende kinderstation kinderafdeling wochenbettstation geriatrie geriatria
    acil kardiyoloji noroloji ortopedi pediatri onkoloji psikiyatri kardiologisk akutmodtagelsen borneafdelingen
    sor oiom akuten medicinkliniken kirurgkliniken kvinnokliniken longgeneeskunde dagbehandeling kardiologia neurologia chirurgia onkologia
    rianimazione ostetricia oculistica ortopedia urgencia emergencias spoed akutmottagning forlossning""".split()
)
"""Parts of medicine, and what wards are called that need no other word."""
_KINDS: Final = frozenset(
    """acute adult ambulatory antenatal assessment birthing blood bone breast burn cardiac care cath chest child childrens clinical
    community coronary delivery critical day decision dental dependency discharge eating elderly extended eye family female fertility fracture general
    high infectious infusion inpatient intensive intermediate isolation joint kidney lab labor liver long longterm lung lymphoma male marrow
    medical medicine memory men mens mental mother mixed neonatal neuro nuclear nursing observation operating outpatient pain pediatric
    paediatric post pre prenatal progressive psychiatric pulmonary recovery respiratory rheumatic secure short skilled sleep special spinal
    spine stay step stepdown stroke substance surgical swing term thoracic transitional urgent vascular vein wellness women womens wound
    geriatric oncologic orthopedic orthopaedic obstetric gynecologic hepatobiliary epilepsy diabetes hand foot limb heart
    cuidados intensivos intensiva paliativos hospitalizacion soins intensifs terapia intensivmedizin hospital""".split()
)
"""What stands before the place: for whom it is, or of which care."""
_SPOTS: Final = frozenset(
    """unit units ward wards department dept clinic clinics suite suites wing bay room rooms centre center theatre floor lounge annex annexe
    pavilion house hospital unidad unite abteilung station afdeling sala salle servicio pavillon icu stepdown down""".split()
)
"""Kinds of places."""
_SPOTS_OF_VALUES: Final = _SPOTS | {"pod", "side", "block", "zone", "area", "hub", "team"}
"""The same for the value of a key, where nothing else is called so."""
_JOINTS: Final = frozenset({"and", "of", "de", "la", "y", "et", "for", "in", "the"})
_PAIRS: Final = frozenset(
    """labor and delivery; labour and delivery; day surgery; day case; behavioral health; behavioural health; mental health; intensive care;
    critical care; palliative care; infectious disease; infectious diseases; short stay; same day surgery; internal medicine; nuclear medicine;
    sports medicine; family medicine; general medicine; general surgery; high dependency; progressive care; urgent care; wound care;
    special care; mother baby; cath lab; sleep lab; women health; womens health; blood bank; bone marrow; physical therapy; intermediate care;
    occupational therapy; speech therapy; step down; sleep medicine; pain management; long term care; elderly care; acute care; med surg;
    acute medical; acute medicine; respiratory care; cardiac care; coronary care; memory care; primary care; transitional care; aged care;
    cardiac rehab; pulmonary rehab; respiratory medicine; vascular surgery; plastic surgery; thoracic surgery; cardiac surgery; oral surgery;
    stem cell; head and neck; mother and baby; minor injuries; substance abuse; addiction medicine; pronto soccorso; medicina interna;
    cuidados intensivos; cuidados paliativos; soins intensifs; soins palliatifs; terapia intensiva; innere medizin; spoedeisende hulp;
    intensive zorg; respiratory therapy; ear nose and throat; pre op; post op; same day""".replace("\n", " ").split(";")
)
_NAMES: Final = frozenset(tuple(pair.split()) for pair in _PAIRS)
_WORDS: Final = _PARTS | _KINDS | _SPOTS | {word for words in _NAMES for word in words}
WAKING: Final = (_PARTS | {words[0] for words in _NAMES} | _KINDS) & _WORDS
"""Words that can begin what a ward is called."""
_INTO: Final = frozenset(
    ["in", "to", "from", "on", "at", "unit", "ward", "location", "dept", "department", "clinic", "floor", "service", "en", "em", "na", "auf", "op", "aus", "von", "au", "aux", "nel", "w", "i", "oddzial", "oddzia\u0142", "avdelning", "abteilung", "servicio", "reparto", "oddeleni"]
)  # fmt: skip
"""What stands before the name of a ward that is one word."""
_OF_SYSTEMS: Final = frozenset(
    ["api", "app", "service", "services", "queue", "server", "system", "feed", "interface", "worker", "pipeline", "data", "database", "db", "schema", "table", "team", "exporter", "agent", "collector", "stream", "events", "metrics", "job", "jobs", "failed", "error", "errors",
     "module", "portal", "scheduler", "scheduling", "sched", "workflow", "gateway", "bridge", "topic", "export", "import", "sync", "pod", "pods", "cluster", "report", "reports", "dashboard", "form", "number", "contact", "mode", "stop", "patch", "plan", "fix", "notes", "release", "alerts", "alert"]
)  # fmt: skip
"""What makes of a part of medicine the name of a program: `oncology scheduler`."""
_PROGRAMS: Final = frozenset(
    ["api", "app", "service", "services", "svc", "queue", "server", "system", "feed", "interface", "worker", "workers", "pipeline", "database", "db", "schema", "exporter", "agent", "collector", "stream", "job", "jobs", "module", "portal", "scheduler", "scheduling", "sched", "gateway", "bridge", "topic", "etl", "export", "import", "sync", "pod", "pods", "cluster", "dashboard", "frontend", "backend", "web"]
)  # fmt: skip
"""What a program is called after its part of medicine."""
_BEDS: Final = frozenset({"bed", "beds", "ward", "nurse", "nurses", "patients", "census", "nurse's", "bay"})
"""What follows the name of a ward, however ordinary the word: `Recovery bed request`."""
_SHORT: Final = frozenset({"er", "ed", "ent", "ob", "uci", "uti"})
"""Short forms that are other words in small letters."""
_LETTERS: Final = re.compile(r"[^\W\d_]+|[0-9]+")
_JOINED: Final = re.compile(r"(?<![\w&/])(?:L ?& ?D|L and D|A&E|OB/GYN|Med/Surg|med/surg)(?![\w&/])")
"""Wards whose names have marks in them."""
_CAPITALS: Final = re.compile(r"(?<=[,;|] )[A-Z]{3,5}(?= ?(?:[,;|<.)]|$))")
"""A ward in capitals that is an element of a list: `…, ICU, …`."""
_STATED: Final = re.compile(
    r"(?:(?<=[,;|] )|(?<=[>\"'|\t(=])|^)(?P<w>[A-Z]{3,5})(?:[- ][0-9]{1,2}[A-Z]?)?(?= ?(?:[,;|<.)\"'\t]|$))"
    r"|(?:(?<=[(\"'|>\t])|\b(?i:dx|diagn[a-z\xf3]{1,8}|diag|icd(?:-?10)?|cie(?:-?10)?|cim|cid|indication|reason|befund|dg)[ :.=]{1,3}|\b(?:for|on|has|with) (?=[A-Z][0-9]{2}(?:[.,;)]|$)))"
    r"(?P<d>(?!A[0-6][0-9]|S1[2-9]|S2[0-6]|R0[13]|O[02][0-9]|T02|M0[2-9]|P0[1-9]|P[579][059]|Q[0-9]{2}|Z(?!21)[0-9]{2}|X11)[A-TV-Z][0-9][0-9])"
    r"(?![\w/^:=-]|\.[0-9])"
)
"""A ward in capitals that is all of a cell, and a category of ICD-10 in brackets, quotes or behind its name; no event of HL7's."""
_IN_BED: Final = re.compile(
    r"\b(?:beds?|room|bay|patients?|census) (?:is |are )?(?:free |open |available |held )?in (?:the )?$"
)
_NUMBER: Final = re.compile(r"[0-9]{1,3}[A-Za-z]?|[A-HNSEW]")
_LONGEST: Final = 60
_MOST: Final = 6


def _calls(words: list[str], spots: frozenset[str] = _SPOTS) -> bool:
    """Do these lower-case words call a ward."""
    known = [word for word in words if not word.isdigit() and len(word) > 1]
    if not known or not all(word in _WORDS or word in _JOINTS or word in spots for word in known):
        return False
    if any(word in _PARTS for word in known) or tuple(known) in _NAMES:
        return True
    if any(tuple(known[at : at + size]) in _NAMES for size in (2, 3) for at in range(len(known) - size + 1)):
        return True
    return known[-1] in spots and any(word in _KINDS for word in known[:-1])


def of_program(word: str, following: str, after: str = "") -> bool:
    """`Surgery scheduling`, `cardiology api`: is a part of medicine what a program is called after."""
    return (word in _PARTS and following in _PROGRAMS) or ((word, following) in _NAMES and after in _PROGRAMS)


def is_ward(text: str) -> bool:
    """Is a value what a ward is called and nothing else: `burn unit`, `surgical ICU`, `L&D`."""
    if len(text) > _LONGEST:
        return False
    low = _plain(text.lower().strip(" '\""))
    if low in _SHORT and low in text:
        return False
    if low in {"l&d", "a&e", "med/surg", "ob/gyn", "labor & delivery", "labour & delivery", "mother/baby"}:
        return True
    if not set(low) <= _SIGNS:
        return False
    return _calls([word for word in _LETTERS.findall(low.replace("'s", "s")) if word != "s"], _SPOTS_OF_VALUES)


_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 -/&'.,")
_ACCENTS: Final = str.maketrans("áàâäãåéèêëíìîïóòôöõúùûüçñ", "aaaaaaeeeeiiiiooooouuuucn")


def _plain(low: str) -> str:
    return low if low.isascii() else low.translate(_ACCENTS)


def stated(text: str) -> list[Span]:
    """What in a text of an event about a person is a ward's short form in a cell, or a condition's code of three characters."""
    return [
        Span(match.start(match.lastgroup or 0), match.end(), "WARD" if match["w"] else "DIAGNOSIS", "ward", True)
        for match in _STATED.finditer(text)
        if match["d"] or match["w"].lower() in _PARTS
    ]


def called(text: str, items: list[Item], covered: frozenset[int], *, own: bool) -> list[Span]:
    """The wards that a text about a person calls by these words. `own`: it says itself whose it is."""
    found = [Span(match.start(), match.end(), "WARD", "ward", True) for match in _JOINED.finditer(text)]
    if own:
        found.extend(
            Span(match.start(), match.end(), "WARD", "ward", True)
            for match in _CAPITALS.finditer(text)
            if match[0].lower() in _PARTS
        )
    index, count = 0, len(items)
    while index < count:
        item = items[index]
        low = _plain(item.text.lower()).rstrip(".")
        if item.type not in {"w", "c"} or low.partition("-")[0] not in WAKING or item.start in covered:
            index += 1
            continue
        last = index
        words = low.split("-")
        while (
            last + 1 < count
            and last - index < _MOST
            and text[items[last].end : items[last + 1].start] in {" ", "-", " & ", "'", "/"}
            and items[last + 1].start not in covered
            and (
                all(
                    part in _WORDS or part in _JOINTS or part == "s"
                    for part in _plain(items[last + 1].text.lower()).split("-")
                )
                or (_NUMBER.fullmatch(items[last + 1].text) is not None and text[items[last].end] == " ")
            )
        ):
            last += 1
            words.extend(part for part in _plain(items[last].text.lower()).split("-") if part != "s")
        while last > index and words[-1] in _JOINTS:
            last -= 1
            words.pop()
        following = (
            items[last + 1].text.lower()
            if last + 1 < count and text[items[last].end : items[last + 1].start] == " "
            else ""
        )
        long = len([word for word in words if not word.isdigit()]) > 1
        before = (
            items[index - 1].text.lower()
            if index
            and text[items[index - 1].end : item.start] in {" ", ": ", "=", ":", "='", '="', ": '", ' "', " '", "('"}
            else ""
        )
        edge = text[items[last].end : items[last].end + 1]
        if (
            edge not in {"=", "/", "_", "@"}
            and text[item.start - 1 : item.start] not in {"/", "_", "@", "."}
            and not (edge == "." and text[items[last].end + 1 : items[last].end + 2].isalnum())
            and following not in _OF_SYSTEMS
            and (
                (following in _BEDS and item.text[0].isupper() and _calls([*words, "unit"]))
                or (
                    (long or (own and before in _INTO and not (low in _SHORT and item.text.islower())))
                    and _calls(words)
                )
                or (before == "in" and _IN_BED.search(text, max(item.start - 40, 0), item.start) is not None)
            )
        ):
            end = items[last].end - text[items[last].end - 1].count(".")
            found.append(Span(item.start, end, "WARD", "ward", True))
        index = last + 1
    return found
