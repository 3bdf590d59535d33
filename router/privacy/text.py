"""Reads one text word by word and says which stretches are PHI, or not known to be harmless."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

import re2

from router.privacy import shapes
from router.privacy.hl7 import FIELDS as HL7_FIELDS
from router.privacy.keys import FOREIGN_WORDS, KEY_WORDS, PHI_WORDS, Verdict, judge, kind_of_words
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.shadow import cast
from router.privacy.tokens import is_token

_match = shapes.SCANNER._regexp.Match  # noqa: SLF001 - the public wrapper builds a match object per item, twice the time
_UNANCHORED: Final = re2._Anchor.UNANCHORED  # noqa: SLF001 - as above


_HL7_KEY: Final = re.compile(r"([A-Z][A-Z0-9]{2})[.-]([0-9]{1,2})(?:[.-][0-9]{1,2})?")


class TooLong(Exception):  # noqa: N818 - a budget, not a fault
    """A text of more than MAX_ITEMS words and codes."""


class Span(NamedTuple):
    """[start, end) of the original text; `sure` is False for what only default deny takes."""

    start: int
    end: int
    kind: str
    rule: str
    sure: bool


class Item(NamedTuple):
    """One piece of the scan: `type` is w word, c code (anything mixed), n number, d time, s a shape of `kind`, t token."""

    start: int
    end: int
    type: str
    text: str
    kind: str = ""


# Words, numbers, addresses and durations between ordinary marks need no other engine. Every repetition is possessive, so
# there is nothing to come back to: each alternative reads a character once, and a match moves on past it.
_PLAIN: Final = re.compile(
    r"[ \t\r\n,;\"()\[\]=&?|*!]*+(?:([A-Za-z]++)(?=[ ,;\")\]=\n]|: |$)|(?<![(+./-])([0-9]++)(?=,(?![0-9])|[;\n\]]|$| [a-z]{4})|"
    r"([A-Za-z0-9._%+-]++@(?:[A-Za-z0-9-]++\.)++[A-Za-z]{2,12}+)(?=[ ,;)\n\"]|$)|([0-9]{1,5}+(?:ms|s|m|h|%))(?=[ ,;)\n]|$))"
)
_QUICK: Final = {2: "n", 3: "s", 4: "d"}
_CALENDAR: Final = frozenset(
    [
        "jan",
        "feb",
        "mar",
        "apr",
        "may",
        "jun",
        "jul",
        "aug",
        "sep",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "dat",
    ]
)
_LEADING_NUMBER: Final = re.compile(r"\+?[0-9]++(?![A-Za-z0-9_])")
_DIGIT: Final = re.compile("[0-9]")
_BUILD: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}[ -]?[-(][0-9]{1,6}\)?(?:-(?:aws|azure|gcp|generic|amd64|arm64|kvm|lowlatency|cloud|default|linuxkit|el[0-9]))?")
_SOLID: Final = re.compile(r"[^\s,;:=\"'()\[\]{}<>|`?&#*!~^$\\]+")
_QUOTES: Final = "\"'`"
_LOGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,24}://([^/@]{1,200})@")
_SOURCE_FILE: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$.-]{0,60}\.(?:java|py|js|mjs|ts|tsx|jsx|go|rb|cs|kt|scala|php|rs|c|cc|cpp|h|swift|ex|exs|erl|clj|vue|html|css|yml|yaml|toml|conf|sh)"
)
_COUNTED_NAME: Final = re.compile(
    r"(?:TLS|SSL|HTTP)v?[0-9](?:\.[0-9])?|(?:conn|connection|thread|worker|proc|task|job|req|node|host|run|step|shard|part|partition|stage|attempt|pool|exec|goroutine|line|chunk|batch|slot|core|cpu|disk|vm|i)-?[0-9]{1,7}"
)
_CRONJOB: Final = re.compile(
    r"([a-z][a-z0-9-]{2,50})-[0-9]{5}-[a-z]{3}|([a-z][a-z0-9-]{2,50})-2[0-9]{7}(?:-[a-z0-9]{5})?(?:\.[0-9a-f]{16})?"
)
"""A revision of Cloud Run, a job of a Kubernetes CronJob, and an event about one."""
_DIGEST: Final = re.compile("[0-9a-f]{32,64}")
_ACCOUNT_OF_DOMAIN: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}\\{1,2}[a-z][a-z0-9._-]{2,40}")
_CLOUD_ID: Final = re.compile(r"(?:i|vpc|subnet|sg|ami|vol|eni|snap|rtb|igw|nat|eipalloc|acl|lt|fs|eks|tgw|vpce|run|ws)-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,12}")
_PORT: Final = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,200}):[0-9]{2,5}")
_ARN: Final = re.compile(r"arn:[a-z-]{2,12}:[a-z0-9-]{0,30}:[a-z0-9-]{0,20}:(?:[0-9]{12}|aws)?:")
_ZONE: Final = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
)
"""A time zone of the IANA database, though it is called after a city."""
_REGION: Final = re.compile(
    r"(?:US|EU|Europe|Asia Pacific|Canada|South America|Africa|Middle East|China|Israel|Mexico)(?: (?:East|West|North|South|Central|Northeast|Southeast|Government|Gov-East|Gov-West))?"
    r" \([A-Z][A-Za-z. ]{2,15}\)"
)
"""A cloud region as consoles write it: `US West (Oregon)`."""
_FRAME: Final = re.compile(
    r"^[ \t]+at [A-Za-z_$<][\w.$<>`+/-]{1,200}(?:\[[\w.,]{1,80}\])?\([^()'\"\n]{0,300}\)(?: in [^'\"\n]{1,200}:line \d{1,6})?[ \r]*$", re.MULTILINE
)
"""A frame of a .NET or Java trace: a method with its parameters' types, and a file with a line."""
_REPLICA: Final = re.compile(r"[a-z]{3,}(?:-[a-z]+)*-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{4,5}")
_ADDRESS_OF_MEMORY: Final = re.compile(r"0x[0-9a-f]{1,16}")
_CAMEL: Final = re.compile(r"[A-Z\xc9]+(?![a-z\xe9])|[A-Z\xc9]?[a-z\xe9]+|[0-9]+")
_PIECES: Final = re.compile(r"[A-Za-z0-9\xc9\xe9]+")
_FILLERS: Final = frozenset(
    [
        "is",
        "was",
        "number",
        "no",
        "num",
        "id",
        "nr",
        "code",
        "of",
        "for",
        "the",
        "as",
        "are",
        "value",
        "were",
        "ref",
        "with",
        "last",
        "four",
        "ending",
        "in",
        "and",
        "to",
        "at",
        "on",
        "date",
    ]
)
_ID_KINDS: Final = frozenset(
    [
        "PATIENT_ID",
        "MEMBER_ID",
        "MRN",
        "ACCOUNT",
        "NPI",
        "DEA",
        "LICENSE",
        "DEVICE_ID",
        "IDENTIFIER",
        "SSN",
        "NATIONAL_ID",
        "VIN",
        "PLATE",
        "CREDIT_CARD",
    ]
)
_CODED_KINDS: Final = _ID_KINDS | {"DIAGNOSIS", "WARD", "ADDRESS"}
_LONG_KINDS: Final = frozenset(["PERSON", "ADDRESS", "DIAGNOSIS", "MEDICATION", "WARD"])
_MONTH_DAY: Final = re.compile(r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9/])")
_DAY_CUES: Final = frozenset(["on", "by", "until", "since", "due", "from", "before", "after"])
_NAME_PARTS: Final = frozenset(["first", "last", "given", "family", "middle", "fn", "ln", "given_name"])
_TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "rev",
        "sr",
        "sra",
        "herr",
        "frau",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "señor",
        "señora",
        "dott",
        "sig",
        "nurse",
        "patient",
        "doctor",
    ]
)
_PERSON_CUES: Final = frozenset(
    [
        "patient",
        "patients",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "name",
        "named",
        "user",
        "member",
        "nurse",
        "doctor",
        "physician",
        "subscriber",
        "mother",
        "father",
        "spouse",
        "wife",
        "husband",
        "son",
        "daughter",
        "guardian",
        "dear",
        "hi",
        "hello",
        "contact",
        "prescriber",
        "provider",
        "caller",
        "client",
        "pt",
        "resident",
        "herr",
        "frau",
        "paciente",
        "madame",
        "monsieur",
        "regards",
        "sincerely",
        "signed",
        "surgeon",
        "attn",
    ]
)
_STREETS: Final = frozenset(
    [
        "st",
        "street",
        "ave",
        "avenue",
        "rd",
        "road",
        "blvd",
        "boulevard",
        "ln",
        "lane",
        "dr",
        "drive",
        "ct",
        "court",
        "pl",
        "place",
        "way",
        "ter",
        "terrace",
        "cir",
        "circle",
        "pkwy",
        "parkway",
        "hwy",
        "highway",
        "sq",
        "square",
        "trl",
        "trail",
        "aly",
        "alley",
        "plaza",
        "loop",
        "row",
        "run",
        "pike",
        "crescent",
        "close",
        "strasse",
        "straße",
        "str",
        "rue",
        "calle",
        "via",
        "avenida",
        "rua",
        "platz",
        "allee",
        "weg",
    ]
)
_STATES: Final = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "DC",
        "PR",
        "VI",
        "GU",
        "AP",
        "AE",
        "AA",
    ]
)
_CLASS_ENDS: Final = frozenset(
    [
        "service", "controller", "exception", "error", "handler", "repository", "manager", "job", "worker", "client", "factory", "listener",
        "provider", "resolver", "filter", "mapper", "processor", "queue", "impl", "consumer", "producer", "adapter", "gateway", "module",
        "servlet", "task", "command", "view", "viewset", "serializer", "validator", "interceptor", "middleware", "scheduler", "engine",
    ]
)  # fmt: skip
"""What a class is called last; its other words need not be known."""
_STREET_LEADS: Final = frozenset(
    [
        "rue", "via", "calle", "rua", "avenida", "av", "avda", "ul", "ulica", "plaza", "praca", "largo", "travessa", "bd",
        "boulevard", "chemin", "impasse", "viale", "corso", "piazza", "quai", "carrer", "paseo", "camino", "jalan", "strada",
        "ulitsa", "estrada", "alameda", "vicolo", "cours", "allee", "avenue", "am", "an", "im", "unter", "auf", "zum", "zur",
    ]
)  # fmt: skip
"""Words that begin a street's name, its number behind or before it."""
_STREET_WORDS: Final = frozenset({"str", "strasse", "stra\xe9e", "weg", "platz", "gasse", "allee", "ring", "damm", "ufer", "utca", "gata", "gade"})
_STREET_TAIL: Final = re.compile(
    r"[a-z\xe9]{2,}(?:strasse|stra.e|str|weg|gasse|platz|allee|damm|ufer|gata|gatan|gade|vej|vejen|veien|vegen|vagen|v.gen|tie|katu|kuja|laan|straat|plein|"
    r"kade|gracht|braut|stien|vollen|skogen|utca|steig|stieg|chaussee|promenade|markt|gate|gaten|torg|torget|plads)"
)
_PARTICLES: Final = frozenset(
    [
        "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "los", "las", "van", "von", "vom", "der", "den", "ter",
        "ten", "bin", "ibn", "bint", "al", "el", "y", "e", "zu", "zum", "zur", "af", "av", "op", "st", "dit", "binti", "ap", "bar", "ben",
    ]
)  # fmt: skip
"""Small words inside a person's name."""
_NUMBER_ROLES: Final = frozenset(
    [
        "port",
        "line",
        "pid",
        "status",
        "code",
        "http",
        "exit",
        "count",
        "offset",
        "size",
        "rows",
        "row",
        "seq",
        "attempt",
        "retry",
        "job",
        "build",
        "version",
        "step",
        "shard",
        "partition",
        "worker",
        "thread",
        "goroutine",
        "process",
        "error",
        "errno",
        "level",
        "priority",
        "page",
        "limit",
        "timeout",
        "after",
        "within",
        "took",
        "waited",
        "threshold",
        "above",
        "below",
        "over",
        "under",
        "than",
        "exceeded",
        "reached",
        "total",
        "sqlstate",
        "rc",
        "signal",
        "uid",
        "gid",
        "chunk",
        "batch",
        "replica",
        "revision",
        "generation",
        "epoch",
        "lsn",
        "xid",
        "tid",
        "column",
        "col",
        "position",
        "index",
        "percentile",
        "top",
        "nearly",
        "about",
        "approximately",
        "least",
        "most",
        "only",
        "per",
        "every",
        "max",
        "min",
        "avg",
        "score",
        "returned",
        "got",
        "severity",
        "range",
        "sleep",
        "sleeping",
        "retrying",
        "bytes",
        "lag",
        "depth",
        "rate",
        "value",
        "msg",
        "msgid",
        "nvarchar",
        "varchar",
        "char",
        "decimal",
        "numeric",
        "err",
        "errcode",
        "sector",
        "inode",
        "lba",
        "thread",
        "spid",
        "rev",
        "serial",
        "block",
        "term",
        "sequence",
    ]
)
_CLINICAL_CUES: Final = {
    "ext": "PHONE",
    "flat": "ADDRESS",
    "plot": "ADDRESS",
    "hno": "ADDRESS",
    "piso": "ADDRESS",
    "apt": "ADDRESS",
    "suite": "ADDRESS",
    "apartment": "ADDRESS",
    "ste": "ADDRESS",
    "box": "ADDRESS",
    "record": "MRN",
    "account": "ACCOUNT",
    "customer": "PATIENT_ID",
    "room": "WARD",
    "bed": "WARD",
    "ward": "WARD",
    "aged": "AGE",
    "age": "AGE",
    "rm": "WARD",
}
_NUMBERED_PAGES: Final = frozenset(
    [
        "monitors", "monitor", "dashboards", "dashboard", "issues", "issue", "builds", "build", "jobs", "job", "runs", "run", "pull", "pulls",
        "commit", "commits", "alerts", "alert", "incidents", "incident", "events", "event", "pipelines", "pipeline", "releases", "tickets",
        "ticket", "browse", "projects", "project", "orgs", "org", "d", "snapshots", "triggers", "actions", "checks", "rules", "rule",
        "deployments", "queries", "problems", "merge_requests", "workflows", "tasks", "logs", "traces", "hosts", "services", "services-directory",
    ]
)  # fmt: skip
"""Parts of an address after which a number counts pages of a tool."""
_PAGE_ID: Final = re.compile(r"[A-Za-z0-9]{1,6}-?(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6,24}")
_SAFE_SEGMENT_AFTER: Final = frozenset(["v", "api"])


class Reader:
    """Reads texts under one set of rules. `strict`: default deny by the word; otherwise only what is surely PHI."""

    __slots__ = ("codes", "idle", "patterns", "safe", "strict")

    def __init__(self, *, strict: bool, safe: frozenset[str], patterns: tuple[tuple[str, re2._Regexp], ...]) -> None:
        self.strict = strict
        self.safe = safe
        self.patterns = patterns
        self.codes: set[str] = set()  # harmless codes met before
        self.idle: set[str] = set()  # lower-case words of the lexicon that begin nothing

    # --- entry -----------------------------------------------------------------------------------------------------
    def read(self, text: str) -> list[Span]:
        """The stretches of `text` to replace, in order, not overlapping. Raises shadow.TooDeep, TooLong."""
        shadow = cast(text)
        seen = shadow.text
        items = self._items(seen)
        if shadow.letters:
            items = [self._lettered(item, shadow.letters) for item in items]
        spans = self._spans(seen, items)
        for kind, pattern in self.patterns:
            spans.extend(
                Span(found.start(), found.end(), kind, "pattern", True)
                for found in pattern.finditer(seen)
                if found.end() > found.start()
            )
        if not self.strict:
            spans = [span for span in spans if span.sure]
        elif spans and (("\n" in seen and ("   at " in seen or "\tat " in seen)) or " (" in seen):
            frames = [found.span() for found in _FRAME.finditer(seen)] + [found.span() for found in _REGION.finditer(seen)]
            spans = [
                span
                for span in spans
                if span.sure or span.kind not in {"WORD", "CODE", "PERSON"} or not any(a <= span.start and span.end <= b for a, b in frames)
            ]
        spans = settle(spans)
        if shadow.starts is None:
            return spans
        return settle([Span(*shadow.place(span.start, span.end), span.kind, span.rule, span.sure) for span in spans])

    def judge_name(self, text: str) -> list[Span]:
        """What of one cell of a table may be a name, also what only default deny takes."""
        if self.strict:
            return self.read(text)
        seen = cast(text)
        items = self._items(seen.text)
        if seen.letters:
            items = [self._lettered(item, seen.letters) for item in items]
        return self._spans(seen.text, items)

    # --- items -----------------------------------------------------------------------------------------------------
    def _items(self, text: str) -> list[Item]:
        raw = text.encode("latin-1")
        size = len(raw)
        items: list[Item] = []
        add = items.append
        pos = 0
        plain = _PLAIN.match
        new = tuple.__new__
        while True:
            quick = plain(text, pos)
            if quick is not None:
                what = quick.lastindex or 1
                start, end = quick.span(what)
                piece = quick[what]
                if what > 1:
                    add(new(Item, (start, end, _QUICK[what], piece, "EMAIL" if what == 3 else "")))
                    pos = end
                    continue
                if piece[:3].lower() not in _CALENDAR:
                    add(new(Item, (start, end, "w", piece, "")))
                    pos = end
                    continue
            start, end = _match(_UNANCHORED, raw, pos, size)[0]
            if start < 0:
                return items
            if len(items) > MAX_ITEMS:
                raise TooLong
            piece = text[start:end]
            if piece.isalpha():
                add(Item(start, end, "w", piece))
            elif piece.isdigit():
                add(Item(start, end, "n", piece))
            elif piece[-1] == "." and piece[:-1].isalpha():
                add(Item(start, end - 1, "w", piece[:-1]))
            elif piece[0] == "\\":
                pass
            else:
                item = _classify(piece, start, end)
                if item is None:
                    solid = _SOLID.match(text, start)
                    end = solid.end() if solid is not None else start + 1
                    first = _LEADING_NUMBER.match(piece)
                    if first is not None:
                        end = start + first.end()
                        add(Item(start, end, "n", text[start:end]))
                    else:
                        piece = text[start:end]
                        add(Item(start, end, "w" if piece.isalpha() else "c", piece))
                else:
                    end = item.end
                    add(item)
            pos = end

    def _lettered(self, item: Item, letters: str) -> Item:
        """A word with letters beyond ASCII as it was written when it is a key, in plain letters when it is a name."""
        if item.text.isascii() or item.type not in {"w", "c"}:
            return item
        piece = letters[item.start : item.end]
        if piece.lower() in FOREIGN_WORDS:
            return item._replace(text=piece)
        plain = _unaccented(piece)
        low = plain.lower()
        if plain.isascii() and (LEXICON.flag(low) == "p" or low in _STREET_LEADS or low in _TITLES or low in FOREIGN_WORDS):
            return item._replace(text=plain)
        return item

    # --- the walk over the items -----------------------------------------------------------------------------------
    def _spans(self, text: str, items: list[Item]) -> list[Span]:
        spans: list[Span] = []
        count = len(items)
        index = 0
        idle = self.idle
        while index < count:
            item = items[index]
            kind = item.type
            if (
                item.text in idle
                and text[item.end : item.end + 1] in _CALM
                and (index + 1 >= count or text[item.end + 1 : item.end + 2] not in "=:")
            ):
                index += 1
                continue
            if kind in {"t", "d"}:
                index += 1
                continue
            if kind == "s":
                if item.kind == "DATE" and item.text.count(".") == 2 and text[item.start - 1 : item.start] in _VERSIONED and item.start:
                    index += 1  # `portal:2026.4.2`
                    continue
                if (
                    item.kind == "NUMBER" and text[max(item.start - 2, 0) : item.start] == '" '
                ):  # access log: status and bytes
                    index += 1
                    continue
                cue = self._cue(text, items, index) if item.kind in _NAMED_BY_CUE else ""
                spans.append(Span(item.start, item.end, _cued(item.kind, cue), "shape", _sure_shape(item, cue)))
                index += 1
                continue
            if kind in {"w", "c"}:
                after = text[item.end : items[index + 1].start] if index + 1 < count else ""
                if after and ("=" in after or ":" in after) and _is_separator(after):
                    verdict, taken = self._key(text, items, index)
                    if verdict is not None and verdict.kind and not (kind == "c" and _SOURCE_FILE.fullmatch(item.text)):
                        if kind == "c":
                            self._code(text, items, index, spans)
                        del taken
                        index = self._value(text, items, index + 1, after, verdict.kind, spans)
                        continue
                    if kind == "c":
                        self._code(text, items, index, spans)
                    else:
                        self._word(text, items, index, spans)
                    if (item.text[-4:].lower() == "name" or item.text.lower() in _NAME_PARTS) and self._named(
                        text, items, index + 1, after, spans
                    ):
                        index += 1
                        while index < count and items[index].start < spans[-1].end:
                            index += 1
                        continue
                    if (
                        verdict is not None
                        and verdict.role == "id"
                        and item.text.lower() in {"id", "uid", "key", "ref", "no", "number"}
                        and index + 1 < count
                        and items[index + 1].type != "t"
                        and self._of_person(text, items, index + 2)
                    ):
                        index = self._value(text, items, index + 1, after, "PATIENT_ID", spans)
                        continue
                    if verdict is not None and verdict.role and self._plays(items, index + 1, verdict.role):
                        index += 2
                        continue
                    index += 1
                    continue
                if kind == "w":
                    index = self._word(text, items, index, spans)
                else:
                    self._code(text, items, index, spans)
                    index += 1
                continue
            self._number(text, items, index, spans)
            index += 1
        return self._beside(text, spans) if self.strict else spans

    def _beside(self, text: str, spans: list[Span]) -> list[Span]:
        """A short number next to a capitalised word that is not known is part of it: a house number, a box, a flat."""
        found: list[Span] = []
        for span in spans:
            if span.sure and span.kind != "ADDRESS" or span.kind not in {"PERSON", "WORD", "ADDRESS"}:
                continue
            if not text[span.start].isupper():
                continue
            behind = _HOUSE_NUMBER.match(text, span.end + 1) if text[span.end : span.end + 1] == " " else None
            if behind is not None and text[behind.end() : behind.end() + 2].strip() in {"", ",", ";", ")", "."}:
                found.append(Span(behind.start(), behind.end(), "NUMBER", "beside", False))
            before = _NUMBER_BEFORE.search(text, max(span.start - 14, 0), span.start)
            if before is not None:
                found.append(Span(before.start(1), before.end(1), "NUMBER", "beside", False))
        return settle([*spans, *found]) if found else spans

    def _key(self, text: str, items: list[Item], index: int) -> tuple[Verdict | None, int]:
        """What the words that end at `index` say as a key, longest phrase first."""
        words = [items[index].text]
        back = index - 1 if words[0].lower() in PHI_WORDS else -1
        while (
            back >= 0
            and len(words) < 4
            and items[back].type in {"w", "c"}
            and text[items[back].end : items[back + 1].start] in {" ", "_", "-", "."}
        ):
            words.insert(0, items[back].text)
            back -= 1
        while len(words) > 1:
            low = tuple(word.lower() for word in words)
            found = kind_of_words(low) or kind_of_words(tuple(word for word in low if word not in {"of", "the"}))
            if found:
                return Verdict(found), len(words)
            words.pop(0)
        field = _HL7_KEY.fullmatch(items[index].text)
        if field is not None:
            return Verdict(HL7_FIELDS.get(field[1], {}).get(int(field[2]), "")), 1
        return judge(items[index].text), 1

    def _of_person(self, text: str, items: list[Item], index: int) -> bool:
        """Do the next keys name two facts of a person."""
        kinds: set[str] = set()
        for probe in range(index, min(index + 8, len(items) - 1)):
            item = items[probe]
            after = text[item.end : items[probe + 1].start]
            if item.type in {"w", "c"} and ("=" in after or ":" in after) and _is_separator(after):
                low = item.text.lower()
                kinds.add("PERSON" if low in _NAME_PARTS else judge(item.text).kind)
        return "PERSON" in kinds and len(kinds - {""}) > 0

    def _named(self, text: str, items: list[Item], index: int, separator: str, spans: list[Span]) -> bool:
        """`Name:"Joy May"`: two or more capitalised words that can all be names."""
        quote = separator.rstrip()[-1:]
        last = index
        while (
            last < len(items)
            and items[last].type == "w"
            and items[last].text[0].isupper()
            and LEXICON.flag(items[last].text.lower()) in {"n", "p", ""}
        ):
            if last > index and text[items[last - 1].end : items[last].start] not in {" ", "-", "'", ", "}:
                break
            last += 1
        words = items[index:last]
        single = 1 if items[index - 1].text.lower() in _NAME_PARTS else 2
        if len(words) < single or not any(
            LEXICON.flag(word.text.lower()) in {"n", "p", "" if single == 1 else "p"} for word in words
        ):
            return False
        if quote in _QUOTES and text[words[-1].end : words[-1].end + 1] != quote:
            return False
        spans.append(Span(words[0].start, words[-1].end, "PERSON", "key", True))
        return True

    def _plays(self, items: list[Item], index: int, role: str) -> bool:
        """Does the item at `index` pass in this role, being all of its value."""
        if index >= len(items):
            return False
        item = items[index]
        if item.type == "t":
            return True
        if item.type == "s" and item.kind == "DATE" and shapes.VERSION.fullmatch(item.text) and role in {"name", "id"}:
            return True
        if item.type == "s" and not (role == "id" and item.kind in {"PHONE", "NPI", "CREDIT_CARD", "DEVICE_ID"}):
            return False
        if item.type == "s":
            return item.text.isdigit()
        return plays(item.text, role, self)

    # --- values of keys in text ----------------------------------------------------------------------------------------
    def _value(self, text: str, items: list[Item], index: int, separator: str, kind: str, spans: list[Span]) -> int:
        """Replace the value that begins at items[index]; returns the index after it."""
        if index >= len(items):
            return index
        first = items[index]
        tail = separator.rstrip()
        if "{" in separator and kind in {"DOB", "DATE"}:
            stop = text.find("}", first.start, first.start + 120)
            last = index
            while last + 1 < len(items) and items[last + 1].start < stop:
                last += 1
            spans.extend(Span(item.start, item.end, kind, "key", True) for item in items[index : last + 1] if item.type in {"n", "s", "d"})
            return index  # the words between are read like any others
        if "{" in separator or ("[" in separator and tail[-1:] not in {"'", '"'}) or (kind == "ADDRESS" and first.text.startswith("0x")):
            return index
        quote = tail[-1] if tail and tail[-1] in "\"'`(" else ""
        if quote:
            closing = ")" if quote == "(" else quote
            stop = text.find(closing, first.start, first.start + _LONGEST_VALUE)
            if stop < 0:  # an unbalanced quote must not swallow the text
                stop = first.end if len(text) - first.start > _LONGEST_VALUE else len(text)
            last = index
            while last + 1 < len(items) and items[last + 1].start < stop:
                last += 1
            if kind == "SECRET" or stop <= items[last].end or all(i.type != "t" for i in items[index : last + 1]):
                return self._take(items, index, last, max(items[last].end, min(stop, len(text))), kind, spans)
            return index
        if kind == "SECRET":
            return self._secret(text, items, index, spans)
        if kind in _LONG_KINDS:
            return self._long(text, items, index, kind, spans)
        if kind in {"DOB", "DATE"} and first.type == "d":
            return self._take(items, index, index, first.end, kind, spans)
        if kind in {"PHONE", "FAX", "SSN", "CREDIT_CARD", "GEO"}:
            last = index
            while (
                last + 1 < len(items)
                and items[last + 1].type == "n"
                and text[items[last].end : items[last + 1].start] in {" ", "-", ".", ") ", " (", ", ", ","}
            ):
                if text[items[last].end : items[last + 1].start].startswith(",") and kind != "GEO":
                    break
                last += 1
            return self._take(items, index, last, items[last].end, kind, spans)
        if (
            first.type == "w"
            and kind not in {"USERNAME", "EMAIL", "PLATE"}
            and LEXICON.flag(first.text.lower()) in SAFE
        ):
            low = first.text.lower()
            if low in _FILLERS and index + 1 < len(items):
                return self._value(text, items, index + 1, text[first.end : items[index + 1].start], kind, spans)
            return index
        last = index
        while (
            last + 1 < len(items)
            and text[items[last].end : items[last + 1].start] in {"-", "^", "#", "*", "$"}
            and items[last + 1].type in {"n", "c", "w"}
        ):
            last += 1
        return self._take(items, index, last, items[last].end, kind, spans)

    def _take(self, items: list[Item], index: int, last: int, end: int, kind: str, spans: list[Span]) -> int:
        chosen = items[index : last + 1]
        if all(item.type == "t" for item in chosen):
            return last + 1
        if len(chosen) == 1 and chosen[0].text.lower() in _EMPTY:
            return last + 1
        if any(item.type == "t" for item in chosen):
            spans.extend(
                Span(item.start, item.end, kind, "key", True)
                for item in chosen
                if item.type != "t" and any(c.isalnum() for c in item.text)
            )
            return last + 1
        only = chosen[0]
        if len(chosen) == 1 and only.type == "s" and only.start == items[index].start and only.end >= end:
            kind = stronger(kind, only.kind)
        spans.append(Span(items[index].start, end, kind, "key", True))
        return last + 1

    def _secret(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """A credential runs to white space; `Bearer` and `Basic` before it stay."""
        first = items[index]
        if first.text.lower() in {"bearer", "basic", "digest", "token", "negotiate", "apikey"} and index + 1 < len(
            items
        ):
            index += 1
            first = items[index]
        if first.type == "t":
            return index + 1
        end = first.start
        while end < len(text) and not text[end].isspace() and text[end] not in "\"'`,)}]>":
            end += 1
        last = index
        while last + 1 < len(items) and items[last + 1].start < end:
            last += 1
        if first.text.lower() in _EMPTY:
            return last + 1
        if (
            first.type == "w"
            and LEXICON.flag(first.text.lower()) in SAFE
            and first.text.islower()
            and end == first.end
            and text[end : end + 1] in {" ", ""}
            and text[first.start - 1 : first.start] == " "
        ):
            return index
        spans.append(Span(first.start, max(end, first.end), "SECRET", "key", True))
        return last + 1

    def _long(self, text: str, items: list[Item], index: int, kind: str, spans: list[Span]) -> int:
        """Values of several words: to the end of the line, the next key or, for names, the next ordinary word."""
        last = index - 1
        probe = index
        while probe < len(items):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start] if probe > index else ""
            if (
                "\n" in gap
                or ";" in gap
                or "|" in gap
                or "&" in gap
                or (gap.strip(" ,.") and gap.strip() not in {"^", "'", "#", "(", ")", "-", "- ", "&"})
            ):
                break
            if "," in gap and kind not in {"ADDRESS", "PERSON"}:
                break
            if (
                "," in gap
                and kind == "PERSON"
                and not (
                    probe == index + 1
                    and item.type == "w"
                    and item.text[:1].isupper()
                    and LEXICON.flag(item.text.lower()) not in PLAIN
                )
            ):
                break
            if "(" in gap or (item.type == "t" and probe > index):
                break
            after = text[item.end : items[probe + 1].start] if probe + 1 < len(items) else ""
            if (
                item.type in {"w", "c"}
                and after
                and ("=" in after or ":" in after)
                and _is_separator(after)
                and probe > index
            ):
                break
            low = item.text.lower()
            flag = LEXICON.flag(low) if item.type == "w" else ""
            if (
                kind == "PERSON"
                and probe > index
                and item.text in _PARTICLES
                and self._capital_follows(text, items, probe)
            ):
                last = probe
                probe += 1
                continue
            if item.type == "w" and item.text.islower() and flag in PLAIN and (probe > index or kind == "PERSON"):
                if kind == "ADDRESS" and (
                    low in _STREETS or low in {"apt", "unit", "suite", "north", "south", "east", "west"}
                ):
                    pass
                elif not (
                    kind in {"DIAGNOSIS", "MEDICATION", "WARD"}
                    and probe - index < 4
                    and low not in _FILLERS
                    and low not in {"not", "failed", "missing", "invalid"}
                ):
                    break
            if kind == "PERSON" and item.type not in {"w", "c", "s"}:
                break
            if (item.type == "d" and (probe > index or kind == "PERSON")) or probe - index >= (16 if kind == "ADDRESS" else 6):
                break
            last = probe
            probe += 1
        if last < index:
            return index
        return self._take(items, index, last, items[last].end, kind, spans)

    # --- words -------------------------------------------------------------------------------------------------------
    def _word(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """Judge the word at `index`, and with it the name it begins; returns the next index to look at."""
        item = items[index]
        word = item.text
        low = word.lower()
        if low in _STREET_WORDS and index and word[0].isupper() and text[items[index - 1].end : item.start] == " ":
            found = _HOUSE_NUMBER.match(text, item.end + (2 if text[item.end : item.end + 2] == ". " else 1))
            before = items[index - 1]
            if found is not None and before.type == "w" and before.text[0].isupper():
                spans.append(Span(before.start, found.end(), "ADDRESS", "street", True))
                while index + 1 < len(items) and items[index + 1].start < found.end():
                    index += 1
                return index + 1
        if low in _STREET_LEADS or (len(low) > 5 and _STREET_TAIL.fullmatch(low)):
            after = self._named_street(text, items, index, spans)
            if after:
                return after
        flag = "w" if low in self.safe else LEXICON.flag(low)
        if flag in PLAIN or len(word) == 1:
            if (
                flag == "w"
                and low == word
                and low not in _PERSON_CUES
                and len(self.idle) < _IDLE
                and kind_of_words((low,)) != "PERSON"
                and low not in _STREET_LEADS
            ):
                self.idle.add(word)
                return index + 1
            if len(word) == 1 and not _stands_alone(text, item):
                return index + 1
            if low in _PERSON_CUES or kind_of_words((low,)) == "PERSON":
                return self._after_person_cue(text, items, index, spans)
            if (
                flag in PLAIN
                and word[0].isupper()
                and index + 1 < len(items)
                and self._name_follows(text, items, index)
            ):
                return self._name_run(text, items, index, spans)
            return index + 1
        if flag in {"d", "m"}:
            spans.append(Span(item.start, item.end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", True))
            return index + 1
        if word in _PARTICLES:
            return index + 1
        if low in _PERSON_CUES:
            return self._after_person_cue(text, items, index, spans)
        if flag == "n" and word.islower():
            return index + 1
        if flag in {"", "p"} and len(word) > 6 and _DRUG.search(low) is not None:
            spans.append(Span(item.start, item.end, "MEDICATION", "suffix", flag == ""))
            return index + 1
        if flag == "" and (low in KEY_WORDS or (not word.islower() and self._camel(word))):
            return index + 1
        return self._name_run(text, items, index, spans)

    def _name_follows(self, text: str, items: list[Item], index: int) -> bool:
        """An ordinary capitalised word right before a known name may be the other half of it (`Story Quackenbush`)."""
        following = items[index + 1]
        return (
            following.type == "w"
            and text[items[index].end : following.start] == " "
            and following.text[0].isupper()
            and not following.text.isupper()
            and LEXICON.flag(following.text.lower()) == "p"
            and (
                LEXICON.flag(items[index].text.lower()) == "r"
                or (index > 0 and text[items[index - 1].end : items[index].start].strip(" ") == "")
            )
        )

    def _name_run(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """Words that together may be a name: capitalised, unknown or names, with initials between."""
        last = index
        probe = index
        flags: list[str] = []
        while probe < len(items):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start] if probe > index else ""
            if probe > index and gap not in {" ", ", ", ". ", "'", "^", "-", "+", "  "}:
                break
            if item.type not in PLAIN:
                break
            word = item.text
            flag = "w" if word.lower() in self.safe else LEXICON.flag(word.lower())
            if probe > index:
                if (
                    flag == "r"
                    and gap == " "
                    and word[0].isupper()
                    and not word.isupper()
                    and flags[-1] in {"p", "", "n"}
                    and items[probe - 1].text[0].isupper()
                    and len(flags) < 3
                ):
                    flags.append(flag)
                    last = probe
                    probe += 1
                    continue
                if (
                    word in _PARTICLES
                    and gap == " "
                    and items[index].text[0].isupper()
                    and self._capital_follows(text, items, probe)
                ):
                    flags.append("v")
                    last = probe
                    probe += 1
                    continue
                if flag in PLAIN:
                    break
                if gap == ", " and (flag not in {"p", "n", ""} or not word[0].isupper() or len(flags) != 1):
                    break
                if flag in {"d", "m"} or (word[0].islower() and flag in SAFE):
                    break
                if gap == ". " and len(items[probe - 1].text) > 2:
                    break
                after = text[item.end : items[probe + 1].start] if probe + 1 < len(items) else ""
                if after and ("=" in after or ":" in after) and _is_separator(after) and not (
                    after == ": " and "p" in flags and word[0].isupper() and gap == " "
                ):
                    break
            flags.append(flag)
            last = probe
            probe += 1
            if len(flags) >= 5:
                break
        words = [items[place] for place in range(index, last + 1)]
        while len(words) > 1 and (len(words[-1].text) == 1 or flags[-1] == "v"):
            words.pop()
            flags.pop()
        last = index + len(words) - 1
        capital = [word for word, mark in zip(words, flags, strict=True) if word.text[0].isupper() or mark == "v"]
        if (
            len(words) == 1
            and flags[0] == "n"
            and not self._person_before(text, items, index)
            and not self._person_after(text, items, index)
        ):
            return last + 1
        if len(words) == 1 and flags[0] in PLAIN:
            return last + 1
        unknown = sum(flag in {"", "p"} for flag in flags)
        sure = (
            len(capital) >= 2
            and ("p" in flags or unknown >= 2)
            and unknown + flags.count("n") + flags.count("r") >= 2
            and not (unknown and all(w.text.isupper() for w in words) and "p" not in flags)
        )
        if (
            len(words) == 1
            and flags[0] == "p"
            and capital
            and not words[0].text.isupper()
            and (_is_value(text, words[0]) or _in_prose(text, words[0]))
        ):
            sure = True
        if flags.count("p") >= 2 and not capital and len(words) <= 3:  # `patricia desrosiers`
            spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", True))
            return last + 1
        if len(capital) >= 2 and len(capital) == len(words) and not all(word.text.isupper() for word in words):
            spans.append(Span(words[0].start, words[-1].end, "PERSON", "name", sure))
        elif all(flag == "n" for flag in flags) and len(words) > 1 and words[0].text.isupper():
            return last + 1
        else:
            mark: str
            for one, mark in zip(words, flags, strict=True):
                if mark == "n" and not (len(words) > 1 and one.text[0].isupper()):
                    continue
                if mark in PLAIN or mark == "v":
                    continue
                first_upper = one.text[0].isupper()
                if (
                    mark == ""
                    and len(one.text) <= 2
                    and not first_upper
                    and (one.text.islower() or len(one.text) == 1)
                    and one.text.strip("\xe9")
                ):
                    continue
                if mark == "" and len(one.text) <= 2 and one.text.isupper():
                    continue
                spans.append(
                    Span(
                        one.start,
                        one.end,
                        "PERSON" if mark in {"p", "n"} else "WORD",
                        "name" if mark == "p" else "unknown",
                        sure,
                    )
                )
        return last + 1

    def _capital_follows(self, text: str, items: list[Item], index: int, *, named: bool = False) -> bool:
        """After a particle, and perhaps another one, comes a capitalised word that may be a name, any when `named`."""
        for probe in (index + 1, index + 2):
            if probe >= len(items) or items[probe].type != "w" or text[items[probe - 1].end : items[probe].start] != " ":
                return False
            word = items[probe].text
            if word[0].isupper():
                return named or (LEXICON.flag(word.lower()) not in PLAIN and not (word.isupper() and len(word) < 4))
            if word not in _PARTICLES:
                return False
        return False

    def _person_before(self, text: str, items: list[Item], index: int) -> bool:
        if index == 0:
            return False
        before = items[index - 1]
        gap = text[before.end : items[index].start]
        return gap.strip(" .:") == "" and (before.text.lower() in _PERSON_CUES or before.text.lower() in _TITLES)

    def _person_after(self, text: str, items: list[Item], index: int) -> bool:
        """A doubtful capitalised word followed by an unknown or doubtful capitalised one is half of a name."""
        if index + 1 >= len(items):
            return False
        following = items[index + 1]
        gap = text[items[index].end : following.start]
        return (
            gap in {" ", ", ", "^"}
            and following.type == "w"
            and following.text[0].isupper()
            and LEXICON.flag(following.text.lower()) in {"p", ""}
            and len(following.text) > 2
        )

    def _after_person_cue(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """`Patient Grace Hill`: after such a word even ordinary words that are names, capitalised, are a name."""
        probe = index + 1
        if (
            probe < len(items)
            and items[probe].type == "w"
            and items[probe].text.lower() in {"is", "name", "named", "was"}
            and text[items[index].end : items[probe].start] == " "
        ):
            probe += 1
        start = probe
        while probe < len(items) and items[probe].type in {"w", "c"}:
            word = items[probe].text
            gap = text[items[probe - 1].end : items[probe].start]
            if (
                gap not in ({" ", ". ", ", ", "'", "-", ": ", "^"} if probe > start else {" ", ". ", ", ", ": ", "^", " '", ' "', " (", ' \\"'})
                or (gap == ": " and probe > start)
                or (gap == ", " and probe != start + 1)
            ):
                break
            flag = LEXICON.flag(word.lower()) if items[probe].type == "w" else ""
            if items[probe].type == "c" and not (
                word.replace(".", "").replace("-", "").isalpha() and word[0].isupper()
            ):
                break
            after = text[items[probe].end : items[probe + 1].start] if probe + 1 < len(items) else ""
            if after and ("=" in after or ":" in after) and _is_separator(after):
                break
            if word.lower() in self.safe:
                break
            if probe > start and word in _PARTICLES and self._capital_follows(text, items, probe, named=True):
                probe += 2 if items[probe + 1].text[0].isupper() else 1
                continue
            if (word[0].isupper() and flag in {"n", "p", ""}) or (
                word.islower() and flag in {"p", "n"} and (flag == "p" or probe > start or word not in _NUMBER_ROLES)
            ):
                if word.islower() and flag == "n" and not self._lower_name(items, probe):
                    break
                if word.isupper() and flag == "n" and len(word) <= 3:
                    break
                probe += 1
                if probe - start >= 5:
                    break
                continue
            if word[0].isupper() and len(word) == 1 and probe > start:
                probe += 1
                continue
            if (
                word[0].isupper()
                and flag in PLAIN
                and probe > start
                and probe - start < 2
                and not word.isupper()
                and after[:1] in {"", ",", ".", ")", "(", ";", "\n", '"', "'"}
            ):
                probe += 1
                continue
            break
        if probe == start:
            return index + 1
        words = items[start:probe]
        if all(
            LEXICON.flag(word.text.lower()) in {"", "n"} and word.text.isupper() and len(word.text) <= 4
            for word in words
        ):
            return index + 1
        spans.append(Span(words[0].start, words[-1].end, "PERSON", "cue", True))
        return probe

    def _lower_name(self, items: list[Item], index: int) -> bool:
        """`patient grace hill`: a lower-case word that is also a name counts next to a known or doubtful name."""
        near = [
            items[place].text
            for place in (index - 1, index + 1)
            if 0 <= place < len(items) and items[place].type == "w"
        ]
        return any(
            word.islower()
            and LEXICON.flag(word) in {"p", "n"}
            and word not in _PERSON_CUES
            and word not in _NUMBER_ROLES
            for word in near
        )

    # --- codes -------------------------------------------------------------------------------------------------------
    def _harmless_code(self, text: str) -> bool:
        return not self._judge_code(text, 0)

    def _code(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        item = items[index]
        cue = self._cue(text, items, index)
        word = item.text
        if (
            cue
            and cue in _CODED_KINDS
            and any(char.isdigit() for char in word)
            and (cue in {"WARD", "ADDRESS"} or not shapes.UNIT.fullmatch(word))
            and "/" not in word
            and not _SOURCE_FILE.match(word)
        ):
            spans.append(Span(item.start, item.end, cue, "cue", True))
            return
        if word in self.codes or word.lower() in self.safe:
            return
        found = self._judge_code(word, item.start)
        if found:
            spans.extend(found)
        elif len(self.codes) < _IDLE and len(word) < 100:
            self.codes.add(word)

    def _judge_code(self, word: str, at: int) -> list[Span]:
        """What of a code is not harmless; nothing when it is a name the trade uses."""
        end = at + len(word)
        stripped = word.strip("./-_@+%\\")
        if not stripped:
            return []
        arn = _ARN.match(word)
        if arn is not None:
            found = self._path(word[arn.end() :], at + arn.end())
            return [span for span in found if not _DIGEST.fullmatch(word, span.start - at, span.end - at)]
        login = _LOGIN.match(word)
        if login is not None:
            return [
                Span(at + login.start(1), at + login.end(1), "SECRET", "shape", True),
                *self._path(word[login.end() :], at + login.end()),
            ]
        if stripped.isalpha():
            flag = "w" if stripped.lower() in self.safe else LEXICON.flag(stripped.lower())
            if flag in SAFE or len(stripped) <= 2 or (stripped.islower() and stripped in KEY_WORDS):
                return []
            start = at + word.index(stripped)
            kind = {"p": "PERSON", "d": "DIAGNOSIS", "m": "MEDICATION"}.get(flag, "WORD")
            if flag == "" and not stripped.islower() and self._camel(stripped):
                return []
            return [Span(start, start + len(stripped), kind, "unknown", flag in {"d", "m"})]
        if _DIGIT.search(stripped) is None:
            if _ZONE.fullmatch(stripped):
                return []
            if _SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
                return []
            if len(stripped) >= 16 and shapes.SECRET_SHAPE.fullmatch(stripped):
                return [Span(at, end, "SECRET", "shape", True)]
            if "/" in word and len(word) > 3:
                return self._path(word, at)
            return self._pieces(word, at, end)
        if len(stripped) >= 9 and stripped.isalnum() and stripped.isupper() and shapes.national_ok(stripped):
            return [Span(at, end, "NATIONAL_ID", "shape", True)]
        if shapes.UNIT.fullmatch(stripped) or shapes.DURATION.fullmatch(stripped):
            return []
        if shapes.ERROR_CODE.fullmatch(stripped) or _ADDRESS_OF_MEMORY.fullmatch(stripped):
            return []
        if shapes.POSTCODE.fullmatch(word):
            return [Span(at, end, "ZIP", "shape", True)]
        if _CLOUD_ID.fullmatch(stripped) or _COUNTED_NAME.fullmatch(stripped) or shapes.UUID.fullmatch(stripped):
            return []
        if _SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
            return []
        if "/" in word and len(word) > 3:
            return (
                [Span(at, end, "SECRET", "shape", True)]
                if shapes.SECRET_SHAPE.fullmatch(stripped)
                else self._path(word, at)
            )
        if shapes.VERSION.fullmatch(stripped) or _BUILD.fullmatch(stripped):
            return []
        if shapes.HEX.fullmatch(stripped) and _opaque_hex(stripped):
            return []
        if len(stripped) >= 13 and shapes.SECRET_SHAPE.fullmatch(stripped):
            return [Span(at, end, "SECRET", "shape", True)]
        scheduled = _CRONJOB.fullmatch(stripped)
        if scheduled is not None and self._harmless_code(scheduled[1] or scheduled[2]):
            return []
        if len(stripped) < 9:
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

    def _names_in(self, word: str) -> bool:
        """Is a part of a file name a name, a condition, a medicine or a long number."""
        return any(
            (len(part) > 4 and part.isdigit())
            or (part.lower() not in self.safe and LEXICON.flag(part.lower()) in {"p", "d", "m"})
            for part in _CAMEL.findall(word)
        )

    def _camel(self, word: str) -> bool:
        """`DataIntegrityViolationException`: every longer part is a safe word."""
        parts = [part.lower() for part in _CAMEL.findall(word)]
        if len(parts) < 2:
            return False
        known = 0
        classes = parts[-1] in _CLASS_ENDS
        for part in parts:
            flag = LEXICON.flag(part)
            if flag == "" and classes:
                continue
            if flag in SAFE or part in self.safe:
                known += len(part) > 2
            elif len(part) > 3 or flag in {"p", "d", "m"}:
                return False
        return known > 0

    def _pieces(self, word: str, at: int, end: int) -> list[Span]:
        """A compound such as `claims-worker-f9f6018ff-t25wp`, `app.services.patient`, `MRN-17726`, `john.smith`."""
        known = unknown = names = 0
        digits = ""
        leading_kind = ""
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
            if not piece.isalpha() and any(char.isdigit() for char in piece):
                if second:
                    adjacent = True
                second = False
                head = piece.rstrip("0123456789")
                if head.isalpha() and len(piece) - len(head) <= 3 and (len(head) > 2 or head.islower()):
                    flag = LEXICON.flag(head.lower())
                    known += flag in SAFE
                    unknown += flag not in SAFE and len(head) > 3
                    names += flag == "p"
                else:
                    mixed += 1
                    tail = len(piece) - len(head)
                    if head.isalpha() and tail >= 4 and first:
                        leading_kind = judge(head).kind
                    if not piece.islower() or max(map(len, re.findall(r"[0-9]+", piece))) >= 7:
                        mixed += 100
                first = False
                continue
            for part in _CAMEL.findall(piece):
                low = part.lower()
                flag = "w" if low in self.safe else LEXICON.flag(low)
                alphabetic += 1
                capitals += part[0].isupper() and not part.isupper()
                if flag in SAFE:
                    known += len(part) > 1
                elif flag in {"d", "m"}:
                    return [Span(at, end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", False)]
                elif flag == "p" and len(part) > 2:
                    names += 1
                elif len(part) > 3 or not part.isascii() or "\xe9" in part or "\xc9" in part:
                    unknown += 1
            second = first
            if first:
                leading_kind = judge(piece).kind
            first = False
        if (
            leading_kind
            and not _REPLICA.fullmatch(word)
            and (adjacent or (mixed and leading_kind and not second and alphabetic == 0))
            and (len(digits) >= 3 or mixed >= 1)
            and leading_kind not in {"SECRET", "USERNAME", "URL", "ADDRESS", "DATE", "DOB", "IP", "AGE", "EMAIL"}
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
        if names:
            apart = (
                not known
                and alphabetic >= 2
                and (capitals == alphabetic or (len(digits) == 8 and digits[:2] in {"19", "20"}))
            )
            return [Span(at, end, "PERSON" if not digits and not mixed else "USERNAME", "name", apart)]
        if len(digits) >= 5 and not (len(digits) == 8 and digits[:2] == "20"):
            return [Span(at, end, "CODE", "digits", False)]
        if mixed >= 100 and not (
            known and word.islower() and re.search(r"-[0-9a-z]{8,10}-[0-9a-z]{4,6}$|-[0-9a-f]{8,10}$", word)
        ):
            return [Span(at, end, "CODE", "mixed", False)]
        if mixed and not known:
            return [Span(at, end, "CODE", "mixed", False)]
        if unknown and (not known or unknown > known or (capitals and capitals == alphabetic and "-" in word)):
            return [Span(at, end, "WORD" if not digits else "CODE", "unknown", False)]
        if not known and digits and alphabetic and len(digits) >= 3 and word[0].isupper():
            return [Span(at, end, "CODE", "code", False)]
        if not known and digits and len(word) >= 5 and word.isupper() and "-" in word:
            return [Span(at, end, "CODE", "code", False)]
        if not known and len(digits) == 2 and alphabetic and shapes.ICD10.fullmatch(word):
            return [Span(at, end, "CODE", "code", False)]
        return []

    def _numbered(self, piece: str) -> bool:
        """`In4Hours`, `nvme1n1`, `5XX`, `utf8`: safe words or single letters with at most three digits."""
        if sum(char.isdigit() for char in piece) > 3:
            return False
        longest = 0
        for part in _CAMEL.findall(piece):
            if part.isdigit():
                continue
            if len(part) > 2 and LEXICON.flag(part.lower()) not in SAFE and part.lower() not in self.safe:
                return False
            longest = max(longest, len(part))
        return longest > 2 or len(piece) <= 3

    def _path(self, word: str, at: int) -> list[Span]:
        """A path or the rest of a URL: each segment by itself, and by the segment before it (`/patients/29774`)."""
        spans: list[Span] = []
        place = at
        before = ""
        for segment in word.split("/"):
            start, end = place, place + len(segment)
            place = end + 1
            if not segment:
                continue
            port = _PORT.fullmatch(segment)
            if port is not None:
                segment = port[1]  # noqa: PLW2901 - the port of a host is nobody's
            found = self.segment(segment, before, start)
            spans.extend(found)
            before = segment
        return spans

    def segment(self, segment: str, before: str, at: int, *, loose: bool = False) -> list[Span]:
        """What of one path segment is not harmless, after the segment `before`. `loose`: the field is known to be a URL."""
        end = at + len(segment)
        if "@" in segment and _MAILBOX.fullmatch(segment):
            return [Span(at, end, "EMAIL", "shape", True)]
        has_digit = any(char.isdigit() for char in segment)
        if before and before.lower() not in _SAFE_SEGMENT_AFTER and not before.startswith("<"):
            verdict = judge(before)
            if not verdict.kind and before.endswith("s") and judge(before[:-1]).kind:
                verdict = judge(before[:-1])
            kind = verdict.kind
            if not kind and verdict.subject in {"person", "plan", "pay", "clinical", "medication", "provider"}:
                kind = {"person": "PATIENT_ID", "plan": "MEMBER_ID", "pay": "ACCOUNT", "provider": "NPI"}.get(
                    verdict.subject, ""
                )
            if kind == "PERSON":
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
                    )
                )
                and not re.fullmatch(r"v\d{1,2}", segment)
                and not segment.endswith((".py", ".js", ".ts", ".go", ".java", ".rb", ".html", ".php", ".cs"))
            ):
                return [Span(at, end, kind if has_digit or kind != "PATIENT_ID" else "PATIENT_ID", "path", True)]
        if segment.isdigit():
            if len(segment) >= 5 and not (before.lower() in _NUMBERED_PAGES and len(segment) != 10):
                return [Span(at, end, "IDENTIFIER", "path", len(segment) in {9, 10})]
            return []
        if shapes.UUID.fullmatch(segment):
            return []
        if before.lower() in _NUMBERED_PAGES and _PAGE_ID.fullmatch(segment) and not self._names_in(segment):
            return []
        if loose and segment.isalnum() and has_digit is False and _jumbled(segment):
            return []
        return self._judge_code(segment, at)

    # --- numbers -----------------------------------------------------------------------------------------------------
    def _number(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        item = items[index]
        value = item.text.lstrip("+")
        digits = value if value.isdigit() else ""
        cue = self._cue(text, items, index)
        before = items[index - 1] if index else None
        after = items[index + 1] if index + 1 < len(items) else None
        gap_before = text[before.end : item.start] if before is not None else text[: item.start]
        gap_after = text[item.end : after.start] if after is not None else text[item.end :]
        after_word = (
            after.text.lower() if after is not None and after.type in {"w", "c"} and gap_after in {" ", "-", ""} else ""
        )
        if self._street(text, items, index, spans):
            return
        if before is not None and gap_before == "[" and gap_after[:1] == "]" and before.type == "c" and len(digits) in range(1, 8):
            return  # `appt-sms[4410]`: a program and its process
        if (
            before is not None
            and spans
            and spans[-1].kind == "ADDRESS"
            and spans[-1].end == before.end
            and gap_before in {", ", " ", ",\n", "\n", " - "}
            and len(digits) in {4, 5, 6}
            and not (gap_before == " " and after_word in shapes.COUNTED)
        ):
            spans.append(Span(item.start, item.end, "ZIP", "street", True))
            if after is not None and after.type == "w" and gap_after == " " and after.text[0].isupper():
                spans.append(Span(after.start, after.end, "ADDRESS", "street", True))
            return
        if (
            before is not None
            and gap_before in {", ", " (", ", age "}
            and spans
            and spans[-1].end == before.end
            and spans[-1].kind == "PERSON"
            and len(digits) in {1, 2, 3}
            and gap_after[:1] in {",", ")", ";", "."}
        ):
            spans.append(Span(item.start, item.end, "AGE", "cue", True))
            return
        if after_word in {"yo", "y/o", "years", "year", "yr", "yrs", "year-old", "y.o"} and len(digits) in {1, 2, 3}:
            nxt = items[index + 2].text.lower() if index + 2 < len(items) else ""
            if after_word in {"yo", "y/o", "year-old", "y.o"} or nxt in {
                "old",
                "male",
                "female",
                "man",
                "woman",
                "boy",
                "girl",
                "m",
                "f",
            }:
                spans.append(Span(item.start, item.end, "AGE", "cue", True))
                return
        if cue:
            if cue in {"AGE", "WARD", "ADDRESS"} and len(digits) <= 5:
                spans.append(Span(item.start, item.end, cue, "cue", True))
                return
            if (
                (cue in _ID_KINDS or cue in {"ZIP", "PHONE", "FAX", "CREDIT_CARD"})
                and len(digits) >= 3
                and not (len(digits) == 3 and after_word in shapes.COUNTED)
            ):
                spans.append(Span(item.start, item.end, cue, "cue", True))
                return
            if cue in {"DOB", "DATE"} and len(digits) in {4, 6, 8}:
                spans.append(Span(item.start, item.end, cue, "cue", True))
                return
        if not digits:
            return
        if item.text[0] == "+" and 10 <= len(digits) <= 15:
            spans.append(Span(item.start, item.end, "PHONE", "shape", True))
            return
        size = len(digits)
        sure_kind = ""
        if (
            size in {13, 14, 15, 16}
            and digits[0] in "3456"
            and shapes.luhn_ok(digits)
            and not shapes.EPOCH.fullmatch(digits)
        ):
            sure_kind = "CREDIT_CARD"
        if size == 10 and shapes.npi_ok(digits) and not digits.startswith("1"):
            sure_kind = "NPI"
        if sure_kind:
            spans.append(Span(item.start, item.end, sure_kind, "shape", sure_kind == "CREDIT_CARD"))
            return
        if size <= 3:
            day = _MONTH_DAY.match(text, item.start)
            if day is not None and before is not None and before.text.lower() in _DAY_CUES:
                spans.append(Span(item.start, day.end(), "DATE", "cue", False))
            return
        if size >= 5 and before is not None and spans and spans[-1].end == before.end and gap_before in {" ", ", "}:
            spans.append(Span(item.start, item.end, "NUMBER", "beside", False))  # a postal code after a place
            return
        if size == 4 and gap_before.endswith("(") and gap_after.startswith((", '", ', "', ",'", ',"')):
            return  # the code of a driver's error: (1205, 'Lock wait …')
        if (
            gap_after[:1] == "%"
            or after_word in shapes.COUNTED
            or (after is not None and gap_after == "" and after.text.startswith("/"))
        ):
            return
        if size == 4 and "2010" <= digits <= "2039" and not gap_before.endswith(":"):
            return
        if (
            before is not None
            and before.text.lower() in {"of", "out"}
            and any(near.type in {"n", "d"} for near in items[max(index - 4, 0) : index - 1])
            and size <= 7
        ):
            return
        if before is not None and gap_before == ":" and before.type in {"w", "c", "s", "n", "d"} and size <= 5:
            return
        if (
            before is not None
            and before.type in {"w", "c"}
            and gap_before.strip(" =:#([\"'") == ""
            and before.text.lower() in _NUMBER_ROLES
            and size <= 7
        ):
            return
        if gap_before.endswith("#") and gap_after.startswith("]") and size <= 7:
            return
        if gap_before.strip() == "}" or gap_before.endswith("} "):  # a sample after its labels
            return
        if size <= (7 if gap_before.endswith("*") else 4) and gap_before.endswith(("/", "#", "*")):
            return
        if gap_before.endswith("[") and gap_after.startswith("]") and size <= 7:
            return
        if gap_before.rstrip(" =+").endswith((">", "<")) and before is not None and before.type != "t" and size <= 7:
            return
        if size == 5 and before is not None and before.text in _STATES and gap_before == " ":
            spans.append(Span(item.start, item.end, "ZIP", "state", True))
            return
        spans.append(Span(item.start, item.end, "NUMBER", "number", False))

    def _street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> bool:
        """`68 Barrett St, Lake Pamela, AK 41259`: a house number, up to four words, a word for street."""
        if not items[index].text.isdigit() or len(items[index].text) > 6:
            return False
        for probe in range(index + 1, min(index + 6, len(items))):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start]
            if (
                gap not in {" ", ". "}
                or item.type not in {"w", "c"}
                or not (item.text[0].isupper() or item.text[0].isdigit())
            ):
                return False
            if probe > index + 1 and item.text.lower().rstrip(".") in _STREETS and item.text[0].isupper():
                last = probe
                while last + 1 < len(items) and last - probe < 9:
                    following = items[last + 1]
                    between = text[items[last].end : following.start]
                    if (
                        following.type == "t"
                        or between.strip(" ,.#\n")
                        or not (following.text[0].isupper() or following.text.isdigit())
                        or between.count("\n") > 1
                    ):
                        break
                    flag = LEXICON.flag(following.text.lower())
                    if (
                        flag in PLAIN
                        and following.text not in _STATES
                        and following.text.lower()
                        not in {"apt", "suite", "unit", "lake", "north", "south", "east", "west", "new", "port", "box"}
                        and following.text.lower() not in _STREETS
                    ):
                        break
                    last += 1
                    if following.text.isdigit() and len(following.text) == 5:
                        break
                spans.append(Span(items[index].start, items[last].end, "ADDRESS", "street", True))
                return True
        return False

    def _named_street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """`Rua do Arenque 1634`, `8 bis rue des Tanneurs`, `Lindenallee 14b`: the index after it, or 0.

        The word at `index` begins a street's name or ends like one; a house number stands behind or before it.
        """
        lead = items[index].text.lower() in _STREET_LEADS
        last = index
        capitals = 0 if lead else 1
        while lead and last + 1 < len(items) and last - index < 6:
            following = items[last + 1]
            gap = text[items[last].end : following.start]
            if gap not in {" ", ". ", "'", "-"} or following.type not in {"w", "c"}:
                break
            if not following.text[0].isupper() and following.text.lower() not in _PARTICLES and following.text not in {"des", "aux", "les", "l", "d"}:
                break
            capitals += following.text[0].isupper()
            last += 1
        if not capitals:
            return 0
        start = end = 0
        if last + 1 < len(items) and text[items[last].end : items[last + 1].start] in {" ", ", ", " n. ", " nr. "}:
            found = _HOUSE_NUMBER.match(text, items[last + 1].start)
            if found is not None:
                start, end = items[index].start, found.end()
        before = _NUMBER_BEFORE.search(text, max(items[index].start - 14, 0), items[index].start)
        if before is not None:
            start, end = before.start(1), max(end, items[last].end)
        if not end:
            return 0
        spans.append(Span(start, end, "ADDRESS", "street", True))
        while last + 1 < len(items) and items[last + 1].start < end:
            last += 1
        return last + 1

    # --- cues --------------------------------------------------------------------------------------------------------
    def _cue(self, text: str, items: list[Item], index: int) -> str:
        """The kind that the words right before (or in brackets right after) an item name."""
        back = index - 1
        if back >= 0 and text[items[back].end : items[index].start] == ":" and _SOURCE_FILE.match(items[back].text):
            return ""
        if back >= 0:
            nearest = items[back].text
            if (
                nearest in self.idle
                and nearest not in _FILLERS
                and nearest not in _CLINICAL_CUES
                and not kind_of_words((nearest,))
            ) and index + 1 >= len(items):
                return ""
        skipped = 0
        words: list[str] = []
        while back >= 0 and len(words) < 3 and skipped < 4:
            item = items[back]
            gap = text[item.end : items[back + 1].start]
            if item.type not in {"w", "c"} or gap.strip(" #:=([\"'./-_\\>") or "\n" in gap:
                break
            low = item.text.lower().strip(".")
            if low == "mr" and "#" in gap:
                return "MRN"
            if low in _FILLERS and not words:
                skipped += 1
                found = kind_of_words((low,)) if low not in _FILLERS else ""
            else:
                if words and gap not in {" ", "-", "_", "."}:
                    break
                words.insert(0, low)
                found = kind_of_words(tuple(words)) or (_CLINICAL_CUES.get(low, "") if len(words) == 1 else "")
                if not found and item.type == "c" and len(words) == 1 and gap != ":":
                    found = judge(low).kind
                    found = "" if found == "PERSON" else found
                if not found and len(words) == 1 and low.endswith("s") and len(low) > 4:
                    found = kind_of_words((low[:-1],))
            if found:
                longer = ""
                if back > 0 and items[back - 1].type == "w" and text[items[back - 1].end : item.start] == " ":
                    longer = kind_of_words((items[back - 1].text.lower(), *words))
                found = longer or found
                return (
                    {
                        "PERSON": "PATIENT_ID",
                        "USERNAME": "",
                        "URL": "",
                        "SECRET": "",
                        "DIAGNOSIS": "",
                        "MEDICATION": "",
                        "IP": "IP",
                    }.get(found, found)
                    if found != "ADDRESS" or low in _CLINICAL_CUES
                    else ""
                )
            back -= 1
        if index + 1 < len(items):
            following = items[index + 1]
            gap = text[items[index].end : following.start]
            if (
                gap in {" (", "(", " [", " is the ", " - "}
                and following.type == "w"
                and following.text.lower()
                in {
                    "mrn",
                    "ssn",
                    "npi",
                    "dea",
                    "dob",
                    "dod",
                    "zip",
                    "phone",
                    "fax",
                    "cell",
                    "mobile",
                    "member",
                    "account",
                }
            ):
                return kind_of_words((following.text.lower(),))
        return ""


_HOUSE_NUMBER: Final = re.compile(r"[0-9]{1,5}(?: ?[A-Za-z](?![A-Za-z0-9]))?(?:[-/][0-9]{1,4}[A-Za-z]?)?(?![0-9A-Za-z%])")
_NUMBER_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z])([0-9]{1,5}[A-Za-z]?,?(?: (?:bis|ter|quater))?,?) $")
# Stems of the WHO's international nonproprietary names
_DRUG: Final = re.compile(
    r"(?:mab|tinib|pril|sartan|statin|olol|conazole|prazole|cillin|mycin|floxacin|cycline|dipine|gliptin|gliflozin|tidine|triptan|ciclovir|navir|buvir|tegravir|citabine|"
    r"caine|setron|azepam|zolam|barbital|oxetine|triptyline|thiazide|semide|parin|dronate|glutide|ciclib|trexone|lukast|profen|coxib|codone|morphone|phylline|terol|solone|"
    r"peridone|apine|prazole|afil|lamide|formin|gabalin|racetam|xaban|grel|platin|rubicin|taxel|mustine|relin|tropin|cept|kinra|imus|vudine|bactam|penem|sulfone|quine|fibrate|glitazone|asone|onide|zosin|curium|faxine|pramine|idone)$"
)
_IDLE: Final = 20_000
_LONGEST_VALUE: Final = 400
MAX_ITEMS: Final = 12_000
"""Words and codes of one text that are read; what has more is not judged in parts."""
_CALM: Final = frozenset({"", " ", ",", ".", ";", ")", "]", "\n", "}"})
_EMPTY: Final = frozenset(
    [
        "null",
        "none",
        "nil",
        "undefined",
        "nan",
        "true",
        "false",
        "n/a",
        "na",
        "unknown",
        "empty",
        "missing",
        "redacted",
        "filtered",
        "[filtered]",
        "hidden",
        "anonymous",
        "-",
        "yes",
        "no",
        "not",
    ]
)


def _is_separator(gap: str) -> bool:
    """Is the gap between two items `=`, `:` or `=>` with at most quotes, brackets and spaces round it."""
    core = gap.strip(" \t\"'`()[]{}<>\\*$&")
    return (
        core in {"=", ":", "=>", ":=", "->", "==", "::", "=:", ":,", "~", "=~"} and "\n" not in gap and len(gap) <= 12
    )


_BASES: Final = str.maketrans("ßøØłŁđĐðÐþÞıæÆœŒ", "soOlLdDdDtTiaAoO")


def _unaccented(word: str) -> str:
    """`Müller` as `Muller`, letter for letter."""
    return "".join(unicodedata.normalize("NFD", char)[0] for char in word.translate(_BASES))


def _stands_alone(text: str, item: Item) -> bool:
    return text[item.start - 1 : item.start] in {"", " "} and text[item.end : item.end + 1] in {"", " "}


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
    parts = _CAMEL.findall(text)
    return len(text) >= 6 and len(parts) >= 3 and max(len(part) for part in parts) <= 4


_MONTH_NAME: Final = re.compile(r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")


def _classify(piece: str, start: int, end: int) -> Item | None:
    """The item a scanned piece is; None when the shape does not hold and the piece must be read again as plain parts."""
    first = piece[0]
    if first == "<":
        return Item(start, end, "t" if is_token(piece) else "c", piece)
    if "://" in piece:
        cut = piece.rstrip(".")
        return Item(start, start + len(cut), "c", cut)
    if piece.startswith("-----BEGIN"):
        return Item(start, end, "s", piece, "SECRET")
    if piece.startswith("eyJ") and "." in piece:
        return Item(start, end, "s", piece, "SECRET")
    if piece.startswith("arn:"):
        return Item(start, end, "c", piece)
    if piece.startswith("data:"):
        return Item(start, end, "s", piece, "BIOMETRIC")
    if "@" in piece[1:]:
        _local, _, domain = piece.rpartition("@")
        if (
            "." in domain
            and not domain.replace(".", "").isdigit()
            and not domain[0].isdigit()
            and re.fullmatch(r"[^.]*[A-Za-z\xe9\xc9][^.]*", domain.rsplit(".", 1)[1])
        ):
            return Item(start, end, "s", piece, "EMAIL")
        return Item(start, end, "c", piece)
    if (
        "'" in piece
        and piece[0].isalpha()
        and piece.index("'") < len(piece) - 1
        and len(piece) < 16
        and piece.replace("'", "").isalpha()
    ):
        head, _, tail = piece.partition("'")
        if head in {"O", "D", "L"} and tail[:1].isupper() and tail.isalpha():
            return Item(start, end, "w", tail)  # O'Flaherty
        return Item(start, end, "w", head)
    if piece.startswith(("date", "Date")) and "(" in piece:
        return Item(start, end, "s", piece, "DATE")
    if len(piece) in {14, 17} and shapes.MAC.fullmatch(piece):
        return Item(start, end, "s", piece, "DEVICE_ID")
    if first.isalpha() and " " in piece and shapes.POSTCODE.fullmatch(piece):
        return Item(start, end, "s", piece, "ZIP")
    if "\\" in piece and _ACCOUNT_OF_DOMAIN.fullmatch(piece):
        return Item(start, end, "s", piece, "USERNAME")
    if piece[1:3] == ":\\":
        return Item(start, end, "c", piece.rstrip(" .-"))
    if first.isalpha() and " " in piece:
        return (
            Item(start, end, "d" if re.search(r"[0-9]:[0-9]", piece) else "s", piece, "DATE")
            if not re.fullmatch(r"[A-Z]{2}\d{2}(?: [A-Z0-9]{1,4})+", piece)
            else (Item(start, end, "s", piece, "ACCOUNT") if shapes.iban_ok(piece) else None)
        )
    if not (first.isdigit() or first in "+(" or piece[-1].isdigit() or ":" in piece or shapes.UUID.fullmatch(piece)):
        return Item(start, end, "w" if piece.isalpha() else "c", piece)
    plain = piece.lstrip("+")
    if plain.isdigit():
        return Item(start, end, "n", piece)
    if shapes.UUID.fullmatch(piece):
        return Item(start, end, "c", piece)
    if shapes.STAMP.fullmatch(piece):
        if re.search(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$", piece) and not piece.startswith("0001"):
            return Item(start, end, "s", piece, "DATE")
        return Item(start, end, "d", piece)
    if piece.count(".") == 3 and piece.replace(".", "").split("/")[0].isdigit():
        public = shapes.public_ip(piece)
        if public is not None:
            return Item(start, end, "s" if public else "d", piece, "IP")
        return Item(start, end, "c", piece)
    if (
        piece.count(":") >= 2
        and all(char in "0123456789abcdefABCDEF:/." for char in piece)
        and not re.fullmatch(r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?", piece)
    ):
        public = shapes.public_ip(piece)
        if public is None or piece.strip(":") == "" or (len(piece) < 8 and piece.count(":") < 4):
            return None
        return Item(start, end, "s" if public else "d", piece, "IP")
    if re.search(r"[0-2]?\d:[0-5]\d", piece) and re.fullmatch(r"[0-9A-Za-z:.,/ +\-]+", piece):
        return Item(start, end, "d", piece)
    if shapes.DATE.fullmatch(piece):
        if shapes.real_date(piece) and not (piece.count(".") == 2 and len(piece) < 8):
            return Item(start, end, "s", piece, "DATE")
        if piece.count(".") == 2:
            return Item(start, end, "c", piece)
        return Item(start, end, "s", piece, "DATE") if len(piece) >= 8 and "." not in piece else None
    if (
        _MONTH_NAME.search(piece)
        and re.search(r"\d", piece)
        and re.fullmatch(r"[0-9A-Za-z ,.'\-]+", piece)
        and (" " in piece or "-" in piece)
        and not re.fullmatch(r"[A-Za-z]{2}\d{2}(?: \w{1,4})+", piece)
    ):
        return Item(start, end, "s", piece, "DATE")
    if re.fullmatch(r"[A-Z]{2}\d{2}(?: [A-Z0-9]{1,4})+", piece):
        return Item(start, end, "s", piece, "ACCOUNT") if shapes.iban_ok(piece) else None
    if shapes.POSTCODE.fullmatch(piece):
        return Item(start, end, "s", piece, "ZIP")
    return _digits(piece, start, end)


def _digits(piece: str, start: int, end: int) -> Item | None:
    """Groups of digits with separators: SSN, phone, card, decimal, version."""
    plain = piece.strip()
    if not re.fullmatch(r"\+?[0-9().,\- eE+%]+", plain):
        return Item(start, end, "c", piece)
    if re.fullmatch(r"\+?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?%?", plain) or re.fullmatch(
        r"[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?\d+)?%?", plain
    ):
        if plain.count(".") + plain.count(",") == 0 and plain.isdigit():
            return Item(start, end, "n", piece)
        return Item(start, end, "d", piece)
    groups = [group for group in re.split(r"[^0-9]+", plain) if group]
    if not groups:
        return Item(start, end, "c", piece)
    sizes = [len(group) for group in groups]
    digits = "".join(groups)
    separators = set(re.sub(r"[0-9]", "", plain))
    if separators == {"."} and len(groups) in {3, 4} and max(sizes) <= 3 and sizes != [3, 3, 4]:
        return Item(start, end, "c", piece)
    if (sizes == [3, 3, 3, 2] and separators == {".", "-"}) or (sizes == [4, 4, 4] and shapes.aadhaar_ok(digits)):
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if sizes in ([1, 2, 2, 2, 3, 3, 2], [1, 2, 2, 2, 3, 3]) and separators == {" "}:
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if sizes == [3, 2, 4] and len(separators - {"+"}) == 1:
        return Item(start, end, "s", piece, "SSN")
    if sizes in ([4, 4, 4, 4], [4, 6, 5], [4, 4, 4, 4, 3]) and (shapes.luhn_ok(digits) or sizes == [4, 4, 4, 4]):
        return Item(start, end, "s", piece, "CREDIT_CARD")
    if plain[0] == "+" and 8 <= len(digits) <= 15 and len(groups) > 1:
        return Item(start, end, "s", piece, "PHONE")
    if (
        len(digits) in {10, 11}
        and (sizes in ([3, 3, 4], [1, 3, 3, 4], [3, 7], [1, 10], [1, 3, 7], [3, 4, 3], [6, 4]) or "(" in plain)
        and (len(digits) == 10 or digits[0] in "10")
    ):
        return Item(start, end, "s", piece, "PHONE")
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3} \([0-9]{1,6}\)?", plain):
        return Item(start, end, "c", piece)
    if "(" in plain and ")" in plain and 7 <= len(digits) <= 13:
        return Item(start, end, "s", piece, "PHONE")
    if sizes == [3, 4] and separators <= {"-"}:
        return Item(start, end, "s", piece, "PHONE")
    if groups[0].startswith("00") and 10 <= len(digits) <= 16 and len(groups) > 1:
        return Item(start, end, "s", piece, "PHONE")
    if groups[0].startswith("0") and 9 <= len(digits) <= 12 and 2 <= len(groups) <= 6 and max(sizes) <= 8:
        return Item(start, end, "s", piece, "PHONE")
    if len(groups) >= 4 and sizes[0] <= 3 and set(sizes[1:]) == {2} and 8 <= len(digits) <= 12:
        return Item(start, end, "s", piece, "PHONE")
    if sizes == [5, 4] and separators == {"-"}:
        return Item(start, end, "s", piece, "ZIP")
    if sizes == [2, 7] and separators == {"-"}:
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if 7 <= len(digits) <= 16 and len(digits) >= 2 * len(groups):
        return Item(start, end, "s", piece, "NUMBER")
    return None


_VERSIONED: Final = frozenset({":", "@", "-", "v", "/", "_"})
_NAMED_BY_CUE: Final = frozenset({"DATE", "PHONE", "NUMBER", "NATIONAL_ID", "ZIP", "SSN"})
"""Kinds of shapes that the words before them can still change or make sure."""


def _cued(kind: str, cue: str) -> str:
    """The kind of a shape once the words before it had their say."""
    if not cue or cue == kind:
        return kind
    if kind == "DATE":
        return cue if cue in {"DOB", "DATE"} else kind
    if kind == "PHONE":
        return (
            cue
            if cue in {"FAX", "SSN", "MRN", "ACCOUNT", "MEMBER_ID", "LICENSE", "CREDIT_CARD", "NATIONAL_ID"}
            else kind
        )
    if kind == "NUMBER":
        return cue
    if kind in {"NATIONAL_ID", "ZIP"}:
        return cue if cue in _ID_KINDS else kind
    return kind


def _sure_shape(item: Item, cue: str) -> bool:
    if item.kind == "DATE":
        return bool(cue) or not re.search(r"20[12]\d", item.text)
    if item.kind == "SSN":
        return "-" in item.text or bool(cue) or shapes.ssn_ok("".join(filter(str.isdigit, item.text)))
    if item.kind == "ZIP" and shapes.POSTCODE.fullmatch(item.text):
        return True
    if item.kind == "NATIONAL_ID" and len(item.text) >= 12:
        return True
    if item.kind in {"ZIP", "NATIONAL_ID", "NUMBER"}:
        return bool(cue)
    return True


_STRONG: Final = frozenset({"EMAIL", "SSN", "IP", "SECRET", "CREDIT_CARD"})


def stronger(by_key: str, by_shape: str) -> str:
    """The kind of a value that has one by its key and one by its shape, so that both ways lead to one token."""
    if by_key in {"SECRET", "BIOMETRIC"}:
        return by_key
    if by_shape == "SSN":
        return "SSN" if by_key in {"PATIENT_ID", "IDENTIFIER", "USERNAME", "PERSON", "NATIONAL_ID", "WORD"} else by_key
    if by_shape in {"EMAIL", "IP", "SECRET"}:
        return by_shape
    if by_shape == "PHONE" and by_key in {"USERNAME", "PERSON", "IDENTIFIER"}:
        return "PHONE"
    return by_key


def settle(spans: list[Span]) -> list[Span]:
    """In order and without overlaps: the longer span keeps the place, the surer kind names it."""
    edge = -1
    for start, end, _, _, _ in spans:
        if start < edge or end <= start:
            break
        edge = end
    else:
        return spans
    spans.sort(key=lambda span: (span.start, -span.end, not span.sure))
    kept: list[Span] = []
    for span in spans:
        if span.end <= span.start:
            continue
        if kept and span.start < kept[-1].end:
            last = kept[-1]
            better = last if last.sure or not span.sure else span
            kept[-1] = Span(last.start, max(last.end, span.end), better.kind, better.rule, last.sure or span.sure)
        else:
            kept.append(span)
    return kept


_ROLE_ENUM: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+ -]{0,40}")
_ROLE_NUMBER: Final = re.compile(
    r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:\s?[A-Za-z%µ/]{1,8})?|[+-]?(?:inf|nan|infinity)",
    re.IGNORECASE,
)
_ROLE_ID: Final = re.compile(r"[A-Za-z0-9_.:/+=@{}\[\]\"~,*#-]{1,300}")


def plays(value: str, role: str, reader: Reader) -> bool:
    """Does `value` have the shape its role promises. Roles as in router.sources.contract: name id time number enum url code."""
    if role == "time":
        return bool(shapes.STAMP.fullmatch(value) or shapes.EPOCH.fullmatch(value) or shapes.DURATION.fullmatch(value))
    if role == "number":
        return (
            (bool(_ROLE_NUMBER.fullmatch(value)) and len(value) <= 24 and not value.startswith("0"))
            or value in {"0", "00"}
            or bool(shapes.VERSION.fullmatch(value))
            or bool(re.fullmatch(r"0\.\d+(?:e-?\d+)?", value))
        )
    if role == "id":
        return opaque_id(value, reader)
    if role == "opaque":
        return bool(shapes.UUID.fullmatch(value) or (shapes.HEX.fullmatch(value) and not value.isdigit()))
    if role == "enum":
        return bool(
            re.fullmatch(r"[A-Za-z]{1,10}[-_ ]?[0-9]{1,2}", value) or value in {"0", "1", "2", "3", "4", "5"}
        ) or (bool(_ROLE_ENUM.fullmatch(value)) and not reader.read(value))
    if role == "machine" and _MACHINE.fullmatch(value) and len(value) <= 100:
        return not any(span.sure or span.kind in {"PERSON", "USERNAME", "DIAGNOSIS", "MEDICATION"} for span in reader.read(value))
    if role in {"name", "code", "machine"}:
        if value.isdigit():
            return len(value) <= 7
        if shapes.HEX.fullmatch(value) and not value.isdigit():
            return True
        if (
            role == "code"
            and re.fullmatch(r"[A-Z]{1,6}[-_ ]?[0-9]{1,6}", value)
            and not shapes.ICD10_DOTTED.fullmatch(value)
        ):
            return True
        if shapes.VERSION.fullmatch(value):
            return True
        return not reader.read(value)
    return False


def identifier(value: str, reader: Reader) -> bool:
    """Is `value` the name of a machine's thing: CamelCase, snake_case, kebab-case or dotted, in at least two parts.

    For fields that a source format declares structural. One part has to be a plain word, or there are three; so two
    unknown parts, which may be a person's name, do not pass, nor does a part known as a name, condition or medicine,
    a number of five digits, or what the detector is sure of.
    """
    if _IDENTIFIER.fullmatch(value) is None or _LONG_NUMBER.search(value) is not None:
        return False
    parts = [part.lower() for part in _CAMEL.findall(value) if part.isalpha()]
    if len(parts) < 2:
        return False
    flags = ["w" if part in reader.safe else LEXICON.flag(part) for part in parts]
    if not _NAMED.isdisjoint(flags):
        return False
    known = any(flag in PLAIN and len(part) > 2 for flag, part in zip(flags, parts, strict=True))
    if not known and sum(len(part) > 2 for part in parts) < 3:
        return False
    return not any(span.sure for span in reader.read(value))


_MACHINE: Final = re.compile(r"(?:[a-z]+[0-9]{0,3}(?:[._/:-]|$))*[a-z]*[0-9]{0,4}")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]{1,199}")
_LONG_NUMBER: Final = re.compile(r"[0-9]{5}")
_NAMED: Final = frozenset({"p", "d", "m"})


def opaque_id(value: str, reader: Reader) -> bool:
    """An identifier of the machine room: no address, no name, no shape of a person's number."""
    if not _ROLE_ID.fullmatch(value) or "@" in value:
        return False
    if shapes.UUID.fullmatch(value) or shapes.HEX.fullmatch(value) or value.isdigit():
        return True
    if _PERSONAL_ID.search(value) is not None:
        return False
    for part in _CAMEL.findall(value):
        if len(part) > 3 and part.lower() not in reader.safe and LEXICON.flag(part.lower()) in {"p", "d", "m"}:
            return False
    return True


_PERSONAL_ID: Final = re.compile(
    r"(?<![0-9])[0-9]{3}[-.][0-9]{2}[-.][0-9]{4}(?![0-9])|(?<![0-9])[0-9]{3}[-.][0-9]{3}[-.][0-9]{4}(?![0-9])|(?i:(?:^|[^a-z])(?:mrn|ssn|dob|patient|member|npi|phone|email)[^a-z]{0,3}[0-9]{3})"
)


def _in_prose(text: str, item: Item) -> bool:
    """Does a word stand between blanks or sentence marks, next to an ordinary lower-case word."""
    before, after = text[item.start - 2 : item.start], text[item.end : item.end + 2]
    if not (before[-1:] in {"", " ", "\n", "(", '"'} and after[:1] in {"", " ", ",", ".", ";", "!", "?", ")", "\n", '"', "'"}):
        return False
    return (before[:1].isalpha() and before[:1].islower()) or before[:1] in {",", ";"} or (
        after[:1] == " " and after[1:2].islower() and before == ""
    )


def _is_value(text: str, item: Item) -> bool:
    """Does a word stand alone: the whole text, or all of a value between quotes or after `=`."""
    before, after = text[: item.start].rstrip()[-1:], text[item.end : item.end + 1]
    return (item.start == 0 and item.end == len(text)) or (
        before in {"=", "'", '"', ":"} and after in {"", " ", ",", "'", '"', "&", "}", ")", ";", "\n"} and before != ""
    )
