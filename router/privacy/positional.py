"""Formats whose meaning is in the place: HL7 v2, X12, FHIR, tables with their columns beside them."""

# ruff: noqa: C901, E501, PLR2004 - tables of formats and the lengths their standards fix
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final

from router.privacy import bindings, shapes
from router.privacy.care import kind_of, of_systems
from router.privacy.hl7 import FIELDS as HL7_FIELDS
from router.privacy.items import TooLong
from router.privacy.keys import Verdict, judge
from router.privacy.lexicon import LEXICON
from router.privacy.likely import unlikely
from router.privacy.spans import Span
from router.privacy.text import Reader
from router.privacy.tokens import is_token

_COLUMNS: Final = ("columns", "fields", "headers", "header", "cols", "column_names", "columnNames", "keys", "names")
ROWS: Final = ("rows", "values", "data", "records", "row", "results", "params", "parameters", "tuples")


def table(value: Mapping[str, Any]) -> dict[str, list[str]]:
    """{"columns": ["name", "ssn"], "rows": [[…]]}: which keys hold rows, and the names of their cells."""
    for key in _COLUMNS:
        columns = value.get(key)
        if isinstance(columns, list) and columns:
            names = [
                column if isinstance(column, str) else column.get("name", "") if isinstance(column, dict) else ""
                for column in columns
            ]
            if all(isinstance(name, str) for name in names) and any(names):
                return {rows: names for rows in ROWS if rows != key and isinstance(value.get(rows), list)}
    return {}


def fhir(resource: str, key: str, verdict: Verdict) -> Verdict:
    """What a FHIR resource's own fields mean."""
    if key == "id":
        return Verdict("PATIENT_ID") if resource not in _TECHNICAL else verdict
    if key in _FHIR_DAYS and resource not in _TECHNICAL and resource != "Coverage":
        return Verdict("DATE") if key != "period" else Verdict("", "", "period")
    if key == "code" and resource in {
        "Condition",
        "Observation",
        "Procedure",
        "AllergyIntolerance",
        "DiagnosticReport",
        "ServiceRequest",
        "FamilyMemberHistory",
    }:
        return Verdict("", "", "clinical")
    if key == "location" and resource == "Encounter":
        return Verdict("WARD")
    if key in _FHIR_FACTS and resource not in _TECHNICAL:
        return Verdict("", "", "clinical")
    if key in {"medicationCodeableConcept", "medication", "code"} and resource.startswith("Medication"):
        return Verdict("", "", "medication")
    if resource == "Coverage" and key in {"class", "group", "identifier", "dependent"}:
        return Verdict("", "", "plan")
    if key in {"subject", "patient", "beneficiary", "individual"}:
        return Verdict("", "", "person")
    if key == "name" and resource in {"Patient", "Practitioner", "Person", "RelatedPerson"}:
        return Verdict("", "", "name")
    return verdict


_TECHNICAL: Final = frozenset(
    [
        "OperationOutcome", "Bundle", "StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "CapabilityStatement", "Organization", "Location",
        "Subscription", "AuditEvent", "Endpoint", "HealthcareService", "Medication", "Parameters", "SearchParameter", "MessageHeader", "MessageDefinition",
        "OperationDefinition", "Library", "Measure", "PlanDefinition", "Questionnaire", "ImplementationGuide", "NamingSystem", "TestScript", "GraphDefinition",
        "InsurancePlan", "Substance", "SubscriptionStatus", "SubscriptionTopic", "TerminologyCapabilities", "CompartmentDefinition", "Provenance",
    ]
)  # fmt: skip
"""FHIR resources about no person; the others are in the patient compartment, or name who treats (R4, compartment definitions)."""
_FHIR_FACTS: Final = frozenset(
    {"productOrService", "reasonCode", "serviceType", "bodySite", "procedureCodeableConcept", "diagnosisCodeableConcept", "valueCodeableConcept",
     "interpretation", "complication", "manifestation", "indication", "reason", "orderDetail", "severity", "stage", "outcomeCodeableConcept"}
)  # fmt: skip
_FHIR_DAYS: Final = frozenset(
    {"start", "end", "date", "issued", "period", "effectiveDateTime", "onsetDateTime", "recordedDate", "authoredOn", "occurrenceDateTime",
     "performedDateTime", "created", "whenHandedOver", "whenPrepared", "sent", "received", "started", "assertedDate", "birthDate", "deceasedDateTime",
     "valueDate", "valueDateTime", "valuePeriod", "servicedDate", "servicedPeriod", "billablePeriod", "dateAsserted", "occurrenceString", "abatementDateTime", "plannedPeriod", "performedPeriod", "effectivePeriod", "onsetPeriod", "requestedPeriod", "statusDate"}
)  # fmt: skip
_DICOM: Final[dict[str, str]] = {
    "00080020": "DATE", "00080021": "DATE", "00080022": "DATE", "00080023": "DATE", "00080050": "PATIENT_ID", "00080080": "ADDRESS",
    "00080081": "ADDRESS", "00080090": "PERSON", "00080092": "ADDRESS", "00080094": "PHONE", "00080096": "PERSON", "00081030": "DIAGNOSIS",
    "0008103E": "DIAGNOSIS", "00081048": "PERSON", "00081050": "PERSON", "00081060": "PERSON", "00081070": "PERSON", "00081080": "DIAGNOSIS",
    "00100010": "PERSON", "00100020": "MRN", "00100021": "IDENTIFIER", "00100030": "DOB", "00100050": "MEMBER_ID", "00101000": "PATIENT_ID",
    "00101001": "PERSON", "00101005": "PERSON", "00101010": "AGE", "00101040": "ADDRESS", "00101050": "MEMBER_ID", "00101060": "PERSON",
    "00101080": "LICENSE", "00101090": "MRN", "00102000": "DIAGNOSIS", "00102110": "DIAGNOSIS", "00102154": "PHONE", "00102155": "PHONE",
    "00102160": "DIAGNOSIS", "00102180": "DIAGNOSIS", "001021B0": "DIAGNOSIS", "001021D0": "DATE", "001021F0": "DIAGNOSIS", "00104000": "DIAGNOSIS",
    "00181000": "DEVICE_ID", "00181030": "DIAGNOSIS", "00200010": "PATIENT_ID", "00321032": "PERSON", "00321060": "DIAGNOSIS",
    "00380010": "PATIENT_ID", "00380300": "WARD", "00380400": "WARD", "00380500": "DIAGNOSIS", "00400006": "PERSON", "00400244": "DATE",
    "00401001": "PATIENT_ID", "0020000D": "PATIENT_ID", "0020000E": "PATIENT_ID", "00080018": "PATIENT_ID",
}  # fmt: skip
"""Data elements about a person (DICOM PS3.15 table E.1-1), as the eight hex digits of the DICOM JSON model."""
_DICOM_MAKERS: Final = frozenset({"00080070", "00081090", "00181020", "00080060", "00080016", "00080005"})
"""Who made the device, its model and software, and what kind of picture it is (DICOM PS3.6)."""
_DICOM_KEY: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")


def dicom(key: str) -> Verdict | None:
    """What a DICOM tag (`00100010`, `(0010,0010)`) says of its element; None when `key` is none."""
    found = _DICOM_KEY.fullmatch(key)
    if found is None or not key[:2].startswith(("0", "(")):
        return None
    tag = (found[1] + found[2]).upper()
    if tag in _DICOM_MAKERS:
        return Verdict("", "machine" if tag == "00080005" else "maker")
    kind = _DICOM.get(
        tag, "IDENTIFIER" if tag.startswith("0010") and tag not in {"00100040", "00101020", "00101030"} else ""
    )
    return Verdict(kind) if kind or len(key) > 8 or tag.startswith(("0008", "0018", "0020", "0028", "0040")) else None


_SAFE_HL7: Final = frozenset({"MSH", "MSA", "ERR", "SFT", "BHS", "FHS", "BTS", "FTS"})
_CONTROL_FIELD: Final = re.compile(r"[A-Za-z0-9^.&_]{1,40}|\^~\\+&#?|[0-9]{8,14}[+-][0-9]{4}")
"""What stands in an HL7 control segment when it is a code, an application's name or a time."""
_CONTROL_ELEMENT: Final = re.compile(r"[A-Z0-9.:^>/+|*]{0,40}")
"""The same for X12."""
_HL7_START: Final = re.compile(
    r"MSH\|\^~\\+&|(?:^|[\r\n\x0b]|\\r|\\n)(?:PID|PV[12]|PD1|NK1|IN[123]|OBX|DG1|GT1|OBR|ORC|FT1|AL1|MRG|RX[ADEO]|PR1|TXA|SCH|AIP|ACC|Z[A-Z0-9]{2})\|"
    r"|\b(?:PID|NK1|GT1|IN1|FT1|MRG)\|(?:[^|\n]*\|){3}"
)
_X12_BEGIN: Final = "ISA*0"
_X12_SEGMENT: Final = re.compile(r"\b(?:NM1|DMG|N3|N4|REF|GS|ST|HI|CLM)\*[^~\n]*+")
_X12_ALONE: Final = re.compile(r"\s*(?:NM1|N1|DMG|N3|N4|REF|PER|HI|CLM|CLP|SBR|DTP|INS|SVC|SV[1-3]|TRN)\*[^~]*$")
"""Segments without what ends them, as a parser lists them: `["NM1*QC*1*BELL*JANE", "DMG*D8*19710203*F"]`."""
_X12_QUOTED: Final = re.compile(
    r"\b(?:NM1|N1|DMG|N3|N4|REF|PER|HI|CLM|CLP|DTP)\*[^\s~'\"`|<>]{1,80}(?: {1,2}[^\s~'\"`|*<>]{1,40}\*[^\s~'\"`|<>]{0,80}){0,8}"
)
"""A segment in a sentence: `rejected NM1*IL*1*VAN DYKE*ANNA****MI*123 of loop 2010BA`."""
_ADDRESS_PART: Final = {4: "ZIP"}


class _Rest:
    """Reads the parts of one text in segments that their place says nothing of: few in what systems send."""

    __slots__ = ("_left", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = _MOST_REST

    def read(self, part: str) -> list[Span]:
        """What the reader finds in a part. Raises TooLong."""
        self._left -= _PART_COST + len(part)
        if self._left < 0:
            raise TooLong
        return self._reader.read(part)


_MOST_REST: Final = 80_000
_PART_COST: Final = 60
"""Characters' worth of reading, some 100 ms, that parts may take together, and what each takes beside its own."""


def segmented(text: str) -> bool:
    """Is a text in a format of segments, whose every field is judged by its number alone."""
    return ("|" in text and _HL7_START.search(text) is not None) or ("*" in text and _is_x12(text))


def _is_x12(text: str) -> bool:
    """Does an interchange begin in a text, or a segment that is ended as X12 ends them; each character is read once."""
    if _X12_BEGIN in text or _X12_ALONE.match(text) is not None:
        return True
    return "~" in text and any(text.startswith("~", found.end()) for found in _X12_SEGMENT.finditer(text))


def read(text: str, reader: Reader, *, strict: bool) -> list[Span] | None:
    """The spans of a text in a positional format; None when it is in none. Raises TooLong.

    Spans of rule `segment` are all there is to say of the text; others stand beside what the reader finds.
    """
    if "|" in text and _HL7_START.search(text):
        return _hl7(text, _Rest(reader), strict=strict)
    if "*" in text and _is_x12(text):
        return _x12(text, _Rest(reader), strict=strict)
    found: list[Span] = []
    if "*" in text:
        rest = _Rest(reader)
        for match in _X12_QUOTED.finditer(text):
            found += [
                span._replace(rule="column") for span in _moved(_x12(match[0], rest, strict=strict), match.start())
            ]
    if "</" in text or "/>" in text:
        found += _xml(text)
    if "</" in text or "*" in text or ".." in text:
        found += _labelled(text, strict=strict)
    for mark in _MARKS:
        if text.count(mark) >= 3:
            found += _csv(text, mark, reader, strict=strict)
    if ("(" in text or "[" in text) and text.count(",") > 1:
        for match in _TUPLE.finditer(text):
            cells = match[1].split(",")
            if len(cells) in range(3, 30) and any(_DAY_CELL.fullmatch(cell.strip(" '\"")) for cell in cells):
                found += _record(cells, ",", match.start(1), reader, strict=strict)
    if "\n" in text and "  " in text:
        found += _aligned(text)
    if '] "' in text:
        found += [Span(m.start(1), m.end(1), "USERNAME", "column", True) for m in _ACCESS.finditer(text) if m[1] != "-"]
    if "olumn" in text or "ield" in text or "input_value" in text:
        found += _complaints(text)
    if " -" in text:
        found += [
            Span(m.start(m.lastindex or 1), m.end(m.lastindex or 1), "SECRET", "column", True)
            for m in _OPTION.finditer(text)
        ]
    if ":" in text and " -u" in text:
        found += [Span(m.start(1), m.end(1), "USERNAME", "column", True) for m in _CALLING.finditer(text)]
    if "\\" in text:
        found += [
            Span(m.start(1), m.end(1), "USERNAME", "column", True)
            for m in _WINDOWS_HOME.finditer(text)
            if LEXICON.flag(m[1].lower()) not in {"w", "r"}
        ]
    if "BEGIN:VCARD" in text:
        found += [Span(m.start(1), m.end(1), "PERSON", "column", True) for m in _VCARD_NAME.finditer(text)]
    if "<<" in text:
        found += [Span(m.start(1), m.end(1), "PERSON", "column", True) for m in _MRZ.finditer(text)]
    if "Label=" in text:
        for match in _CEF_LABEL.finditer(text):
            kind = judge(match[2]).kind
            if kind:
                value = re.search(rf"\b{match[1]}=([^=|\n]{{1,200}}?)(?= \w{{1,40}}=|$|\n)", text)
                if value is not None:
                    found.append(Span(value.start(1), value.end(1), kind, "column", True))
    if "Duplicate entry '" in text:
        for match in _ENTRY.finditer(text):
            names = match[2].replace(".", "_")
            kind = judge(names).kind or next((judge(part).kind for part in names.split("_") if judge(part).kind), "")
            if kind or strict:
                found.append(Span(match.start(1), match.end(1), kind or "IDENTIFIER", "column", bool(kind)))
    if "duplicate key value is (" in text:
        for match in _DUPLICATE.finditer(text):
            at = match.start(1)
            for cell in match[1].split(","):
                bare = cell.strip()
                if len(bare) > 3 and bare != "<NULL>":
                    start = at + len(cell) - len(cell.lstrip())
                    found.append(Span(start, start + len(bare), "IDENTIFIER", "column", True))
                at += len(cell) + 1
    if "form-data" in text:
        for match in _FORM_FIELD.finditer(text):
            kind = judge(match[1]).kind
            if kind:
                found.append(Span(match.start(2), match.end(2), kind, "column", True))
    if strict and "-" in text and "." in text:
        found += [Span(m.start(), m.end(), "NATIONAL_ID", "column", True) for m in _BELGIAN.finditer(text)]
    if strict and ("19" in text or "20" in text) and "," in text:
        found += [Span(m.start(), m.end(), "DATE", "column", True) for m in _BORN_ON.finditer(text)]
    if "{19" in text or "{20" in text:
        found += [Span(m.start(1), m.end(1), "DATE", "column", True) for m in _DAY_TUPLE.finditer(text)]
    if "i)" in text:
        for match in _RAILS_DATE.finditer(text):
            if judge(match[1]).kind in {"DOB", "DATE"}:
                found.append(Span(match.start(2), match.end(2), judge(match[1]).kind, "column", True))
    if ("|" in text or "%7C" in text) and ("://" in text or "urn:" in text or "=phone" in text):
        found += [Span(m.start(1), m.end(1), "IDENTIFIER", "column", True) for m in _SYSTEM_VALUE.finditer(text)]
    if "rejected value [" in text:
        found += _rejected(text)
    if "(00" in text:
        for match in _DUMPED.finditer(text):
            verdict = dicom(match[1])
            if verdict is not None and verdict.kind and match[2].strip():
                found.append(Span(match.start(2), match.end(2), verdict.kind, "column", True))
    if _may_be_sql(text):
        found += _sql(text)
    if bindings.may_hold(text):
        found += bindings.read(text)
    if "NCPDP" in text or "\x1c" in text:
        for match in _NCPDP_FIELD.finditer(text):
            kind = _NCPDP.get(match[1], "")
            if kind and match[2].strip():
                found.append(Span(match.start(2), match.start(2) + len(match[2].rstrip()), kind, "column", True))
    return found or None


_NCPDP: Final = {
    "C1": "MEMBER_ID", "C2": "MEMBER_ID", "C4": "DOB", "CA": "PERSON", "CB": "PERSON", "CC": "PERSON", "CD": "PERSON", "CE": "MEMBER_ID", "CM": "ADDRESS",
    "CN": "ADDRESS", "CP": "ZIP", "CQ": "PHONE", "CY": "PATIENT_ID", "D2": "PATIENT_ID", "D7": "MEDICATION", "DB": "NPI", "DO": "DIAGNOSIS", "DR": "PERSON",
    "HN": "EMAIL", "PM": "PHONE", "2J": "PERSON", "2K": "ADDRESS", "2M": "ADDRESS", "2P": "ZIP", "4E": "NPI", "DL": "NPI", "EM": "PATIENT_ID", "EN": "PATIENT_ID",
}  # fmt: skip
"""Fields about a person of NCPDP's telecommunication standard D.0, by their two characters."""
_NCPDP_FIELD: Final = re.compile(
    r"(?:\x1c|(?<![A-Za-z0-9]))([C-EHP24][A-Z0-9])(?:(?<=\x1c..)|=)([^\x1c-\x1e=\n]{1,80}?)(?=[\x1c-\x1e\n]|$| [A-Z0-9]{2,10}=)"
)


_OPTION: Final = re.compile(
    r" (?:-u|--user|--proxy-user)[ =][\"']?[^\s:'\"]{1,80}:([^\s'\"]{1,200})| --(?:password|passwd|token|secret|api-key|apikey|access-token)[ =][\"']?([^\s'\"-][^\s'\"]{0,200})"
)
"""Credentials on a command line."""
_CALLING: Final = re.compile(r" (?:-u|--user|--proxy-user)[ =][\"']?([^\s:'\"]{1,80}):")
_WINDOWS_HOME: Final = re.compile(
    r"\\(?:home|homes|[uU]sers|profiles|Documents and Settings)\\{1,2}([A-Za-z][A-Za-z0-9._-]{1,40})(?=\\)"
)
_VCARD_NAME: Final = re.compile(r"(?:^|[\n\r ]|\\n)F?N(?:;[A-Z=;-]{1,60})?:([^\n\r\\]{1,120}?)(?=;*(?:[\n\r\\]|$))")
"""A name as vCard writes it (RFC 6350)."""
_MRZ: Final = re.compile(r"(?<![A-Z<])[PIACV][A-Z<][A-Z]{3}([A-Z]{1,40}(?:<[A-Z]{1,40}){0,4}<<[A-Z<]{1,40})")
"""The names in the first line of a machine-readable travel document (ICAO 9303)."""
_LABELS: Final = (
    re.compile(
        r"<(?P<tag>b|strong|em|i|u|h[1-6]|th|td|dt|span|label|div|p)(?: [^<>]{0,200})?>\s{0,8}(?P<c>[A-Za-z][^<>:\n]{1,40}?)\s{0,4}:?\s{0,4}</(?P=tag)>"
        r"(?:\s|&nbsp;){0,8}:?(?:\s|&nbsp;){0,8}(?:<(?:td|dd|span|b|strong|em|i|div|p)(?: [^<>]{0,200})?>)?\s{0,8}(?P<v>[^<>\n]{1,160})"
    ),
    re.compile(
        r"(?<![*\w])\*{1,2}(?P<c>[A-Za-z][^*:\n]{1,40}?) ?:? ?\*{1,2} ?:?(?: {0,3}|[ \t]{0,3}\r?\n[ \t>]{0,4})(?P<v>[^*\n\r|]{1,160})"
    ),
    re.compile(
        r"(?<![\w.-])(?P<c>[A-Za-z][A-Za-z0-9_/# -]{1,30}?) ?\.{2,30} ?: {0,8}(?P<v>[^\n\r]{1,160}?)(?= {3}|\n|\r|$)"
    ),
)
"""A label and its value as mail, chat and print have them: `<b>MRN:</b> 5710312`, `*Ward:*\\n5N`, `PATIENT-NAME...: BELL, JANE`."""
_LABELLED: Final = frozenset(
    {"PERSON", "DOB", "MRN", "PATIENT_ID", "MEMBER_ID", "SSN", "NATIONAL_ID", "PHONE", "EMAIL", "ADDRESS", "ZIP", "DIAGNOSIS",
     "MEDICATION", "WARD", "LICENSE", "NPI", "DEA", "VIN", "PLATE"}
)  # fmt: skip
_VAGUE: Final = frozenset(
    {"location", "unit", "station", "place", "region", "address", "site", "area", "state", "vehicle", "resident"}
)
"""Labels that say as often where a machine is."""


def _labelled(text: str, *, strict: bool) -> list[Span]:
    spans: list[Span] = []
    for pattern in _LABELS:
        for match in pattern.finditer(text):
            name = match["c"].strip()
            kind = judge(name.replace(" ", "_")).kind
            value = match["v"].strip()
            if (
                kind not in _LABELLED
                or name.lower() in _VAGUE
                or not any(map(str.isalnum, value))
                or "<" in value
                or (not strict and unlikely(kind, value))
            ):
                continue
            start = match.start("v") + match["v"].index(value)
            spans.append(Span(start, start + len(value), kind, "column", True))
    return spans


_COMPLAINTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[cC]olumn [\"'`\[]?(?P<c>[\w.]{1,60})[\"'`\]]?(?:[^'\"\n]{0,60}[ .:])?[vV]alue:? ?[\"'](?P<v>[^'\"\n]{1,200})[\"']",
        r"[vV]alue:? ?[\"'](?P<v>[^'\"\n]{1,200})[\"'] (?:for|in|of) (?:column|field|attribute) [\"'`\[]?(?P<c>[\w.]{1,60})",
        r"COPY [\w.]{1,60}, line [0-9]{1,12}, column (?P<c>\w{1,60}): \"(?P<v>[^\"\n]{1,300})\"",
        r"[fF]ield \[(?P<c>[\w.]{1,60})\][^\n]{0,160}value: ?'(?P<v>[^'\n]{1,200})'",
        r"(?:^|\n)(?P<c>[A-Za-z_][\w.]{1,60})\n  [^\n]{0,200}input_value='?(?P<v>[^',\]\n]{1,200})",
        r"colname=(?P<c>\w{1,60}) [^\n]{0,80}raw_field_value=\"(?P<v>[^\"\n]{1,200})\"",
    )
)
"""Complaints of databases and validators that name a column and quote what was in it."""


def _complaints(text: str) -> list[Span]:
    spans: list[Span] = []
    for pattern in _COMPLAINTS:
        for match in pattern.finditer(text):
            kind = judge(match["c"].rsplit(".", 1)[-1]).kind or next(
                (judge(part).kind for part in reversed(match["c"].split(".")) if judge(part).kind), ""
            )
            if kind:
                spans.append(Span(match.start("v"), match.end("v"), kind, "column", True))
    return spans


_DUPLICATE: Final = re.compile(r"duplicate key value is \(([^()\n]{1,400})\)")
"""SQL Server's error 2627: the values of the key, whose columns it does not name."""
_ENTRY: Final = re.compile(r"Duplicate entry '([^'\n]{1,300})' for key '([^'\n]{1,80})'")
"""MySQL's error 1062: the values of a key, joined by `-`, and the name of the index."""
_CEF_LABEL: Final = re.compile(r"\b((?:cs|cn|flexString|deviceCustomString)[0-9])Label=(\w{1,40})")
"""ArcSight's Common Event Format names its custom fields beside them: `cs1Label=mrn cs1=…`."""
_FORM_FIELD: Final = re.compile(
    r'form-data; name="([^"\r\n]{1,80})"(?:\\r|\r)?(?:\\n|\n)(?:[A-Za-z-]{3,40}:[^\r\n]{0,200}\r?\n){0,4}(?:\\r|\r)?(?:\\n|\n)([^\r\n\\]{1,300})'
)
"""A field of a multipart form, its value after the empty line."""
_DAY_TUPLE: Final = re.compile(r"\{((?:19|20)[0-9]{2}, ?[0-9]{1,2}, ?[0-9]{1,2})\}")
"""A day as Erlang and Elixir write it."""
_BELGIAN: Final = re.compile(r"(?<![0-9.-])[0-9]{2}\.[01][0-9]\.[0-3][0-9]-[0-9]{3}\.[0-9]{2}(?![0-9.-])")
"""A national number of Belgium's, which looks like a version and its build."""
_BORN_ON: Final = re.compile(
    r"(?<![0-9.])(?:19[2-9][0-9]|200[0-9]|201[0-4]), ?(?:1[0-2]|0?[1-9]), ?(?:[12][0-9]|3[01]|0?[1-9])(?![0-9.])"
)
"""The arguments of a date, its year before any log."""
_RAILS_DATE: Final = re.compile(r"([A-Za-z_]{3,40})\([1-3]i\)\\{0,2}[\"']?\]?\s?(?:=>|=|:)\s?\\{0,2}[\"']?([0-9]{1,4})")
"""A date in three fields, as Rails' forms send it: `"born_on(1i)"=>"1957"`."""
_SYSTEM_VALUE: Final = re.compile(
    r"(?:urn:[a-z]{2,8}:[0-9A-Za-z.:-]{2,80}|https?://[^\s|\"']{3,120})(?:\||%7C)([A-Za-z0-9][A-Za-z0-9._-]{3,40})"
)
"""FHIR's token search, and HAPI's messages: an identifier behind its system."""
_DUMPED: Final = re.compile(r"(\([0-9a-fA-F]{4},[0-9a-fA-F]{4}\))(?: [A-Z]{2} | ?[=:] ?)\[([^\]\n]{1,400})\]")
"""An element as dcmtk prints it: `(0010,0010) PN [DOE^JANE]`."""
_ACCESS: Final = re.compile(r"(?:^|\n)\S{3,60} \S{1,60} (\S{1,80}) \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:")
"""The user of a line in the common log format."""


def _may_be_sql(text: str) -> bool:
    return (
        ("'" in text and ("='" in text or "= '" in text or "=N'" in text))
        or "$1" in text
        or ")=(" in text
        or "like" in text
        or "LIKE" in text
        or "insert" in text
        or "INSERT" in text
        or " IN (" in text
        or "arameters: (" in text
        or "arameters: [" in text
        or "Failing row" in text
        or "' AS " in text
        or "' as " in text
    )


def _hl7(text: str, reader: _Rest, *, strict: bool) -> list[Span]:
    r"""HL7 v2: every field of the segments about people by its number; segments may run together or end in \\r."""
    spans: list[Span] = []
    names = set(HL7_FIELDS) | _SAFE_HL7
    starts = [
        m
        for m in re.finditer(
            r"(?:(?<![A-Za-z0-9])|(?<=\\r)|(?<=\\n))[A-Z]{2}[A-Z0-9](?=\|)|(?<=[0-9A-Za-z])[A-Z]{2}[A-Z0-9](?=\|[0-9])",
            text,
        )
        if m[0] in names or m[0][0] == "Z"
    ]
    head = starts[0].start() if starts else len(text)
    spans.extend(reader.read(text[:head]))
    for index, match in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        segment = match[0]
        place = match.end() + 1
        fields = text[place:end].split("|")
        table = HL7_FIELDS.get(segment, {})
        for number, field in enumerate(fields, 1):
            start = place
            place += len(field) + 1
            bare = field.rstrip("\r\n\\ ")
            if field.endswith(("\\r", "\\n")):
                bare = field[:-2]
            if not bare.strip():
                continue
            kind = table.get(number, "")
            if kind in {"", "DOB", "PERSON", "PHONE"} and _HL7_PLACE.fullmatch(bare):
                kind = "ADDRESS"  # an address is seen as one also where a field too many moved it
            if kind:
                spans.extend(_components(bare, start, kind, reader, strict=strict))
            elif segment[0] == "Z" and not re.fullmatch(r"[A-Z]{1,2}|\d{1,3}", bare):
                spans.append(Span(start, start + len(bare), "TEXT", "segment", True))
            elif strict and segment not in _SAFE_HL7 and segment != "EVN" and shapes.ICD10.fullmatch(bare):
                spans.append(Span(start, start + len(bare), "DIAGNOSIS", "segment", True))
            elif segment not in _SAFE_HL7 and not re.fullmatch(r"[A-Z0-9^&]{1,6}|\d{1,4}", bare):
                spans.extend(
                    Span(span.start + start, span.end + start, span.kind, span.rule, span.sure)
                    for span in reader.read(bare)
                    if span.sure or strict
                )
            elif segment in _SAFE_HL7 and not _CONTROL_FIELD.fullmatch(bare):
                spans.extend(
                    Span(span.start + start, span.end + start, span.kind, span.rule, span.sure)
                    for span in reader.read(bare)
                )
    return [
        Span(span.start, span.end, span.kind, "segment", True) for span in sorted(spans, key=lambda span: span.start)
    ]


def _components(field: str, at: int, kind: str, reader: _Rest, *, strict: bool) -> list[Span]:
    """The components of one HL7 field that identify; at `strict` the others are read like any text."""
    spans: list[Span] = []
    place = at
    for repeat in field.split("~"):
        parts = repeat.split("^")
        starts = [place]
        for part in parts:
            starts.append(starts[-1] + len(part) + 1)
        taken = _identifying(parts, kind)
        if kind == "PERSON" and "<" in parts[0] and is_token(parts[0]):
            taken = {}  # a name that is one token has fewer components than it had
        for index, part in enumerate(parts):
            what = taken.get(index, "")
            if what and part.strip():
                spans.append(Span(starts[index], starts[index] + len(part), what, "segment", True))
            elif strict and not _COMPONENT.fullmatch(part):
                spans.extend(_moved(reader.read(part), starts[index]))
        if kind == "PERSON":  # the parts of a name are one value
            named = [index for index, what in taken.items() if what == "PERSON" and parts[index].strip()]
            if named:
                first, last = starts[named[0]], starts[named[-1]] + len(parts[named[-1]])
                spans = [span for span in spans if not (span.kind == "PERSON" and first <= span.start < last)]
                spans.append(Span(first, last, "PERSON", "segment", True))
        place += len(repeat) + 1
    return spans


_HL7_PLACE: Final = re.compile(
    r"[^^|]{0,80}\^[^^|]{0,60}\^[A-Za-z .'-]{2,40}\^[A-Z]{2}\^[0-9]{5}(?:-?[0-9]{4})?(?:\^[^|]{0,60})?"
)
"""Street, other, city, state, ZIP code: the components of an XAD."""
_COMPONENT: Final = re.compile(r"[A-Z0-9&]{0,6}|[A-Z]{1,12}")
"""Types, authorities and suffixes beside what identifies."""


def _identifying(parts: list[str], kind: str) -> dict[int, str]:
    """Which components of a field of `kind` are about the person, by HL7 2.5.1 chapter 2A (XPN, XCN, XAD, CX, XTN)."""
    if kind == "PERSON":
        lead = 1 if len(parts) > 1 and re.fullmatch(r"[A-Z]{0,3}\d{3,}", parts[0]) else 0
        found = dict.fromkeys(range(lead, min(lead + 4, len(parts))), "PERSON")
        return {0: "NPI", **found} if lead else found
    if kind == "ADDRESS":
        return {
            index: _ADDRESS_PART.get(index, "ADDRESS")
            for index, part in enumerate(parts[:9])
            if not (index == 3 and re.fullmatch(r"[A-Z]{2}", part)) and not (index in {5, 6} and len(part) <= 3)
        }
    if kind in {"DIAGNOSIS", "MEDICATION", "PHONE"}:
        return {
            index: kind
            for index, part in enumerate(parts)
            if index not in {2, 5} and not re.fullmatch(r"[A-Z]{1,4}", part)
        }
    if kind == "WARD":
        return dict.fromkeys(range(len(parts)), kind)
    return {0: kind}


def _moved(spans: list[Span], by: int) -> list[Span]:
    return [span._replace(start=span.start + by, end=span.end + by) for span in spans]


_REF: Final = {"SY": "SSN", "1L": "MEMBER_ID", "0F": "MEMBER_ID", "IG": "MEMBER_ID", "23": "PATIENT_ID", "EJ": "ACCOUNT", "EA": "MRN", "1W": "MEMBER_ID", "HPI": "NPI", "EI": "NATIONAL_ID", "TJ": "NATIONAL_ID", "6P": "MEMBER_ID", "18": "MEMBER_ID", "D9": "MEMBER_ID", "G1": "PATIENT_ID", "9F": "PATIENT_ID", "F8": "PATIENT_ID", "1K": "MEMBER_ID", "3H": "PATIENT_ID", "ABB": "PATIENT_ID", "0B": "LICENSE", "D3": "NPI", "DP": "WARD", "CE": "MEMBER_ID", "BB": "PATIENT_ID", "Q4": "MRN", "NQ": "MEMBER_ID", "49": "MEMBER_ID", "F6": "MEMBER_ID", "GH": "PATIENT_ID", "N6": "MEMBER_ID", "SERIAL": "DEVICE_ID"}  # fmt: skip
_ID_CODE: Final = {
    "MI": "MEMBER_ID",
    "34": "SSN",
    "XX": "NPI",
    "24": "NATIONAL_ID",
    "II": "PATIENT_ID",
    "FI": "NATIONAL_ID",
    "C1": "MEMBER_ID",
    "SY": "SSN",
    "EQ": "PATIENT_ID",
    "N": "MEMBER_ID",
    "ZZ": "IDENTIFIER",
    "HN": "NATIONAL_ID",
}
_SAFE_X12: Final = frozenset(
    [
        "ISA",
        "GS",
        "ST",
        "SE",
        "GE",
        "IEA",
        "BHT",
        "HL",
        "TRN",
        "EB",
        "AAA",
        "LX",
        "SV1",
        "SV2",
        "SV3",
        "TA1",
        "AK1",
        "AK2",
        "AK3",
        "AK4",
        "AK5",
        "AK9",
        "IK3",
        "IK4",
        "IK5",
        "CTX",
        "STC",
        "LS",
        "LE",
        "BGN",
        "EQ",
        "INS",
        "PRV",
        "OI",
        "MIA",
        "MOA",
        "CAS",
        "AMT",
        "QTY",
        "SBR",
        "PAT",
        "CL1",
        "CN1",
        "CRC",
        "CR1",
        "HCP",
        "CUR",
        "SVC",
        "PLB",
        "LQ",
        "RMR",
        "ENT",
        "LUI",
        "HD",
        "COB",
    ]
)


_ENVELOPE: Final = frozenset(
    {"ISA", "GS", "ST", "SE", "GE", "IEA", "BHT", "TA1", "AK1", "AK2", "AK9", "HL", "LX", "LS", "LE", "BGN"}
)
_IDENTIFIES: Final = re.compile(r"[0-9]{5}|[A-Z][0-9]{4}|[A-Z]{2}[0-9]{3}")
"""What in an element outside the envelope is a number of somebody's rather than a code or an amount."""
_COPIED: Final = {"CTX": 1, "IK4": 4, "AK4": 4, "SBR": 3, "COB": 2}
"""Elements that repeat what was wrong, or hold a policy's number (005010X231A1, 005010X222A1)."""
_TAKEN_X12: Final = frozenset({"NM1", "N1", "N3", "N4", "DMG", "REF", "PER", "HI", "DTP", "DTM", "CLM", "CLP", "BPR"})


def _x12(text: str, reader: _Rest, *, strict: bool) -> list[Span]:
    """X12: elements by segment and qualifier, `*` between elements and `~` or a line end after segments."""
    spans: list[Span] = []
    for match in re.finditer(r"[^~\r\n]+", text):
        segment = match[0]
        offset = len(segment) - len(segment.lstrip())
        parts = segment.split("*")
        places = []
        at = match.start()
        for part in parts:
            places.append(at)
            at += len(part) + 1
        tag = parts[0].strip().rsplit(" ", 1)[-1]
        head = parts[0].strip()
        if head != tag or len(parts) == 1:
            end = places[1] - 1 if len(parts) > 1 else match.end()
            spans.extend(
                Span(
                    span.start + match.start() + offset,
                    span.end + match.start() + offset,
                    span.kind,
                    span.rule,
                    span.sure,
                )
                for span in reader.read(text[match.start() + offset : end])
            )

        taken: set[int] = set()
        known = tag in _SAFE_X12 or tag in _TAKEN_X12 or not strict

        def take(
            index: int,
            kind: str,
            parts: list[str] = parts,
            places: list[int] = places,
            taken: set[int] = taken,
        ) -> None:
            if index < len(parts) and parts[index].strip():
                taken.add(index)
                lead = len(parts[index]) - len(parts[index].lstrip())
                spans.append(
                    Span(places[index] + lead, places[index] + lead + len(parts[index].strip()), kind, "segment", True)
                )

        if tag == "NM1":
            person = len(parts) > 2 and parts[2] != "2"
            coded = next((at for at in (8, 7, 6, 5) if len(parts) > at + 1 and parts[at] in _ID_CODE), 8)
            for index in range(3, coded):
                if person or index > 3:
                    take(index, "PERSON")
            qualifier = parts[coded] if len(parts) > coded else ""
            take(coded + 1, _ID_CODE.get(qualifier, "IDENTIFIER"))  # some senders drop empty elements before it
        elif tag in {"IK4", "AK4"}:
            take(4, "IDENTIFIER")  # a copy of the element that was wrong
        elif tag == "N3":
            take(1, "ADDRESS")
            take(2, "ADDRESS")
        elif tag == "N4":
            take(1, "ADDRESS")
            take(3, "ZIP")
        elif tag == "DMG":
            take(2, "DOB")
        elif tag == "REF":
            take(2, _REF.get(parts[1] if len(parts) > 1 else "", "IDENTIFIER"))
            take(3, "IDENTIFIER")
        elif tag == "PER":
            take(2, "PERSON")
            for index in (4, 6, 8):
                take(
                    index, {"EM": "EMAIL", "FX": "FAX"}.get(parts[index - 1] if index - 1 < len(parts) else "", "PHONE")
                )
        elif tag == "HI":
            for index in range(1, len(parts)):
                sub = re.split(r"[:>]", parts[index])
                if len(sub) > 1:
                    taken.add(index)
                    start = places[index] + len(sub[0]) + 1
                    spans.append(Span(start, start + len(sub[1]), "DIAGNOSIS", "segment", True))
                    if len(sub) > 3 and sub[2] in {"D8", "RD8"}:
                        start += len(sub[1]) + len(sub[2]) + 2
                        spans.append(Span(start, start + len(sub[3]), "DATE", "segment", True))
        elif tag in {"MSG", "NTE"} and strict and not of_systems(parts[-1]):
            take(len(parts) - 1, "DIAGNOSIS")  # what somebody wrote
        elif tag == "DTP":
            take(3, "DATE")
        elif tag == "DTM":
            take(2, "DATE")
        elif tag in {"CLM", "CLP", "BHT"}:
            take(1 if tag != "BHT" else 99, "PATIENT_ID")
            if tag == "CLP":
                take(7, "MEMBER_ID")
        elif tag == "BPR":
            for index in (7, 9, 13, 15):
                take(index, "ACCOUNT")
        elif tag == "N1":
            take(4, _ID_CODE.get(parts[3] if len(parts) > 3 else "", "IDENTIFIER"))
        elif len(parts) > 1 and not re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag):
            spans.extend(_moved(reader.read(segment), match.start()))
            continue
        for index, part in enumerate(parts[1:], 1):
            if index in taken:
                continue
            if tag not in _ENVELOPE and _IDENTIFIES.search(part) and (strict or _COPIED.get(tag) == index):
                start = part.rfind(":") + 1  # behind a qualifier, `HC:99213`; what else stands there is read as well
                spans.append(Span(places[index] + start, places[index] + len(part), "IDENTIFIER", "segment", True))
                if not _CONTROL_ELEMENT.fullmatch(part[:start]):
                    spans.extend(_moved(reader.read(part[:start]), places[index]))
            elif not (known and _CONTROL_ELEMENT.fullmatch(part.strip())):
                spans.extend(_moved(reader.read(part), places[index]))
    return [
        Span(span.start, span.end, span.kind, "segment", True) for span in sorted(spans, key=lambda span: span.start)
    ]


_MARKS: Final = (",", ";", "\t", "|")
_HEADER: Final = re.compile(r"\s*\"?[A-Za-z_#][\w .#/-]{0,40}\"?\s*")
_OF_RECORDS: Final = frozenset(
    {"DOB", "SSN", "MRN", "MEMBER_ID", "PATIENT_ID", "NATIONAL_ID", "PHONE", "EMAIL", "ADDRESS", "ZIP", "DIAGNOSIS", "MEDICATION",
     "ACCOUNT", "LICENSE", "NPI", "DEA", "CREDIT_CARD", "PLATE", "VIN", "BIOMETRIC", "WARD", "DATE", "SECRET", "USERNAME"}
)  # fmt: skip
"""Of these one column is enough to make a line of field names the header of the lines below it."""
_FIELD_NAMES: Final = re.compile(r'"?[A-Za-z_]\w*"?(?:[,;\t|]"?[A-Za-z_]\w*"?){2,60}\r?')
_TIME_OF_DAY: Final = re.compile(r"\d{1,2}:\d{2}")
_CODE_CELL: Final = re.compile(
    r"(?=.*\d)(?:[A-Za-z0-9#/_-]{2,24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
)
_NAME_CELL: Final = re.compile(r"[^\W\d_][^\W\d_'’.-]+(?:(?:[ '’-]|, )[^\W\d_][^\W\d_'’.-]*){0,3}")
_DAY_CELL: Final = re.compile(
    r"(?:19|20)\d{6}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.](?:\d{4}|\d{2})"
)
_COLUMN_PARTS: Final = {"first": "PERSON", "last": "PERSON", "middle": "PERSON", "given": "PERSON", "family": "PERSON", "name": "PERSON", "unit": "WARD", "location": "WARD", "loc": "WARD", "dept": "WARD", "mi": "PERSON"}  # fmt: skip
"""What a column is when other columns are about a person."""


def _csv(text: str, mark: str, reader: Reader, *, strict: bool) -> list[Span]:
    """A header line of field names and the lines below it with as many cells; or lines that are a person's without one."""
    spans: list[Span] = []
    kinds: list[str] = []
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if line.count(mark) < (2 if kinds else 1) or len(line) > 4000:
            continue
        cells = line.split(mark)
        if mark == "|" and not cells[0].strip() and not cells[-1].strip():  # a Markdown table
            start += len(cells[0]) + 1
            line = line[len(cells[0]) + 1 : len(line) - len(cells[-1]) - 1]  # noqa: PLW2901 - the row without its borders
            cells = cells[1:-1]
            if all(set(cell.strip()) <= {"-", ":"} for cell in cells):
                continue
        if all(_HEADER.fullmatch(cell) for cell in cells) and at < len(text):
            found = [judge(name.strip(' "\r')).kind for name in cells]
            if (
                sum(map(bool, found)) * 2 >= len(found)
                or (any(found) and "_" in line)
                or (
                    not _OF_RECORDS.isdisjoint(found)
                    and _FIELD_NAMES.fullmatch(line) is not None
                    and text.find(mark, at, (text.find("\n", at) + 1 or len(text)) - 1) >= 0
                    and text.count(mark, at, (text.find("\n", at) + 1 or len(text) + 1) - 1) >= line.count(mark)
                )
            ):
                kinds = [
                    kind
                    or _COLUMN_PARTS.get(name.strip(' "\r').lower(), "")
                    or (kind_of(name.strip(' "\r')) if strict else "")
                    for kind, name in zip(found, cells, strict=True)
                ]
                continue
        if kinds and len(cells) >= len(kinds):
            spans.extend(_columns(line, mark, start, kinds))
        elif not kinds and len(cells) >= 4:
            if line.count('","') > 2:
                first, last = line.find('"') + 1, line.rfind('"')
                spans.extend(_record(line[first:last].split('","'), '","', start + first, reader, strict=strict))
                continue
            if '"' not in line:
                spans.extend(_record(cells, mark, start, reader, strict=strict))
                continue
            for quoted in _QUOTED_ROW.finditer(line):
                inner = quoted[1].split(mark)
                if len(inner) >= 4:
                    spans.extend(_record(inner, mark, start + quoted.start(1), reader, strict=strict))
    return spans


_QUOTED_ROW: Final = re.compile(r'"([^"]{0,2000})"')


def _aligned(text: str) -> list[Span]:
    """A table whose columns are apart by blanks, as pandas and consoles print it, under a line of field names."""
    spans: list[Span] = []
    kinds: list[str] = []
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if len(line) > 1000:
            continue
        cells = list(_CELL.finditer(line))
        names = [cell[0] for cell in cells]
        if len(names) > 1 and all(_FIELD.fullmatch(name) for name in names):
            found = [judge(name).kind for name in names]
            if sum(map(bool, found)) > 1 and ("_" in line or "  " in line.strip()):
                kinds = found
                continue
        if kinds and len(cells) in {len(kinds), len(kinds) + 1}:
            spans.extend(
                Span(cell.start() + start, cell.end() + start, kind, "column", True)
                for cell, kind in zip(cells[len(cells) - len(kinds) :], kinds, strict=True)
                if kind and any(char.isalnum() for char in cell[0]) and cell[0] not in {"NaN", "None", "NULL", "NaT"}
            )
        elif not set(line) <= set("-+ "):
            kinds = []
    return spans


_CELL: Final = re.compile(r"\S+")
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,30}")


def _columns(line: str, mark: str, start: int, kinds: list[str]) -> list[Span]:
    """The cells of a line under their column's kind; a quoted cell may hold the mark."""
    spans: list[Span] = []
    place = 0
    for kind in kinds:
        if place > len(line):
            break
        lead = len(line[place:]) - len(line[place:].lstrip(" "))
        quote = line[place + lead : place + lead + 1]
        if quote in {'"', "'"}:
            close = line.find(quote, place + lead + 1)
            stop = close if close >= 0 else len(line)
            begin, following = place + lead + 1, line.find(mark, stop)
        else:
            following = line.find(mark, place)
            begin, stop = place + lead, following if following >= 0 else len(line)
        value = line[begin:stop].rstrip()
        if kind and value and value.lower() not in {"null", "none", "nan", "n/a"}:
            spans.append(Span(start + begin, start + begin + len(value), kind, "column", True))
        if following < 0:
            break
        place = following + 1
    return spans


def record(cells: list[str], reader: Reader, *, strict: bool) -> dict[int, str]:
    """Which elements of a list of scalars are facts of a person, when it is a person's record: place -> kind."""
    found: dict[int, str] = {}
    mark = "\x1f"
    starts: list[int] = []
    at = 0
    for cell in cells:
        starts.append(at)
        at += len(cell) + 1
    for span in _record(cells, mark, 0, reader, strict=strict):
        found[bisect_right(starts, span.start) - 1] = span.kind
    return found


_OF_ZOS: Final = re.compile(
    r"(?:^|\s)\$?(?:IE[ACEFGW]|IGD|IGG|IKJ|ICH|ICE|IDC|IST|IOS|IXG|IRR|HASP|DFH|DFS|DSN|CSV|CSQ|BPX)[A-Z0-9]{3,6}[A-Z]?(?=\s)"
)
"""The id of a message of z/OS: what follows with commas are its job, step, data set, device and volume."""


def _record(cells: list[str], mark: str, start: int, reader: Reader, *, strict: bool) -> list[Span]:
    """A line without a header that is a person's record: a name and a day, or two names, in cells of their own."""
    if cells and _OF_ZOS.search(cells[0]) is not None:
        return []
    found: list[tuple[int, str, str]] = []  # place, cell, what it may be
    known: dict[str, tuple[int, str, str]] = {}  # of a cell where in it what stands, and what that may be
    at = start
    for cell in cells:
        told = known.get(cell)
        if told is None:
            bare = cell.strip(" \t\r\"'()")
            kind = _fact_of(bare, strict=strict)
            told = known[cell] = len(cell) - len(cell.lstrip(" \t\r\"'()")), bare, kind
        if told[2]:
            found.append((at + told[0], told[1], told[2]))
        at += len(cell) + len(mark)
    kinds = [kind for _, _, kind in found]
    dated = "DATE" in kinds
    if kinds.count("PERSON") + dated < 2:
        return []
    kept: list[tuple[int, str, str]] = []
    named: dict[str, bool] = {}
    for place, (begin, bare, kind) in enumerate(found):
        if kind == "PERSON" and bare not in named:
            named[bare] = any(span.kind in {"PERSON", "WORD"} for span in reader.judge_name(bare))
        if (
            kind != "PERSON"
            or named[bare]
            or (
                dated
                and LEXICON.flag(bare.lower()) in {"n", "r"}
                and any(
                    other == "PERSON" and abs(other_start - begin) < _NEXT_CELL
                    for other_start, _, other in (*found[max(place - 1, 0) : place], *found[place + 1 : place + 2])
                )
            )
        ):
            kept.append((begin, bare, kind))
    found = kept
    names = sum(kind == "PERSON" for _, _, kind in found)
    if names < 2 and not (names and "DATE" in kinds):
        return []
    return [Span(begin, begin + len(bare), kind, "record", True) for begin, bare, kind in found]


def _fact_of(bare: str, *, strict: bool) -> str:
    """What a cell may be by its shape; '' for nothing."""
    if not bare or _TIME_OF_DAY.search(bare):
        return ""
    if _DAY_CELL.fullmatch(bare):
        return "DATE"
    if _NAME_CELL.fullmatch(bare):
        return "PERSON" if (bare[0].isupper() or not bare.isascii()) and bare not in _NO_NAMES else ""
    if _CODE_CELL.fullmatch(bare) and (len(bare) > 4 or not bare.isdigit()) and (strict or len(bare) > 3):
        return "IDENTIFIER"
    return ""


_NO_NAMES: Final = frozenset({"NULL", "None", "True", "False"})
_NEXT_CELL: Final = 40
"""Characters within which two cells of names are halves of one."""
_TUPLE: Final = re.compile(r"[(\[]([^()\[\]\n]{8,300})[)\]]")
"""A row in brackets: `(BRIGHT, FOREST, 12-JAN-80)`."""
_REJECTED: Final = re.compile(r"on field '([^']{1,60})': rejected value \[([^\]\n]{1,400})\]")


def _rejected(text: str) -> list[Span]:
    """A value that Spring's validation names with its field."""
    return [
        Span(found.start(2), found.end(2), judge(found[1].rsplit(".", 1)[-1]).kind or "IDENTIFIER", "column", True)
        for found in _REJECTED.finditer(text)
        if found[2] != "null"
    ]


_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")
_INSERT: Final = re.compile(r"(?i)insert\s+into\s+[\w.\"`\[\]]+\s*\(([^()]{1,2000})\)\s*values\s*")
_PLACED: Final = re.compile(
    r"(?i)(?<![\w.\"`])([\w.\"`]{1,200})\)?\s*(?:=|<>|!=|<=?|>=?|like|ilike)\s*(?:[a-z]+\()?\s*(\$[0-9]{1,3}|\?|%s|:[0-9]{1,3}|@p[0-9]{1,3})"
)
_PLACEHOLDER: Final = re.compile(r"(?:[=<>(]|[kK\u212a][eE])\s*(?:\$[0-9]|\?|%[sS]|:[0-9]|@[pP][0-9])")
"""What _PLACED ends in."""
_COMPOSITE: Final = re.compile(r"\(([^()=]{1,200})\)=\(([^()]{1,400})\)")
_OWNER: Final = re.compile(r"(?:table|relation) \"?([a-z_]{2,40})\"?")
_BAG: Final = re.compile(r"\[?(?:parameters|Parameters|params): ?[\[(]")
_BAG_VALUE: Final = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^,()\[\]'\"]{1,200}))\s*,?")
_VALUE: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^,()']+))\s*,?")
_NEXT_ROW: Final = re.compile(r"\s*,\s*(?=\()")
_ONE_ROW: Final = re.compile(r"\(([^()]*)\)")
_LIKE: Final = re.compile(r"([\w.\"`\[\]]{1,100})\s+(?i:not\s+)?(?i:i?like|in)\s*\(?\s*N?'((?:[^']|''){1,200})'")
_ALIASED: Final = re.compile(r"'((?:[^'\n]|''){1,200})'\)? (?:AS|as) [\"`\[]?(\w{2,60})")
"""A literal that a query names: `SELECT 'TAKAHASHI' AS insured_nm`."""
_ROW: Final = re.compile(r"Failing row contains \(([^\n]{1,4000}?)\)\.?(?:\n|$)")
_BOUND: Final = re.compile(r"(:[0-9]{1,3}|@[A-Za-z]\w{0,40}|\$[0-9]{1,3})\s*=\s*N?'((?:[^']|''){1,400})'")
_HARMLESS_CELL: Final = re.compile(
    r"(?i:null|default|true|false|t|f|nan)?|-?[0-9]{1,4}(?:\.[0-9]{1,6})?|[a-z_]{1,24}|[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}.{0,20}|\{\}|<.*>|[A-Z_]{1,4}"
)


def _cells(text: str, start: int, end: int) -> list[Span]:
    """The values of one row: what is no null, number, time, flag or plain lower-case word is somebody's."""
    spans: list[Span] = []
    at = start
    for cell in text[start:end].split(", "):
        bare = cell.strip()
        if bare and not _HARMLESS_CELL.fullmatch(bare):
            begin = at + len(cell) - len(cell.lstrip())
            spans.append(Span(begin, begin + len(bare), _kind_of_cell(bare), "column", True))
        at += len(cell) + 2
    return spans


def _kind_of_cell(cell: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{2,4}", cell):
        return "DATE"
    if "@" in cell:
        return "EMAIL"
    if cell.replace("-", "").isdigit():
        return "IDENTIFIER"
    return "PERSON" if re.fullmatch(r"[^\W\d_]+(?:[ '.-]+[^\W\d_]+)*", cell) else "IDENTIFIER"


_PARAMETER: Final = re.compile(r"(\$[0-9]{1,3})\s*=\s*('(?:[^']|'')*'|[^\s,]+)")


def _sql(text: str) -> list[Span]:
    """Bound parameters aligned with their columns, and VALUES aligned with the column list."""
    spans: list[Span] = []
    inserts = list(_INSERT.finditer(text)) if "nsert" in text or "NSERT" in text else []
    for match in inserts:
        columns = [judge(name.strip(' "`[]').rsplit(".", 1)[-1]).kind for name in match[1].split(",")]
        at = match.end()
        while at < len(text) and text[at] == "(":
            index, at = 0, at + 1
            while at < len(text) and text[at] != ")":
                cell = _VALUE.match(text, at)
                if cell is None or cell.end() == at:
                    break
                group = 1 if cell[1] is not None else 2
                value = cell[group].strip()
                if (
                    index < len(columns)
                    and columns[index]
                    and value
                    and not re.fullmatch(r"\$\d+|\?|%s|%\(\w+\)s|[:@]\w+|(?i:null|default)", value)
                ):
                    begin = cell.start(group) + len(cell[group]) - len(cell[group].lstrip())
                    spans.append(Span(begin, begin + len(value), columns[index], "column", True))
                index, at = index + 1, cell.end()
            at += 1
            more = _NEXT_ROW.match(text, at)
            if more is None:
                break
            at = more.end()
    owner = _OWNER.search(text) if "(id)=(" in text else None
    for match in _COMPOSITE.finditer(text) if ")=(" in text else ():
        place = match.start(2)
        for column, value in zip(match[1].split(","), match[2].split(","), strict=False):
            kind = judge(column.strip(' "')).kind
            if not kind and column == "id" and owner is not None:
                kind = judge(f"{owner[1].removesuffix('s')}_id").kind  # `delete on table "patients" … Key (id)=(8812)`
            bare = value.strip()
            if kind and bare:
                begin = place + len(value) - len(value.lstrip())
                spans.append(Span(begin, begin + len(bare), kind, "column", True))
            place += len(value) + 1
    low = "like" in text or "LIKE" in text or " IN (" in text or " in (" in text
    for match in _LIKE.finditer(text) if low else ():
        kind = judge(match[1].strip('"`[]').rsplit(".", 1)[-1]).kind
        if kind and match[2].strip("%_ "):
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    for match in _ALIASED.finditer(text) if "' AS " in text or "' as " in text else ():
        kind = judge(match[2]).kind
        if kind and match[1].strip():
            spans.append(Span(match.start(1), match.end(1), kind, "column", True))
    for match in _ROW.finditer(text) if "Failing row" in text else ():
        spans.extend(_cells(text, match.start(1), match.end(1)))
    bound = "@" in text or ":1" in text or "$1" in text
    for match in _BOUND.finditer(text) if bound else ():
        spans.extend(_cells(text, match.start(2), match.end(2)))
    names: dict[str, str] = {}
    ordered: list[str] = []  # the columns of placeholders without a number, as they come
    for insert in inserts:
        marks = _ONE_ROW.match(text, insert.end())
        if marks is not None and set(marks[1].replace(" ", "").split(",")) <= {"?", "%s"}:
            ordered.extend(name.strip(' "`[]') for name in insert[1].split(","))
    placed = (bound or "?" in text or "%s" in text) and _PLACEHOLDER.search(text) is not None
    for match in _PLACED.finditer(text) if placed else ():
        column = match[1].strip('"`').rsplit(".", 1)[-1]
        names[match[2]] = judge(column).kind
        if match[2] in {"?", "%s"}:
            ordered.append(column)
    for insert in inserts:
        values = _ONE_ROW.match(text, insert.end())
        if values:
            for column, value in zip(insert[1].split(","), values[1].split(","), strict=False):
                if value.strip().startswith("$"):
                    names[value.strip()] = judge(column.strip(' "`').rsplit(".", 1)[-1]).kind
    bag = _BAG.search(text) if ordered and "arameters: " in text else None
    if bag is not None:
        at = bag.end()
        for column in ordered:
            cell = _BAG_VALUE.match(text, at)
            if cell is None:
                break
            group = next((number for number in (1, 2, 3) if cell[number] is not None), 3)
            kind = judge(column).kind
            if kind and cell[group].strip() not in {"", "None", "null"}:
                spans.append(Span(cell.start(group), cell.end(group), kind, "column", True))
            at = cell.end()
    if names:
        for match in _PARAMETER.finditer(text):
            kind = names.get(match[1], "")
            value = match[2]
            if kind and value.strip("'"):
                quoted = value.startswith("'")
                spans.append(Span(match.start(2) + quoted, match.end(2) - quoted, kind, "column", True))
    return spans


_TAG: Final = re.compile(r"<(?:[A-Za-z][\w-]*:)?([A-Za-z][\w.-]{0,60})(?:\s[^<>]{0,300})?>([^<>]{1,400})</")
_ATTRIBUTE: Final = re.compile(
    r"<(?:[A-Za-z][\w-]*:)?([A-Za-z][\w.-]{0,60})\s(?:[^<>]{0,200}?\s)??(value|extension|displayName)=\"([^\"<>]{1,300})\""
)
_CALLED: Final = re.compile(
    r"[\s](?:FriendlyName|[Nn]ame|[Kk]ey|[Ff]ield|id|title)=\"([^\"<>]{1,120})\"[^<>]{0,200}>\s{0,20}(?:<[A-Za-z][\w:.-]{0,40}(?:\s[^<>]{0,200})?>\s{0,20})?([^<>\s][^<>]{0,200}?)\s{0,20}</"
)
"""An element that an attribute names, or the value in the one below it: SAML's `FriendlyName`."""
_CELL_PAIR: Final = re.compile(
    r"<(?:t[dh]|dt)[^<>]{0,200}>\s*([^<>]{1,60}?)\s*:?\s*</(?:t[dh]|dt)>\s*<(?:t[dh]|dd)[^<>]{0,200}>\s*([^<>]{1,400}?)\s*</(?:t[dh]|dd)>"
)
_ELEMENTS: Final = {
    "name": "PERSON",
    "given": "PERSON",
    "family": "PERSON",
    "prefix": "",
    "suffix": "",
    "telecom": "PHONE",
    "birthtime": "DOB",
}


def _xml(text: str) -> list[Span]:
    """Elements and attributes whose name says what they hold, and cells of a table after the cell that names them."""
    spans: list[Span] = []
    for match in _TAG.finditer(text):
        if is_token(f"<{match[1]}>"):
            continue
        kind = judge(match[1]).kind or _ELEMENTS.get(match[1].lower(), "")
        value = match[2].strip()
        if kind and value and not value.startswith("&lt;"):
            begin = match.start(2) + len(match[2]) - len(match[2].lstrip())
            spans.append(Span(begin, begin + len(value), kind, "column", True))
    clinical = "patientRole" in text or "recordTarget" in text or "<Patient" in text
    for match in _ATTRIBUTE.finditer(text):
        name = match[1].lower()
        kind = judge(match[1]).kind or _ELEMENTS.get(name, "") or ("PATIENT_ID" if name == "id" and clinical else "")
        lead = len("tel:") if match[3].startswith("tel:") else len("mailto:") if match[3].startswith("mailto:") else 0
        if kind and len(match[3]) > lead:
            spans.append(
                Span(match.start(3) + lead, match.end(3), "EMAIL" if "@" in match[3] else kind, "column", True)
            )
    for match in _CALLED.finditer(text):
        name = match[1].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        kind = judge(name).kind or ("PERSON" if name in {"sn", "gn", "cn", "givenname", "surname"} else "")
        if kind and match[2].strip():
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    for match in _CELL_PAIR.finditer(text):
        kind = judge(match[1]).kind or ("PERSON" if match[1].strip(" :").lower() in {"name", "first", "last"} else "")
        if kind and any(char.isalnum() for char in match[2]):
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    return sorted(spans, key=lambda span: span.start)
