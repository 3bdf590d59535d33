"""Which fields of HL7 v2 segments are about a person, by HL7 2.x chapters 3 to 7: segment -> field number -> kind."""

# ruff: noqa: E501 - the tables read better as long lines
from __future__ import annotations

import re
from typing import Final

FIELDS: Final[dict[str, dict[int, str]]] = {
    "PID": {2: "PATIENT_ID", 3: "MRN", 4: "PATIENT_ID", 5: "PERSON", 6: "PERSON", 7: "DOB", 9: "PERSON", 10: "DIAGNOSIS", 11: "ADDRESS", 12: "ADDRESS", 13: "PHONE", 14: "PHONE", 16: "DIAGNOSIS", 17: "DIAGNOSIS", 18: "ACCOUNT", 19: "SSN", 20: "LICENSE", 21: "MRN", 22: "DIAGNOSIS", 23: "ADDRESS", 29: "DATE"},
    "NK1": {2: "PERSON", 4: "ADDRESS", 5: "PHONE", 6: "PHONE", 16: "DOB", 30: "PERSON", 31: "PHONE", 32: "ADDRESS", 33: "PATIENT_ID", 37: "SSN"},
    "GT1": {2: "ACCOUNT", 3: "PERSON", 4: "PERSON", 5: "ADDRESS", 6: "PHONE", 7: "PHONE", 8: "DOB", 12: "SSN", 16: "PERSON", 17: "ADDRESS", 18: "PHONE", 19: "ACCOUNT"},
    "IN1": {5: "ADDRESS", 6: "PERSON", 7: "PHONE", 8: "MEMBER_ID", 10: "MEMBER_ID", 12: "DATE", 13: "DATE", 14: "MEMBER_ID", 16: "PERSON", 18: "DOB", 19: "ADDRESS", 36: "MEMBER_ID", 49: "MEMBER_ID"},
    "IN2": {1: "PATIENT_ID", 2: "SSN", 3: "PERSON", 6: "NATIONAL_ID", 7: "PERSON", 8: "NATIONAL_ID", 61: "MEMBER_ID", 63: "PHONE"},
    "PV1": {3: "WARD", 5: "ACCOUNT", 6: "WARD", 7: "PERSON", 8: "PERSON", 9: "PERSON", 11: "WARD", 17: "PERSON", 19: "PATIENT_ID", 42: "WARD", 44: "DATE", 45: "DATE", 50: "PATIENT_ID", 52: "PERSON"},
    "PV2": {1: "WARD", 3: "DIAGNOSIS", 8: "DATE", 9: "DATE", 12: "DIAGNOSIS"},
    "DG1": {3: "DIAGNOSIS", 4: "DIAGNOSIS", 5: "DATE", 16: "PERSON"},
    "AL1": {3: "DIAGNOSIS", 5: "DIAGNOSIS", 6: "DATE"},
    "PR1": {3: "DIAGNOSIS", 4: "DIAGNOSIS", 5: "DATE", 8: "PERSON", 11: "PERSON"},
    "OBR": {2: "PATIENT_ID", 3: "PATIENT_ID", 4: "DIAGNOSIS", 7: "DATE", 10: "PERSON", 13: "DIAGNOSIS", 16: "PERSON", 17: "PHONE", 28: "PERSON", 31: "DIAGNOSIS", 32: "PERSON"},
    "OBX": {5: "DIAGNOSIS", 14: "DATE", 16: "PERSON"},
    "ORC": {2: "PATIENT_ID", 3: "PATIENT_ID", 9: "DATE", 10: "PERSON", 12: "PERSON", 14: "PHONE", 19: "PERSON"},
    "RXE": {2: "MEDICATION", 15: "PATIENT_ID"}, "RXO": {1: "MEDICATION"}, "RXA": {3: "DATE", 5: "MEDICATION", 10: "PERSON", 15: "DEVICE_ID"}, "RXD": {2: "MEDICATION", 7: "PATIENT_ID"},
    "MRG": {1: "MRN", 2: "PATIENT_ID", 3: "ACCOUNT", 4: "PATIENT_ID", 5: "ACCOUNT", 7: "PERSON"}, "ACC": {1: "DATE", 3: "ADDRESS"}, "SCH": {1: "PATIENT_ID", 2: "PATIENT_ID", 11: "DATE", 12: "PERSON", 16: "PERSON", 20: "PERSON"},
    "AIP": {3: "PERSON", 6: "DATE"}, "AIL": {3: "WARD"}, "EVN": {5: "PERSON"}, "NTE": {3: "DIAGNOSIS"}, "FT1": {4: "DATE", 7: "DIAGNOSIS", 19: "DIAGNOSIS", 20: "PERSON", 21: "PERSON", 25: "DIAGNOSIS"}, "TXA": {5: "PERSON", 9: "PERSON", 12: "PATIENT_ID"}, "UB2": {}, "ROL": {4: "PERSON", 11: "ADDRESS", 12: "PHONE"}, "PD1": {4: "PERSON"}, "SPM": {2: "PATIENT_ID"}, "STF": {3: "PERSON", 6: "DOB", 10: "PHONE", 11: "ADDRESS"},
}  # fmt: skip

_NAMED: Final = re.compile(r"(?i)([A-Z][A-Z0-9]{2})[._-]([0-9]{1,2})(?:[._-]([0-9]{1,2}))?(?:[._-][0-9]{1,2})?")
_PARTS: Final[dict[str, frozenset[int]]] = {
    "PERSON": frozenset(range(1, 5)),
    "ADDRESS": frozenset({1, 2, 3, 5, 8, 9}),
    "PHONE": frozenset({1, 4, 6, 7, 12}),
    "WARD": frozenset({1, 2, 3}),
    "DIAGNOSIS": frozenset({1, 2, 4, 5, 9}),
    "MEDICATION": frozenset({1, 2, 4, 5, 9}),
}
"""Components that are about the person, by HL7 2.5.1 chapter 2A (XPN, XCN, XAD, XTN, PL, CWE); of the others the first."""
_FIRST: Final = frozenset({1})


def field_kind(key: str) -> str | None:
    """What a field is that is called by its segment and number, as interface engines and log shippers do.

    `PID-5`, `pid_5`, `PID.5.1`; '' where it says nothing of a person, None when `key` is no such name.
    """
    found = _NAMED.fullmatch(key)
    if found is None:
        return None
    table = FIELDS.get(found[1].upper())
    if table is None:
        return None
    kind = table.get(int(found[2]), "")
    if not kind:
        return None
    return kind if found[3] is None or int(found[3]) in _PARTS.get(kind, _FIRST) else ""
