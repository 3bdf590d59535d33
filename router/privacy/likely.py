"""Whether a value can be of the kind that its key says, or the key means something else in the machine room.

`chart` is Helm's as well as a patient's, `addr` an address in memory as well as a street. `strict` takes the key's
word; `detect` looks at the value too: what has none of the looks of its kind is read like any other text.
"""

# ruff: noqa: C901 - one table of what values of each kind look like
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.coined import coined
from router.privacy.keys import judge
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.made import HASHED, VERSIONED
from router.privacy.programs import of_thing, program
from router.privacy.wards import is_ward
from router.privacy.words import CLASS_ENDS, DATED, PLACES, PRODUCTS

_NUMBERED: Final = frozenset(
    {"MEMBER_ID", "PATIENT_ID", "MRN", "ACCOUNT", "NPI", "DEA", "LICENSE", "DEVICE_ID", "NATIONAL_ID", "VIN"}
)
"""Kinds of which no value is letters only."""
_CLINICAL: Final = frozenset({"DIAGNOSIS", "MEDICATION"})
_MODULE: Final = re.compile(r"[a-z]{2,}(?:[-_.][a-z]{2,}){0,5}-v?[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}")
"""A module and its version: `nurse-call-7.7.3`."""
_REGION: Final = re.compile("[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
"""A country or a state (ISO 3166), which 45 CFR 164.514(b)(2)(i)(B) lets stand."""
_PLACEHOLDER: Final = re.compile(r"%\(?\w{0,20}\)?[sdrfvqxi]\.?|\.{3}|\{\w*\}|\$\{?\w+\}?|True|False|None|--[a-z-]+")
"""Where a value would stand, an option, or no value."""
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+){1,5}\.[a-z]{2,12}(?::[0-9]{2,5})?")
_POD: Final = re.compile(r"[a-z][a-z0-9-]{1,60}-[0-9a-f]{8,10}-[a-z0-9]{5}")
_NUMBERED_BRIEFLY: Final = re.compile(r"[A-Z]{1,4}-?[0-9]{1,2}|[0-9]{1,7}\.[0-9]{2}")
"""`CP-7`, `1240.00`."""
_RELEASE: Final = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,3}){1,3}")
_THING: Final = re.compile(r"[a-z]{2,}(?:[-_.:/][a-z]{2,}){0,6}(?:[-_.:/]?v?[0-9]{1,2}){0,2}")
"""Words of small letters and a count: `mpi-north-2`, `drive-slot-15`."""
_CODE_OF_WARDS: Final = re.compile(r"[a-z]{2,12}(?:-[a-z0-9]{1,12}){1,4}")
_SUM: Final = re.compile(r"[0-9a-f]{28,64}|[0-9A-F]{32,64}|(?:[0-9A-Fa-f]{2}:){11,31}[0-9A-Fa-f]{2}")
"""A certificate's serial number, or what a policy of a cloud is called."""
_IN_MEMORY: Final = re.compile(r"0x[0-9a-fA-F]{1,16}|[0-9a-f]{12,64}")
_ENDPOINT: Final = re.compile(
    r"[A-Za-z0-9_.-]+(?::[0-9]{2,5})|/[\w./-]*|[a-z0-9-]+(?:\.[a-z0-9-]+){1,6}\.?|\[?::\]?(?::[0-9]+)?|\*"
)
_DOTTED: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){2,}")
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ERRNO: Final = re.compile("E[A-Z]{4,14}")
_CLASS: Final = re.compile(r"(?:[A-Z][a-z0-9]+){2,}")
_LAST_PART: Final = re.compile("[A-Z][a-z0-9]+$")
_OF_A_CLUSTER: Final = re.compile(
    r"system:[a-z][\w:.-]*|arn:[\w:/.-]+|[a-z][a-z0-9-]*\$|NT AUTHORITY\\+.*|https?://[^ ]+"
)
_BUILT_IN: Final = frozenset(
    [
        "root", "guest", "nobody", "admin", "administrator", "system", "oracle", "postgres", "mysql", "mongo",
        "redis", "ubuntu", "centos", "ec2-user", "sa", "localsystem", "sshd", "ftp", "www-data", "nginx", "apache",
        "hadoop", "hdfs", "spark", "kafka", "elastic", "jenkins", "gitlab", "daemon", "default", "anonymous",
        "test", "dba", "sys", "sysdba", "networkservice",
    ]
)  # fmt: skip
"""Accounts that come with a system."""
_SECRET_NAME: Final = re.compile(r"[a-z]{2,}(?:[-_/.][a-z0-9]{2,}){0,6}")
_VIA: Final = re.compile(r"(?:IPV[46]/)?(?:SIP/2\.0/)?(?:UDP|TCP|TLS|WSS?)(?:/.*)?|:[0-9]{2,5}")
"""How a call came (SIP), and a port at every address."""
_ADDRESSED: Final = re.compile(r"[0-9a-fA-F:.%/, \[\]-]+(?:%[a-z0-9]+)?")
"""What an address of a machine is made of."""
_OF_A_PRODUCT: Final = re.compile(
    "[A-Z][A-Za-z]{1,20}(?: [A-Z][A-Za-z]{1,20})? "
    "(?:Administrator|Admin|System|Agent|Automation|Integration|Scheduler|Exporter|Webhook|API|Runner)"
)
"""Who acts for a program: `Zabbix Administrator`."""
_MANY: Final = re.compile(
    r"\b(?:[Tt]eams?|[Gg]uild|[Ss]quad|[Dd]esk|[Oo]ps|[Ee]ngineering|[Ss]upport|[Oo]n-?[Cc]all|[Oo]perations|[Aa]dmins|[Rr]otation)\b"
    "|(?:\u30c1\u30fc\u30e0|\u30b0\u30eb\u30fc\u30d7|\u56e2\u961f|\u5c0f\u7ec4|\ud300)$"
)
"""Those who are many: `Platform Team`, also in Japanese, Chinese and Korean."""
_SESSION: Final = re.compile(r"0x[0-9a-f]{1,16}|[0-9a-f]{8}\.[0-9a-f]{1,6}")
"""How Zookeeper and Postgres number a connection."""
_REFUSED: Final = re.compile(
    r"(?:/[a-z][a-z0-9._-]{0,30}){2,8}|(?:[A-Z][a-z]+-?)?(?:Failure|Failed|Denied|Expired|Invalid|Success|Refused|Locked)|[xX*]{3,40}|_*REDACTED_*"
)
"""A path, what became of a login, and what somebody wrote over a secret."""
_INSTANCE: Final = re.compile("[A-Z][A-Z0-9_]{2,11}")
"""An Oracle instance, whose name is a SID too."""
_GUARDED: Final = frozenset({"password", "passwd", "pwd", "passphrase", "passcode", "passwort", "pass"})
"""Keys whose value is a secret even where it is a word."""
_WORD: Final = re.compile("[A-Za-z]+")
_LONGEST: Final = 80
_SHORT: Final = 3
_LONG_WORD: Final = 8
_NAME: Final = 24
_HYPHENS: Final = re.compile("[-_./ ]")
_DIALLED: Final = 7


_OF_SYSTEMS: Final = re.compile(r"[a-z]{2,}[0-9]?(?:[-_.][a-z]{2,}){1,6}(?:[-_.]?[0-9]{1,2}){0,2}")
_COLUMN: Final = re.compile(r"[a-z]{1,3}\.[a-z_]{2,40}")
"""A column of a table by its short name: `e.id = c.encounter_id`."""
_SECRET_OF_CLUSTER: Final = re.compile(
    r"[a-z]{2,}[a-z0-9]*(?:-[a-z0-9]{2,}){0,6}-(?:tls|certs?|ca|secrets?|credentials|creds|keytab|dockercfg)"
)
"""What a secret of Kubernetes is called, which is not what it holds: `document-store-tls`."""
_PATTERN: Final = re.compile(r"\^(?=.{0,80}[\[\\])[^\s\"'<>@]{3,100}\$")
"""What a value should have looked like: `^[A-Z]{1,3}\\d{6,9}$`."""
_DIGEST: Final = re.compile("sha(?:1|224|256|384|512):[0-9a-f]{40,128}")


def never(kind: str, value: str) -> bool:
    """Can no value of `kind` be written as `value` is: a program, a module with its version, a column, a sum."""
    if kind == "SECRET":
        return _DIGEST.fullmatch(value) is not None or _SECRET_OF_CLUSTER.fullmatch(value) is not None
    if kind == "PERSON":
        return "_" in value and value.isupper() and coined(value)
    if kind not in _NUMBERED:
        return False
    return (
        _PATTERN.fullmatch(value) is not None
        or VERSIONED.fullmatch(value) is not None
        or (_MODULE.fullmatch(value) is not None and value.count(".") > 1 and _words_only(value))
        or _COLUMN.fullmatch(value) is not None
        or (_OF_SYSTEMS.fullmatch(value) is not None and (of_thing(value) or program(value)))
        or ((pod := HASHED.fullmatch(value)) is not None and (of_thing(pod[1]) or program(pod[1])))
    )


def unlikely(kind: str, value: str, key: tuple[str, ...] = ()) -> bool:
    """Has `value` none of the looks of `kind`. `key`: the words of its key, as far as they are known."""
    text = value.strip("'\"` ")
    if not text or len(text) > _LONGEST:
        return False
    if _PLACEHOLDER.fullmatch(text) or _PATTERN.fullmatch(text):
        return True
    if kind in _NUMBERED:
        if _SUM.fullmatch(text) and not {"serial", "policy"}.isdisjoint(key):
            return True
        return _numbers_nobody(text, kind) or (kind == "DEVICE_ID" and "model" in key)
    digits = sum(map(str.isdigit, text))
    if kind == "ADDRESS":
        return bool(
            _IN_MEMORY.fullmatch(text)
            or shapes.VERSION.fullmatch(text)
            or _VIA.fullmatch(text)
            or (text.islower() and text.isalpha() and LEXICON.systems(text))
            or (" " not in text and ("." in text or ":" in text or text[0] in "/*") and _ENDPOINT.fullmatch(text))
        )
    if kind == "WARD" and len(text) > _NAME and " " not in text:
        return True
    if kind == "WARD":
        return _CODE_OF_WARDS.fullmatch(text) is not None and not any(
            is_ward(name) for part in text.split("-") for name in (part, f"{part} ward", text.replace("-", " "))
        )
    if kind == "PERSON":
        return bool(
            _CONSTANT.fullmatch(text)
            or _DOTTED.fullmatch(text)
            or _RELEASE.fullmatch(text)
            or _a_class(text)
            or _OF_A_PRODUCT.fullmatch(text)
            or _a_sentence(text)
            or _MANY.search(text)
        )
    if kind == "GEO":
        return _REGION.fullmatch(text) is not None
    if kind == "IP":
        return _ADDRESSED.fullmatch(text) is None
    if kind in {"DATE", "DOB"}:
        return text.isascii() and text.isalpha() and text.islower() and text not in DATED
    if kind in _CLINICAL:
        return bool(
            _CONSTANT.fullmatch(text)
            or (_DOTTED.fullmatch(text) and not text.islower())
            or _IN_MEMORY.fullmatch(text)
            or shapes.UUID.fullmatch(text)
        )
    if kind in {"PHONE", "FAX"}:
        return digits <= _SHORT or (digits < _DIALLED and sum(map(str.isalpha, text)) >= max(digits, 2))
    if kind == "EMAIL":
        return (
            shapes.of_a_role(text)
            if "@" in text
            else _words_only(text) or _CONSTANT.fullmatch(text) is not None or _ERRNO.fullmatch(text) is not None
        )
    if kind == "USERNAME":
        return (
            (_OF_A_CLUSTER.fullmatch(text) or _MANY.search(text)) is not None
            or text.lower().removesuffix("@pam").removesuffix("@pbs").removesuffix("@pve") in _BUILT_IN
            or text.lower() in {"low", "medium", "high", "critical"}
            or (digits == len(text) <= _SHORT)
        )
    if kind == "CREDIT_CARD":
        return digits <= _SHORT
    if kind == "SECRET":
        if key[-1:] == ("sid",) and _INSTANCE.fullmatch(text):
            return True
        if _SESSION.fullmatch(text) or _REFUSED.fullmatch(text) or (text.isdigit() and key[-1:] == ("tokens",)):
            return True
        return _GUARDED.isdisjoint(key) and _SECRET_NAME.fullmatch(text) is not None and _words_only(text)
    return False


def _numbers_nobody(text: str, kind: str) -> bool:
    """No digit, a module, words with a count, a measure: nothing that is given to one person or device."""
    if not any(map(str.isdigit, text)):
        return shapes.MAC.fullmatch(text) is None
    digits = sum(map(str.isdigit, text))
    if (
        _MODULE.fullmatch(text)
        or _HOST.fullmatch(text)
        or _NUMBERED_BRIEFLY.fullmatch(text)
        or _POD.fullmatch(text)
        or shapes.measured(text)
        or len(text) <= _SHORT
        or (digits < _SHORT and len(text) > _LONG_WORD and not _HYPHENS.search(text))
    ):
        return True
    if kind == "DEVICE_ID" and shapes.ZONE_SERIAL.fullmatch(text):
        return True
    return _THING.fullmatch(text) is not None and _words_only(text) and not judge(_WORD.findall(text)[-1]).kind


def _words_only(text: str) -> bool:
    """Are all the words of a value of the lexicon, or short."""
    words = [word.lower() for word in _WORD.findall(text)]
    return bool(words) and all(
        len(word) <= _SHORT or LEXICON.flag(word) in SAFE or word in PRODUCTS or word in PLACES for word in words
    )


def _a_class(text: str) -> bool:
    """`PatientService`: does a name in CamelCase end as classes do."""
    last = _LAST_PART.search(text)
    return last is not None and _CLASS.fullmatch(text) is not None and last[0].lower() in CLASS_ENDS


def _a_sentence(text: str) -> bool:
    """`Failure - TCP syn sent, reset received`: do several words of small letters say something of systems."""
    low = [word for word in _WORD.findall(text) if word.islower() and len(word) > _SHORT]
    return len(low) > 1 and all(LEXICON.flag(word) in SAFE for word in low) and any(map(LEXICON.trade, low))
