"""Paths and addresses: each segment by itself, and by the one before it (`/patients/29774`)."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.chance import by_chance
from router.privacy.coined import coined
from router.privacy.compounds import BIRTHS
from router.privacy.keys import KEY_WORDS, NOTHING, judge
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.likely import never, unlikely
from router.privacy.made import HASHED, PAGE_ID, POD, REPLICA, jumbled, made_by
from router.privacy.parts import Parts
from router.privacy.programs import of_thing, program
from router.privacy.spans import Span
from router.privacy.systems import system_login
from router.privacy.vendors import OF_TOOLS, PAGES_OF_TOOLS, is_tool, serves
from router.privacy.words import NOUNS, NUMBERED_PAGES, OF_RECORDS, SAFE_SEGMENT_AFTER

_DIGIT: Final = re.compile("[0-9]")
_ERROR_PAGE: Final = 4
_IMAGE: Final = re.compile(r"\.(?:png|jpe?g|svg|webp|gif)$")
_LONGEST_NUMBER: Final = 16
"""Digits of a card's number; what has more is a machine's."""
_SOURCES: Final = (
    ".py", ".js", ".ts", ".go", ".java", ".rb", ".html", ".php", ".cs", ".tf", ".tfvars", ".hcl", ".kt", ".kts", ".rs", ".swift", ".ex", ".exs", ".erl", ".scala", ".c", ".h",
    ".cc", ".cpp", ".hpp", ".vue", ".tsx", ".jsx", ".mjs", ".css", ".scss", ".sh", ".gradle", ".groovy", ".lua", ".pl", ".pm", ".dart", ".ps1", ".proto", ".graphql", ".j2",
    ".erb", ".haml", ".twig", ".cshtml", ".razor", ".svelte", ".clj", ".hs", ".ml", ".nim", ".zig", ".sol", ".toml", ".gohtml", ".tmpl", ".jinja",
)  # fmt: skip
"""How files of programs end, which hold no record."""
_IN_SOURCE: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$.-]{0,60}\.(?:tsx?|jsx?|mjs|vue|py|java|kt|go|rb|cs|php|rs|swift|scala)(?::[0-9]{1,6}){1,2}"
)
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,12}")
_PORT: Final = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,200}):[0-9]{2,5}")
_LONG_CODE: Final = 7
_RELEASED: Final = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,3}){1,2}(?:[-+][a-z0-9.]{1,12})?")
_SHORTEST: Final = 3
"""A shorter part of a path numbers nobody: `handle_call/3`."""
_A_DAY: Final = re.compile("20[12][0-9](?:0[1-9]|1[0-2])[0-3][0-9]")
_CARD: Final = 12
_PLAIN_WORD: Final = re.compile("[a-z]{6,24}")
_PARTITION: Final = re.compile(r"20[0-9]{2}/(?:0[1-9]|1[0-2])(?:/|$)")
_A_VERSION: Final = re.compile(r"v?[0-9]{1,3}(?:\.[0-9]{1,4}){0,3}")
"""What stands behind the name of a program: `chart-web/2.4`."""
_REGISTRIES: Final = frozenset(
    {"quay.io", "docker.io", "ghcr.io", "gcr.io", "eu.gcr.io", "us.gcr.io", "registry.k8s.io", "public.ecr.aws", "mcr.microsoft.com", "registry.gitlab.com", "registry.redhat.io", "cr.l5d.io", "nvcr.io", "index.docker.io", "registry-1.docker.io", "lscr.io"}
)  # fmt: skip
"""Where images of containers are kept, each under who publishes it."""
_CHALLENGE: Final = re.compile("[A-Za-z0-9_-]{22,128}")
"""What a certificate authority has a host show (RFC 8555): chance, in base64."""


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


_RECORDS: Final = frozenset(
    ["subjects", "proxies", "individuals", "residents", "referrals", "encounters", "admissions", "prescriptions", "visits", "charts", "episodes", "consents", "studies", "specimens", "appointments", "enrollees",
     "dependents", "dependants", "guarantors", "beneficiaries", "enrolments", "enrollments", "observations", "immunizations", "careplans", "care-plans", "stays"]
)  # fmt: skip
"""Parts of an address after which a number is a person's record."""
_OF_A_STAGE: Final = re.compile("-(?:prod|production|staging|stage|dev|test|qa|uat|shared|infra|platform|system|ops)$")
"""How namespaces end."""
_DAY_SEGMENT: Final = re.compile(
    r"(?<=/)(?:(?:19|20)[0-9]{2}[-_.](?:0[1-9]|1[0-2])[-_.](?:0[1-9]|[12][0-9]|3[01])|(?:19|20)[0-9]{6})(?=[/.]|$)"
)
"""A day that is all of a segment of a path."""
_PUBLIC: Final = frozenset({"node_modules", "site-packages", "dist-packages", "gems", "rustlib"})
"""Where packages are installed."""
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
_HALVES: Final = re.compile(r"([A-Z][A-Za-z]{2,20})/([A-Z][A-Za-z]{2,20})")


class Paths(Parts):
    """Judges paths and addresses by their segments."""

    __slots__ = ()

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
        tool = "://" in word and is_tool(word)
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
            if tool and before.endswith(":") and self._of_tool(segment):
                before = segment
                continue
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
            if found and tool and not _of_care(before) and by_chance(_IMAGE.sub("", segment)):
                found = []  # `https://grafana.example.com/d/TvuRo2iMk/cert-manager`
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
            if "-" in before and program(before):
                verdict, kind = NOTHING, ""
            if kind and (POD.fullmatch(segment) or REPLICA.fullmatch(segment)) and program(made_by(segment)):
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
                and not (kind == "IP" and (shapes.public_ip(segment) is False or coined(segment)))
                and not (never(kind, segment) if self.strict else unlikely(kind, segment))
                and not _IN_SOURCE.fullmatch(segment)
                and not (
                    ("-" in before and _A_VERSION.fullmatch(segment) and len(segment) < _LONG_CODE)
                    or (not self.strict and (_RELEASED.fullmatch(segment) or len(segment) < _SHORTEST))
                )
                and not (kind in {"DIAGNOSIS", "MEDICATION"} and "_" in before and not shapes.ICD10.fullmatch(segment))
                and not (segment.endswith(_SOURCES) and not segment.partition(".")[0].isdigit())
            ):
                return [Span(at, end, kind if has_digit or kind != "PATIENT_ID" else "PATIENT_ID", "path", True)]
        if segment in OF_RECORDS:
            return []
        if segment.isdigit():
            if (
                len(segment) > _LONGEST_NUMBER
                or OF_TOOLS.fullmatch(before)
                or (before in _TEMPORARY and segment[:2] == "00")
            ):
                return []
            if len(segment) >= 5 and not (
                (before.lower() in NUMBERED_PAGES and (len(segment) != 10 or before.lower() in PAGES_OF_TOOLS))
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
        if BIRTHS.fullmatch(segment) is not None and segment < "2015" and "-" in segment:
            return [Span(at, end, "DOB", "shape", True)]
        if before == "acme-challenge" and _CHALLENGE.fullmatch(segment):
            return []
        if shapes.UUID.fullmatch(segment):
            return []
        if before.lower() in {"home", "users"} and re.fullmatch(r"[a-z][a-z0-9._-]{2,31}", segment):
            login = re.sub(r"[^a-z]", "", segment)
            if system_login(segment):
                return []
            if LEXICON.flag(login) not in PLAIN and login not in KEY_WORDS and not self._harmless_parts(segment):
                return [Span(at, end, "USERNAME", "path", True)]
        if before.lower() in NUMBERED_PAGES and PAGE_ID.fullmatch(segment) and not self._names_in(segment):
            return []
        if _SHORT.fullmatch(segment) and (before.isdigit() or before.lower() in NUMBERED_PAGES):
            return []
        if loose and segment.isalnum() and has_digit is False and jumbled(segment):
            return []
        return self._judge_code(segment, at)

    def _of_tool(self, host: str) -> bool:
        """Is a host called after the tool that it serves, and the rest of its name nobody's."""
        rest = serves(host)
        return rest is not None and not any(
            LEXICON.flag(part) in {"p", "d", "m"} or (LEXICON.flag(part) == "n" and part not in NOUNS)
            for part in re.findall("[a-z]{3,}", rest)
        )
