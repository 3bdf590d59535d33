"""What the grammar of a tool makes of the run of characters that a stretch stands in: a frame, an image, a step, a build."""

# ruff: noqa: C901, E501, SIM905 - one decision table; expressions and lists of words read better whole
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.coined import coined
from router.privacy.hardware import of_hardware
from router.privacy.keys import ABBREVIATED, judge
from router.privacy.lexicon import LEXICON
from router.privacy.spans import Span

_REACH: Final = 120
"""Characters before and behind a stretch that its run is sought in."""
_RUN: Final = re.compile(r"[^\s\"'`<>(),;\[\]{}]*")
_SEPARATORS: Final = " \t\r\n\"'`<>(),;[]{}"

_ARITY: Final = re.compile(
    r"(?:(?:[A-Z][\w.]*\.|:[a-z_]\w*[.:]|\w:)[a-z_]\w*|(?<![\w.])-?[a-z]\w*_\w+|(?<![\w.])(?:init|fun|fn|start|stop|call|loop|terminate))[?!]?/$"
)
"""What stands before the number of arguments of a function of Erlang or Elixir: `Portal.Session.handle_info/2`, `:lists.map/2`."""
_IMAGE: Final = re.compile(
    r"(?:docker://|oci://)?(?:quay\.io|docker\.io|ghcr\.io|(?:[a-z0-9-]+\.)?gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.gitlab\.com"
    r"|nvcr\.io|depot\.galaxyproject\.org|community\.wave\.seqera\.io|[a-z0-9-]+\.azurecr\.io|[a-z0-9-]+\.pkg\.dev|[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com"
    r")/[a-z0-9][a-z0-9._/-]{0,120}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,100})?(?:@sha256:[0-9a-f]{6,64}[.\u2026]{0,3})?"
)
"""An image of a container: its registry, its name and its tag, which is a version and a build."""
_OWN_IMAGE: Final = re.compile(
    r"(?:registry|harbor|docker|nexus|artifactory|cr)\.[a-z0-9.-]+(?::[0-9]{2,5})?/[a-z0-9][a-z0-9._/-]{0,120}:v?[0-9]{1,4}(?:\.[0-9]{1,5}){1,3}(?:[-+_.][A-Za-z0-9_.-]{1,60})?"
)
"""An image in a registry of one's own: its tag has to be a version."""
_BIOCONTAINER: Final = re.compile(r"biocontainers/[a-z0-9._-]+:[A-Za-z0-9_.-]+--[A-Za-z0-9_.-]+")
_STEP: Final = re.compile(
    r"(?:NFCORE_[A-Z0-9]{2,30}|NF_[A-Z0-9_]{2,30}|[A-Z][A-Z0-9_]{2,40}:[A-Z][A-Z0-9_]{2,40})(?::[A-Z][A-Z0-9_]{1,40}){1,6}"
)
"""A process of a pipeline of Nextflow's, after the workflows it is part of."""
_MODULE: Final = re.compile(r"&?(?:[A-Za-z_][A-Za-z0-9_]*::){1,8}[<A-Za-z_{][A-Za-z0-9_<>{}#!]*(?::[0-9]{1,6}){0,2}:?")
"""A path of Rust's, C++'s, Perl's or Ruby's: `scriptgate::outbound::newrx`."""
_PACKAGE: Final = re.compile(
    r"(?:com|org|io|net|dev|app|edu|gov|co|de|fr|uk|nl|eu|ch|at|se|no|dk|fi|pl|it|es|au|nz|ca|jp|ai|me|kotlinx?|javax?|jakarta|scala|akka|androidx|android)\."
    r"[a-z][a-z0-9_]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*){1,10}(?:@[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:\+[0-9A-Za-z.:]{1,20})?)?"
)
"""A package of the JVM's or an app's own name, perhaps with its version and build: `app.pulse.android@5.12.1+3620`."""
_LOGGER: Final = re.compile(
    r"(?:[a-z][a-z0-9_]{0,20}\.){3,12}(?:[a-z][a-z0-9_]{1,24}|[A-Z][A-Za-z0-9_$]{1,80})|(?:[a-z]{1,20}\.){2,12}(?:[A-Z][a-z0-9]+){2,8}(?:\$[A-Za-z0-9_$]{1,60})?"
)
"""A class or a logger of the JVM's in its package, the names of which may be cut short: `o.s.b.w.e.tomcat.TomcatWebServer`."""
_AGENT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,40}/v?[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:[-+][0-9A-Za-z.]{1,20})?")
"""A product of a `User-Agent` (RFC 9110, section 10.1.5): `Alamofire/5.9.1`."""
_SOURCE: Final = re.compile(
    r"(?:[A-Za-z0-9_.@~+-]+/){1,12}[A-Za-z0-9_.@+-]+\.(?:exs?|erl|hrl|eex|heex|rs|go|py|rb|kts?|java|scala|swift|m|mm|cc|cpp|hpp|cs|fs|tsx?|jsx?|mjs|cjs|vue|php|dart|clj[sc]?|lua|pl|pm|groovy|gradle|nf|wdl|smk)(?::[0-9]{1,6}){0,2}:?"
)
_CUT_SHORT: Final = 2
"""Letters that a logger leaves of a package."""
_OF_SOURCES: Final = re.compile(
    r"(?:^|/)(?:lib|src|app|apps|test|tests|spec|pkg|cmd|internal|deps|vendor|modules|workflows|packages|ios|android|Sources)/"
)
"""A file of a program in one of the folders that such files are kept in."""
_BUILDFILE: Final = re.compile(
    r"(?:Fast|Pod|Gem|Rake|Make|Docker|Jenkins|Vagrant|Proc|Brew|App|Match|Gym|Deliver|Snap|Cart|Snake|Tilt|Earth|Just|Danger|Cap|Berks|Pip|Cake)file(?:\.lock)?(?::[0-9]{1,6})?:?|(?:Package|Cartfile)\.(?:swift|resolved)(?::[0-9]{1,6})?"
)
_FIRMWARE: Final = re.compile(
    r"[A-Za-z0-9]{1,12}[-_](?:FW|HW|SW|fw|hw|sw|rev|REV|v|V)\.?[0-9]{1,4}(?:\.[0-9]{1,5}){1,3}"
)
"""What a device runs: `BT106-FW8.5.14`."""
_TOPIC: Final = re.compile(
    r"(?!www\.)[a-z][a-z0-9]*(?:[.-][a-z][a-z0-9]*){1,8}[.-]v[0-9]{1,2}(?:-(?:dlt|dlq|retry(?:-[0-9]{1,5})?))?(?:-[0-9]{1,4}(?:@[0-9]{1,15})?)?[.,:]?"
)
"""A topic with the version of what it carries, perhaps a partition of it and a place: `patient.identity.v3-41@97136278`."""
_METRIC: Final = re.compile(
    r"[a-z][a-z0-9]*(?:_[a-z0-9]+){1,10}_(?:total|seconds|bytes|count|sum|bucket|ratio|created|info|milliseconds|percent|celsius|volts|ms)"
)
"""A metric as Prometheus wants it called: words, and its unit or what it is at the end."""
_NUMBERED_CHANGE: Final = re.compile(r"(?:chg|inc|prb|rfc|ritm|sctask|rca|postmortem|epic)[-_ ]?[0-9]{3,8}[.,:]?")
_RENDERED: Final = re.compile(
    r"(?=[^A-Z/]*[A-Z])(?=[^a-z/]*[a-z])(?=[^0-9/]*[0-9])[A-Za-z0-9]{16,40}\.(?:png|jpe?g|svg|webp)"
)
"""A picture of a panel, which Grafana calls by chance."""
_CLOUD_HASH: Final = re.compile(
    r"(?:s3|gs|az|abfss?|file)://[a-z0-9._/-]{1,80}/[0-9a-f]{2}/[0-9a-f]{30}(?:/.{0,80})?|(?:.{0,80}/)?work/[0-9a-f]{2}/[0-9a-f]{30}(?:/.{0,80})?"
)
"""Where Nextflow works: two and thirty digits of a hash."""
_SITED: Final = re.compile(
    r"(?:web|app|api|db|node|worker|cache|proxy|lb|edge|mail|smtp|queue|redis|kafka|es|search|gw|srv|host|vm|ci|build|runner|batch|cron|nfs|dns|ns)-?[0-9]{1,3}\.[a-z]{2,5}[0-9]{0,2}\.(?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,12}"
)
"""A machine by what it does, its number and its site: `web-4.lon.example.com`."""

_WORDS: Final = frozenset({"WORD", "CODE"})
_ANY: Final = frozenset({"WORD", "CODE", "NUMBER", "IP", "DATE", "IDENTIFIER", "PHONE", "ZIP", "USERNAME"})
_IN_SOURCES: Final = _WORDS | {"DIAGNOSIS", "MEDICATION"}
_MACHINES: Final = frozenset({"WORD", "CODE", "NUMBER", "PERSON"})
_CARE: Final = _ANY | {"DIAGNOSIS", "MEDICATION", "WARD", "MRN"}
_GRAMMARS: Final[tuple[tuple[re.Pattern[str], frozenset[str], str], ...]] = (
    (_IMAGE, _ANY, "/"),
    (_OWN_IMAGE, _WORDS | {"IP"}, "/"),
    (_BIOCONTAINER, _ANY, "--"),
    (_STEP, _WORDS, ":"),
    (_MODULE, _WORDS, "::"),
    (_PACKAGE, _WORDS | {"NUMBER"}, "."),
    (_AGENT, frozenset({"WORD"}), "/"),
    (_BUILDFILE, _WORDS, "file"),
    (_FIRMWARE, frozenset({"CODE"}), "."),
    (_TOPIC, _CARE - {"MEDICATION"}, "v"),
    (_METRIC, frozenset({"WORD", "DIAGNOSIS"}), "_"),
    (_NUMBERED_CHANGE, frozenset({"CODE", "NUMBER"}), ""),
    (_RENDERED, _WORDS, "."),
    (_CLOUD_HASH, _WORDS, "/"),
    (_SITED, _WORDS, "."),
)
_HOST: Final = re.compile(r"https?://[a-z0-9.-]{0,100}$")
_OF_AN_ORGANISATION: Final = re.compile(
    r"(?:(?:app\.)?incident\.io|(?:ui\.)?(?:eu1\.)?honeycomb\.io|app\.bugsnag\.com|sentry\.io/organizations|app\.terraform\.io/app|app\.circleci\.com/(?:pipelines/)?(?:github|gh|bb|bitbucket)|circleci\.com/(?:gh|bb)"
    r"|buildkite\.com|(?:github|gitlab|codeberg)\.(?:com|org)|raw\.githubusercontent\.com|bitbucket\.org|dev\.azure\.com|hub\.docker\.com/r|quay\.io/(?:repository|organization)|app\.rootly\.com|app\.firehydrant\.io|app\.launchdarkly\.com"
    r"|app\.(?:snyk|codecov|vercel|netlify|render|posthog|rollbar|raygun|logrocket|cypress|opslevel|cortex)\.(?:io|com)(?:/(?:org|gh|fix|project|team|teams|t))?|rollbar\.com|vercel\.com|app\.pulumi\.com|console\.neon\.tech/app/projects|app\.planetscale\.com"
    r"|linear\.app|app\.clickup\.com|trello\.com/b|[a-z0-9-]+\.slack\.com/archives|opsgenie\.com/teams|status\.io|statuspage\.io/pages|app\.datadoghq\.(?:com|eu)/account|grafana\.com/orgs|hex\.pm/packages|pypi\.org/project|www\.npmjs\.com/package"
    r"|npmjs\.com/package|crates\.io/crates|rubygems\.org/gems|packagist\.org/packages|artifacthub\.io/packages/helm|pkg\.go\.dev/[a-z.]+|search\.maven\.org/artifact|nuget\.org/packages)/$"
)
"""What stands before the name of an organisation or of a package that everybody has, in the address of a service."""
_STATUS: Final = re.compile(r"https://status\.[a-z0-9.-]{3,60}/incidents/$")
_STATUS_PAGE: Final = re.compile("[a-z0-9]{12}")
"""An incident of Statuspage's."""
_BUILD_BEFORE: Final = re.compile(
    r"(?:Xcode|macOS|iOS|iPadOS|tvOS|watchOS|visionOS|Version|version|Mac OS X|OS X|Swift|Kotlin|Gradle|AGP) [0-9]{1,3}(?:\.[0-9]{1,3}){0,3} \((?:[Bb]uild )?[0-9]{0,2}$"
)
_BUILD: Final = re.compile(r"[0-9]{0,2}[A-Z][0-9]{1,5}[a-z]?(?=[)])")
"""A build of Apple's behind the version it is of: `Xcode 15.4 (15F31d)`."""
_PAIR: Final = re.compile(r"[0-9]{1,7}\.[0-9]{1,4} \([0-9]{1,7}\.[0-9]{1,4}\)")
_COMPARED: Final = re.compile(r"(?:above|below|over|under|exceed(?:s|ed)|than|equal to|threshold(?: of)?|[<>=]=?) $")
"""What a monitor compares and what it measured: `was above 10.0 (390.0)`."""
_COUNTS: Final = re.compile(
    r"(?:(?:out|in)bound\||(?:UTC|GMT|CES?T|E[SD]T|P[SD]T) \[|^\[?[0-9:. +-]{15,40}[A-Za-z][A-Za-z0-9 ._-]{1,30}\[(?:[0-9]{1,7}:)?|vmalert/alert\?(?:group_id=(?:[0-9]{1,20}&alert_id=)?)"
    r"|SQLSTATE\[[0-9A-Z]{5}\](?:: [A-Z][a-z ]{3,60})?: |(?:[Ff]ehlercode|[Ee]rror ?[Cc]ode|[Ee]rrcode|[Cc]ode d'erreur|c[o\xf3]digo de error|[Ff]outcode|[Ff]elkod|[Ff]ejlkode|codice errore) (?:[A-Z]{2,8}-)"
    r"|(?:[Tt]icket|[Jj]ira|[Ii]ncident|[Rr]unbook) (?:[A-Z]{2,8}-))$"
)
"""What stands before a number that is a port, a process, a line, a state of SQL's, an error's or a ticket's."""
_AFTER_STATE: Final = re.compile(
    r": (?:duplicate key|null value|insert or update|update or delete|could not|deadlock|value too long|permission denied|relation|column|syntax error|invalid input|division by|canceling|terminating|out of|current transaction)"
)
_FLAGS: Final = re.compile(r"\" [1-5][0-9]{2} (?:[A-Z]{2,5},){0,4}$|\" 0 (?:[A-Z]{2,5},){0,4}$")
_ENVOY: Final = frozenset(
    "UF UH UO NR URX NC DT DC LH UT LR UR DI FI RL UAEX RLSE IH SI DPE UPE UMSDR RFCF NFCF OM DF DO DR UC".split()
)
"""Flags of Envoy's access log (its documentation, `%RESPONSE_FLAGS%`)."""
_APPLICATION: Final = re.compile(r"(?:^|[\n ])\($")
_VERSIONED: Final = re.compile(
    r" [0-9]{1,4}(?:\.[0-9]{1,5}){1,3}(?:-[a-z0-9.]{1,12})?\) [a-z_/0-9-]{1,80}\.(?:exs?|erl|eex|heex|rs)[: ]"
)
"""The application of a frame of Elixir's, and its version: `(phoenix 1.7.14) lib/…`."""
_LOGGED_BY: Final = re.compile(r"\[[0-9]{1,7}:[0-9]{1,8}\] ")
"""Who wrote a line of Apple's log: a process and its thread."""
_ROOTS: Final = re.compile(r"(?:^|[\n;|]|&&|\$) *$")
_OPTION: Final = re.compile(r" --?[a-z][a-z-]{2,30}[ =]")
"""A command begins a line and an option follows."""
_STATED: Final = re.compile(
    r"has already been taken|for key '|for key \"|with key CodingKeys|Integrity constraint violation|is already taken"
)
"""Sentences of databases and of what validates records."""
_REPORTED: Final = re.compile(
    r"(?:(?<![A-Za-z])(?:[Ee]rror|ERROR|[Ww]arning|WARNING|[Ff]ehler|[Ee]rreur|[Ee]rrore|[Ee]xception|[Ee]rrno|[Aa]larm|[Aa]bend|SQLCODE|SQLSTATE|sqlstate|SQL [Ss]tate|SQL-Status"
    r"|(?:[Ee]rror|[Ff]ehler|[Rr]eturn|[Rr]eason|[Ee]xit)[ -]?[Cc]ode|[Tt]racked (?:in|as|under)|[Pp]ostmortem|[Tt]icket|TICKET|[Jj]ira|JIRA|[Ii]ssue|[Ee]pic|[Bb]ug|[Ss]ql_?id|SQL_ID|plan_hash)(?: ?[:=] ?| {1,4}: |[ \[(#])[\"'\[(]?)$"
)
"""What announces the code of an error, of a rule, of a statement or of what is written about it."""
_CODE_OF_ERROR: Final = re.compile(
    r"([A-Z]{2,6})[-_]?[0-9]{2,6}[A-Z]?(?:[-_][0-9]{1,4})?|(?=[0-9]{1,4}[A-Z])[0-9][0-9A-Z]{4}|(?=[0-9a-z]*[a-z])(?=[0-9a-z]*[0-9])[0-9a-z]{13}"
)
_RELEASED: Final = re.compile(
    r" v?(?!(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|[12][0-9]|3[01])\.(?:[0-9]{2}|[0-9]{4})(?![0-9]))[0-9]{1,3}\.[0-9]{1,4}\.[0-9]{1,4}(?![0-9]|\.[0-9])"
)
"""A version of three numbers behind a word: what it names is a program; a day as people write it is no version."""
_MESSAGE_ID: Final = re.compile(r"(?i:message-?id|msg-?id|in-reply-to|references|mid)[\"']?[:=] ?[\"'<]{0,2}$")
MADE_LOCAL: Final = re.compile(
    r"(?=[^@]*(?:[0-9]{12}|[0-9A-F]*[0-9][0-9A-F]*[A-F][0-9A-F]{6}|[0-9a-f]*[0-9][0-9a-f]*[a-f][0-9a-f]{6}))(?:[0-9]{8,20}|(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{8,64}|(?=[A-Za-z]*[0-9])[0-9A-Za-z]{1,14})(?:[.$_+-](?:[0-9]{1,20}|(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{4,64}|(?=[A-Z]*[0-9])[0-9A-Z]{4,20})){1,8}@[a-z0-9.-]{3,100}"
)
"""The id of a mail: a moment and numbers by chance before its domain. A part without a digit could be somebody's name."""
_NODE: Final = re.compile(r"[a-z][a-z0-9_]{2,30}@[a-z0-9][a-z0-9-]{0,40}(?:\.[a-z0-9-]{1,40}){0,5}")
"""A node of Erlang's, called after the program whose modules the text names: `parkade@gate-hub-2.lan`, `Parkade.Gate.Poller`."""
_OF_STORES: Final = (" REST.", " SOAP.", " WEBSITE.", " BATCH.", " S3.")
_IDLE: Final = frozenset(
    {"BIOMETRIC", "SECRET", "SSN", "DOB", "TEXT", "NATIONAL_ID", "CREDIT_CARD", "MEMBER_ID", "ACCOUNT", "FAX"}
)


def _ordinary(run: str) -> bool:
    """Are all the longer words of a run in the lexicon, and none of them only a name."""
    return all(LEXICON.flag(part) not in {"", "p"} for part in re.findall("[a-z]{3,}", run))


def _of_an_error(code: str) -> bool:
    """Can a code be an error's: a prefix of two letters and more that names no kind of number, or a state of SQL's."""
    found = _CODE_OF_ERROR.fullmatch(code)
    if found is None:
        return False
    prefix = (found[1] or "").lower()
    return prefix not in ABBREVIATED and not judge(prefix).kind


def _of_jvm(run: str) -> bool:
    """Is a dotted run a package's: it begins as packages do, or with parts cut short."""
    return _PACKAGE.fullmatch(run) is not None or run.index(".") <= _CUT_SHORT


def of_tools(text: str, span: Span) -> bool:
    """Does the grammar of a tool make what stands at `span` in `text` nobody's. A name on a list keeps its token."""
    start, end, kind, rule, sure = span
    if kind in _IDLE or rule in {"pattern", "field"}:
        return False
    before = text[max(start - _REACH, 0) : start]
    found = text[start:end]
    if kind == "EMAIL":
        if (
            rule == "shape"
            and f"{found.partition('@')[0].capitalize()}." in text
            and _NODE.fullmatch(found) is not None
        ):
            return True
        return rule == "shape" and MADE_LOCAL.fullmatch(found) is not None and _MESSAGE_ID.search(before) is not None
    if rule == "path" and end - start <= 2:  # noqa: PLR2004 - a function has no hundred arguments
        return found.isdigit() and _ARITY.search(before) is not None
    if kind in {"PHONE", "NUMBER", "CODE"} and " (" in found:
        whole = _PAIR.match(text, start)
        return whole is not None and whole.end() >= end and _COMPARED.search(before) is not None
    if rule == "key":
        return False
    if kind in {"NUMBER", "CODE", "USERNAME"} and (
        _COUNTS.search(before) is not None
        or (kind == "NUMBER" and not start and end == 5 and _AFTER_STATE.match(text, end) is not None)  # noqa: PLR2004 - SQLSTATE
        or (_BUILD.match(text, start) is not None and _BUILD_BEFORE.search(before) is not None)
    ):
        return True
    if kind == "DIAGNOSIS" and rule == "cue":
        near = _STATED.search(text, max(start - 16, 0), end + 24)
        if near is not None and near.start() < end and near.end() >= end - 12:
            return True
    if kind in {"CODE", "NUMBER"} and not sure and _of_an_error(found) and _REPORTED.search(before) is not None:
        return True
    if kind == "CODE" and text.startswith(_OF_STORES, end) and shapes.HEX.fullmatch(found.lower()):
        return True  # a request to S3, as its access log has it
    if (
        kind in {"DIAGNOSIS", "MEDICATION", "PERSON"}
        and found.islower()
        and _APPLICATION.search(before) is not None
        and _VERSIONED.match(text, end) is not None
    ):
        return True
    if kind == "WORD":
        if (found.islower() or text[end : end + 2] == " v") and _RELEASED.match(text, end) is not None:
            return True
        if found in _ENVOY and _FLAGS.search(before) is not None:
            return True
        if found.islower() and _APPLICATION.search(before) is not None and _VERSIONED.match(text, end) is not None:
            return True
        if _LOGGED_BY.match(text, end) is not None and before[-1:] == " " and before[-8:].strip()[-1:].isdigit():
            return True
        if found.islower() and _ROOTS.search(before) is not None and _OPTION.match(text, end) is not None:
            return True
        if before[-1:] == "/" and found.isalpha() and _OF_AN_ORGANISATION.search(before) is not None:
            return True
        if _HOST.search(before) is not None or (
            _STATUS.search(before) is not None and _STATUS_PAGE.fullmatch(found) is not None
        ):
            return True
    elif kind == "CODE" and _STATUS.search(before) is not None and _STATUS_PAGE.fullmatch(found) is not None:
        return True
    if kind in _MACHINES and not sure and of_hardware(text, start, end, rule):
        return True
    if kind not in _CARE and (kind != "PERSON" or rule != "name"):
        return False
    first = start
    floor = max(start - _REACH, 0)
    while first > floor and text[first - 1] not in _SEPARATORS:
        first -= 1
    last = _RUN.match(text, end, end + _REACH)
    run = text[first : last.end() if last is not None else end]
    if any(char.isspace() for char in run):
        return False
    if kind in _ANY and not sure and coined(run.rstrip(".,:")):
        return True
    bare = run.rstrip(".,:")
    if kind in {"WORD", "PERSON", "USERNAME", "CODE"} and "." in bare and _LOGGER.fullmatch(bare) and _of_jvm(bare):
        return True
    for grammar, kinds, mark in _GRAMMARS:
        if kind in kinds and mark in run and grammar.fullmatch(run) is not None:
            return grammar is not _TOPIC or _ordinary(run)
    return (
        kind in _IN_SOURCES
        and "/" in run
        and _SOURCE.fullmatch(run) is not None
        and _OF_SOURCES.search(run) is not None
        and not (kind == "CODE" and rule == "digits")
    )
