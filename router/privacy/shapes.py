"""What a value looks like: one linear scan that cuts a text into items, and the validators that tell kinds apart."""

# ruff: noqa: E501 - expressions read better whole
from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.tr import tckimlik
from stdnum.us import ssn as us_ssn

_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = (
    r"(?:[Jj]an(?:uary)?|JAN(?:UARY)?|[Ff]eb(?:ruary)?|FEB(?:RUARY)?|[Mm]ar(?:ch)?|MAR(?:CH)?|[Aa]pr(?:il)?|APR(?:IL)?|[Mm]ay|MAY|[Jj]une?|JUNE?|"
    r"[Jj]uly?|JULY?|[Aa]ug(?:ust)?|AUG(?:UST)?|[Ss]ept?(?:ember)?|SEPT?(?:EMBER)?|[Oo]ct(?:ober)?|OCT(?:OBER)?|"
    r"[Nn]ov(?:ember)?|NOV(?:EMBER)?|[Dd]ec(?:ember)?|DEC(?:EMBER)?)"
)
_CLOCK: Final = r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
_OFFSET: Final = r"(?: ?(?:Z|UTC|GMT|[AaPp]\.?[Mm]\b|[+-][0-9]{2}:?[0-9]{2}))?"
_LETTER: Final = "A-Za-z\xc9\xe9"
_SOLID: Final = r"[^ \t\n\f\r,;:=\"'()\[\]{}<>|`?&#*!~^$\\]++"

MONTH_ELSEWHERE: Final = (
    "(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sept?iembre|setiembre|octubre|noviembre|diciembre|janeiro|fevereiro|mar[\xc9\xe9]o|maio|junho|"
    "julho|setembro|outubro|novembro|dezembro|janvier|f[\xc9\xe9]vrier|fevrier|mars|avril|mai|juin|juillet|ao[\xc9\xe9]t|aout|septembre|octobre|novembre|"
    "d[\xc9\xe9]cembre|decembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|januar|j[\xc9\xe9]nner|februar|m[\xc9\xe9]rz|maerz|juni|juli|"
    "oktober|dezember|januari|februari|maart|mei|augustus|augusti|desember|maj|marts|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|"
    "wrze[\xc9\xe9]nia|wrzesnia|pa[\xc9\xe9]dziernika|pazdziernika|listopada|grudnia|ocak|[\xc9\xe9]ubat|subat|mart|nisan|may[\xc9\xe9]s|haziran|temmuz|a[\xc9\xe9]ustos|agustos|eyl[\xc9\xe9]l|eylul|ekim|"
    "kas[\xc9\xe9]m|kasim|aral[\xc9\xe9]k|aralik)"
)
"""Months in Spanish, Portuguese, French, Italian, German, Dutch, Swedish, Danish, Polish and Turkish."""
# Alternatives in order; the first that matches at the leftmost place wins. Python's own engine goes back where RE2 does
# not, so each alternative is bounded, or reads on only where it has matched, or is possessive: at any place it looks at
# some hundred characters at most, or at what it then takes. (RE2 was as fast on texts it had seen, and five times
# slower on new ones, for which it has to build its automaton first.)
_EMAIL: Final = rf"[{_LETTER}0-9._%+-]{{1,128}}+@[{_LETTER}0-9.-]*[{_LETTER}0-9]"
_ADDRESS: Final = r"[A-Za-z][A-Za-z0-9+.-]{1,24}+://[^ \t\n\f\r\"'<>`{}|\\^\[\]?#;,&=()]++"
_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
_MACS: Final = (
    r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){9,63}\b",
    r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){7}\b(?![:-])",
    r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}\b",
    r"[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\b",
    r"(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,7}(?:/[0-9]{1,3})?",
    r"(?:[0-9a-fA-F]{1,4}:){1,7}:(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?",
)
_POSTCODE: Final = r"\b(?:[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|[A-Z][0-9][A-Z] [0-9][A-Z][0-9]|[AC-FHKNPRTV-Y][0-9][0-9W] (?:[0-9][0-9AC-FHKNPRTV-Y]{3}|[AC-FHKNPRTV-Y][0-9AC-FHKNPRTV-Y]{0,2}[0-9][0-9AC-FHKNPRTV-Y]{0,2}))\b"
_GROUPS: Final = r"\+?\(?[0-9]{1,6}\)?(?:[ .-]{1,2}\(?[0-9]{1,6}\)?){1,6}"


def _any(alternatives: tuple[str, ...]) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _led(beginning: str, *alternatives: str) -> str:
    """Alternatives that all begin so, and are not tried where nothing does."""
    return f"(?={beginning}){_any(alternatives)}"


_FROM_LETTERS: Final = (
    r"eyJ[A-Za-z0-9_-]{5,}+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
    r"data:[a-z]{1,20}/[a-z0-9.+-]{1,40};base64,[A-Za-z0-9+/=]+",
    _ADDRESS,
    r"arn:[a-z-]{2,12}:[A-Za-z0-9_./:*+=@-]+",
    _EMAIL,
    r"[A-Za-z]{1,40}+'(?:t|s|re|ve|ll|d|m)\b",
    _UUID,
    _led(
        "[A-Z][a-z]{2}[ ,]",
        r"(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?: [A-Z]{3,4})?(?: 20[0-9]{2}\b)?",
        r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} 20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]" + _OFFSET,
        r"[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}[0-9]{1,2} 20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]" + _OFFSET,
    ),
    r"(?:datetime\.)?(?:date|datetime)\([0-9]{4}, ?[0-9]{1,2}, ?[0-9]{1,2}(?:, ?[0-9]{1,6}){0,4}\)",
    _led("[0-9a-fA-F]{1,4}[:.-]", *_MACS),
    _led(
        "[JFMASONDjfmasond][aepucoAEPUCO]",
        _MONTH + r",? [12][0-9]{3}\b",
        _MONTH + r"\.? " + _DAY + r"(?:st|nd|rd|th)?\b(?:,? ?[0-9]{4}\b)?",
    ),
    _led(
        "[A-Z]",
        r"[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){3,7}(?: [A-Z0-9]{1,4})?\b",
        _POSTCODE,
        r"\b[A-Z][A-Z0-9-]{1,15}\\{1,2}[a-z][a-z0-9._-]{2,40}\b",
    ),
    r"[A-Za-z]:(?:\\{1,2}[A-Za-z0-9_.$ -]+)+",
    _SOLID,
)
_FROM_DIGITS: Final = (
    _EMAIL,
    _UUID,
    r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b",
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9](?:\.[0-9]{1,9})?\b",
    r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T_ ]" + _CLOCK + _OFFSET,
    r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4},? " + _CLOCK + _OFFSET,
    r"[0-9]{1,2}[/ -][A-Z][a-z]{2}[/ -][0-9]{4}[: T]" + _CLOCK + _OFFSET,
    r"[0-9]{8}T[0-9]{6}(?:\.[0-9]{1,9})?Z?",
    r"20[0-9]{6}[-_][0-2][0-9][0-5][0-9][0-5][0-9]\b",
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9][_-][0-5][0-9][_-][0-5][0-9](?:[_.-][0-9]{3,9})?Z?",
    r"1-[0-9a-f]{8}-[0-9a-f]{24}\b",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}, [0-2][0-9]:[0-5][0-9]:[0-5][0-9]" + _OFFSET,
    r"(?:1[ .-])?[2-9][0-9]{2}/[0-9]{3}-[0-9]{4}\b",
    r"1\.[2-9][0-9]{2}\.[0-9]{3}\.[0-9]{4}\b",
    _led("[0-9a-fA-F]{1,4}[:.-]", *_MACS),
    r"[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}(?: {1,3}[0-9]{2,6} {1,3}[0-9]{2,6}(?= ))?",
    r"0[0-9](?:[ .-][0-9]{2}){4}\b",
    r"[0-2](?:\.[0-9]{1,12}){4,20}\b",
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9])(?:/[0-9]{1,2}\b)?",
    r"(?:[0-9]\.[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{5}|[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9]\.[0-9]{6,9})\b",
    _CLOCK + r"(?: ?[AaPp][Mm]\b)?",
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}\b",
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})\b",
    r"[0-9]{1,2}(?:st|nd|rd|th)?(?: of)?[ .-]?" + _MONTH + r"\.?,?[ -]?(?:[0-9]{4}|'?[0-9]{2})\b",
    _DAY + r"(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"\b",
    r"[0-9]{4}-" + _MONTH + r"-[0-9]{1,2}\b",
    r"[0-9]{1,2}(?:\.|er|\xba)? (?:de )?" + MONTH_ELSEWHERE + r"(?:,? (?:de |del )?[0-9]{4}|\b)",
    "[0-9]{4}\xc9 ?[0-9]{1,2}\xc9 ?[0-9]{1,2}\xc9",
    _GROUPS,
    r"[0-9]+(?:[.,][0-9]+){0,60}(?:[eE][+-]?[0-9]{1,3})?(?:%|\b)",
    _SOLID,
)
_FROM_MARKS: Final = (
    r"<[A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10}>",
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:[A-Za-z0-9+/= \t\n\f\r\\]|-[A-Za-z0-9])*+(?:-----END [A-Z0-9 ]{1,40}-----)?",
    _EMAIL,
    r"\+[0-9]{1,3} ?\(0\) ?[0-9]{1,4}(?:[ .-][0-9]{1,5}){1,5}",
    _GROUPS,
    r"\+[0-9]+(?:[.,][0-9]+){0,60}(?:[eE][+-]?[0-9]{1,3})?(?:%|\b)",
    r"\\+(?:[ntrfb\"'/]|\\)",
    _SOLID,
)


SCAN: Final = re.compile(
    f"(?=[{_LETTER}]){_any(_FROM_LETTERS)}|(?=[0-9]){_any(_FROM_DIGITS)}|(?![{_LETTER}0-9]){_any(_FROM_MARKS)}",
    re.ASCII,
)
"""Where the next piece of a text is. Texts are Latin-1 (shadow.cast)."""

# --- anchored verifiers: each runs over one short item only, never over a text -----------------------------------------
_NAMED_UNITS: Final = (
    r"ms|msec|msecs|millis|us|usec|ns|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days|"
    r"w|week|weeks|month|months|b|kb|mb|gb|tb|pb|kib|mib|gib|tib|k|g|t|bytes|byte|hz|khz|mhz|ghz|mbps|gbps|kbps|bps|qps|rps|tps|rpm|x|th|st|nd|rd|px|"
    r"cpu|cpus|mcpu|vcpu|rows|row|req|reqs|ops|iops|pct|pp|v|mv|w|c|f|km|mi|gbit|mbit|pods|threads|conns|ki|mi|gi|ti|mcores|cores"
)
UNIT: Final = re.compile(
    rf"[+-]?\d{{1,12}}(?:[.,]\d{{1,9}})?(?:{_NAMED_UNITS}|%)(?:/(?:s|sec|m|min|h|hr|hour|day|d))?", re.IGNORECASE
)


def measured(text: str) -> bool:
    """Is it a number with its unit; `412B` is a room before it is bytes, and `16261733K` somebody's number."""
    return UNIT.fullmatch(text) is not None and _LETTERED.fullmatch(text) is None


_LETTERED: Final = re.compile(r"[0-9]{1,12}[ABCDEFHSVWX]|[0-9]{6,12}[A-Z]")
COUNTED: Final = frozenset(
    [
        "ms",
        "msec",
        "millis",
        "milliseconds",
        "us",
        "microseconds",
        "ns",
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "m",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "day",
        "days",
        "week",
        "weeks",
        "bytes",
        "byte",
        "kb",
        "mb",
        "gb",
        "tb",
        "kib",
        "mib",
        "gib",
        "rows",
        "row",
        "requests",
        "request",
        "reqs",
        "errors",
        "error",
        "times",
        "time",
        "retries",
        "retry",
        "attempts",
        "attempt",
        "items",
        "item",
        "records",
        "messages",
        "message",
        "events",
        "event",
        "jobs",
        "job",
        "tasks",
        "connections",
        "connection",
        "threads",
        "thread",
        "workers",
        "worker",
        "pods",
        "pod",
        "nodes",
        "node",
        "percent",
        "pct",
        "points",
        "datapoints",
        "datapoint",
        "samples",
        "users",
        "sessions",
        "files",
        "file",
        "lines",
        "line",
        "partitions",
        "replicas",
        "instances",
        "hosts",
        "iterations",
        "transactions",
        "queries",
        "calls",
        "ops",
        "iops",
        "bits",
        "packets",
        "frames",
        "frame",
        "pages",
        "blocks",
        "chunks",
        "objects",
        "keys",
        "entries",
        "warnings",
        "failures",
        "failed",
        "succeeded",
        "skipped",
        "passed",
        "tests",
        "checks",
        "alerts",
        "incidents",
        "spans",
        "bytes/s",
        "req/s",
        "rps",
        "qps",
        "tps",
        "mbps",
        "unacked",
        "pending",
        "more",
        "others",
        "of",
        "rules",
        "consumers",
        "subscribers",
        "segments",
        "shards",
        "tuples",
        "dead",
        "remain",
        "removed",
        "recycled",
        "tombstone",
        "tombstones",
        "evicted",
        "expired",
        "dropped",
        "occurrence",
        "live",
        "buffers",
        "docs",
        "documents",
        "watches",
        "node(s)",
        "checkpoints",
        "tuple",
        "deadlocks",
        "sequences",
    ]
)
DURATION: Final = re.compile(
    r"P(?:\d{1,4}[YMWD])*(?:T(?:\d{1,6}(?:\.\d{1,6})?[HMS])+)?|(?:\d{1,6}(?:\.\d{1,6})?(?:ms|us|ns|µs|[wdhms])){1,6}"
)
POSTCODE: Final = re.compile(
    r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|[A-Z][0-9][A-Z] [0-9][A-Z][0-9]|[AC-FHKNPRTV-Y][0-9][0-9W] [0-9AC-FHKNPRTV-Y]{4}"
)
"""United Kingdom (BS 7666), Canada (Canada Post) and Ireland (Eircode): letters and digits in an order nothing else has."""
ERROR_CODE: Final = re.compile(
    r"(?:ORA|MY|AH|ABEND|TNS|PLS|RMAN|SP2|SQL|MSSQL|DB2|ERR|CVE|CWE|RFC|ISO|KB|MSB|NETSDK|AADSTS|"
    r"INC|CHG|PRB|RITM|SCTASK|CTASK|JIRA|OPS|SRE|INFRA|BUG|HY|HAPI|HTTP|TLS|SSL|GHSA|DSA|USN|RHSA|ADR|SLO|SLA)-?[0-9]{1,7}(?:-[0-9]{1,7})?"
)
"""Codes of errors, tickets and standards, by the prefix of who gives them."""
VERSION: Final = re.compile(
    r"v?\d{1,4}(?:\.\d{1,5}){1,3}(?:[-+.]?(?:rc|alpha|beta|dev|post|final|release|snapshot|b|a|r|p|ga|lts|sp|m|el|u|jre|build)[.-]?\d{0,4})?(?:[+-][0-9a-z.]{1,16})?",
    re.IGNORECASE,
)
TRACE: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""A trace's context as W3C writes it in `traceparent`."""
UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
HEX: Final = re.compile(r"(?:0x)?[0-9a-f]{6,128}")
STAMP: Final = re.compile(
    r"\d{4}[-/]\d{2}[-/]\d{2}[T_ ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?|\d{8}T\d{6}(?:\.\d{1,9})?Z?|20\d{6}[-_][0-2]\d[0-5]\d[0-5]\d|20\d\d-\d\d-\d\dT[0-2]\d[_-][0-5]\d[_-][0-5]\d(?:[_.-]\d{3,9})?Z?|\d{4}-\d{2}-\d{2}, \d{2}:\d{2}:\d{2}(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
LONG_AGO: Final = re.compile(r"(?!1970-01-01|1900-01-01)(?:18|19)[0-9]{2}[-/]")
"""The beginning of a time before any log began: somebody's birth rather than an event."""
EPOCH: Final = re.compile(r"1[0-9]{9}(?:\.\d{1,9})?|1[0-9]{12}|1[0-9]{15}|1[0-9]{18}")
ICD10: Final = re.compile(r"[A-TV-Z]\d[0-9AB](?:\.[0-9A-KXZ]{1,4})?", re.IGNORECASE)
NO_SESSION: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}|(?:scheduler|rt|subsearch)_[A-Za-z0-9_.]{10,200}")
"""A `sid` that opens nothing: Twilio's name of a resource, a search of Splunk's."""
ICD10_DOTTED: Final = re.compile(r"[A-TV-Z]\d[0-9AB]\.[0-9A-KXZ]{1,4}")
VIN_SHAPE: Final = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
DEA_SHAPE: Final = re.compile(r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}")
MBI: Final = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}",
    re.IGNORECASE,
)
IBAN_SHAPE: Final = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{11,36}")
SECRET_SHAPE: Final = re.compile(
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,20}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|"
    r"xox[abeoprs]-[A-Za-z0-9-]{8,255}|xapp-[A-Za-z0-9-]{8,255}|(?:sk|pk|rk|whsec)_(?:live|test)?_?[A-Za-z0-9]{10,255}|sk-[A-Za-z0-9_-]{16,255}|AIza[A-Za-z0-9_-]{30,45}|"
    r"sess_[A-Za-z0-9]{16,255}|ya29\.[A-Za-z0-9_-]{10,255}|SG\.[A-Za-z0-9_-]{10,64}\.[A-Za-z0-9_-]{10,64}|npm_[A-Za-z0-9]{20,64}|pypi-[A-Za-z0-9_-]{16,255}|hv[sb]\.[A-Za-z0-9_-]{16,255}|"
    r"dop_v1_[a-f0-9]{32,80}|AC[a-f0-9]{32}|key-[a-f0-9]{32}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{16,64}|dapi[a-f0-9]{32}|EAA[A-Za-z0-9]{30,255}|sq0[a-z]{3}-[A-Za-z0-9_-]{16,64}|[0-9]{8,10}:AA[A-Za-z0-9_-]{30,40}"
)
OF_SERVICES: Final = re.compile(
    r"(?:[A-Z][A-Z0-9-]{1,15}\\{1,2})?(?:svc|gmsa|sa|service)[-_][a-z][a-z0-9_-]{2,30}\$?|[A-Z][A-Z0-9-]{1,15}\\{1,2}[A-Za-z0-9-]{2,30}\$"
)
"""Accounts of services and machines of a Windows domain: `CORP\\svc_claims`, `CORP\\SQL01$`."""
SUM: Final = re.compile("[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){9,63}")
"""The serial number or fingerprint of a certificate: longer than the address of any device."""
MAC: Final = re.compile(
    r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){7}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
)
DATE: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
MOIS: Final = re.compile(
    r"[0-9]{1,2}(?:\.|er|\xba)? (?:de )?(?=[A-Za-z\xe9\xc9]{3})[A-Za-z\xe9\xc9]+(?:,? (?:de |del )?[0-9]{4})?|[0-9]{4}\xc9 ?[0-9]{1,2}\xc9 ?[0-9]{1,2}\xc9"
)
"""A day the scan has found by a month's name in another language, or with the signs of East Asia."""
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZERO_WIDTH: Final = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
        *range(0x2066, 0x2070),
        0xFEFF,
        *range(0xFE00, 0xFE10),
    ]
)
# Letters of other scripts that look like Latin ones, so that a key or a digit written with them is still read.
_LOOKS: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТХУаеіјорсухѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιν‐‑‒–—―−﹣－．。·／⁄∕：＠",
        "ABESIJKMHOPCTXYaeijopcyxsdhqwABEZHIKMNOPTYXoiv---------...///:@",
        strict=True,
    )
)


def zero_width(text: str) -> bool:
    """Does `text` hold characters that nobody sees."""
    return any(ord(char) in _ZERO_WIDTH for char in text)


def shadow_char(char: str) -> str:
    """The Latin-1 characters that stand for one character when shapes are sought: '' when it is invisible."""
    if char < "\x80":
        return char
    if ord(char) in _ZERO_WIDTH:
        return ""
    look = _LOOKS.get(char)
    if look is not None:
        return look
    if "\U000e0020" <= char <= "\U000e007e":
        return chr(ord(char) - 0xE0000)  # a tag: ASCII that nobody sees (Unicode 3.1, U+E0000)
    plain = unicodedata.normalize("NFKC", char)
    if plain != char:
        return "".join(shadow_char(part) if part != char else _class_of(part) for part in plain)
    return _class_of(char)


def _class_of(char: str) -> str:
    if char < "\x80":
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] in "LM":
        return "\xc9" if category in {"Lu", "Lt", "Lo"} else "\xe9"  # scripts without case read as capitals
    if category == "Pd":
        return "-"
    if category == "Cf":
        return ""
    return " "


def normal(kind: str, value: str) -> str:
    """The form of `value` under which equal values of `kind` meet: NFKC, then by kind digits only or case-folded."""
    if value.isascii():
        if kind not in _SPELT:
            return " ".join(value.split()).casefold()
        text = value.strip()
    else:
        text = unicodedata.normalize("NFKC", value.translate(_ZERO_WIDTH)).strip()
    if kind in _DIALLED:
        digits = "".join(filter(str.isdecimal, text))
        if kind in {"PHONE", "FAX"} and len(digits) == 11 and digits[0] == "1":  # noqa: PLR2004 - +1 and ten digits
            digits = digits[1:]
        if digits:
            return digits if digits.isascii() else "".join(str(unicodedata.decimal(char)) for char in digits)
    if kind in _WRITTEN_TOGETHER:
        return text.upper() if text.isalnum() else "".join(filter(str.isalnum, text)).upper() or text
    if kind == "SECRET":
        return text
    return " ".join(text.split()).casefold()


_DIALLED: Final = frozenset({"SSN", "PHONE", "FAX", "CREDIT_CARD", "NPI"})
_WRITTEN_TOGETHER: Final = frozenset(
    {
        "MRN",
        "MEMBER_ID",
        "ACCOUNT",
        "LICENSE",
        "DEA",
        "VIN",
        "PLATE",
        "DEVICE_ID",
        "NATIONAL_ID",
        "PATIENT_ID",
    }
)
_SPELT: Final = _DIALLED | _WRITTEN_TOGETHER | {"SECRET"}
"""Kinds of which not only case and blanks differ between spellings of one value."""


def luhn_ok(digits: str) -> bool:
    """A payment card's check digit and length."""
    return 12 <= len(digits) <= 19 and luhn.is_valid(digits) and len(set(digits)) > 1  # noqa: PLR2004 - ISO/IEC 7812


def npi_ok(digits: str) -> bool:
    """Ten digits whose check digit holds with the prefix 80840 (CMS NPI check digit)."""
    return len(digits) == 10 and digits[0] in "12" and luhn.is_valid("80840" + digits)  # noqa: PLR2004


def recent(digits: str) -> bool:
    """Seconds, milliseconds, micro- or nanoseconds since 1970 that fall between 2011 and 2036."""
    return len(digits) in {10, 13, 16, 19} and "1300000000" <= digits[:10] < "2100000000"


def dea_ok(text: str) -> bool:
    """Two letters and seven digits; (d1+d3+d5) + 2(d2+d4+d6) ends in d7."""
    if not DEA_SHAPE.fullmatch(text):
        return False
    d = [int(char) for char in text[2:]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def vin_ok(text: str) -> bool:
    """17 characters, letters and digits mixed, ISO 3779's check digit (North America)."""
    if not VIN_SHAPE.fullmatch(text) or text.isdigit() or text.isalpha():
        return False
    worth = {
        letter: value
        for letters, value in zip(
            ("AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"), range(1, 10), strict=True
        )
        for letter in letters
    }
    total = sum(
        (int(c) if c.isdigit() else worth[c]) * w
        for c, w in zip(text, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2), strict=True)
    )
    return text[8] == "0123456789X"[total % 11]


def ssn_ok(digits: str) -> bool:
    """Nine digits with an area, group and serial that are or were issued; 9xx (ITIN) counts."""
    if len(digits) != 9:  # noqa: PLR2004
        return False
    return us_ssn.is_valid(digits) or (digits[0] == "9" and digits[3:5] != "00" and digits[5:] != "0000")


def national_ok(text: str) -> bool:
    """A personal number of some state whose letters, digits and check digit say so.

    Codice fiscale (IT), DNI and NIE (ES), CURP (MX), PAN (IN), National Insurance (GB).
    """
    size = len(text)
    if size == 16:  # noqa: PLR2004
        return codicefiscale.is_valid(text.upper()) or _CODICE.fullmatch(text) is not None
    if size == 9:  # noqa: PLR2004
        return (text[:8].isdigit() and dni.is_valid(text)) or nie.is_valid(text) or _NINO.fullmatch(text) is not None
    if size == 10 and _PAN.fullmatch(text) is not None:  # noqa: PLR2004
        return True
    return size == 18 and _CURP.fullmatch(text) is not None  # noqa: PLR2004


_CODICE: Final = re.compile(r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]")
_NINO: Final = re.compile(r"[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z]\d{6}[A-D]")
_PAN: Final = re.compile(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]")
_CURP: Final = re.compile(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d")


def citizen_ok(digits: str) -> bool:
    """Eleven or fifteen digits that are a state's number for a person by their check digits, and its day where it has one.

    CPF (BR), T.C. Kimlik (TR), PESEL (PL), foedselsnummer (NO), NIR (FR).
    """
    if len(digits) == 11:  # noqa: PLR2004
        return (
            tckimlik.is_valid(digits)
            or pesel.is_valid(digits)
            or fodselsnummer.is_valid(digits)
            or cpf.is_valid(digits)
        )
    return len(digits) == 15 and digits[0] in "12" and nir.is_valid(digits)  # noqa: PLR2004


def aadhaar_ok(digits: str) -> bool:
    """India's twelve digits with Verhoeff's check digit."""
    return aadhaar.is_valid(digits)


def iban_ok(text: str) -> bool:
    """Country, check digits and length of an IBAN; a wrong check digit still has the shape."""
    return iban.is_valid(text)


def public_ip(text: str) -> bool | None:
    """Is it an address that may be a person's; None when it is no address.

    Not a person's: RFC 1918, loopback, link-local, unique local (RFC 4193), and what no client can send from
    (unspecified, multicast). Documentation ranges (RFC 5737, RFC 3849) stand for clients, so they count as theirs.
    """
    parts = text.partition("/")[0].split(".")
    if len(parts) == 4 and ":" not in text:  # noqa: PLR2004 - RFC 791
        octets = [int(part) for part in parts if part in _OCTETS]
        return None if len(octets) < 4 else _public(octets)  # noqa: PLR2004
    try:
        address = ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return None
    if address.version == 6 and int(address) < 1 << 32:  # noqa: PLR2004 - `::` and a port, as Java writes them
        return False
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or any(address in network for network in _INFRASTRUCTURE)
    )


def _public(octets: list[int]) -> bool:
    """The same of an IPv4 address."""
    first, second = octets[:2]
    return not (
        first in {10, 127}
        or 224 <= first <= 239  # noqa: PLR2004 - multicast, RFC 5771
        or (first == 172 and 16 <= second <= 31)  # noqa: PLR2004
        or (first, second) in {(192, 168), (169, 254)}
        or not any(octets)
    )


_OCTETS: Final = frozenset(map(str, range(256)))
_INFRASTRUCTURE: Final = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


ZONE_SERIAL: Final = re.compile(r"20[12][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{2}")
"""How the serial number of a DNS zone is written (RFC 1912): a day and a counter."""
_ROLES: Final = frozenset(
    [
        "abuse", "admin", "admins", "administrator", "alarm", "alarms", "alert", "alerting", "alertmanager", "alerts",
        "analytics", "api", "app", "apps", "audit", "automation", "backup", "backups", "billing", "bot", "bounce",
        "bounces", "build", "builds", "callcenter", "ci", "cloud", "compliance", "cron", "daemon", "data", "database",
        "dba", "deploy", "dev", "devops", "dmarc", "dns", "do", "not", "reply", "donotreply", "elastic", "engineering", "events",
        "feedback", "finance", "github", "gitlab", "grafana", "helpdesk", "hostmaster", "infra", "infrastructure",
        "integration", "integrations", "it", "jenkins", "jira", "jobs", "kafka", "legal", "list", "lists", "logs",
        "mail", "mailer", "mailman", "marketing", "monitor", "monitoring", "nagios", "netops", "network", "news",
        "newsletter", "no", "noc", "noreply", "notification", "notifications", "notify", "oncall", "operations",
        "ops", "order", "orders", "pager", "pagerduty", "platform", "portal", "postgres", "postmaster", "prometheus",
        "report", "reports", "robot", "root", "sentry", "server", "service", "servicedesk", "services", "sftp", "soc",
        "splunk", "sre", "status", "support", "svc", "sysadmin", "system", "systems", "team", "tech", "terraform",
        "test", "tester", "uptime", "vault", "vendor", "webmaster", "www", "zabbix", "zendesk", "cert", "certs",
        "security", "infosec", "incident", "incidents", "desk", "help", "site", "reliability", "account", "accounts",
        "auto", "partner", "partners", "ap", "ar", "fax", "faxgw", "gw", "gateway", "sms", "scan", "scanner", "print", "printer", "kiosk", "mta", "relay", "smtp", "master",
    ]
)  # fmt: skip
"""Words of mailboxes that many read or nobody does (RFC 2142, and what tools send from)."""


_OF_MACHINES: Final = (
    "gserviceaccount.com",
    "noreply.github.com",
    ".cluster.local",
    ".internal",
    ".localdomain",
    ".service",
)
"""Domains whose accounts are those of programs."""


def of_a_role(address: str) -> bool:
    """Is an email address that of a role or a tool, by every word before the @: `no-reply@`, `sre-oncall@`."""
    local, _, domain = address.lower().partition("@")
    local = local.partition("+")[0]
    return domain.endswith(_OF_MACHINES) or all(
        part in _ROLES for part in re.split(r"[._-]", local.rstrip("0123456789"))
    )


def real_date(text: str) -> bool:
    """Can these digits be a day of a calendar (either order of day and month)."""
    match = DATE.fullmatch(text)
    if match is None:
        return False
    if match[1]:
        return 1850 <= int(match[1]) <= 2100 and 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31  # noqa: PLR2004
    first, second = int(match[4]), int(match[5])
    if len(match[6]) == 4 and not 1850 <= int(match[6]) <= 2100:  # noqa: PLR2004 - `6.3.9600` is a version
        return False
    return 1 <= min(first, second) <= 12 and 1 <= max(first, second) <= 31  # noqa: PLR2004
