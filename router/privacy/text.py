"""Reads one text word by word and says which stretches are PHI, or not known to be harmless."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Final

import re2

from router.privacy import clinical, shapes, systems
from router.privacy.capitals import of_nobody
from router.privacy.commands import of_commands
from router.privacy.consoles import of_consoles
from router.privacy.elsewhere import outside
from router.privacy.figures import figure
from router.privacy.grammar import of_tools
from router.privacy.hardware import agents, of_agent
from router.privacy.idioms import figurative
from router.privacy.items import Item, is_separator, lettered, scan
from router.privacy.keys import MACHINES, judge
from router.privacy.kin import kin
from router.privacy.lexicon import LEXICON
from router.privacy.made import SOURCE_FILE
from router.privacy.mistaken import in_line
from router.privacy.own import own
from router.privacy.parts import CAMEL
from router.privacy.roles import christian, plays
from router.privacy.shadow import Shadow, cast
from router.privacy.spans import Span, settle
from router.privacy.telling import telling
from router.privacy.values import Values, field
from router.privacy.vendors import pages
from router.privacy.wards import called
from router.privacy.words import ID_KINDS, NAME_PARTS, NUMBERED_PAGES, PERSON_CUES, STATES

_FRAME: Final = re.compile(
    r"^[ \t]+at [A-Za-z_$<][\w.$<>`+/-]{1,200}(?:\[[\w.,]{1,80}\])?\([^()'\"\n]{0,300}\)(?: in [^'\"\n]{1,200}:line \d{1,6})?[ \r]*$",
    re.MULTILINE,
)
"""A frame of a .NET or Java trace: a method with its parameters' types, and a file with a line."""
_SERIAL: Final = 5
_BY_HAND: Final = re.compile(r"[A-Za-z\xc9\xe9]{3}|^[0-9]{1,2}(?:/|[.-][0-9]{1,2}[.-][0-9]{4}$)")
"""A day as people write it, with a month's name or slashes: software logs `2026-03-01`."""
_YEAR_LAST: Final = re.compile(r"\.(?:19|20)[0-9]{2}$")
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3])\.[0-5][0-9]\.[0-5][0-9]")
_OF_A_SYSTEM: Final = re.compile(
    r"(?:rabbit|ejabberd|emqx|vernemq|couchdb|riak|mongooseim)@[\w.-]+$|(?:root|cron|daemon|nagios|zabbix|mailer-daemon|postmaster)@"
    r"(?:[\w-]+\.)+(?:internal|local|lan|localdomain|corp|localhost)$",
    re.IGNORECASE,
)
"""A node of a program in Erlang, and what a host's own accounts write from."""
_OF_JES: Final = re.compile("[ ]{1,2}(?:JOB|STC|TSU)[0-9]{5}")
"""How JES2 of z/OS goes on behind the time of a message."""
_HOTFIX: Final = re.compile("[-+_.][A-Za-z]")
_LATELY: Final = re.compile(
    r"[^0-9](?:1[1-9]|2[0-9]|3[0-5])$|^20[0-9]{2}\.[01]?[0-9]\.[0-3]?[0-9]$|^[A-Za-z]+\.? [0-3]?[0-9](?:st|nd|rd|th)?$"
)
"""A year of two digits in which software was running already, a day as only software writes it, one without a year."""
_TOLL_FREE: Final = re.compile(r"\+?1[ .-]?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}$")
"""Numbers of companies in North America."""
_DIALLED: Final = re.compile(r"[+(]|(?:[01][ .-])?[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}(?![0-9])|00?[1-9][0-9 .()/-]{7,}")
"""Telephone numbers that nothing but their shape tells."""
_RELEASED: Final = re.compile(r"(?:[0-9]|[12][0-9]|3[01])(?:\.(?:[0-9]|[12][0-9]|3[01])){3}")
"""Four small numbers with points are a version before they are an address."""
_ADDRESSEES: Final = frozenset({"EMAIL", "PHONE", "PERSON", "WORD"})
"""To whom a message may be sent."""
_CERTIFIED: Final = frozenset({"certificate", "cert", "serial"})
_ROUTERS: Final = frozenset({"neighbor", "neighbour", "nbr", "nexthop", "next-hop", "router-id", "nameserver"})
"""What BGP, OSPF, LDP and resolvers put before the address of a machine like themselves."""
_CALM: Final = frozenset({"", " ", ",", ".", ";", ")", "]", "\n", "}"})
_ENDS: Final = frozenset({"", ",", ";", ")", "]", "}", "'", '"', "\n", "&", "|"})
_VERSIONED: Final = frozenset({":", "@", "-", "v", "/", "_"})
_NAMED_BY_CUE: Final = frozenset({"DATE", "PHONE", "NUMBER", "NATIONAL_ID", "ZIP", "SSN"})
"""Kinds of shapes that the words before them can still change or make sure."""


_OPENED: Final = re.compile(r"[\"']?(?: ?(?::|=>|=) ?)?(?:[%#&@]?(?:struct )?[{(\[<]| ?\{ ?|\{ |\( ?|\[)[\"':]?")
"""What stands between the name of a record and its first member, as languages print one: `{`, `: %{`, ` { `, `(`, ` => {`."""
_EACH: Final = 128
"""Words and codes after which a reader looks whether its limit is spent."""
_ITEM_COST: Final = 4
_CODE_COST: Final = 6
FOUND_COST: Final = 28
"""Characters' worth of reading that a word takes, a number or code beside that, and a stretch which is found: it is
judged longest, replaced and looked for."""

Kept = dict[str, tuple[Shadow, list[Item]]]
"""The texts of one event, each with its shadow and what that was cut into."""

OF_A_PERSON: Final = frozenset({"PERSON", "DOB", "SSN", "MRN", "MEMBER_ID", "PATIENT_ID", "NATIONAL_ID"})
"""Kinds after which a text is about a person."""


def _islands(text: str, items: list[Item]) -> list[Span]:
    """Up to four words of another alphabet in a text of Latin letters: somebody's name, or what somebody wrote."""
    words = [item for item in items if item.type == "w"]
    foreign = [item for item in words if not item.text.strip("\xc9\xe9") and len(item.text) > 1]
    if not foreign or len(words) < 2 * len(foreign):
        return []
    spans: list[Span] = []
    for item in foreign:
        if spans and text[spans[-1].end : item.start] == " ":
            spans[-1] = spans[-1]._replace(end=item.end)
        else:
            spans.append(Span(item.start, item.end, "PERSON", "island", True))
    return spans


def _belongs(span: Span, text: str) -> bool:
    """In a text that is about a person: is a doubtful number, code or day likely to be that person's.

    What stands under a name of the machine room (`job=`, `trace`) never becomes a span; so what is left is a number of
    six digits and more that is no moment, a day, or a code with as many digits.
    """
    value = text[span.start : span.end]
    digits = sum(map(str.isdigit, value))
    if span.kind in {"NUMBER", "IDENTIFIER", "NPI", "SSN", "NATIONAL_ID", "ZIP", "PHONE"}:
        return _A_NUMBER.fullmatch(value) is not None and not shapes.EPOCH.fullmatch(value)
    if span.kind == "DEVICE_ID":
        return True
    if span.kind == "CODE":
        if (
            span.rule == "code"
            or _OF_A_TICKET.search(text, max(span.start - 20, 0), span.start)
            or _TICKETS.fullmatch(value)
            or _OF_FILES.fullmatch(value)
            or _OF_LOGS.fullmatch(value)
            or _OF_MACHINES.match(value)
        ):
            return False
        return (
            digits >= (_LONG_CODE if value.isupper() else _LONG_CODE + 1)
            and not (shapes.HEX.fullmatch(value.lower()) and (value.islower() or sum(map(str.isalpha, value)) > 2))
            and digits * 2 >= len(value)
            and _AN_EPOCH.search(value) is None
        )
    if span.kind == "PERSON":
        flags = [LEXICON.flag(word.lower()) for word in _WORDS.findall(value)]
        return span.rule == "argument" or (
            len(value) > _INITIALS
            and value[0].isupper()
            and ("p" in flags or (len(flags) > 1 and "n" in flags and set(flags) <= {"n", ""}))
        )
    return (
        span.kind == "DATE"
        and _O_CLOCK.match(text, span.end) is None
        and _AT_TIME.search(text, max(span.start - 16, 0), span.start) is None
    )


_OF_A_TICKET: Final = re.compile(
    r"(?i:\b(?:ticket|incident|case|change|bug|issue|jira|servicenow|rfc)(?: no\.?| number| id)?[ :#]{1,2})$"
)
_OF_LOGS: Final = re.compile(r"[A-Za-z]{1,8}[-_]?[0-9a-f]*[a-f][0-9a-f]*|[A-Z]{2,5}0{2,6}[0-9]{1,6}|[a-z]{4,}-[0-9].*")
"""`t-d301fe251d`, `HHH000247`, `filebeat-8.12.2-2026.04.19-000004`: ids of traces, numbered messages, files."""
_TICKETS: Final = re.compile(r"[A-Z]{1,5}-[0-9]{5,9}|[a-z]{2,8}_[0-9]{5,12}|[0-9]+_[0-9]+")
"""`FX-44329218`: numbered so are tickets, jobs and assets more often than people, of whom a cue or a key speaks too."""
_OF_FILES: Final = re.compile(
    r"[0-9]{1,5}[xX][0-9]{1,5}|[a-z]{0,12}[-_]?[0-9a-f]{5,64}\.[a-z0-9]{2,5}|[0-9a-f]{8,64}-[A-Z]{3}|[0-9]{3}[0-9A-Z][0-9]{5}X|[+-]?00[0-9A-F]{3,14}|[A-Z]{1,4}[-_]?20[12][0-9][01][0-9][0-3][0-9](?:-[0-9]{1,4})?"
)
"""`200x200`, `fax0356362.tif`, `3836106cb547980f-IAD`: sizes, files that are numbered, rays of a network."""
_OF_MACHINES: Final = re.compile(
    r"(?i:msg|txn|tx|trx|req|evt|event|job|run|batch|task|trc|trace|err|seq|build|bld|rel|chg|req|tkt|ticket|inc|inv|po|so|sku|lot|"
    r"conn|lun|vlan|node|srv|host|vm|db|ctl|ack|corr|span|sess|chunk|block|shard|part|rev|ver|doc|file|img|ord|order)[-_#]?[0-9]"
)
"""What the numbers of messages, transactions, jobs, tickets and orders begin with."""
_INITIALS: Final = 3
_WORDS: Final = re.compile(r"[A-Za-z]+")
_LONG_CODE: Final = 5
_A_NUMBER: Final = re.compile(r"[0-9]{6,13}|[0-9]{2,8}(?:[-/][0-9]{1,8}){1,4}")
_AN_EPOCH: Final = re.compile(r"(?<![0-9])1[3-9][0-9]{8}(?:[0-9]{3})?(?![0-9])")
_AT_TIME: Final = re.compile(r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?,? (?:on )?$")
_O_CLOCK: Final = re.compile(r"[ T:,-]{1,3}[0-2]?[0-9](?::[0-5][0-9]|\.[0-5][0-9]\.[0-5][0-9])")


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
        return cue if cue in ID_KINDS else kind
    return kind


def _sure_shape(item: Item, cue: str, *, strict: bool) -> bool:
    if item.kind == "DATE":
        return (
            bool(cue)
            or not (re.search(r"20[12]\d", item.text) or (not strict and _LATELY.search(item.text)))
            or (strict and bool(_BY_HAND.search(item.text)))
        )
    if item.kind == "PHONE" and not strict:
        return bool(cue) or _DIALLED.match(item.text) is not None
    if item.kind == "IP" and not strict:
        return _RELEASED.fullmatch(item.text) is None
    if item.kind == "SSN":
        return "-" in item.text or bool(cue) or shapes.ssn_ok("".join(filter(str.isdigit, item.text)))
    if item.kind == "ZIP" and shapes.POSTCODE.fullmatch(item.text):
        return True
    if item.kind == "NATIONAL_ID" and len(item.text) >= 12:
        return True
    if item.kind in {"ZIP", "NATIONAL_ID", "NUMBER"}:
        return bool(cue)
    return True


_TITLE: Final = re.compile(r"\b(?:Nurse|Doctor|Dr|Mr|Mrs|Ms)\b")
_ADDRESSED: Final = re.compile(
    r"(?:^[\"' ]{0,2}|[:\"'] ?)([A-Z][a-z]{2,20}), (?:your|you|we|you're|we're)\b|(?<![\w.])M\. ([A-Z][a-z]{2,20})(?![\w.])"
    r"|\b(?:Nurse|Doctor|Dr\.?|Mr\.?|Mrs\.?|Ms\.?) ([A-Z][a-z]{1,20})(?=:)"
)


def _addressed(text: str) -> list[Span]:
    """Who a message speaks to or who speaks: `Karen, your visit is tomorrow`, `M. Guyot`, `Nurse Powers: …`."""
    spans = []
    for match in _ADDRESSED.finditer(text):
        group = match.lastindex or 1
        if LEXICON.flag(match[group].lower()) in {"p", "n", ""}:
            spans.append(Span(match.start(group), match.end(group), "PERSON", "cue", True))
    return spans


def _beside(span: Span, known: list[Span], text: str) -> list[Span]:
    """What of the value of a key is left beside what is `known` of it: `hay` of `hay fever`."""
    rest = [span]
    for other in known:
        rest = outside(rest, other.start, other.end)
    left = []
    for part in rest:
        value = text[part.start : part.end]
        start = part.start + len(value) - len(value.lstrip(" ,;'\"()"))
        end = part.start + len(value.rstrip(" ,;'\"()"))
        if any(char.isalpha() for char in text[start:end]):
            left.append(part._replace(start=start, end=end))
    return left


_OF_GRAPHQL: Final = frozenset({"String", "Int", "ID", "Float", "Boolean"})
"""The scalars of GraphQL (its specification, section 3.5)."""


_NUMBERS: Final = frozenset({"NUMBER", "NPI", "IDENTIFIER", "CODE"})
_CALLED: Final = frozenset({"PERSON", "WORD", "WARD", "ADDRESS"})
_MOST_FINDS: Final = 200
"""Finds in one text beyond which none is asked what a tool's grammar makes of it: it is a table or a list by then."""
_PAGED: Final = frozenset({"NUMBER", "IDENTIFIER", "CODE", "WORD"})


def _of_nobody(text: str, spans: list[Span]) -> list[Span]:
    """Without what the line of a tool makes a count, a product's name or the page of a service that watches systems."""
    vendors = pages(text, NUMBERED_PAGES) if "/" in text and any(span.kind in _PAGED for span in spans) else ()
    few = len(spans) <= _MOST_FINDS
    if few:
        spans = of_consoles(text, spans)
    return [
        span
        for span in spans
        if not (
            (span.kind in _NUMBERS and not span.sure and systems.counted(text, span.start, span.end))
            or (span.kind in _CALLED and span.rule != "key" and systems.product(text, span.start, span.end))
            or (
                vendors
                and span.kind in _PAGED
                and any(start <= span.start and span.end <= end for start, end in vendors)
            )
            or (
                few
                and (
                    of_tools(text, span)
                    or in_line(text, span)
                    or figure(text, span)
                    or own(text, span)
                    or of_commands(text, span)
                    or figurative(text, span)
                    or of_nobody(text, span)
                )
            )
        )
    ]


class Reader(Values):
    """Reads texts under one set of rules. `strict`: default deny by the word; otherwise only what is surely PHI."""

    __slots__ = ("patterns",)

    def __init__(self, *, strict: bool, safe: frozenset[str], patterns: tuple[tuple[str, re2._Regexp], ...]) -> None:
        super().__init__(strict=strict, safe=safe)
        self.patterns = patterns

    def read(
        self, text: str, *, likely: bool = False, kept: Kept | None = None, limit: int | None = None
    ) -> list[Span]:
        """The stretches of `text` to replace, in order, not overlapping. Raises shadow.TooDeep, TooLong.

        `likely`: at `detect` also what would be a person's in an event about one, not sure. `kept`: where the event's
        texts are kept as they were cut, for `told`. `limit`: characters' worth of reading after which the rest is one
        stretch, by the rule `budget`.
        """
        shadow = cast(text)
        seen = shadow.text
        items = scan(seen)
        if kept is not None:
            kept[text] = shadow, items
        if shadow.letters:
            items = [lettered(item, shadow.letters) for item in items]
        count = len(items)
        spans = self._spans(seen, items, limit)
        if kept is not None and len(items) < count:
            kept[text] = shadow, kept[text][1][: len(items)]
        if shadow.letters and not self.strict:
            spans.extend(_islands(seen, items))
        if "M. " in seen or ", y" in seen or ", w" in seen or (":" in seen and _TITLE.search(seen) is not None):
            spans.extend(_addressed(seen))
        for kind, pattern in self.patterns:
            spans.extend(
                Span(found.start(), found.end(), kind, "pattern", True)
                for found in pattern.finditer(seen)
                if found.end() > found.start()
            )
        if spans and (" (" in seen or ("\n" in seen and ("   at " in seen or "\tat " in seen))):
            zones = systems.regions(seen)
            if zones:
                spans = [span for span in spans if not any(a <= span.start and span.end <= b for a, b in zones)]
            frames = [found.span() for found in _FRAME.finditer(seen)]
            if frames:
                spans = [
                    span
                    for span in spans
                    if (span.sure and (self.strict or span.rule != "name"))
                    or span.kind not in {"WORD", "CODE", "PERSON"}
                    or not any(a <= span.start and span.end <= b for a, b in frames)
                ]
        if spans and (own := agents(seen)):
            spans = [
                span
                for span in spans
                if not (
                    of_agent(span.kind, span.rule, sure=span.sure)
                    and any(a <= span.start and span.end <= b for a, b in own)
                )
            ]
        if spans:
            spans = _of_nobody(seen, spans)
        if not self.strict:
            about = any(span.sure and span.kind in OF_A_PERSON for span in spans)
            spans = [
                span._replace(sure=about or span.sure)
                for span in spans
                if span.sure or ((about or likely) and _belongs(span, seen))
            ]
        if self.strict and "our " in seen and any(span.kind in _ADDRESSEES for span in spans):
            spans.extend(clinical.yours(seen))
        spans = settle(spans)
        told = telling(seen, strict=self.strict)
        if told:
            spans = settle([*spans, *told])
        if spans or "-" in seen or "^" in seen:
            spans = kin(seen, spans, self.safe, strict=self.strict)
        concern = clinical.concerns(items, spans)
        if concern:
            spans = settle([*spans, *clinical.announced(seen, items, clinical.within(spans, items), concern)])
        if shadow.starts is None:
            return spans
        spans = settle([Span(*shadow.place(span.start, span.end), span.kind, span.rule, span.sure) for span in spans])
        return of_consoles(text, spans) if len(spans) <= _MOST_FINDS else spans  # `%EC-5-…` is no percent-encoding

    def told(self, text: str, spans: list[Span], kept: Kept, *, narrow: bool, own: bool) -> list[Span]:
        """What else a text of an event about a person says, of which `spans` is known. Raises as read does.

        `narrow`: also in ordinary words; `own`: the text itself says whose it is; `kept`: as in read.
        """
        known = kept.get(text)
        if known is None:
            shadow = cast(text)
            items = scan(shadow.text)
        else:
            shadow, items = known
        seen = shadow.text
        if shadow.letters:
            seen = shadow.letters
            items = [item._replace(text=seen[item.start : item.end]) for item in items]
        starts = [span.start for span in spans]
        covered = clinical.within(spans, items, shadow.starts)
        if not (narrow or own):
            # what a ward is called says so among words of systems too, and so does a key of care
            found = called(seen, items, covered, own=False)
        else:
            found = clinical.announced(seen, items, covered, 2, own=own, strict=self.strict)
        if own and not self.strict:
            found += clinical.unknown_names(seen, items, covered)
        if narrow:
            found += clinical.untold(seen, items, covered, self.safe, strict=self.strict, own=own)
        if self.strict:
            found += clinical.keyed(seen, items, covered)
            if "our " in seen:
                found += clinical.yours(seen)
        if shadow.starts is not None:
            found = [Span(*shadow.place(span.start, span.end), span.kind, span.rule, span.sure) for span in found]
        left: list[Span] = []
        for span in settle(_of_nobody(text, found)):
            at = bisect_left(starts, span.end)
            if not at or spans[at - 1].end <= span.start:
                left.append(span)
            elif span.rule == "care":
                left += _beside(span, spans[max(bisect_right(starts, span.start) - 1, 0) : at], text)
        return left

    def judge_name(self, text: str) -> list[Span]:
        """What of one cell of a table may be a name, also what only default deny takes."""
        if self.strict:
            return self.read(text)
        seen = cast(text)
        items = scan(seen.text)
        if seen.letters:
            items = [lettered(item, seen.letters) for item in items]
        return self._spans(seen.text, items)

    def _spans(self, text: str, items: list[Item], limit: int | None = None) -> list[Span]:
        """What is found in `items`; from where `limit` is spent they are dropped, and the rest is one stretch."""
        spans: list[Span] = []
        count = len(items)
        index = 0
        idle = self.idle
        asked = count if limit is None else _EACH
        harder = 0
        while index < count:
            if index >= asked:
                asked = index + _EACH
                harder += sum([item.type != "w" for item in items[index - _EACH : index]])
                if _ITEM_COST * index + _CODE_COST * harder + FOUND_COST * len(spans) > (limit or 0):
                    spans.append(Span(items[index].start, len(text), "TEXT", "budget", True))
                    del items[index:]
                    break
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
                if kind == "d" and len(item.text) > 6:
                    self._moment(text, items, index, spans)
                index += 1
                continue
            if kind == "s":
                if (
                    item.kind == "DATE"
                    and item.text.count(".") == 2
                    and text[item.start - 1 : item.start] in _VERSIONED
                    and item.start
                    and not _YEAR_LAST.search(item.text)
                ):
                    index += 1  # `portal:2026.4.2`
                    continue
                if (
                    item.kind == "DATE"
                    and _CLOCK.fullmatch(item.text)
                    and (
                        _OF_JES.match(text, item.end)
                        or (
                            index
                            and text[items[index - 1].end : item.start] == " "
                            and (items[index - 1].kind == "DATE" or items[index - 1].type == "d")
                        )
                    )
                ):
                    index += 1  # `23.52.33 JOB84234`, `2024.07.27 06.11.04`
                    continue
                if (
                    item.kind == "DATE"
                    and not self.strict
                    and item.text.count(".") == 2
                    and _HOTFIX.match(text, item.end)
                ):
                    index += 1  # `2026.11.2-hotfix2`
                    continue
                if (
                    item.kind == "NUMBER" and text[max(item.start - 2, 0) : item.start] == '" '
                ):  # access log: status and bytes
                    index += 1
                    continue
                cue = self._cue(text, items, index) if item.kind in _NAMED_BY_CUE else ""
                if item.kind == "ZIP" and index > 1 and items[index - 1].text in STATES:
                    self._town(text, items, index, spans)
                if item.kind == "EMAIL" and _OF_A_SYSTEM.match(item.text):
                    index += 1
                    continue
                if not self.strict and (
                    (item.kind == "EMAIL" and shapes.of_a_role(item.text))
                    or (item.kind == "PHONE" and _TOLL_FREE.match(item.text))
                ):
                    index += 1
                    continue
                if item.kind == "USERNAME" and shapes.OF_SERVICES.fullmatch(item.text):
                    index += 1
                    continue
                if item.kind == "IP" and index and items[index - 1].text.lower() in _ROUTERS:
                    index += 1  # `neighbor 192.0.2.97 Down`: a router speaks to routers
                    continue
                if item.kind == "DEVICE_ID" and index and items[index - 1].text.lower() in _CERTIFIED:
                    index += 1  # `Certificate 4A:7F:…`
                    continue
                spans.append(
                    Span(
                        item.start, item.end, _cued(item.kind, cue), "shape", _sure_shape(item, cue, strict=self.strict)
                    )
                )
                index += 1
                continue
            if kind in {"w", "c"}:
                after = text[item.end : items[index + 1].start] if index + 1 < count else ""
                if after in {"', '", '", "'} and text[item.start - 2 : item.start] in {"('", '("'}:
                    after = "='"  # a pair in Python: `('acct', '4711')`
                elif (
                    after
                    and item.text.startswith("--")
                    and after.strip(" \"',") == ""
                    and judge(item.text.lstrip("-")).kind not in {"", "SECRET", "URL"}
                ):
                    after = "=" + after[-1] if after[-1] in "\"'" else "="  # an option: `"--mrn", "4520159"`
                if after == ' "' and (item.text[0] == ":" or text[item.start - 1 : item.start] == ":") and item.start:
                    after = '="'  # a keyword of Clojure, Ruby or Elixir: `:person/last "Root"`
                if after == " { " and judge(item.text).kind == "DOB":
                    after = ": { "  # a message in protobuf's text format
                if after[-1:] == "<" and items[index + 1].text[0] == "/":
                    after = ""  # an element ends: `<b>MRN:</b> 5710312`
                if after and ("=" in after or ":" in after) and is_separator(after):
                    if (
                        text[item.start - 1 : item.start] == "$"
                        and index + 1 < count
                        and items[index + 1].text.rstrip("!") in _OF_GRAPHQL
                    ):
                        index += 2  # a variable that a query of GraphQL's declares: `$patientName: String!`
                        continue
                    verdict, taken = self._key(text, items, index)
                    if (
                        verdict is not None
                        and verdict.kind
                        and not (kind == "c" and SOURCE_FILE.fullmatch(item.text.rsplit("/", 1)[-1]))
                    ):
                        if kind == "c":
                            self._code(text, items, index, spans)
                        del taken
                        index = self._value(text, items, index + 1, after, verdict.kind, spans)
                        continue
                    if kind == "c":
                        self._code(text, items, index, spans)
                    else:
                        self._word(text, items, index, spans)
                    if (item.text[-4:].lower() == "name" or field(item.text) in NAME_PARTS) and self._named(
                        text, items, index + 1, after, spans
                    ):
                        index += 1
                        while index < count and items[index].start < spans[-1].end:
                            index += 1
                        continue
                    if (
                        self.strict
                        and item.text[-4:].lower() == "name"
                        and index + 1 < count
                        and items[index + 1].type == "w"
                        and christian(items[index + 1].text)
                        and text[items[index + 1].end : items[index + 1].end + 1] in _ENDS
                    ):
                        spans.append(Span(items[index + 1].start, items[index + 1].end, "PERSON", "name", False))
                        index += 2
                        continue  # `Patient{id=9f1c2d, name=Bell}`
                    if (
                        verdict is not None
                        and verdict.role in {"id", "bare"}
                        and item.text.lower() in {"id", "uid", "key", "ref", "no", "number"}
                        and index + 1 < count
                        and items[index + 1].type != "t"
                        and (
                            self._of_person(text, items, index + 2) or (self.strict and self._owned(text, items, index))
                        )
                    ):
                        index = self._value(text, items, index + 1, after, "PATIENT_ID", spans)
                        continue
                    if (
                        verdict is not None
                        and verdict.subject in {"person", "provider"}
                        and index + 1 < count
                        and items[index + 1].type == "w"
                        and items[index + 1].text.islower()
                        and LEXICON.flag(items[index + 1].text) == "p"
                    ):
                        spans.append(Span(items[index + 1].start, items[index + 1].end, "PERSON", "key", True))
                        index += 2
                        continue
                    if verdict is not None and verdict.role and self._plays(text, items, index + 1, verdict.role):
                        index += 2
                        continue
                    index += 1
                    continue
                if kind == "w":
                    index = self._word(text, items, index, spans)
                elif item.text[-2:] in {"/a", "/o", "/e", "/r"} and item.text[:-2].lower() in PERSON_CUES:
                    index = self._after_person_cue(text, items, index, spans)  # `Estimado/a`
                else:
                    self._code(text, items, index, spans)
                    index += 1
                continue
            self._number(text, items, index, spans)
            index += 1
        return self._beside(text, spans) if self.strict else spans

    def _owned(self, text: str, items: list[Item], index: int) -> bool:
        """Is a key the first of a record that is called after somebody: `Patient{id=9f1c2d, …`, `wearer: %{id: "PX-1", …`."""
        back = index - 1
        if back > 0 and items[back].text in {"%", "#", "&", "@"}:
            back -= 1  # `wearer: %{`
        if back < 0 or _OPENED.fullmatch(text, items[back].end, items[index].start) is None:
            return False
        name = items[back].text.rpartition(".")[2].rpartition("::")[2]
        return any(
            verdict.kind in {"PERSON", "PATIENT_ID"} or verdict.subject == "person"
            for verdict in (judge(name), judge(CAMEL.findall(name)[-1] if name.isalnum() else ""))
        )

    def _plays(self, text: str, items: list[Item], index: int, role: str) -> bool:
        """Does the item at `index` pass in this role, being all of its value."""
        if index >= len(items):
            return False
        item = items[index]
        if item.type == "n" and text[max(items[index - 1].start - 3, 0) : item.start] == "]  Id: ":
            return True  # whose connection it is, as MySQL's log of slow statements writes it
        if (
            role in {"id", "bare"}
            and item.type == "n"
            and len(item.text) > _SERIAL
            and items[index - 1].text.lower() in {"id", "no", "number", "ref", "key", "nr"}
        ):
            return index > 1 and (
                items[index - 2].text.lower() in MACHINES or judge(items[index - 2].text).subject == "infra"
            )  # whose id it is, nobody says
        if (
            self.strict
            and item.type == "n"
            and len(item.text) >= _SERIAL
            and role in {"id", "bare", "number"}
            and (
                text[item.end : item.end + 1] == "&"
                or text[items[index - 1].start - 1 : items[index - 1].start] in {"?", "&"}
            )
        ):
            return False  # a parameter of a page is no process or count
        if item.type == "t":
            return True
        if (
            self.strict
            and item.type == "w"
            and item.text.istitle()
            and index + 1 < len(items)
            and text[item.end : items[index + 1].start] == " "
            and items[index + 1].type == "w"
            and items[index + 1].text.istitle()
        ):
            return False  # `client=Mark Rivers`: more than one word, so each is read
        if not self.strict and item.type == "w" and item.text.istitle() and LEXICON.flag(item.text.lower()) == "p":
            return False  # `check: Zachary Haley`
        if (
            item.type == "s"
            and item.kind == "DATE"
            and shapes.VERSION.fullmatch(item.text)
            and not _YEAR_LAST.search(item.text)
            and role in {"name", "id"}
        ):
            return True
        if item.type == "s" and not (
            role in {"id", "bare"} and item.kind in {"PHONE", "NPI", "CREDIT_CARD", "DEVICE_ID"}
        ):
            return False
        if item.type == "s":
            return item.text.isdigit()
        return plays(item.text, role, self)
