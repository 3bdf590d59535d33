"""Shapes that speak for themselves wherever they stand: a card's number inside a name, a bed, a portrait, a scan's file.

Most shapes are found word by word; these are longer or shorter than a word, or are cut by marks of the format round them.
"""

# ruff: noqa: C901, E501, PLR2004 - expressions read better whole; one list of shapes, of lengths that mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.keys import judge
from router.privacy.lexicon import LEXICON
from router.privacy.spans import Span
from router.privacy.wards import is_ward

_MEDICARE: Final = re.compile(
    r"(?<![A-Za-z0-9])[1-9][A-Z][0-9A-Z][0-9](?P<m>-?)[A-Z][0-9A-Z][0-9](?P=m)[A-Z]{2}[0-9]{2}(?![A-Za-z0-9])"
)
"""The number on a card of Medicare, also inside a name: `pay-4AN2RG9ZJ25-6e53f4`."""
_NO_LETTERS: Final = re.compile("[SLOIBZ]")
"""Letters that CMS leaves out of such a number; what has one of them is taken by default deny only."""
_BED: Final = re.compile(
    r"(?<![\w^|~&/.\\-])([A-Z0-9][A-Z0-9-]{0,11})\^([A-Z0-9]{0,6})\^([A-Z0-9]{0,4})(?:\^[A-Za-z0-9 ]{0,24}){0,6}(?![\w^|])"
)
"""A location as HL7 writes it (PL): `ONC5E^18^2`, `MAT^L2^B`."""
_SEGMENTS: Final = frozenset(
    [
        "MSH",
        "PID",
        "PV1",
        "PV2",
        "OBX",
        "OBR",
        "ORC",
        "NK1",
        "IN1",
        "IN2",
        "IN3",
        "GT1",
        "AL1",
        "DG1",
        "PR1",
        "EVN",
        "MSA",
        "ERR",
        "NTE",
        "SCH",
        "AIS",
        "AIG",
        "AIL",
        "AIP",
        "RGS",
        "TXA",
        "RXA",
        "RXE",
        "RXO",
        "RXR",
        "RXC",
        "RXD",
        "SPM",
        "SAC",
        "PD1",
        "MRG",
        "ROL",
        "FT1",
        "ACC",
        "UB1",
        "UB2",
        "TQ1",
        "TQ2",
        "QRD",
        "QRF",
        "QPD",
        "RCP",
        "QAK",
        "DSC",
        "DSP",
        "MFI",
        "MFE",
        "MFA",
        "STF",
        "PRA",
        "ARV",
        "CON",
        "ZPI",
        "SFT",
        "UAC",
        "FHS",
        "BHS",
        "FTS",
        "BTS",
        "IAM",
        "OM1",
        "BLG",
        "CTD",
        "CTI",
        "ADD",
        "HEAD",
    ]
)
_EVENTS: Final = re.compile(r"[A-Z][0-9]{2}")
_SYSTEMS_OF_CODES: Final = frozenset(
    {"LN", "L", "SCT", "SNM", "I10", "I9", "I9C", "C4", "CPT", "NDC", "ISO", "RXN", "CVX", "MVX", "ACK", "ICD"}
)
_PORTRAIT: Final = re.compile(
    r"(?P<u>(?:[a-z][a-z0-9+.-]{1,12}://[^\s/\"'<>]{1,120}|(?<![\w.:]))/)(?P<p>(?:[^\s\"'<>/?#|,;]{1,120}/){0,12}"
    r"(?P<f>(?:[A-Za-z0-9]{1,40}[_-]){0,4}(?:face|faces|selfie|portrait|headshot|mugshot|iris|retina|finger(?:print)?s?|thumb(?:print)|palm(?:print)?|voice(?:print|sample)?|liveness|passport|idcard|id[_-](?:card|front|back|photo)|"
    r"licen[cs]e[_-](?:front|back)|patient[_-]?photo)(?:[_-][A-Za-z0-9]{1,40}){0,4}\.(?:jpe?g|png|heic|webp|bmp|tiff?|wav|mp3|m4a|ogg|flac|mp4|mov|webm|wsq|fmr|tpl|cbeff|jp2|pdf)))(?![\w.])",
    re.IGNORECASE,
)
"""A picture of somebody's face, eye or finger, or a recording of the voice."""
_OF_A_PAGE: Final = re.compile(
    r"(?:^|/)(?:static|assets?|icons?|img|images|css|fonts?|themes?|public|emoji|logos?|samples?|fixtures?|test|docs?)/",
    re.IGNORECASE,
)
_SOMEBODYS: Final = re.compile(r"[0-9a-f]{8}|[0-9]{4}|[A-Za-z][0-9]{4}")
_SCAN: Final = re.compile(
    r"(?:(?<=[/\"'\s=:(>\\])|^)(?P<n>[A-Za-z][A-Za-z']{1,24}(?:[_.+,-][A-Za-z][A-Za-z']{0,24}){0,4})[_-]{1,2}"
    r"(?:(?P<d>(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9]|[0-3][0-9]-?[01][0-9]-?(?:19|20)[0-9]{2}|[01][0-9]-?[0-3][0-9]-?(?:19|20)[0-9]{2})(?:[_-]{1,2}(?P<i>[A-Z]{0,4}-?[0-9]{4,12}[A-Z]?))?"
    r"|(?P<j>[A-Z]{0,4}-?[0-9]{6,12}[A-Z]?))"
    r"(?:[_-]{1,2}[A-Za-z0-9]{1,24}){0,3}\.(?:pdf|jpe?g|png|tiff?|dcm|dicom|docx?|xlsx?|csv|txt|zip|hl7|xml|json|rtf|heic|gz|cda|ccd|eml|msg|wav|mp3)(?![A-Za-z0-9])"
)
"""A file that is called after somebody: `ROUT_THUYLINH_19610405_H389131214.pdf`."""
_RESIDENT: Final = re.compile(r"(?<![\w-])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[1-8][0-9]{6}(?![\w-])")
"""The number of a resident of Korea."""
_INSURED: Final = re.compile(r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] [0-9]{2} [0-9]{2} [0-9]{2} [A-D](?![\w-])")
"""A National Insurance number as it is written on cards (HMRC)."""
_SIGIL: Final = re.compile(r"\b(\w{2,40})(?:\"|')?(?::|\s?=>|\s?=) ?~[DUNT]\[([0-9][0-9T:. Z-]{4,30})\]")
"""A day in Elixir: `dob: ~D[1980-09-19]`."""
_DAY: Final = re.compile(r"~D\[([0-9]{4}-[0-9]{2}-[0-9]{2})\]")
_AADHAAR: Final = re.compile(r"(?<![\w.:-])(?<![0-9] )[2-9][0-9]{3} [0-9]{4} [0-9]{4}(?![\w:-]| [0-9])")
"""Three times four digits, as cards of India have them."""
_STAY: Final = re.compile(
    r"\b(?i:visit|encounter|admission|stay|acct|account|guarantor|episode|fin|har|csn)(?i: (?:no\.?|number|id|#))?[ :#=]{1,3}(?=[A-Z0-9-]{0,6}[0-9]{5})([A-Z]{1,5}-?[0-9]{5,12})(?![\w.-])"
)
"""A visit or an account by its number: `visit AC-1391189`."""
_CAST: Final = re.compile(
    r"Cast to \w+ failed for value \\?[\"']([^\"'\n]{1,120}?)\\?[\"'] \(type \w+\) at path \\?[\"']([\w.]{1,80})\\?[\"']"
)
"""What Mongoose could not cast, and where it stood."""
_TYPED: Final = re.compile(
    r"(?i:value) \\?[\"']([^\"'\n]{2,60}?)\\?[\"'] is not (?i:a |an )?(?i:valid )?(TS|DT|DTM|XPN|CX|XTN|XAD|PL)\b"
)
_OF_TYPES: Final = {
    "TS": "DOB",
    "DT": "DOB",
    "DTM": "DOB",
    "XPN": "PERSON",
    "CX": "PATIENT_ID",
    "XTN": "PHONE",
    "XAD": "ADDRESS",
    "PL": "WARD",
}
"""What a value of one of HL7's types is."""
_WORN: Final = re.compile(
    r"\b(?i:monitor|sensor|pump|ventilator|glucometer|glucose meter|oximeter|wristband|bracelet|pendant|wearable|defibrillator|defib|pacemaker|implant|cgm|transmitter|nebuli[sz]er|"
    r"holter|patch|syringe driver|infusor|dialy[sz]er|cuff|handset|smartwatch|watch|tracker|spirometer|inhaler|cpap|concentrator)"
    r"(?:\\?[\"'])?(?:[ :#=]{1,3}(?i:s/n|sn|id|serial|no\.?|number|device))?[ :#=]{1,3}(?:\\?[\"'])?"
    r"(?!(?:19|20)[0-9]{2}-[01][0-9])(?P<c>[0-9A-Z]{2,6}:[A-Z]{2}-?[0-9]{3,6}|[0-9]{15}|(?=[A-Z0-9-]*[0-9]{4})(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{1,8}(?:-[A-Z0-9]{2,12}){1,3}|(?=[0-9]*[A-Z])[A-Z0-9]{8,16})(?![\w:-]|\.[0-9])"
)
"""What somebody wears or is treated by, and which one."""
_REPORTING: Final = frozenset({"01", "35", "45", "52", "86", "99"})
"""Bodies that give out IMEIs (GSMA TS.06)."""
_ADMITTED: Final = re.compile(
    r"(?<![\w/.:-])(?:IP|OP|IPD|OPD|UHID|MR|MRD|CR|PT|PID|REG|ADM)/[0-9]{2,4}/[0-9]{3,8}(?![\w/-])"
)
"""Somebody's number at a hospital, by the kind of stay and the year: `IP/25/03280`."""
_INTERNATIONAL: Final = re.compile(
    r"\+(?<![\w+.-]\+)[1-9][0-9]{9,13}(?![\w.]| ?(?:[kKMGT]?i?[bB](?:ytes)?|ms|s|us|ns|rows|%)\b)"
)
_CALL: Final = re.compile(
    r"\b(?i:call|phone|tel|telephone|dial|text|sms|ring|reach|contact|mobile|cell|fax|callback|cb)(?i:[ :.]{1,2}(?:at|on|me|him|her|them|back|us|to|number))*[ :.]{1,2}([0-9]{10,11})(?![0-9A-Za-z])"
)
_LAST_FOUR: Final = re.compile(
    r"\b(?i:last (?:4|four)(?: digits)?(?: of)?(?: the| her| his| my)?(?: (?:ssn|social|card|acct|account))?|ending(?: in)?|l4)[ :=#]{1,3}([0-9]{4})(?![0-9A-Za-z:.-])"
)
_QUARTER: Final = r"[A-Z][\w'-]{1,30}-(?:ku|gu|shi|si|cho|ch\u014d|dong|gun|machi|ward|do|to)"
_EASTERN: Final = re.compile(
    rf"(?<![\w/.-])[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{0,2}} [A-Z][\w'-]{{1,30}}(?: [0-9]{{1,3}}-gil)?,? {_QUARTER}(?:,? [A-Z][a-z]{{2,20}})?(?:,? (?:[0-9]{{3}}-[0-9]{{4}}|[0-9]{{5}}))?(?![\w-])"
    r"|(?<![\w/.-])[0-9]{1,4} [A-Z][a-z]{2,30}-(?:ro|daero|gil)(?: [0-9]{1,3}-gil)?(?![\w-])"
    r"|(?<![\w/.-])[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,3} [A-Z][a-z]{2,20}(?:-[A-Z][a-z]{2,20})?(?:,? (?:Tokyo|Osaka|Kyoto|Nagoya|Sapporo|Fukuoka|Kobe|Yokohama|Sendai|Hiroshima))(?![\w-])"
)
"""Where somebody lives in Japan or Korea."""
_BLANKS: Final = re.compile(r"=(\+?[0-9]{1,4}(?:\+\(?[0-9]{1,5}\)?){2,6})(?![\w+])")
"""A telephone number whose blanks are a form's, in an address inside an address: `mobile=+84+92+427+66+12`."""
_TO_DIAL: Final = (8, 15)
_SIDE: Final = re.compile(
    r"(?<![\w.-])[0-9]{1,2} ?(?:North|South|East|West|Main|Tower|Center|Centre|Central|Annex|Pavilion) (?P<p>[A-Z][A-Za-z]{1,20})(?![\w-])"
)
"""A ward by its floor, its side and its care: `4 West Telemetry`."""
_CATEGORY: Final = re.compile(
    r"(?:\b(?i:dx|dg|diag|diagnos[a-z]{2,4}|icd(?:-?10)?|for|hx|h/o|pmh|c/o)[ :.]{1,3}|, |\()"
    r"((?!A[0-6][0-9]|S1[2-9]|S2[0-6]|R0[13]|O[02][0-9]|T02|M0[2-9]|P0[1-9]|P[579][059]|Q[0-9]{2}|X11)[A-TV-Z][0-9][0-9])(?=[).,;]|$)(?!\.[0-9])"
)
"""A condition's category of ICD-10 behind a word for it, or in a list."""
_ENTRY: Final = re.compile(
    r"(?i:\b(?:uid|cn|samaccountname|userid|mail|givenname|sn))=([^,=\"'\s+][^,=\"'+]{1,60}), ?(?=(?:[A-Za-z]{1,12}=[^,=\"']{1,60}, ?){0,4}?"
    r"(?i:ou=(?:people|persons?|patients?|users?|members?|staff|employees?|physicians?|providers?|nurses?|residents?|clinicians?|doctors?|accounts?|mitarbeiter|patienten|usuarios|personas|personnel|medewerkers)\b))"
)
"""Whom an entry of a directory is about: `uid=cokafor,ou=people,dc=clinic`."""
_IN_BED: Final = re.compile(
    r"\b(?:[Bb]ed|BED|[Bb]ett|[Cc]ama|[Ll]etto|[Bb]ay|[Rr]m|[Rr]oom)(?: no\.?| #|:|=)? ?((?=[A-Z0-9-]*[0-9])[A-Z0-9]{1,5}(?:-[A-Z0-9]{1,5}){1,3})(?![\w-])"
)
"""A bed by its ward, its room and its letter: `bed 5E-512-B`."""
_NPI: Final = re.compile(r"[12][0-9]{9}")
_LATELY: Final = 1_640_000_000
"""A number of ten digits from here on may as well be a moment of these years."""
_HALVES: Final = 2
_DIGITS: Final = re.compile("[0-9]")


def telling(text: str, *, strict: bool) -> list[Span]:
    """What in `text` is somebody's by its shape; not sure where that holds in an event about a person only."""
    found: list[Span] = []
    low = text.lower()
    if "^" in text and "^FS" not in text:  # `BILL^FS^FO20` is a label for a printer of Zebra's
        found += _beds(text)
    if "." in text and ("/" in text or "_" in text):
        found += _files(text, low)
    if "ou=" in low:
        found += [Span(match.start(1), match.end(1), "USERNAME", "key", True) for match in _ENTRY.finditer(text)]
    if _DIGITS.search(text) is None:
        return found
    add = found.append
    for match in _MEDICARE.finditer(text):
        beside = {text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]}
        if strict or _NO_LETTERS.search(match[0]) is None or "-" in beside:
            add(Span(match.start(), match.end(), "NATIONAL_ID", "shape", True))
    if "-" in text:
        found += [Span(match.start(), match.end(), "NATIONAL_ID", "shape", True) for match in _RESIDENT.finditer(text)]
        if any(mark in low for mark in _QUARTERS):
            found += [Span(match.start(), match.end(), "ADDRESS", "street", True) for match in _EASTERN.finditer(text)]
        if any(word in low for word in _BEDS):
            found += [Span(match.start(1), match.end(1), "WARD", "cue", strict) for match in _IN_BED.finditer(text)]
    if " " in text:
        found += [Span(match.start(), match.end(), "NATIONAL_ID", "shape", True) for match in _INSURED.finditer(text)]
        if any(side in text for side in _SIDES):
            found += [
                Span(match.start(), match.end(), "WARD", "ward", True)
                for match in _SIDE.finditer(text)
                if is_ward(match["p"])
            ]
    if "~" in text:
        found += [
            Span(match.start(2), match.end(2), kind, "key", True)
            for match in _SIGIL.finditer(text)
            if (kind := judge(match[1]).kind) in {"DOB", "DATE"}
        ]
    if "Cast to" in text:
        found += [
            Span(match.start(1), match.end(1), kind, "key", True)
            for match in _CAST.finditer(text)
            if (kind := judge(match[2].rpartition(".")[2]).kind)
        ]
    if "+" in text and "=" in text:
        found += [
            Span(match.start(1), match.end(1), "PHONE", "shape", True)
            for match in _BLANKS.finditer(text)
            if _TO_DIAL[0] <= sum(map(str.isdigit, match[1])) <= _TO_DIAL[1]
        ]
    if " is not " in text:
        found += [
            Span(match.start(1), match.end(1), _OF_TYPES[match[2]], "key", True) for match in _TYPED.finditer(text)
        ]
    if not strict:
        found += _likely(text, low)
    return found


def _likely(text: str, low: str) -> list[Span]:
    """What is somebody's in an event about a person, which `strict` takes by default deny."""
    found: list[Span] = []
    add = found.append
    if any(word in low for word in _THINGS):
        for match in _WORN.finditer(text):
            if not match["c"].isdigit() or match["c"][:2] in _REPORTING or shapes.luhn_ok(match["c"]):
                add(Span(match.start("c"), match.end("c"), "DEVICE_ID", "cue", False))
    if "~D[" in text:
        found += [Span(match.start(1), match.end(1), "DATE", "shape", False) for match in _DAY.finditer(text)]
    if " " in text:
        found += [Span(match.start(), match.end(), "NATIONAL_ID", "shape", False) for match in _AADHAAR.finditer(text)]
    if "/" in text:
        found += [Span(match.start(), match.end(), "MRN", "shape", False) for match in _ADMITTED.finditer(text)]
    if "+" in text:
        found += [Span(match.start(), match.end(), "PHONE", "shape", False) for match in _INTERNATIONAL.finditer(text)]
    for words, pattern, kind in _CUED:
        if any(word in low for word in words):
            found += [Span(match.start(1), match.end(1), kind, "cue", False) for match in pattern.finditer(text)]
    if _NPI.fullmatch(text) is not None and int(text) < _LATELY and shapes.npi_ok(text):
        add(Span(0, len(text), "NPI", "shape", False))
    return found


_QUARTERS: Final = (
    "-ku",
    "-gu",
    "-shi",
    "-si",
    "-cho",
    "-dong",
    "-gun",
    "-machi",
    "-ro",
    "-gil",
    "-daero",
    "-do",
    "-to",
    "tokyo",
    "osaka",
    "kyoto",
)
_BEDS: Final = ("bed ", "bett ", "cama ", "letto ", "bay ", "rm ", "room ", "bed=", "bed:", "bed#")
_SIDES: Final = (" North ", " South ", " East ", " West ", " Main ", " Tower ", " Cent", " Annex ", " Pavilion ")
_FACES: Final = (
    "face",
    "selfie",
    "portrait",
    "headshot",
    "mugshot",
    "iris",
    "retina",
    "finger",
    "thumb",
    "palm",
    "voice",
    "liveness",
    "passport",
    "idcard",
    "id_",
    "id-",
    "license",
    "licence",
    "photo",
)
_THINGS: Final = (
    "monitor", "sensor", "pump", "ventil", "gluco", "oximet", "wristb", "bracelet", "pendant", "wearable", "defib", "pacemaker", "implant", "cgm", "transmit", "nebuli",
    "holter", "patch", "syringe", "infusor", "dialy", "cuff", "handset", "watch", "tracker", "spirom", "inhaler", "cpap", "concentr",
)  # fmt: skip
_ENDINGS: Final = (
    ".pdf",
    ".jp",
    ".png",
    ".tif",
    ".dc",
    ".di",
    ".doc",
    ".xls",
    ".csv",
    ".txt",
    ".zip",
    ".hl7",
    ".xml",
    ".json",
    ".rtf",
    ".heic",
    ".gz",
    ".c",
    ".eml",
    ".msg",
    ".wav",
    ".mp3",
)
"""What stands where one of the longer patterns can match: looked for first, since it costs a tenth."""
_CUED: Final = (
    (("call", "phone", "tel", "dial", "text", "sms", "ring", "reach", "contact", "mobile", "cell", "fax", "cb"), _CALL, "PHONE"),
    (("last ", "ending", "l4"), _LAST_FOUR, "SSN"),
    (("dx", "dg", "diag", "icd", "for", "hx", "h/o", "pmh", "c/o", ", ", "("), _CATEGORY, "DIAGNOSIS"),
    (("visit", "encounter", "admission", "stay", "acc", "guarantor", "episode", "fin", "har", "csn"), _STAY, "ACCOUNT"),
)  # fmt: skip


def _beds(text: str) -> list[Span]:
    found = []
    for match in _BED.finditer(text):
        first, second, third = match[1], match[2], match[3]
        if first in _SEGMENTS or third in _SYSTEMS_OF_CODES or third.startswith(("HL7", "99")) or not (second or third):
            continue
        if (
            len(first) == 3
            and first.isalpha()
            and _EVENTS.fullmatch(second)
            and (third in {"", "ACK"} or len(third) == 3)
        ):
            continue
        if not any(map(str.isalpha, first + third)):
            continue
        found.append(Span(match.start(), match.end(), "WARD", "shape", True))
    return found


def _files(text: str, low: str) -> list[Span]:
    found: list[Span] = []
    if "/" in text and any(word in low for word in _FACES):
        for match in _PORTRAIT.finditer(text):
            path = match["p"]
            bare = _OF_A_PAGE.search(path) is None
            if bare and (
                _SOMEBODYS.search(path) is not None or "selfie" in match["f"].lower() or "mugshot" in match["f"].lower()
            ):
                found.append(Span(match.start("p"), match.end("p"), "BIOMETRIC", "shape", True))
    if ("_" in text or "-" in text) and any(ending in text for ending in _ENDINGS):
        for match in _SCAN.finditer(text):
            words = re.findall("[A-Za-z]{2,}", match["n"])
            flags = [LEXICON.flag(word.lower()) for word in words]
            if (
                len(words) < _HALVES
                or not all(word[0].isupper() for word in words)
                or "w" in [flag for word, flag in zip(words, flags, strict=True) if len(word) > 3]
                or {"p", "", "n"}.isdisjoint(flags)
                or ("p" not in flags and match["d"] is None)
            ):
                continue
            found.append(Span(match.start("n"), match.end("n"), "PERSON", "shape", True))
            for group, kind in (("d", "DOB"), ("i", "MRN"), ("j", "MRN")):
                if match[group] is not None:
                    found.append(Span(match.start(group), match.end(group), kind, "shape", True))
    return found
