"""Formats whose meaning is in the place: HL7 v2, X12, FHIR, tables with their columns beside them."""

# ruff: noqa: C901, E501, PLR2004 - tables of formats and the lengths their standards fix
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from router.privacy import bindings, cells, labels, messages, statements, x12
from router.privacy.keys import Verdict, judge
from router.privacy.lexicon import LEXICON
from router.privacy.segments import Rest, moved
from router.privacy.spans import Span
from router.privacy.text import Reader

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


def segmented(text: str) -> bool:
    """Is a text in a format of segments, whose every field is judged by its number alone."""
    if "|" in text and messages.START.search(text) is not None:
        return True
    seen = x12.starred(text)
    return "*" in seen and x12.begins(seen)


def read(text: str, reader: Reader, *, strict: bool) -> list[Span] | None:
    """The spans of a text in a positional format; None when it is in none. Raises TooLong.

    Spans of rule `segment` are all there is to say of the text; others stand beside what the reader finds.
    """
    if "|" in text and messages.START.search(text):
        return messages.read(text, Rest(reader), strict=strict)
    starred = x12.starred(text)
    if "*" in starred and x12.begins(starred):
        return x12.read(starred, Rest(reader), strict=strict)
    found: list[Span] = []
    if "*" in text:
        rest = Rest(reader)
        for match in x12.QUOTED.finditer(text):
            found += [
                span._replace(rule="column") for span in moved(x12.read(match[0], rest, strict=strict), match.start())
            ]
    if "</" in text or "/>" in text:
        found += labels.xml(text)
    if "</" in text or "*" in text or ".." in text:
        found += labels.labelled(text, strict=strict)
    for mark in cells.MARKS:
        if text.count(mark) >= 3:
            found += cells.csv(text, mark, reader, strict=strict)
    if ("(" in text or "[" in text) and text.count(",") > 1:
        for match in _TUPLE.finditer(text):
            row = match[1].split(",")
            if len(row) in range(3, 30) and any(cells.DAY_CELL.fullmatch(cell.strip(" '\"")) for cell in row):
                found += cells.facts(row, ",", match.start(1), reader, strict=strict)
    if "\n" in text and "  " in text:
        found += cells.aligned(text)
    if '] "' in text:
        found += [Span(m.start(1), m.end(1), "USERNAME", "column", True) for m in _ACCESS.finditer(text) if m[1] != "-"]
    if "olumn" in text or "ield" in text or "input_value" in text:
        found += labels.complaints(text)
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
        found += labels.rejected(text)
    if "(00" in text:
        for match in _DUMPED.finditer(text):
            verdict = dicom(match[1])
            if verdict is not None and verdict.kind and match[2].strip():
                found.append(Span(match.start(2), match.end(2), verdict.kind, "column", True))
    if statements.may_hold(text):
        found += statements.read(text)
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

_TUPLE: Final = re.compile(r"[(\[]([^()\[\]\n]{8,300})[)\]]")
"""A row in brackets: `(BRIGHT, FOREST, 12-JAN-80)`."""
