"""What of a code (host, path, class, identifier, version) is not known to be harmless."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes, systems
from router.privacy.keys import ABBREVIATED, KEY_WORDS, NOTHING, judge, of_thing
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.likely import unlikely
from router.privacy.spans import Span
from router.privacy.wards import of_program
from router.privacy.words import (
    CLASS_ENDS,
    DATED,
    GIVEN,
    NOUNS,
    NUMBERED_PAGES,
    OF_RECORDS,
    OPENERS,
    OWNED_DEVICES,
    PRODUCTS,
    SAFE_SEGMENT_AFTER,
)

_DIGIT: Final = re.compile("[0-9]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SEVEN: Final = re.compile("[0-9]{7}")
_LONG: Final = 100
_JUDGED: Final = 2_000
"""Codes of one event that are judged once."""
new = tuple.__new__
_BUILD: Final = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}[ -]?[-(][0-9]{1,6}\)?(?:-(?:aws|azure|gcp|generic|amd64|arm64|kvm|lowlatency|cloud|default|linuxkit|el[0-9]))?"
)
_LOGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,24}://([^/@]{1,200})@")
SOURCE_FILE: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$.-]{0,60}\.(?:java|py|js|mjs|ts|tsx|jsx|go|rb|cs|kt|scala|php|rs|c|cc|cpp|h|swift|ex|exs|erl|clj|vue|html|css|yml|yaml|toml|conf|sh)"
)
_COUNTED_NAME: Final = re.compile(
    r"(?:TLS|SSL|HTTP)v?[0-9](?:\.[0-9])?|(?i:conn|connection|thread|worker|proc|task|job|req|node|host|run|step|shard|part|partition|stage|attempt|pool|exec|goroutine|line|chunk|batch|slot|core|cpu|disk|vm|i)-?[0-9]{1,7}"
)
_CRONJOB: Final = re.compile(
    r"([a-z][a-z0-9-]{2,50})-[0-9]{5}-[a-z]{3}|([a-z][a-z0-9-]{3,50})-(?:2[6-9]|30)[0-9]{6}(?:-[a-z0-9]{5})?(?:\.[0-9a-f]{16})?"
)
"""A revision of Cloud Run, a job of a Kubernetes CronJob, and an event about one."""
HASHED: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9.-]{1,60})-(?:[0-9a-f]{8,10}-[a-z0-9]{5}|[0-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5})"
)
"""A pod of a Kubernetes deployment: the names of its deployment and template, and five letters that mean nothing."""
_ISSUED: Final = re.compile(r"([a-z]{2,8})[-_](?=[A-Za-z]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])([A-Za-z0-9]{12,40})")
"""An id that some service made up: `ord_7FZW9uraORamQg`. Nobody's number has letters of both cases."""
_OWNED_ID: Final = re.compile(r"([A-Za-z]{2,12})[-_]([A-Za-z0-9]{8,40})")
_OF_SECRETS: Final = frozenset(
    {"sk", "pk", "rk", "tok", "token", "key", "secret", "whsec", "ghp", "pat", "pwd", "pass", "auth", "sess", "otp"}
)
_RELEASE: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9_./-]{1,60})@v?[0-9]{1,4}(?:\.[0-9]{1,5}){1,3}(?:[-+][0-9A-Za-z.]{1,20})?"
)
"""A program and its version: `radsched@4.4.1`."""
_LOG_PLACE: Final = re.compile(r"([a-z][A-Za-z0-9_.-]{1,100}?)-[0-9]{1,4}@[0-9]{1,15}")
"""A topic, its partition and the place in it: `mpi.person-12@18225087`."""
_OID: Final = re.compile(r"(?:urn:oid:)?[0-2](?:\.(?:0|[1-9][0-9]{0,5})){4,20}")
"""An object identifier of a register; one of a study or a picture has longer numbers."""
_ERROR_PAGE: Final = 4
_ENTITY: Final = re.compile("([A-Z]{4,20}(?:_[A-Z]{2,20}){0,3})-(?=[0-9]{0,15}[A-F])(?=[A-F]{0,15}[0-9])[0-9A-F]{16}")
"""An entity of Dynatrace's: `SERVICE-12E166CBF3098D9D`."""
_PAM: Final = re.compile("pam_[a-z]{2,20}")
PROGRAM: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_-]{1,40}\.(?:exe|dll|sys|ko|so|jar|war|msi|service|socket|timer|slice)"
)
_QUEUED_MAIL: Final = re.compile("[12][0-9A-Za-z]{5}-00[0-9A-Za-z]{4}(?:[0-9A-Za-z]{5})?-[0-9A-Za-z]{2,4}")
"""Exim's name of a mail: `1rX9O9-0004Kd-2B`."""
_ROLLED: Final = re.compile(r"([a-z][a-z._-]{2,60})-0[0-9]{5}")
"""An index that Elasticsearch rolled over: `people-000042`."""
_IN_SOURCE: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$.-]{0,60}\.(?:tsx?|jsx?|mjs|vue|py|java|kt|go|rb|cs|php|rs|swift|scala)(?::[0-9]{1,6}){1,2}"
)
COLOUR: Final = re.compile("(?=[0-9a-f]*[a-f])(?:[0-9a-f]{6}|[0-9a-f]{3}|[0-9a-f]{8})")
_DIGEST: Final = re.compile("[0-9a-f]{32,64}")
_CLOUD_ID: Final = re.compile(
    r"(?:i|vpc|subnet|sg|ami|vol|eni|snap|rtb|igw|nat|eipalloc|acl|lt|fs|eks|tgw|vpce|run|ws)-[0-9a-f]{8}(?:[0-9a-f]{9})?"
)
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,12}")
_PORT: Final = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,200}):[0-9]{2,5}")
_ARN: Final = re.compile(r"arn:[a-z-]{2,12}:[a-z0-9-]{0,30}:[a-z0-9-]{0,20}:(?:[0-9]{12}|aws)?:")
_OF_THINGS: Final = re.compile(
    r"arn:[a-z-]{2,12}:(?:cloudwatch|sns|sqs|lambda|rds|ecs|ecr|elasticloadbalancing|dynamodb|kinesis|kafka|events|logs|elasticache|autoscaling|acm|kms)(?=:)(?!.*/)"
)
"""What clouds run, whose names only those who run it choose; a login of IAM's and a key of S3's are not among them."""
_ZONE: Final = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
)
"""A time zone of the IANA database, though it is called after a city."""
_REPLICA: Final = re.compile(r"[a-z]{3,}(?:-[a-z]+)*-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{4,5}")
_LONG_CODE: Final = 7
_RELEASED: Final = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,3}){1,2}(?:[-+][a-z0-9.]{1,12})?")
_SHORTEST: Final = 3
"""A shorter part of a path numbers nobody: `handle_call/3`."""
_EPONYM: Final = re.compile("[A-Z][a-z]+-[A-Z][a-z]+")
"""`Moore-Penrose`: two names with a dash are a method's before they are somebody's."""
_A_DAY: Final = re.compile("20[12][0-9](?:0[1-9]|1[0-2])[0-3][0-9]")
_CARD: Final = 12
_WITH_POINTS: Final = re.compile(r"1?[.-]?[0-9]{3}\.[0-9]{3}\.[0-9]{4}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
"""A telephone number, and one of Brazil's taxpayers, that may pass for versions."""
_LATELY: Final = re.compile("201[1-9]")
"""In a name in small letters a day of a log before it is somebody's birth."""
_SALT: Final = 6
_PLAIN_WORD: Final = re.compile("[a-z]{6,24}")
_JOINED_WORDS: Final = re.compile(r"[A-Za-z]{2,}(?:[+'-][A-Za-z]+){1,8}")
"""Words in a query: `diabetic+foot+ulcer`."""
_PARTITION: Final = re.compile(r"20[0-9]{2}/(?:0[1-9]|1[0-2])(?:/|$)")
_A_VERSION: Final = re.compile(r"v?[0-9]{1,3}(?:\.[0-9]{1,4}){0,3}")
"""What stands behind the name of a program: `chart-web/2.4`."""
_POD: Final = re.compile(r"[a-z][a-z0-9-]{1,60}-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,10}-[a-z0-9]{5}")
"""A pod of a deployment: `rx-5c9d8b7f64-x2k8p` numbers no prescription."""
_ADDRESS_OF_MEMORY: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")
CAMEL: Final = re.compile(r"[A-Z\xc9]+(?![a-z\xe9])|[A-Z\xc9]?[a-z\xe9]+|[0-9]+")
_PIECES: Final = re.compile(r"[A-Za-z0-9\xc9\xe9]+")
PAGE_ID: Final = re.compile(r"[A-Za-z0-9]{1,6}-?(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6,24}")


_PAGES_OF_TOOLS: Final = frozenset(
    {
        "issues",
        "jobs",
        "pipelines",
        "builds",
        "runs",
        "pull",
        "merge_requests",
        "commit",
        "monitors",
        "workflows",
        "snapshots",
        "traces",
    }
)
"""Parts of an address after which ten digits are a page of a tool's and no telephone."""


_LEAST_PARTS: Final = 4
"""Parts in CamelCase of sixteen letters that no name has so many of."""
_ENCODED_UUID: Final = 22
"""Letters of a UUID in base64 without its padding, as Elasticsearch calls nodes, indexes and clusters."""


_REGISTRIES: Final = frozenset(
    {"quay.io", "docker.io", "ghcr.io", "gcr.io", "eu.gcr.io", "us.gcr.io", "registry.k8s.io", "public.ecr.aws", "mcr.microsoft.com", "registry.gitlab.com", "registry.redhat.io", "cr.l5d.io", "nvcr.io", "index.docker.io", "registry-1.docker.io", "lscr.io"}
)  # fmt: skip
"""Where images of containers are kept, each under who publishes it."""
_CHALLENGE: Final = re.compile("[A-Za-z0-9_-]{22,128}")
"""What a certificate authority has a host show (RFC 8555): chance, in base64."""


def _mixed_case(word: str) -> bool:
    """Has a word letters of both cases and no three small ones that a name could begin with."""
    return (
        not word.islower() and not word.isupper() and max(map(len, re.findall("[a-z]+", word)), default=0) < _LONG_CODE
    )


def _of_care(before: str) -> bool:
    """Is a part of an address a word for somebody or somebody's care, whoever's address it is: `sentry.io/patients/…`."""
    low = before.lower()
    return low not in NUMBERED_PAGES and (
        low in _RECORDS
        or any(
            verdict.subject in {"person", "clinical", "medication", "provider"} or verdict.kind in {"MRN", "PATIENT_ID"}
            for verdict in (judge(low), judge(low.removesuffix("s")))
        )
    )


def made_by(segment: str) -> str:
    """The deployment that a pod's name begins with."""
    return re.sub(r"(?:-[0-9a-f]{4,10})?-[a-z0-9]{4,5}$", "", segment)


def _opaque_hex(text: str) -> bool:
    """Lower-case hex that reads as a digest, an address or a short commit id rather than as somebody's number."""
    body = text.removeprefix("0x")
    letters = sum(char.isalpha() for char in body)
    if text.startswith("0x"):
        return True
    if letters == 0:
        return False
    return len(body) in {12, 16, 20, 24, 32, 40, 56, 64, 96, 128} or (
        len(body) in {7, 8, 9, 10} and 1 <= letters < len(body) and not body[1:].isdigit() and not body[2:].isdigit()
    )


def _jumbled(text: str) -> bool:
    """Mixed case without words: `TZfjMlqBC`."""
    parts = CAMEL.findall(text)
    return len(text) >= 6 and len(parts) >= 3 and max(len(part) for part in parts) <= 4


_GLUED: Final = re.compile(
    r"\xc9([1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9X]|1[3-9][0-9]{9})(?![0-9])"
)
"""A resident's number (GB 11643) or a mobile number of China right behind the characters that name it."""


def _telling(low: str) -> bool:
    """Is a word that is a name too neither a product's nor an ordinary noun of the trade."""
    return low not in NOUNS and low not in PRODUCTS and low not in DATED


_COMPOUND: Final = 14


def _compound(word: str) -> bool:
    """`kubedeploymentreplicasmismatch`: ordinary words of four letters and more, written together."""
    reached = {0}
    for end in range(4, min(len(word), 60) + 1):
        if any(end - start >= 4 and LEXICON.flag(word[start:end]) == "w" for start in reached if end - start <= 16):
            reached.add(end)
    return len(word) in reached


_JOINED: Final = 8
_OF_SHORT: Final = 12
_SMALL: Final = frozenset({"up", "to", "in", "on", "of", "no", "is", "db", "ip", "io", "os", "pv"})
_NAME_ENDS: Final = frozenset(
    {"well", "more", "moto", "kite", "pole", "ton", "son", "man", "men", "way", "lock", "line", "lain", "ice", "wood"}
)
"""What families' names end with; `baseline` and `timeline` are in the lexicon."""


def joined(word: str) -> bool:
    """`queuename`, `kubehpamaxedout`: words of the trade written together.

    Of four letters and more, in a word of twelve and more also of three: no name is made of several of these, and what
    is one stands in the lists of names.
    """
    if len(word) < _JOINED or not word.isascii():
        return False
    if len(word) >= _COMPOUND and _compound(word):
        return True
    wide = len(word) >= _OF_SHORT
    reached = {0: (0, False)}
    for end in range(2, min(len(word), 60) + 1):
        for start, (count, known) in list(reached.items()):
            size = end - start
            if size > 16 or count > 5:
                continue
            part = word[start:end]
            if part in _NAME_ENDS or not (
                (wide and part in _SMALL)
                or (
                    size > (2 if wide else 3)
                    and LEXICON.flag(part) in (SAFE if wide else PLAIN)
                    and LEXICON.trade(part)
                )
                or (len(word) >= _COMPOUND and size > 3 and LEXICON.flag(part) == "w")
            ):
                continue
            before = reached.get(end, (9, False))
            own = known or (size > 3 and LEXICON.systems(part))
            reached[end] = (min(before[0], count + 1), before[1] or own)
    return reached.get(len(word), (0, False))[1]


def _program(part: str, word: str) -> bool:
    """`surgery-sched@6.1.2`, `cardiology-api`: does a part of medicine name a program."""
    others = [other for other in CAMEL.findall(word) if other.isalpha() and other.lower() != part]
    return word.islower() and any(of_program(part, other) for other in others)


def _medicines(word: str) -> bool:
    """`oxycodone-acetaminophen`: medicines that are one, each by its name or stem."""
    parts = re.split("[-/]", word.lower())
    return 1 < len(parts) < 4 and all(
        LEXICON.flag(part) == "m" or (len(part) > _SALT and LEXICON.flag(part) == "") for part in parts
    )


def _stay(word: str) -> str:
    """The kind of what a code begins with; `visit-383008` numbers a visit, `visit` alone would be its day."""
    kind = judge(word).kind
    low = word.lower()
    if not kind and low in _WORN:
        return "DEVICE_ID"
    return "PATIENT_ID" if kind in {"", "DATE"} and (low in _STAYS or low in ABBREVIATED) else kind


_RECORDS: Final = frozenset(
    ["subjects", "proxies", "individuals", "residents", "referrals", "encounters", "admissions", "prescriptions", "visits", "charts", "episodes", "consents", "studies", "specimens", "appointments", "enrollees",
     "dependents", "dependants", "guarantors", "beneficiaries", "enrolments", "enrollments", "observations", "immunizations", "careplans", "care-plans", "stays"]
)  # fmt: skip
"""Parts of an address after which a number is a person's record."""
_STAYS: Final = frozenset(
    {"visit", "encounter", "appointment", "appt", "admission", "discharge", "enc", "stay", "termin", "cita", "rdv"}
)
_WORN: Final = frozenset(
    {"pump", "ventilator", "vent", "cgm", "holter", "pacemaker", "glucometer", "oximeter", "wristband", "spirometer"}
)
"""Devices at somebody's bed or body: `PUMP-0921-A` is one person's today."""
IDLE: Final = 20_000
"""Harmless words and codes that one reader remembers."""


_CLASS_FILE: Final = re.compile(r"(?:[A-Z][a-z]+){2,6}\.(?:java|kt|cs|swift|scala|php|tsx?|jsx?|vue|py)")
"""`BedsideViewModel.kt`"""
_OF_A_STAGE: Final = re.compile("-(?:prod|production|staging|stage|dev|test|qa|uat|shared|infra|platform|system|ops)$")
"""How namespaces end."""
_SEVERAL: Final = 5
"""Digits of a number of one of those whom a plural names; a message of IBM i has four (`CPF5009`)."""
_MADE: Final = re.compile(
    "[0-9a-f]{32}-[0-9a-f]{16}(?:-[01d])?|20[0-9]{2}(?:P(?:0[1-9]|1[0-3])|Q[1-4]|H[12]|W[0-5][0-9])|00[45]010X[0-9]{3}(?:[AE][0-9]){0,2}"
    r"|(?:mysql-|mariadb-)?(?:bin|binlog|relay-bin|relay|slow)\.0[0-9]{5}|[A-Za-z0-9_-]{2,40}-relay-bin\.0[0-9]{5}"
    r"|(?:27[01678]|82[04]|83[457]|99[79]|TA1)[A-Z]{0,2}_(?:[45]010_)?20[0-9]{6,12}(?:_[0-9]{1,3})?\.[a-z0-9]{2,4}"
)
"""A trace and its span (B3), a period of a year, a guide of X12's, and a file of its transactions with its moment."""
_SHORT_UUID: Final = re.compile(
    "(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=.{22}$)[A-Za-z0-9]{1,22}(?:[-_][A-Za-z0-9]{1,21})?|01[0-9A-HJKMNP-TV-Z]{24}"
)
"""A UUID as Elasticsearch writes it (base64url of 16 bytes), and a ULID: nobody's number, as a UUID is none."""
_SHORT_SIZES: Final = frozenset({22, 26})
_OF_TRANSACTIONS: Final = re.compile(
    "(?:claims?|elig|eligibility|auth|remits?|enrollment|members?|payments?)-(?:27[01678]|278|82[04]|83[457]|999)(?:-[a-z]{2,12}){0,4}"
)
"""What carries a transaction of X12 is called after both: `claims-835-remit`."""
_BIRTHS: Final = re.compile(
    r"(?<![0-9])(?:(?:19[2-9][0-9]|200[0-9]|201[0-9])[-_]?(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12][0-9]|3[01])|"
    r"(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12][0-9]|3[01])[-_]?(?:19[2-9][0-9]|200[0-9]|201[0-9]))(?![0-9])"
)
"""A day of 1920 to 2019 inside a code: people are born then, and logs are not rotated so long ago."""
_DAY_SEGMENT: Final = re.compile(
    r"(?<=/)(?:(?:19|20)[0-9]{2}[-_.](?:0[1-9]|1[0-2])[-_.](?:0[1-9]|[12][0-9]|3[01])|(?:19|20)[0-9]{6})(?=[/.]|$)"
)
"""A day that is all of a segment of a path."""
_INSIDE: Final = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?:([0-9]{3}-[0-9]{2}-[0-9]{4})|[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4})(?![0-9]|-[0-9]{2})"
)
"""A Social Security or telephone number inside a file name."""
_BY_HAND: Final = re.compile(
    r"(?<![0-9])(?:0?[1-9]|[12][0-9]|3[01])(?:([/.-])(?:0?[1-9]|[12][0-9]|3[01])\1|[-/][A-Z][a-z]{2}[-/])(?:19|20)[0-9]{2}"
    r"(?![0-9:])"
)
"""A day as no machine writes it, its year last: in a path or a compound too."""
_GROUPS: Final = re.compile(
    r"(?=(?:[^0-9]*[0-9]){6})[0-9]{1,4}(?:-[0-9]{1,4}){1,4}|1?[.-]?[0-9]{3}\.[0-9]{3}\.[0-9]{4}|0[0-9](?:\.[0-9]{2}){4}"
)
"""Six digits and more in groups: a number of somebody's, unless it is a day of late."""
_GROUPED: Final = re.compile(r"(?<![0-9-])(?!20[0-9]{2}-)[0-9]{1,5}(?:-[0-9]{1,5}){1,3}(?![0-9-])(?<=[0-9]{2})")
_OF_LATE: Final = re.compile("20(?:1[5-9]|[2-3][0-9])-[0-9]{1,2}(?:-[0-9]{1,2}(?:-[0-9]{1,2})?)?")
_BORN_PATH: Final = re.compile(
    r"(?<![0-9])(?:19[2-9][0-9]|200[0-9]|201[0-4])/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
"""A day of a year before any log, as three segments of a path."""
BORN_IN: Final = re.compile(
    "(?:19[2-9][0-9]|200[0-9]|201[0-4])([-.])(?:0[1-9]|1[0-2])(?:\\1(?:0[1-9]|[12][0-9]|3[01]))?(?![0-9.-])"
)
"""A month of a year before any log: `1957-05`."""
_PUBLIC: Final = frozenset({"node_modules", "site-packages", "dist-packages", "gems", "rustlib"})
"""Where packages are installed."""
_PLUS_NAME: Final = re.compile(r"[A-Z][a-z'-]{1,20}(?:\+[A-Z][a-z'.-]{0,20}){1,3}")
"""Capitalised words joined in a query."""
_SHORTEST_DAY: Final = 8
_CODED_INSIDE: Final = re.compile(r"(?<![A-Za-z0-9.])[A-TV-Z][0-9][0-9AB]\.[0-9A-KXZ]{1,4}(?![A-Za-z0-9])")
"""A diagnosis of ICD-10's inside a compound: `dx-E11.65`, `E11.65.json`."""
_TOOL: Final = re.compile(
    r"https?://(?:[a-z0-9-]+\.){0,4}(?:newrelic|datadoghq|pagerduty|sentry|rollbar|honeybadger|bugsnag|opsgenie|grafana|splunkcloud|splunk|signalfx|honeycomb|dynatrace|statuspage|betteruptime|pingdom|github|gitlab|circleci|buildkite|atlassian)\.(?:com|io|net|eu|ai)(?::[0-9]+)?/"
)
"""Addresses of tools that watch, build and page: the numbers in their paths are those of their own things."""
_OF_TOOLS: Final = re.compile(
    "issues|jobs|runs|builds|pipelines|merge_requests|pull|alertPolicies|uptimeCheckConfigs|notificationChannels|monitors|faults|incidents|alerts|workflows|deployments"
)
"""Parts of an address after which a tool numbers what is its own, in however many digits."""
_TEMPORARY: Final = frozenset(
    {
        "client-body",
        "client_body_temp",
        "proxy-temp",
        "proxy_temp",
        "fastcgi_temp",
        "fastcgi-temp",
        "body",
        "temp",
        "tmp",
    }
)
"""Where nginx numbers the files that it holds bodies in, ten digits each."""
_SHORT: Final = re.compile("(?=[a-z]*[0-9])[0-9a-z]{1,4}")
_SHORT_HEX: Final = 5
_HEX_SERIAL: Final = re.compile("[0-9A-F]+")
"""A serial number in capitals, though a word may stand in it: `FF8FEE9D`."""
_HALVES: Final = re.compile(r"([A-Z][A-Za-z]{2,20})/([A-Z][A-Za-z]{2,20})")
_LOGIN_NAME: Final = re.compile(r"[a-z]([a-z]{4,14})[0-9]{1,4}")
_RECORD_NUMBER: Final = re.compile(r"MR#?[0-9]{6,10}")
_DOCUMENT: Final = re.compile(
    r"(?i)(.{2,100}?)\.(?:pdf|tiff?|jpe?g|png|heic|docx?|rtf|odt|xlsx?|csv|txt|zip|wav|mp3|mp4|dcm|dicom|eml|msg|hl7|ccda?|xps|gz)"
)
"""Files that people's papers, pictures and recordings are kept in."""


def owned_device(word: str) -> bool:
    """`wendys-macbook-pro.local`, `Young-iPad`, `DESKTOP-KMILLER`: a machine called after whose it is."""
    parts = _PIECES.findall(word)
    low = [part.lower() for part in parts]
    if len(parts) < 2 or "/" in word or (OWNED_DEVICES.isdisjoint(low) and not (low[0] in _ASSET and word.isupper())):
        return False
    low = low[1:] if low[0] in _ASSET else low
    others = [
        part for part in low if part not in OWNED_DEVICES and part not in _MODELS and part.isalpha() and len(part) > 2
    ]
    return any(
        LEXICON.flag(part) in {"p", "n"}
        or (LEXICON.flag(part) in {"", "w"} and part[-1] == "s" and LEXICON.flag(part[:-1]) in {"p", "n"})
        or LEXICON.flag(part) == ""
        for part in others
    )


_ASSET: Final = frozenset({"lt", "nb", "pc", "ws", "wks", "dt", "lap", "ntb", "desktop", "laptop"})
"""What departments begin the names of people's computers with: `LT-HUDSON-71`."""
_MODELS: Final = frozenset(
    {"pro", "air", "mini", "max", "local", "lan", "home", "corp", "internal", "plus", "ultra", "office", "work"}
)


_SAMPLE: Final = re.compile(
    r"(?:[\w./-]*/)?([A-Z][A-Za-z'-]{1,24}(?:_[A-Z][A-Za-z'-]{0,24}){1,3})_((?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01]))"
    r"(?:_([A-Z]{0,4}-?[0-9]{4,12}))?(?=[._-]|$)"
)
"""A sample, a scan or a recording that is called after whose it is: `KROGH_ELLA_19750327_32969690.md.cram`."""


class Codes:
    """Judges codes. `safe`: a tenant's words that pass; `codes`: harmless codes met before."""

    __slots__ = ("codes", "idle", "judged", "parts", "safe", "strict")

    def __init__(self, *, strict: bool, safe: frozenset[str]) -> None:
        self.strict = strict
        self.safe = safe
        self.codes: set[str] = set()  # harmless codes met before
        self.parts: set[str] = set()  # harmless codes without a digit, and parts of paths and addresses
        self.judged: dict[str, list[Span]] | None = None  # of the event that is read, and forgotten with it
        self.idle: set[str] = set()  # lower-case words of the lexicon that begin nothing

    def _harmless_code(self, text: str) -> bool:
        return not self._judge_code(text, 0)

    def _judge_code(self, word: str, at: int) -> list[Span]:
        """What of a code is not harmless; nothing when it is a name the trade uses."""
        if word in self.codes or word in self.parts:
            return []
        judged = self.judged
        found = judged.get(word) if judged is not None else None
        if found is None:
            found = self._judge_anew(word, 0)
            if not found and len(word) < _LONG and len(self.parts) < IDLE and _DIGIT.search(word) is None:
                self.parts.add(word)
            elif judged is not None and len(judged) < _JUDGED:
                judged[word] = found
        return [new(Span, (span.start + at, span.end + at, *span[2:])) for span in found]

    def _judge_anew(self, word: str, at: int) -> list[Span]:
        end = at + len(word)
        if "\xc9" in word:
            glued = [
                Span(
                    at + match.start(1),
                    at + match.end(1),
                    "NATIONAL_ID" if len(match[1]) > 11 else "PHONE",
                    "shape",
                    True,
                )
                for match in _GLUED.finditer(word)
            ]
            if glued:
                first = glued[0].start
                return [Span(at, first, "WORD", "unknown", False), *glued] if first > at else glued
        stripped = word.strip("./-_@+%\\")
        if not stripped:
            return []
        arn = _ARN.match(word)
        if arn is not None:
            found = self._path(word[arn.end() :], at + arn.end())
            things = _OF_THINGS.match(word) is not None
            return [
                span
                for span in found
                if not _DIGEST.fullmatch(word, span.start - at, span.end - at)
                and not (things and span.rule == "name" and not span.sure)
            ]
        login = _LOGIN.match(word)
        if login is not None:
            return [
                Span(at + login.start(1), at + login.end(1), "SECRET", "shape", True),
                *self._path(word[login.end() :], at + login.end()),
            ]
        if (
            len(word) > _SHORTEST_DAY
            and (by_hand := _BY_HAND.search(word) or (_BORN_PATH.search(word) if "/" in word else None)) is not None
            and shapes.VERSION.fullmatch(word) is None
        ):
            rest = [
                span
                for start, end in ((0, by_hand.start()), (by_hand.end(), len(word)))
                if word[start:end].strip("./-_@+%\\:")
                for span in self._judge_anew(word[start:end], at + start)
            ]
            return sorted([*rest, Span(at + by_hand.start(), at + by_hand.end(), "DATE", "shape", True)])
        if "_" in word and (sample := _SAMPLE.match(word)) is not None and self._named_sample(sample[1]):
            return [
                Span(at + sample.start(1), at + sample.end(1), "PERSON", "name", True),
                Span(at + sample.start(2), at + sample.end(2), "DOB", "shape", True),
                *([Span(at + sample.start(3), at + sample.end(3), "MRN", "shape", True)] if sample[3] else []),
            ]
        if "@" in word and word[-1].isalnum():
            release = _RELEASE.fullmatch(word) or _LOG_PLACE.fullmatch(word)
            if release is not None and not self._names_in(release[1]):
                return []
        if stripped.isalpha():
            flag = "w" if stripped.lower() in self.safe else LEXICON.flag(stripped.lower())
            if (
                self.strict
                and flag == "n"
                and stripped[0].isupper()
                and len(stripped) > 2
                and _telling(stripped.lower())
            ):
                start = at + word.index(stripped)
                return [Span(start, start + len(stripped), "PERSON", "name", False)]
            if (
                flag in SAFE
                or len(stripped) <= 2
                or (stripped.islower() and stripped in KEY_WORDS)
                or (stripped in OF_RECORDS and word[0] == "/")
            ):
                return []
            if stripped.islower() and flag == "" and joined(stripped):
                return []
            start = at + word.index(stripped)
            kind = {"p": "PERSON", "d": "DIAGNOSIS", "m": "MEDICATION"}.get(flag, "WORD")
            if flag == "" and not stripped.islower() and self._camel(stripped):
                if self.strict and self._of_somebody(stripped):
                    return [Span(start, start + len(stripped), "PERSON", "name", False)]
                return []
            return [Span(start, start + len(stripped), kind, "unknown", flag in {"d", "m"})]
        if _DIGIT.search(stripped) is None:
            if _ZONE.fullmatch(stripped) or _PAM.fullmatch(stripped):
                return []
            if systems.made_of(stripped) == "-" and len(CAMEL.findall(stripped.partition("-")[2])) > _LEAST_PARTS:
                return []
            if SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
                return []
            if len(stripped) >= 16 and shapes.SECRET_SHAPE.fullmatch(stripped):
                return [Span(at, end, "SECRET", "shape", True)]
            if "/" in word and len(word) > 3:
                return self._path(word, at)
            return self._pieces(word, at, end)
        if len(stripped) >= 9 and stripped.isalnum() and stripped.isupper() and shapes.national_ok(stripped):
            return [Span(at, end, "NATIONAL_ID", "shape", True)]
        if shapes.measured(stripped) or shapes.DURATION.fullmatch(stripped):
            return []
        if shapes.ERROR_CODE.fullmatch(stripped) or stripped == "E11000" or _ADDRESS_OF_MEMORY.fullmatch(stripped):
            return []
        if shapes.POSTCODE.fullmatch(word):
            return [Span(at, end, "ZIP", "shape", True)]
        made = systems.made_of(stripped)
        if made and (
            made == "-"
            or (
                (systems.dated(stripped) or systems.program(made) or not judge(made).kind) and self._harmless_code(made)
            )
        ):
            return []
        if len(stripped) == _ENCODED_UUID and stripped.isalnum() and _jumbled(stripped) and _mixed_case(stripped):
            return []
        if _CLOUD_ID.fullmatch(stripped) or _COUNTED_NAME.fullmatch(stripped) or shapes.UUID.fullmatch(stripped):
            return []
        if SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
            return []
        if _MADE.fullmatch(stripped) or (
            len(stripped) in _SHORT_SIZES and _SHORT_UUID.fullmatch(stripped) and _jumbled(stripped)
        ):
            return []
        if "/" in word and len(word) > 3:
            return (
                [Span(at, end, "SECRET", "shape", True)]
                if shapes.SECRET_SHAPE.fullmatch(stripped)
                else self._path(word, at)
            )
        if PROGRAM.fullmatch(stripped) and not self._names_in(stripped):
            return []
        if self.strict and BORN_IN.fullmatch(stripped):
            return [Span(at, end, "DATE", "shape", False)]
        if self.strict and _WITH_POINTS.fullmatch(stripped):
            return [Span(at, end, "NUMBER", "shape", False)]
        if shapes.VERSION.fullmatch(stripped) or _BUILD.fullmatch(stripped) or _OID.fullmatch(stripped):
            return []
        if shapes.HEX.fullmatch(stripped) and _opaque_hex(stripped):
            return []
        if len(stripped) >= 13 and shapes.SECRET_SHAPE.fullmatch(stripped):
            return [Span(at, end, "SECRET", "shape", True)]
        scheduled = _CRONJOB.fullmatch(stripped)
        if (
            scheduled is not None
            and not judge(scheduled[1] or scheduled[2]).kind
            and self._harmless_code(scheduled[1] or scheduled[2])
        ):
            return []
        if len(stripped) < 9:
            if stripped.lower() in {"a1c", "hba1c", "hb1ac", "t2dm", "t1dm", "brca1", "brca2", "cd4", "hcg", "b12"}:
                return [Span(at, end, "DIAGNOSIS", "lexicon", True)]
            if shapes.ICD10_DOTTED.fullmatch(stripped):
                return [Span(at, end, "DIAGNOSIS", "shape", True)]
            return self._pieces(word, at, end)
        if shapes.vin_ok(stripped):
            return [Span(at, end, "VIN", "shape", True)]
        if shapes.MBI.fullmatch(stripped):
            return [Span(at, end, "NATIONAL_ID", "shape", True)]
        if shapes.dea_ok(stripped):
            return [Span(at, end, "DEA", "shape", True)]
        if 15 <= len(stripped) <= 34 and shapes.IBAN_SHAPE.fullmatch(stripped) and shapes.iban_ok(stripped):
            return [Span(at, end, "ACCOUNT", "shape", True)]
        return self._pieces(word, at, end)

    def _named_sample(self, names: str) -> bool:
        """Are the words before a day in the name of a sample or a scan somebody's: none of them an ordinary one."""
        return all(
            LEXICON.flag(part.lower()) not in PLAIN and part.lower() not in self.safe and part.lower() not in KEY_WORDS
            for part in re.split("[_'-]", names)
            if len(part) > 1
        )

    def _names_in(self, word: str) -> bool:
        """Is a part of a file name a name, a condition, a medicine or a long number; a class may be called so."""
        said = {"p"} if _CLASS_FILE.fullmatch(word) else {"p", "d", "m"}
        return any(
            (len(part) > 4 and part.isdigit()) or (part.lower() not in self.safe and LEXICON.flag(part.lower()) in said)
            for part in CAMEL.findall(word)
        )

    def _camel(self, word: str) -> bool:
        """`DataIntegrityViolationException`: every longer part is a safe word."""
        parts = [part.lower() for part in CAMEL.findall(word)]
        if len(parts) < 2:
            return False
        known = 0
        classes = parts[-1] in CLASS_ENDS
        for part in parts:
            flag = LEXICON.flag(part)
            if flag == "" and classes:
                continue
            if flag in SAFE or part in self.safe or part in KEY_WORDS:
                known += len(part) > 2
            elif len(part) > 3 or flag in {"p", "d", "m"}:
                return False
        return known > 0

    def _pieces(self, word: str, at: int, end: int) -> list[Span]:
        """A compound such as `claims-worker-f9f6018ff-t25wp`, `app.services.patient`, `MRN-17726`, `john.smith`."""
        if _RECORD_NUMBER.fullmatch(word):
            return [Span(at, end, "MRN", "prefix", True)]
        issued = _ISSUED.fullmatch(word)
        if (
            issued is not None
            and _jumbled(issued[2])
            and issued[1] not in _OF_SECRETS
            and not judge(issued[1]).kind
            and issued[1] not in ABBREVIATED
            and judge(issued[1]).subject in {"", "infra"}
        ):
            return []
        owner = _OWNED_ID.fullmatch(word)
        if owner is not None and owner[1].lower() in ABBREVIATED and _jumbled(owner[2]):
            return [Span(at, end, "PATIENT_ID", "prefix", True)]  # `pt_DjLsZFKfsIQM`
        if _QUEUED_MAIL.fullmatch(word) is not None:
            return []
        entity = _ENTITY.fullmatch(word)
        if entity is not None and not judge(entity[1]).kind and self._harmless_code(entity[1].lower()):
            return []
        rolled = _ROLLED.fullmatch(word)
        if rolled is not None and not judge(rolled[1]).kind and self._harmless_code(rolled[1]):
            return []
        pod = HASHED.fullmatch(word)
        if pod is not None and not judge(pod[1]).kind and self._harmless_code(pod[1]):
            return []
        login = _LOGIN_NAME.fullmatch(word)
        if login is not None and LEXICON.flag(login[1]) == "p" and LEXICON.flag(word.rstrip("0123456789")) == "":
            return [Span(at, end, "USERNAME", "name", True)]  # `agilmore18`
        if ("-" in word or "_" in word) and owned_device(word):
            return [Span(at, end, "DEVICE_ID", "name", True)]
        if len(word) > 8 and sum(map(word.count, "0123456789")) >= 8:
            if (inside := _INSIDE.search(word)) is not None:
                return [Span(at, end, "SSN" if inside[1] else "PHONE", "shape", True)]
            if (born := _BIRTHS.search(word)) is not None and (
                self.strict or not (word.islower() and _LATELY.search(born[0]))
            ):
                if self._personal(word):
                    return [Span(at, end, "USERNAME", "name", True)]  # `GOLD-19541012`, `Node_Major_12151980_referral`
                return [Span(at + born.start(), at + born.end(), "DOB", "shape", len(born[0]) == 8)]
        if (
            "." in word
            and (coded := _CODED_INSIDE.search(word)) is not None
            and coded.end() - coded.start() < len(word)
        ):
            return [Span(at + coded.start(), at + coded.end(), "DIAGNOSIS", "shape", True)]
        sites = systems.sited(word)
        known = unknown = names = doubtful = either = written = 0
        digits = ""
        leading = ""
        mixed = 0
        capitals = 0
        alphabetic = 0
        first = True
        second = adjacent = False  # does the piece right after a leading word hold the digits
        for match in _PIECES.finditer(word):
            piece = match[0]
            if piece.isdigit():
                digits = max(digits, piece, key=len)
                adjacent = adjacent or second
                first = second = False
                continue
            if not piece.isalpha() and self._numbered(piece):
                known += len(piece) > 3
                alphabetic += 1
                first = False
                second = False
                continue
            if not piece.isalpha() and _DIGIT.search(piece) is not None:
                if second:
                    adjacent = True
                second = False
                head = piece.rstrip("0123456789")
                if head.isalpha() and len(piece) - len(head) <= 3 and (len(head) > 2 or head.islower()):
                    flag = LEXICON.flag(head.lower())
                    known += flag in SAFE
                    unknown += flag not in SAFE and len(head) > 3
                    names += flag == "p" and len(head) > 2
                    doubtful += flag == "n" and head.lower() not in NOUNS and head.lower() not in PRODUCTS
                else:
                    mixed += 1
                    tail = len(piece) - len(head)
                    if head.isalpha() and tail >= 4 and first:
                        leading = head
                    if not piece.islower() or _SEVEN.search(piece) is not None:
                        mixed += 100
                first = False
                continue
            for part in (piece,) if piece.islower() or piece.isupper() else CAMEL.findall(piece):
                low = part.lower()
                flag = "w" if low in self.safe else LEXICON.flag(low)
                alphabetic += 1
                capitals += part[0].isupper() and not part.isupper()
                if flag in SAFE:
                    known += len(part) > 1
                    if flag == "n":
                        either += 1
                        if low not in NOUNS and low not in PRODUCTS:
                            doubtful += 1
                            written += piece.istitle()
                elif (
                    low in sites
                    or low in OF_RECORDS
                    or (flag == "d" and ("@" in word or "-" in word) and _program(low, word))
                ):
                    known += 1
                elif flag in {"d", "m"}:
                    if "+" in word and _JOINED_WORDS.fullmatch(word):
                        return [Span(at, end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", True)]
                    # `HIV-1`, neither `dialysis-scheduler` nor the alarm `OCCLUSION-12`
                    sure = alphabetic == 1 and part[0].isupper() and (len(part) < _LONG_CODE or not part.isupper())
                    if alphabetic == 1 and flag == "m" and _medicines(word):
                        return [Span(at, end, "MEDICATION", "lexicon", True)]
                    return [Span(at, end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", sure)]
                elif flag == "p" and low in PRODUCTS and word.count("-") > 1:
                    known += 1  # `claims-aurora-prod-replica-2`
                elif flag == "p" and len(part) > 2:
                    names += 1
                elif len(part) > 3 or not part.isascii() or "\xe9" in part or "\xc9" in part:
                    unknown += 1
            second = first
            if first:
                leading = piece
            first = False
        if self.strict and unknown and ("\xe9" in word or "\xc9" in word):
            return [Span(at, end, "WORD", "unknown", False)]  # `Szab\xf3_consent.pdf`
        if (
            leading
            and (adjacent or (mixed and not second and alphabetic == 0))
            and (len(digits) >= 3 or mixed >= 1)
            and not _REPLICA.fullmatch(word)
            and not _POD.fullmatch(word)
            and not (word.islower() and mixed == 0 and _OF_TRANSACTIONS.fullmatch(word))
            and not (
                word.islower()
                and mixed == 0
                and len(digits) < _SEVERAL
                and leading.endswith("s")
                and judge(leading[:-1]).kind
            )
            and not (len(digits) < _SEVERAL and leading.lower() == "cpf")
            and not (not mixed and word.islower() and systems.transaction_set(digits))
            and (leading_kind := _stay(leading))
            and leading_kind not in {"SECRET", "USERNAME", "URL", "ADDRESS", "DATE", "DOB", "IP", "AGE", "EMAIL"}
            and not (leading_kind == "CREDIT_CARD" and not self.strict and len(digits) < _CARD)  # a cost centre
            and not (leading_kind == "ZIP" and not self.strict and mixed)  # `psc_b2122b5690a246ea`
        ):
            return [
                Span(
                    at,
                    end,
                    "PATIENT_ID" if leading_kind in {"PERSON", "WARD"} else leading_kind,
                    "prefix",
                    mixed >= 100 or len(digits) >= 4 or mixed >= 1,
                )
            ]
        if names == 1 and not mixed and not unknown and not doubtful and len(digits) < 5 and systems.copy(word, known):
            return []
        if names + doubtful == 1 and (mixed < 100 or word.isupper()) and not unknown and systems.machine(word):
            return []
        if names:
            apart = (
                known == either
                and alphabetic >= 2
                and (capitals == alphabetic or (len(digits) == 8 and digits[:2] in {"19", "20"}))
            )
            return [
                Span(
                    at,
                    end,
                    "PERSON" if not digits and not mixed else "USERNAME",
                    "name",
                    (apart and (self.strict or not _EPONYM.fullmatch(word)))
                    or (names > 1 and (self.strict or not _EPONYM.fullmatch(word)))
                    or (names + (either if self.strict else doubtful) > 1 and known == either)
                    or (_DOCUMENT.fullmatch(word) is not None and not word.endswith((".gz", ".zip", ".txt"))),
                )
            ]
        if self.strict and either and "+" in word and _PLUS_NAME.fullmatch(word) is not None:
            return [Span(at, end, "PERSON", "name", False)]  # `Mark+Rivers`
        if self.strict and written and "_" in word:
            return [Span(at, end, "USERNAME", "name", False)]  # `visit_Young_20260910`
        if doubtful and doubtful == known and not unknown and not mixed and alphabetic <= 2:
            return [Span(at, end, "USERNAME", "name", False)]  # `hope.winter`, `mark7`
        if doubtful + either and not unknown and self._of_somebody(word):
            return [Span(at, end, "USERNAME", "name", False)]
        if len(digits) >= 5 and not (len(digits) == 8 and digits[:2] == "20"):
            return [Span(at, end, "CODE", "digits", False)]
        if (
            self.strict
            and not alphabetic
            and not mixed
            and _GROUPS.fullmatch(word.strip("+/")) is not None
            and not _OF_LATE.fullmatch(word.strip("+/"))
        ):
            return [Span(at, end, "CODE", "digits", False)]  # `45-61-33`, `846.555.0107` in a path
        if (
            self.strict
            and len(digits) > 1
            and _DOCUMENT.fullmatch(word)
            and (group := _GROUPED.search(word)) is not None
        ):
            return [Span(at + group.start(), at + group.end(), "CODE", "digits", False)]  # `scan_77-10-44_p1.tif`
        if mixed >= 100 and not (
            known and word.islower() and re.search(r"-[0-9a-z]{8,10}-[0-9a-z]{4,6}$|-[0-9a-f]{8,10}$", word)
        ):
            return [Span(at, end, "CODE", "mixed", False)]
        if mixed and not known:
            return [Span(at, end, "CODE", "mixed", False)]
        if unknown and (
            not known or unknown > known or (capitals and (capitals == alphabetic or capitals > 1) and "-" in word)
        ):
            return [Span(at, end, "WORD" if not digits else "CODE", "unknown", False)]
        if not known and digits and alphabetic and len(digits) >= 3 and word[0].isupper():
            return [Span(at, end, "CODE", "code", False)]
        if not known and digits and len(word) >= 5 and word.isupper() and "-" in word:
            return [Span(at, end, "CODE", "code", False)]
        if not known and len(digits) == 2 and alphabetic and shapes.ICD10.fullmatch(word):
            return [Span(at, end, "CODE", "code", False)]
        return []

    def _harmless_parts(self, word: str) -> bool:
        """`ec2-user`: words of the lexicon with a mark between."""
        parts = [part for part in re.split(r"[^a-z]+", word) if len(part) > 2]
        return bool(parts) and all(LEXICON.flag(part) in PLAIN for part in parts)

    def _personal(self, word: str) -> bool:
        """Is a part of a compound a name, or a word that is one too."""
        return any(
            LEXICON.flag(part.lower()) in {"p", "n"} and len(part) > 2 and part.lower() not in self.safe
            for part in CAMEL.findall(word)
            if part.isalpha()
        )

    def _of_somebody(self, word: str) -> bool:
        """Is a compound, or the name of a document, made of names that are words too: `AugustMelody`, `Rush-consent.pdf`."""
        document = _DOCUMENT.fullmatch(word)
        parts = [part for part in CAMEL.findall(document[1] if document else word) if part.isalpha() and len(part) > 2]
        doubtful = [part for part in parts if part.lower() not in self.safe and LEXICON.flag(part.lower()) == "n"]
        if not doubtful:
            return False
        if document is not None and (
            doubtful[0] == parts[0] or len(doubtful) > 1 or any(part.istitle() for part in doubtful)
        ):
            return (
                len(parts) < 2
                or not all(part.lower() in NOUNS or part.lower() in PRODUCTS for part in doubtful)
                or doubtful[0].istitle()
            )
        return (
            len(parts) == len(doubtful) == 2
            and not any(char.isdigit() for char in word)
            and parts[0].lower() not in OPENERS
            and not GIVEN.isdisjoint(part.lower() for part in parts)
        )

    def _numbered(self, piece: str) -> bool:
        """`In4Hours`, `nvme1n1`, `5XX`, `utf8`: safe words or single letters with at most three digits."""
        if len(_DIGIT.findall(piece)) > 3 or (len(piece) > _SHORT_HEX and _HEX_SERIAL.fullmatch(piece)):
            return False
        longest = 0
        for part in CAMEL.findall(piece):
            if part.isdigit():
                continue
            if len(part) > 2 and LEXICON.flag(part.lower()) not in SAFE and part.lower() not in self.safe:
                return False
            longest = max(longest, len(part))
        return longest > 2 or len(piece) <= 3

    def _path(self, word: str, at: int) -> list[Span]:
        """A path or the rest of a URL: each segment by itself, and by the segment before it (`/patients/29774`)."""
        halves = _HALVES.fullmatch(word)
        if halves is not None:
            flags = {LEXICON.flag(halves[1].lower()), LEXICON.flag(halves[2].lower())}
            if flags <= {"n", "p"} and ("p" in flags or self.strict):
                return [Span(at, at + len(word), "PERSON", "name", "p" in flags)]  # `DELACRUZ/CASSANDRA`
        head = _HALVES.match(word)
        if (
            head is not None
            and word[head.end() : head.end() + 1] == "/"
            and LEXICON.flag(head[1].lower()) == "p"
            and LEXICON.flag(head[2].lower()) == "p"
        ):
            return [
                Span(at, at + head.end(), "PERSON", "name", True),
                *self._path(word[head.end() + 1 :], at + head.end() + 1),
            ]  # `Martin/Jason/S33-19530`
        spans: list[Span] = []
        place = at
        before = ""
        public = False
        tool = "://" in word and _TOOL.match(word) is not None
        for segment in word.split("/"):
            start, end = place, place + len(segment)
            place = end + 1
            if not segment:
                continue
            if before == "20" and len(segment) == _ERROR_PAGE and "//sqlalche.me/e/" in word:
                continue  # the page of an error of SQLAlchemy's
            port = _PORT.fullmatch(segment)
            if port is not None:
                segment = port[1]  # noqa: PLW2901 - the port of a host is nobody's
            if tool and segment.isdigit() and len(segment) <= _CARD and before != "users" and not _of_care(before):
                before = segment
                continue  # of the tool's own: `radar-api.service.newrelic.com/accounts/1420569`
            found = self.segment(segment, before, start)
            public = public or segment in _PUBLIC
            if before in _REGISTRIES and all(span.rule == "unknown" and span.kind == "WORD" for span in found):
                found = []  # whose images they are: `quay.io/jodogne/orthanc`
            if public and all(span.rule == "unknown" for span in found):
                found = []  # of a package that everybody has: `node_modules/mongodb/lib/sdam/topology.js`
            if found and found[0].rule == "path" and _PARTITION.match(word, start - at):
                found = []  # `exports/2026/09/`
            spans.extend(found)
            before = segment if not found or found[0].rule != "path" else ""
        if any(span.rule == "name" and span.kind == "PERSON" for span in spans):
            spans.extend(
                Span(at + day.start(), at + day.end(), "DATE", "path", True) for day in _DAY_SEGMENT.finditer(word)
            )  # `scans/Smith_Anna/2024-10-14/`
            spans.sort()
        if len(spans) > 1 and any(span.rule == "path" for span in spans):
            spans = [span._replace(sure=True) if span.rule == "name" else span for span in spans]
        return spans

    def segment(self, segment: str, before: str, at: int, *, loose: bool = False) -> list[Span]:
        """What of one path segment is not harmless, after the segment `before`. `loose`: the field is known to be a URL."""
        end = at + len(segment)
        if "@" in segment and _MAILBOX.fullmatch(segment):
            return [Span(at, end, "EMAIL", "shape", True)]
        has_digit = _DIGIT.search(segment) is not None
        if (
            before
            and before not in {"usr", "pts"}
            and before.lower() not in SAFE_SEGMENT_AFTER
            and not before.startswith("<")
        ):
            verdict = judge(before)
            if not verdict.kind and before.endswith("s") and judge(before[:-1]).kind:
                verdict = judge(before[:-1])
            kind = verdict.kind
            if "-" in before and systems.program(before):
                verdict, kind = NOTHING, ""
            if kind and (_POD.fullmatch(segment) or _REPLICA.fullmatch(segment)) and systems.program(made_by(segment)):
                kind = ""
            if of_thing(before) or (not self.strict and _OF_A_STAGE.search(before)):
                kind = ""  # `claims-prod/s0-kafka-rx-router`
            elif not kind and verdict.subject in {"person", "plan", "pay", "clinical", "medication", "provider"}:
                kind = {"person": "PATIENT_ID", "plan": "MEMBER_ID", "pay": "ACCOUNT", "provider": "NPI"}.get(
                    verdict.subject, ""
                )
            if kind == "PERSON" or before.lower() in _RECORDS:
                kind = "PATIENT_ID"
            if (
                (
                    kind
                    and kind not in {"SECRET", "URL"}
                    and (
                        has_digit
                        or (
                            LEXICON.flag(segment.lower()) not in SAFE
                            and kind in {"PATIENT_ID", "USERNAME", "EMAIL"}
                            and not self._camel(segment)
                        )
                        or (
                            kind == "MEDICATION"
                            and _PLAIN_WORD.fullmatch(segment) is not None
                            and LEXICON.flag(segment.lower()) in {"", "m"}
                        )
                    )
                )
                and not re.fullmatch(r"v\d{1,2}", segment)
                and not HASHED.fullmatch(segment)
                and not (kind == "IP" and shapes.public_ip(segment) is False)
                and (self.strict or not unlikely(kind, segment))
                and not _IN_SOURCE.fullmatch(segment)
                and not (
                    ("-" in before and _A_VERSION.fullmatch(segment) and len(segment) < _LONG_CODE)
                    or (not self.strict and (_RELEASED.fullmatch(segment) or len(segment) < _SHORTEST))
                )
                and not (kind in {"DIAGNOSIS", "MEDICATION"} and "_" in before and not shapes.ICD10.fullmatch(segment))
                and not segment.endswith((".py", ".js", ".ts", ".go", ".java", ".rb", ".html", ".php", ".cs"))
            ):
                return [Span(at, end, kind if has_digit or kind != "PATIENT_ID" else "PATIENT_ID", "path", True)]
        if segment in OF_RECORDS:
            return []
        if segment.isdigit():
            if _OF_TOOLS.fullmatch(before) or (before in _TEMPORARY and segment[:2] == "00"):
                return []
            if len(segment) >= 5 and not (
                (before.lower() in NUMBERED_PAGES and (len(segment) != 10 or before.lower() in _PAGES_OF_TOOLS))
                or (not self.strict and _A_DAY.fullmatch(segment))
            ):
                return [
                    Span(
                        at,
                        end,
                        "IDENTIFIER",
                        "path",
                        len(segment) in range(7, 11) and before.lower() not in NUMBERED_PAGES,
                    )
                ]
            return []
        if _BIRTHS.fullmatch(segment) is not None and segment < "2015" and "-" in segment:
            return [Span(at, end, "DOB", "shape", True)]
        if before == "acme-challenge" and _CHALLENGE.fullmatch(segment):
            return []
        if shapes.UUID.fullmatch(segment):
            return []
        if before.lower() in {"home", "users"} and re.fullmatch(r"[a-z][a-z0-9._-]{2,31}", segment):
            login = re.sub(r"[^a-z]", "", segment)
            if LEXICON.flag(login) not in PLAIN and login not in KEY_WORDS and not self._harmless_parts(segment):
                return [Span(at, end, "USERNAME", "path", True)]
        if before.lower() in NUMBERED_PAGES and PAGE_ID.fullmatch(segment) and not self._names_in(segment):
            return []
        if _SHORT.fullmatch(segment) and (before.isdigit() or before.lower() in NUMBERED_PAGES):
            return []
        if loose and segment.isalnum() and has_digit is False and _jumbled(segment):
            return []
        return self._judge_code(segment, at)
