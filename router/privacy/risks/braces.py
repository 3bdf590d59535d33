"""Reads JavaScript, TypeScript, Java and Kotlin: finds calls that write, and the names that they are given.

No parser: comments and strings are told from code, calls end at their bracket, and a name says what it holds. Every
step looks at a character once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from router.privacy.risks.names import is_logger, is_object, is_strong, makes_harmless
from router.privacy.risks.python import FIELD_LOGGED, MESSAGE
from router.privacy.risks.risk import Risk, general, kind_of, risk

Language = Literal["javascript", "java"]
_Place = Callable[[int], tuple[int, int]]
LONGEST_CALL: Final = 4_000

_CALL: Final = re.compile(r"([A-Za-z_$][\w$]{0,60}(?:\s?\??\.\s?[A-Za-z_$][\w$]{0,60}){0,6})\s?\(")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]{0,60}(?:\??\.[A-Za-z_$][\w$]{0,60}){0,8}(\s?\()?")
_PROPERTY: Final = re.compile(r"([A-Za-z_$][\w$]{0,60})\s?:(?![:=])")
_SWITCH: Final = re.compile(r"\b(sendDefaultPii\s?:\s?true|maskAllText\s?:\s?false|maskAllInputs\s?:\s?false)\b")
LEVELS: Final = frozenset(
    ["log", "debug", "info", "warn", "warning", "error", "fatal", "trace", "verbose", "severe", "fine", "config"]
)
WRITERS: Final = {
    "javascript": ("console",),
    "java": ("System.out", "System.err"),
}
TAGS: Final = frozenset(
    [
        "setUser",
        "setTag",
        "setTags",
        "setExtra",
        "setExtras",
        "setContext",
        "setAttribute",
        "setAttributes",
        "addBreadcrumb",
        "captureMessage",
        "put",
        "set_tag",
        "identify",
        "addEvent",
    ]
)
_TAGGERS: Final = re.compile(r"(?i)(?:sentry|scope|span|mdc|newrelic|rollbar|bugsnag|datadog|tracer|threadcontext)")


class _Given(NamedTuple):
    kind: str
    what: str
    at: int


def read(path: str, source: str, language: Language) -> list[Risk]:
    """The findings of one file."""
    code, inside = _code(source, language)
    starts = [0, *(index + 1 for index, char in enumerate(source) if char == "\n")]

    def place(at: int) -> tuple[int, int]:
        line = bisect_right(starts, at)
        return line, at - starts[line - 1] + 1

    found: dict[tuple[int, int, str], Risk] = {}
    for each in [*_calls(path, code, inside, language, place), *_switches(path, code, place)]:
        found.setdefault((each.line, each.column, each.rule), each)
    return sorted(found.values(), key=lambda each: (each.line, each.column))


def _calls(path: str, code: str, inside: str, language: Language, place: _Place) -> Iterator[Risk]:
    for match in _CALL.finditer(code):
        name = re.sub(r"[\s?]", "", match[1])
        base, _, last = name.rpartition(".")
        end = _end(code, match.end())
        start = match.end()
        if last in LEVELS and (is_logger(base) or base in WRITERS[language]):
            yield from _written(path, code, inside, (start, end), "phi-logged", place)
        elif language == "java" and (
            last == "printStackTrace" or (base in WRITERS["java"] and last.startswith("print"))
        ):
            if last == "printStackTrace":
                what = "an exception with its message"
                yield general(path, place(match.start()), "exception-logged", what, 3, MESSAGE)
            else:
                yield from _written(path, code, inside, (start, end), "phi-printed", place)
        elif last in TAGS and _TAGGERS.search(base):
            yield from _written(path, code, inside, (start, end), "phi-in-tracker", place)
        elif re.search(r"(?:throw\s+)?new\s+$", code[max(0, match.start() - 12) : match.start()]) and re.search(
            r"(?:Error|Exception)$", last
        ):
            for given in _names(code[start:end], start):
                yield risk(path, place(given.at), "phi-in-exception", given.kind, f"`{given.what}` ({given.kind})", 1)


def _switches(path: str, code: str, place: _Place) -> Iterator[Risk]:
    for match in _SWITCH.finditer(code):
        what = re.sub(r"\s", "", match[1])
        yield general(path, place(match.start()), "tracker-takes-all", what, 9, FIELD_LOGGED)


def _written(path: str, code: str, inside: str, span: tuple[int, int], rule: str, place: _Place) -> Iterator[Risk]:
    start, end = span
    arguments = code[start:end]
    named = [*_keys(inside[start:end], arguments, start), *_names(arguments, start)]
    for given in named:
        yield risk(path, place(given.at), rule, given.kind, f"`{given.what}` ({given.kind})")
    objects = list(_objects(arguments, start))
    for what, at in objects:
        rule_of = "object-logged" if rule == "phi-logged" else rule
        yield general(path, place(at), rule_of, f"the whole of `{what}`", 7 if is_strong(what) else 4, MESSAGE)
    if not named and not objects and rule == "phi-logged" and _NAME.search(arguments) and _is_built(inside[start:end]):
        yield general(path, place(start), "message-built", "a message built from values", 3, MESSAGE)


def _is_built(arguments: str) -> bool:
    return "${" in arguments or re.search(r"[\"'`]\s?\+|\+\s?[\"'`]", arguments) is not None


def _keys(raw: str, arguments: str, offset: int) -> Iterator[_Given]:
    """Properties of an object literal, and a literal first argument that names the second: `setTag("mrn", x)`."""
    for match in _PROPERTY.finditer(arguments):
        if kind := kind_of(match[1]):
            yield _Given(kind, match[1], offset + match.start())
    first = re.match(r"\s*[\"'`]([A-Za-z_][\w.-]{0,60})[\"'`]\s*,\s*(?![\"'`])", raw)
    if first is not None and (kind := kind_of(first[1])):
        yield _Given(kind, first[1], offset + first.end())


def _names(arguments: str, offset: int) -> Iterator[_Given]:
    for match in _NAME.finditer(arguments):
        name = match[0].rstrip("( ").replace("?", "")
        last = name.rpartition(".")[2]
        if match[1]:
            stem = last.removeprefix("get")
            of = name.rpartition(".")[0].rpartition(".")[2]
            if stem != last and (kind := kind_of(f"{of}.{stem[:1].lower()}{stem[1:]}")):
                yield _Given(kind, name, offset + match.start())
            continue
        of = name.rpartition(".")[0].rpartition(".")[2]
        if (kind := kind_of(f"{of}.{last}")) and not is_object(last) and not _wrapped(arguments, match.start()):
            yield _Given(kind, name, offset + match.start())


def _objects(arguments: str, offset: int) -> Iterator[tuple[str, int]]:
    for match in _NAME.finditer(arguments):
        name = match[0].rstrip("( ")
        after = arguments[match.end() : match.end() + 2].lstrip()[:1]
        if match[1] or after in {":", "[", "."} or not is_object(name.rpartition(".")[2]):
            continue
        if not _wrapped(arguments, match.start()):
            yield name, offset + match.start()


def _wrapped(arguments: str, at: int) -> bool:
    """Does the name stand in a call that makes harmless what it is given."""
    function = re.search(r"([\w$]+)\s?\($", arguments[max(0, at - 60) : at].rstrip())
    return function is not None and makes_harmless(function[1])


def _end(code: str, at: int) -> int:
    """Where the call that opened just before `at` closes."""
    depth = 1
    last = min(len(code), at + LONGEST_CALL)
    for index in range(at, last):
        char = code[index]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return index
    return last


def _code(source: str, language: Language) -> tuple[str, str]:
    """The source with comments and strings blanked (what `${…}` holds stays code), and with comments blanked only."""
    code, inside = list(source), list(source)
    stack: list[str] = []  # quotes and brackets that are open: a template's code may hold further templates
    index, size = 0, len(source)
    while index < size:
        char, two = source[index], source[index : index + 2]
        quote = stack[-1] if stack and stack[-1] in "\"'`" else ""
        if quote:
            if char == "\\":
                _blank(code, index, index + 2)
                index += 2
                continue
            if quote == "`" and two == "${":
                stack.append("{")
                code[index] = " "
                index += 2
                continue
            if char == quote or (char == "\n" and quote != "`"):
                stack.pop()
            _blank(code, index, index + 1)
        elif two in {"//", "/*"}:
            end = source.find("\n" if two == "//" else "*/", index + 2)
            end = size if end < 0 else end + (0 if two == "//" else 2)
            _blank(code, index, end)
            _blank(inside, index, end)
            index = end
            continue
        elif char in "\"'" or (char == "`" and language == "javascript"):
            stack.append(char)
            _blank(code, index, index + 1)
        elif char == "{" and stack:
            stack.append("{")
        elif char == "}" and stack and stack[-1] == "{":
            stack.pop()
        index += 1
    return "".join(code), "".join(inside)


def _blank(text: list[str], start: int, end: int) -> None:
    for index in range(start, min(end, len(text))):
        if text[index] != "\n":
            text[index] = " "
