"""What tools number and date themselves: applications of YARN, states of SQL, builds, models, moments in other notations."""

# ruff: noqa: C901, E501, PLR2004, SIM905 - the tables read better as long lines; lengths mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy.spans import Span

_NUMBERS: Final = frozenset({"NUMBER", "CODE", "IDENTIFIER", "PHONE", "ZIP", "NPI"})
_MADE: Final = re.compile(
    r"(?:application|job|attempt|appattempt|container|dag|vertex|task)_(?:e[0-9]{1,3}_)?[0-9]{12,14}_[0-9]{4,6}(?:_(?:[mr]|[0-9]{1,4}))?(?:_[0-9]{2,6}){0,3}"
    r"|[A-Z]{4,8}_[IEWF]_[0-9]{4,6}"
    r"|qtp[0-9]{6,10}(?:-[0-9]{1,6})?"
    r"|(?:lro|domain-c|group-v|datastore|dvportgroup|resgroup)-[0-9]{1,8}"
    r"|(?:0[0-9A-Z]|2[0-9A-F]|3[0-9A-F]|4[0-4]|5[3-8]|72)P[0-9]{2}|P000[0-4]|XX00[0-2]"
    r"|(?:ITMS-9|OGG-0|KUP-0|LRM-0|UDI-0|UDE-0|CRS-|PRVF-|PRCR-|PRCT-|PROC-|INS-|QSM-0|DRG-|LPX-0|AADB2C|ADM[0-9]|SQL[0-9]|CPF[0-9]|MCH[0-9]|AMQ[0-9]|CSQ[A-Z]|DIA[0-9])[0-9]{2,6}[EIWSDCN]?"
)
"""YARN's applications and containers, Jetty's threads, vSphere's objects, SQLSTATE of Postgres, messages of Apple, Oracle, Azure, Db2,
IBM i and MQ by the prefix of who gives them."""
_SAID: Final = re.compile("[A-Z]{4,5}[0-9]{4,5}[AEFIOSW]")
"""A message of IBM's: before its colon."""
_MESSAGE: Final = re.compile(r"(?:NG|TS|CS|CA|SA|BC|NU|IDE|RZ|ASP|SYSLIB|VBC|FS|MC|AZ|E|W|C|R|S|F)0?[0-9]{3,5}")
"""A message of a compiler or a linter: before its colon."""
_COMPILED: Final = re.compile(r"(?:^|[\n\]] ?|error |warning |Error: |info )$")
_TECHNIQUE: Final = re.compile(r"T1[0-9]{3}(?:\.[0-9]{3})?")
"""A technique of MITRE's ATT&CK."""
_HEXED: Final = re.compile("(?=[0-9]*[A-F])(?=[A-F]*[0-9])[0-9A-F]{16,40}|[0-9]{24}")
_OF_HEXED: Final = re.compile(
    r"(?:(?:WAL )?segment |WAL file |archiv(?:ing|ed?)(?: command failed for)? |No symbols, [\w.-]{1,60}, |:user/[\w.@-]{1,60} |(?i:request ?-?id)[:=]? ?)$"
)
"""A segment of Postgres' log, a module of a minidump, a request of S3's."""
_MODEL: Final = re.compile(
    r"(?<![A-Za-z])(?:(?:GeForce )?(?:RTX|GTX)|Quadro(?: RTX| P)?|Tesla|Radeon(?: RX| Pro| HD)?|RX|EPYC|Ryzen(?: [3579]| Threadripper)?|Xeon(?: Gold| Silver| Platinum| Bronze)?|Catalyst|Nexus|PowerEdge|"
    r"ProLiant|Firepower|ISR|ASR|ASA|LaserJet(?: Pro| Enterprise)?|OfficeJet|DeskJet|WorkForce|bizhub|Smart-UPS|Precision|Latitude|OptiPlex|FortiGate|Aironet|PowerStore|PowerScale|Unity XT|FlashArray|"
    r"PR|MR|CL|OSStatus|NSOSStatusErrorDomain Code=|HRESULT|ulimit -[a-z]|Too many (?:parts|connections|open files) \(|(?:[A-Z][a-z]+){1,5}(?:Exception|Error)|Windows NT [0-9.]{3,12}|"
    r"(?:NLTEST|SQL) ?error|[Aa]pplied [Uu]pdate KB|policy, rule|[Tt]oken [Rr]ing|[Dd]ist|Allocations:|Filter:|relation [0-9]{1,10} of database) ?-?$"
)
"""Makers' models, requests to merge, and errors that are classes: a short number behind one is theirs."""
_RELEASED: Final = re.compile(r"(?<![\w.])v?[0-9]{1,4}(?:\.[0-9]{1,5}){1,3}(?: \((?:build )?|, )$")
"""A version before its build in brackets: `4.23.18 (4640)`."""
_OF_MEMORY: Final = re.compile(r"[0-9]{1,5}\.[0-9] \([0-9]{1,5}\.[0-9]\)?")
_IN_MEMORY: Final = re.compile(r"\)? (?:->|MB)")
"""What V8 says of a collection of garbage: `Mark-Compact 2025.4 (2083.3) -> 2024.4 (2082.1) MB`."""
_SPOOLED: Final = re.compile(r"[0-9]{5} [0-2][0-9]\.[0-5][0-9]\.[0-5][0-9] (?:JOB|STC|TSU)[0-9]{5} ")
"""How JES begins a line: the day of the year, the time, the job."""
_COUNTED: Final = re.compile(
    r"(?:Rows Removed by (?:Filter|Join Filter|Index Recheck|Conflict Filter)|Heap Fetches|Heap Blocks: (?:exact|lossy)|[Ii]tems (?:to be )?backed up|Timeticks|Counter(?:32|64)|Gauge32|Allocations): {1,20}\(?$"
    r"|(?<![A-Z])(?:CURDEPTH|MAXDEPTH|MSGAGE|IPPROCS|OPPROCS|MAXMSGL|QDEPTHHI|QDEPTHLO|MSGS|BYTSSENT|BYTSRCVD|BUFSSENT|BUFSRCVD|CURSHCNV|MAXINST|MAXINSTC|HBINT|KAINT|SEQWRAP|BATCHSZ|DISCINT|LONGRTY|SHORTRTY|MAXUMSGS|LOGPRIM|LOGFILSZ)\($"
    r"|\bdefault [A-Z]{2,12} [A-Z_]{3,40} $|(?<=-PPE-[0-9] : default )[A-Z_ ]{4,50} $"
)
"""How many, by the plans of Postgres, SNMP, MQ, plug-ins of Nagios (`fs_used=166396;160000;180000;0`) and NetScaler's lines."""
_PERFDATA: Final = re.compile(
    r"[\w/'.-]{1,40}(?<!id)(?<!mrn)(?<!no)(?<!num)(?<!key)(?<!ref)=[0-9.]{1,16}[a-zA-Z%]{0,3}(?:;[0-9.:~@]{0,16}){0,3};$"
)
_REST_OF_IT: Final = re.compile(r"(?:;[0-9.:~@]{0,16}){0,3}(?:[ \n'\"]|$)")
_OF_F5: Final = re.compile(r":[0-7]: ")
_OF_IRIS: Final = re.compile(r"[0-9]{3} \([0-9]{1,7}\) [0-3]")
_TIMED: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}:$")
_EVENTS: Final = re.compile(r"(?<![A-Za-z])(?i:events?(?: ids?)?)[: ] ?(?:[0-9]{3,5}(?:, | and | or |/)){0,6}$")
_PHARMACY: Final = re.compile(r"(?<![A-Za-z])(?:BIN|IIN)[ =:#]{1,2}$")
_TABULATED: Final = re.compile(
    r"(?<![A-Za-z])(?:requests|responses|rejects|errors|timeouts|sessions|connections|messages|retries|failures|threads|drops|packets|transactions|brokers|queued|pending)(?: (?:registered|active|total|failed|open))? $"
)
_ENDS_FIGURE: Final = re.compile(r"  |[,;\n)\"]|\.? *$")
_STARTED: Final = re.compile(
    r"(?:(?:STARTED|ENDED|UPDATED|SUBMITTED|ORDERED|started|ended|finished|begun|updated|rolled back|rollback)(?: AT| at| to)?) $"
)
_COMPACT: Final = re.compile(
    r"20(?:1[5-9]|[23][0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
)
_LEVEL: Final = re.compile(r"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) $")
_OF_TABLES: Final = re.compile(r"TTL=[0-9]{1,3} ID=$")
_MEASURED: Final = re.compile(
    r"[ )](?:right now|so far|in total|at peak|at the peak|and (?:rising|growing|climbing|falling|counting)|with (?:average|mean|median|total) size)(?![a-z])"
)
_CURRENT: Final = re.compile(
    r"(?:[Cc]urrent(?:ly)?|measured|observed|peak|metric) value (?:is|was|of) $|size (?:on|of) \[[\w.:-]{1,60}\] is $"
)
_TIME_AFTER: Final = re.compile(
    r"(?:[ T]{1,3}| - |\t|, |, at |T)(?!(?:00|12):00:00)[0-2]?[0-9]:[0-5][0-9]:[0-9]{2}(?![0-9])"
)
_TIME_BEFORE: Final = re.compile(
    r"(?<![0-9])[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])? \(?(?:UTC|GMT|CES?T|E[SD]T|P[SD]T)\)? $"
)
_LATE: Final = re.compile(r"(?<![0-9])20(?:1[5-9]|[23][0-9])(?![0-9])")
_DAY_OF_MYSQL: Final = re.compile(r"(?:1[5-9]|[23][0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?: [0-2]?[0-9])?")
_DAY_OF_PYTHON: Final = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?: [0-2][0-9])?")
_CLOCK_AFTER: Final = re.compile(r" {0,2}(?:[0-2]?[0-9])?:[0-5][0-9]:[0-5][0-9](?![0-9])")
_LOG_BEGINS: Final = re.compile(r"(?:^|\n)(?:(?:TRACE|DEBUG|INFO|WARNING|WARN|ERROR|FATAL|CRITICAL) )?$")
_ACCOUNT: Final = 12
_TABLE_ROW: Final = re.compile(r"(?: {2,40}[0-9]{1,15}){5,12} *(?=\n|$)")
_ROW_BEFORE: Final = re.compile(r"[A-Za-z)\]](?: {2,40}[0-9]{1,15}){0,12} {2,40}$")
_OF_SOMEBODY: Final = re.compile(r" (?:(?:19|20)[0-9]{6}|[2-9][0-9]{9})(?= |$)")
"""A day without marks, or a telephone's number."""
_FIELDS: Final = "#Fields: "
_OF_SERVERS: Final = frozenset("status substatus win32-status bytes time-taken port taken ttfb duration".split())


def _moment(text: str, start: int, end: int) -> bool:
    """Does a time to the second stand beside a day of late years: when something happened to a system."""
    found = text[start:end]
    if _LATE.search(found) is None:
        return False
    return _TIME_AFTER.match(text, end) is not None or _TIME_BEFORE.search(text, max(start - 24, 0), start) is not None


def _own_day(text: str, start: int, end: int) -> bool:
    """`220109 14:49:17` of MySQL's log, `ERROR 01-14 09:22:41` of Python's: a day that begins a line, before its time."""
    found = text[start:end]
    return (
        (_DAY_OF_MYSQL.fullmatch(found) is not None or _DAY_OF_PYTHON.fullmatch(found) is not None)
        and _CLOCK_AFTER.match(text, end) is not None
        and _LOG_BEGINS.search(text, max(start - 12, 0), start) is not None
    )


def _in_row(text: str, start: int, end: int) -> bool:
    """Is a number one of five and more that a word begins and a line ends with, two of them small: a table of counts."""
    at = text.rfind("\n", 0, start) + 1
    first = start
    before = _ROW_BEFORE.search(text, max(at, start - 240), start)
    if before is None:
        return False
    first = before.start() + 1
    row = _TABLE_ROW.match(text, first)
    if row is None or row.end() < end or _OF_SOMEBODY.search(row[0]) is not None:
        return False
    name = text[at:first].rsplit(None, 1)[-1]
    return not name.isupper() and sum(len(cell) < 4 for cell in row[0].split()) > 1


def _by_field(text: str, start: int, end: int) -> bool:
    """Is a number in a field of a log of W3C's (IIS, CloudFront) that counts or says how it ended, by the line `#Fields:`."""
    head = text.rfind(_FIELDS, 0, start)
    if head < 0:
        return False
    names = text[head + len(_FIELDS) : text.find("\n", head)].split()
    at = text.rfind("\n", 0, start) + 1
    index = text.count(" ", at, start) + text.count("\t", at, start)
    stop = text.find("\n", end)
    if index >= len(names) or len(text[at : stop if stop >= 0 else len(text)].split()) != len(names):
        return False
    return names[index].lower() in _OF_SERVERS or names[index].lower().partition("-")[2] in _OF_SERVERS


def _of_cloud(text: str, found: str) -> bool:
    """Does the text name an account of AWS by the same digits in an ARN or as the owner of a registry."""
    return (f":{found}:" in text and "arn:aws" in text) or f"{found}.dkr.ecr." in text


def own(text: str, span: Span) -> bool:
    """Is what stands at `span` a tool's own number, code or moment. What a key or a cue named stays, but for an account of AWS."""
    start, end, kind, rule, sure = span
    if rule in {"pattern", "field", "column"}:
        return False
    found = text[start:end]
    if end - start == _ACCOUNT and found.isdigit() and kind in {"ACCOUNT", "NUMBER", "IDENTIFIER"}:
        return _of_cloud(text, found)
    if kind == "DATE":
        return rule == "shape" and _moment(text, start, end)
    if kind not in _NUMBERS or rule in {"key", "cue", "prefix", "path"}:
        return False
    line = text.rfind("\n", 0, start) + 1
    spool = _SPOOLED.match(text, line)
    if spool is not None and end < spool.end() + 12 and start < spool.end() - 1:
        return True
    if kind == "PHONE":
        if _OF_IRIS.fullmatch(found) is not None and _TIMED.search(text, max(start - 12, 0), start) is not None:
            return True  # InterSystems' log: `06/26/26-13:19:54:710 (2365) 2 [Generic.Event]`
        if text.endswith("Process", 0, start) and found[0] == "(":
            return True  # MQ's: `Process(62879.59)`
        return _OF_MEMORY.fullmatch(found) is not None and _IN_MEMORY.match(text, end) is not None
    before = text[max(start - 64, 0) : start]
    if kind == "CODE":
        return (
            _MADE.fullmatch(found) is not None
            or (_SAID.fullmatch(found) is not None and text[end : end + 2] == ": ")
            or (
                _MESSAGE.fullmatch(found) is not None
                and text[end : end + 2] == ": "
                and _COMPILED.search(before) is not None
            )
            or (
                _TECHNIQUE.fullmatch(found) is not None
                and before[-2:-1] == " "
                and before[-1:] + text[end : end + 1] == "()"
            )
            or (_HEXED.fullmatch(found) is not None and _OF_HEXED.search(before) is not None)
        )
    if sure:
        return False
    if _own_day(text, start, end):
        return True
    if not found.isdigit():
        return False
    digits = end - start
    after = text[end : end + 1]
    if set(found) == {"0"} or (_HEXED.fullmatch(found) is not None and _OF_HEXED.search(before) is not None):
        return True
    if _COUNTED.search(before) is not None:
        return True
    if before[-1:] == ";" and _PERFDATA.search(before) is not None and _REST_OF_IT.match(text, end) is not None:
        return True
    if digits == 8 and found[0] == "0" and before.endswith("]: ") and _OF_F5.match(text, end) is not None:
        return True  # F5's messages: `mcpd[8276]: 01070638:5: Pool …`
    if _COMPACT.fullmatch(found) is not None and _STARTED.search(before) is not None:
        return True
    if after == ")" and digits <= 9 and _RELEASED.search(before) is not None:
        return True
    if digits > 7:
        return _in_row(text, start, end)
    return (
        (digits <= 5 and _MODEL.search(before) is not None and after not in {"-", "/"})
        or (digits <= 5 and _EVENTS.search(before) is not None)
        or (digits == 6 and _PHARMACY.search(before) is not None)
        or (digits <= 5 and _TABULATED.search(before) is not None and _ENDS_FIGURE.match(text, end) is not None)
        or (text.startswith(" --- [", end) and _LEVEL.search(before) is not None)
        or (digits <= 6 and (_MEASURED.match(text, end) is not None or _CURRENT.search(before) is not None))
        or _OF_TABLES.search(before) is not None
        or _in_row(text, start, end)
        or _by_field(text, start, end)
    )
