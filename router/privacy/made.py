"""What machines make up: names of pods, jobs, indexes and files, ids of clouds, traces and builds, which number nobody."""

# ruff: noqa: E501, PLR2004 - expressions read better whole; lengths mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy.parts import CAMEL

BUILD: Final = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}[ -]?[-(][0-9]{1,6}\)?(?:-(?:aws|azure|gcp|generic|amd64|arm64|kvm|lowlatency|cloud|default|linuxkit|el[0-9]))?"
)
SOURCE_FILE: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$.-]{0,60}\.(?:java|py|js|mjs|ts|tsx|jsx|go|rb|cs|kt|scala|php|rs|c|cc|cpp|h|swift|ex|exs|erl|clj|vue|html|css|yml|yaml|toml|conf|sh)"
)
COUNTED_NAME: Final = re.compile(
    r"(?:TLS|SSL|HTTP)v?[0-9](?:\.[0-9])?|(?i:conn|connection|thread|worker|proc|task|job|req|node|host|run|step|shard|part|partition|stage|attempt|pool|exec|goroutine|line|chunk|batch|slot|core|cpu|disk|vm|i)-?[0-9]{1,7}"
)
CRONJOB: Final = re.compile(
    r"([a-z][a-z0-9-]{2,50})-[0-9]{5}-[a-z]{3}|([a-z][a-z0-9-]{3,50})-(?:2[6-9]|30)[0-9]{6}(?:-[a-z0-9]{5})?(?:\.[0-9a-f]{16})?"
)
"""A revision of Cloud Run, a job of a Kubernetes CronJob, and an event about one."""
HASHED: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9.-]{1,60})-(?:[0-9a-f]{8,10}-[a-z0-9]{5}|[0-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}|(?=[0-9]*[a-z])(?=[a-z]*[0-9])[bcdfghjklmnpqrstvwxz0-9]{8,10}-[bcdfghjklmnpqrstvwxz0-9]{5})"
)
"""A pod of a Kubernetes deployment: the names of its deployment and template, and five letters that mean nothing.

Kubernetes has no vowels in what it makes up, so that no word stands there.
"""
SUFFIXED: Final = re.compile(
    r"([a-z][a-z0-9]*(?:-[a-z0-9]+){0,8}?)(?:-(?=[0-9]*[a-z][0-9]*[a-z])(?=[a-z]*[0-9])[bcdfghjklmnpqrstvwxz0-9]{5}){1,2}(?:\.[0-9a-f]{16})?"
    r"|([a-z][a-z0-9]*(?:-[a-z0-9]+){0,8}?)-(?=[0-9]*[a-z][0-9]*[a-z])(?=[a-z]*[0-9])[bcdfghjklmnpqrstvwxz0-9]{9,10}"
)
"""A pod of a DaemonSet or a Job, an event about a pod, a ReplicaSet and a ConfigMap with the sum of what it holds."""
VERSIONED: Final = re.compile(
    r"([a-z][a-z0-9+]*(?:[-_.][a-z][a-z0-9+]*){0,6})[-@_]v?(?!(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|[12][0-9]|3[01])\.[0-9]{2}(?![0-9]))[0-9]{1,3}\.[0-9]{1,4}\.[0-9]{1,3}"
    r"(?:[-+.][0-9A-Za-z][0-9A-Za-z.+-]{0,40})?"
)
"""A package, a chart or a program and its version: `rumqttc-0.24.0`, `web-1.28.7`; a day as people write it is no version."""
ISSUED: Final = re.compile(r"([a-z]{2,8})[-_](?=[A-Za-z]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])([A-Za-z0-9]{12,40})")
"""An id that some service made up: `ord_7FZW9uraORamQg`. Nobody's number has letters of both cases."""
RELEASE: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9_./-]{1,60})@v?[0-9]{1,4}(?:\.[0-9]{1,5}){1,3}(?:[-+][0-9A-Za-z.]{1,20})?"
)
"""A program and its version: `radsched@4.4.1`."""
LOG_PLACE: Final = re.compile(r"([a-z][A-Za-z0-9_.-]{1,100}?)-[0-9]{1,4}@[0-9]{1,15}")
"""A topic, its partition and the place in it: `mpi.person-12@18225087`."""
OID: Final = re.compile(r"(?:urn:oid:)?[0-2](?:\.(?:0|[1-9][0-9]{0,5})){4,20}")
"""An object identifier of a register; one of a study or a picture has longer numbers."""
ENTITY: Final = re.compile("([A-Z]{4,20}(?:_[A-Z]{2,20}){0,3})-(?=[0-9]{0,15}[A-F])(?=[A-F]{0,15}[0-9])[0-9A-F]{16}")
"""An entity of Dynatrace's: `SERVICE-12E166CBF3098D9D`."""
PROGRAM: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_-]{1,40}\.(?:exe|dll|sys|ko|so|jar|war|msi|service|socket|timer|slice)"
)
QUEUED_MAIL: Final = re.compile("[12][0-9A-Za-z]{5}-00[0-9A-Za-z]{4}(?:[0-9A-Za-z]{5})?-[0-9A-Za-z]{2,4}")
"""Exim's name of a mail: `1rX9O9-0004Kd-2B`."""
ROLLED: Final = re.compile(r"([a-z][a-z._-]{2,60})-0[0-9]{5}")
"""An index that Elasticsearch rolled over: `people-000042`."""
COLOUR: Final = re.compile("(?=[0-9a-f]*[a-f])(?:[0-9a-f]{6}|[0-9a-f]{3}|[0-9a-f]{8})")
DIGEST: Final = re.compile("[0-9a-f]{32,64}")
CLOUD_ID: Final = re.compile(
    r"(?:i|vpc|subnet|sg|ami|vol|eni|snap|rtb|igw|nat|eipalloc|acl|lt|fs|eks|tgw|vpce|run|ws)-[0-9a-f]{8}(?:[0-9a-f]{9})?"
)
REPLICA: Final = re.compile(r"[a-z]{3,}(?:-[a-z]+)*-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{4,5}")
_LONG_CODE: Final = 7
POD: Final = re.compile(r"[a-z][a-z0-9-]{1,60}-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,10}-[a-z0-9]{5}")
"""A pod of a deployment: `rx-5c9d8b7f64-x2k8p` numbers no prescription."""
ADDRESS_OF_MEMORY: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")
PAGE_ID: Final = re.compile(r"[A-Za-z0-9]{1,6}-?(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6,24}")
LEAST_PARTS: Final = 4
"""Parts in CamelCase of sixteen letters that no name has so many of."""
ENCODED_UUID: Final = 22
"""Letters of a UUID in base64 without its padding, as Elasticsearch calls nodes, indexes and clusters."""


def mixed_case(word: str) -> bool:
    """Has a word letters of both cases and no three small ones that a name could begin with."""
    return (
        not word.islower() and not word.isupper() and max(map(len, re.findall("[a-z]+", word)), default=0) < _LONG_CODE
    )


def made_by(segment: str) -> str:
    """The deployment that a pod's name begins with."""
    return re.sub(r"(?:-[0-9a-f]{4,10})?-[a-z0-9]{4,5}$", "", segment)


def opaque_hex(text: str) -> bool:
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


def jumbled(text: str) -> bool:
    """Mixed case without words: `TZfjMlqBC`."""
    parts = CAMEL.findall(text)
    return len(text) >= 6 and len(parts) >= 3 and max(len(part) for part in parts) <= 4


MADE: Final = re.compile(
    "[0-9a-f]{32}-[0-9a-f]{16}(?:-[01d])?|20[0-9]{2}(?:P(?:0[1-9]|1[0-3])|Q[1-4]|H[12]|W[0-5][0-9])|00[45]010X[0-9]{3}(?:[AE][0-9]){0,2}"
    r"|(?:mysql-|mariadb-)?(?:bin|binlog|relay-bin|relay|slow)\.0[0-9]{5}|[A-Za-z0-9_-]{2,40}-relay-bin\.0[0-9]{5}"
    r"|(?:27[01678]|82[04]|83[457]|99[79]|TA1)[A-Z]{0,2}_(?:[45]010_)?20[0-9]{6,12}(?:_[0-9]{1,3})?\.[a-z0-9]{2,4}"
)
"""A trace and its span (B3), a period of a year, a guide of X12's, and a file of its transactions with its moment."""
SHORT_UUID: Final = re.compile(
    "(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=.{22}$)[A-Za-z0-9]{1,22}(?:[-_][A-Za-z0-9]{1,21})?|01[0-9A-HJKMNP-TV-Z]{24}"
)
"""A UUID as Elasticsearch writes it (base64url of 16 bytes), and a ULID: nobody's number, as a UUID is none."""
SHORT_SIZES: Final = frozenset({22, 26})
OF_TRANSACTIONS: Final = re.compile(
    "(?:claims?|elig|eligibility|auth|remits?|enrollment|members?|payments?)-(?:27[01678]|278|82[04]|83[457]|999)(?:-[a-z]{2,12}){0,4}"
)
"""What carries a transaction of X12 is called after both: `claims-835-remit`."""
