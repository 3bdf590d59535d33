"""Reads Python source by its syntax tree: what log calls, exceptions, trackers, traces and URLs are given."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import Final

from router.privacy.risks.names import is_logger, is_object, is_strong, makes_harmless
from router.privacy.risks.risk import Risk, general, kind_of, kind_of_text, risk

LEVELS: Final = frozenset(
    ["debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg", "trace", "bind"]
)
TAGS: Final = frozenset(
    [
        "set_tag",
        "set_extra",
        "set_context",
        "set_user",
        "set_attribute",
        "set_attributes",
        "set_tags",
        "set_data",
        "add_breadcrumb",
        "add_event",
        "set_span_attribute",
        "set_transaction_name",
        "capture_message",
    ]
)
HASHES: Final = frozenset(["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256"])
FIELD_LOGGED: Final = "45 CFR 164.312(b), 164.502(b)"
MESSAGE: Final = "45 CFR 164.502(b) (minimum necessary)"


class NotPython(Exception):  # noqa: N818 - what it is
    """A file that cannot be parsed; the text says the line."""


def read(path: str, source: str) -> list[Risk]:
    """The findings of one file. Raises NotPython."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the source, about its escapes
            tree = ast.parse(source)
    except SyntaxError as error:
        raise NotPython(f"line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError):
        raise NotPython("line 1") from None
    return list(_File(path).walk(tree))


class _File:
    def __init__(self, path: str) -> None:
        self._path = path

    def walk(self, tree: ast.AST) -> Iterator[Risk]:
        seen: set[tuple[int, int, str]] = set()
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if id(node) in prose and isinstance(node, ast.Constant):
                continue
            for found in self._node(node):
                key = (found.line, found.column, found.rule)
                if key not in seen:
                    seen.add(key)
                    yield found

    def _node(self, node: ast.AST) -> Iterator[Risk]:
        if isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for value in [*node.exc.args, *(each.value for each in node.exc.keywords)]:
                yield from self._given(value, "phi-in-exception", less=1)
        elif isinstance(node, ast.Assert) and node.msg is not None:
            yield from self._given(node.msg, "phi-in-exception", less=1)
        elif isinstance(node, ast.JoinedStr):
            yield from self._url(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and 6 <= len(node.value) <= 300:  # noqa: PLR2004 - what a literal of data has
            kind = kind_of_text(node.value)
            if kind in {"SSN", "MRN", "SECRET", "CREDIT_CARD", "EMAIL", "PHONE", "MEMBER_ID"}:
                yield risk(self._path, _place(node), "phi-in-source", kind, f"a literal reads like {kind}", less=3)

    def _call(self, node: ast.Call) -> Iterator[Risk]:
        name = _dotted(node.func)
        last = name.rpartition(".")[2]
        base = name.rpartition(".")[0]
        if last in LEVELS and (is_logger(base) or base.endswith(("get_logger()", "getLogger()"))):
            yield from self._log(node, last)
        elif name in {"print", "pprint", "pprint.pprint", "sys.stdout.write", "sys.stderr.write"}:
            for value in node.args:
                yield from self._given(value, "phi-printed", less=1, objects=True)
        elif name == "warnings.warn":
            for value in node.args:
                yield from self._given(value, "phi-logged")
        elif last in TAGS:
            yield from self._tag(node)
        elif name in {"sentry_sdk.init", "init"} or last == "init":
            yield from self._init(node)
        elif last == "create_engine" and _switch(node, "echo"):
            yield general(self._path, _place(node), "sql-echo", "create_engine(echo=True)", 7, FIELD_LOGGED)
        elif last in HASHES and node.args:
            # A credential is random, so nobody finds it by trying; a plain hash of it is how it should be stored.
            for kind, what, at in (each for each in _phi(node.args[0]) if each[0] != "SECRET"):
                yield risk(self._path, at, "unkeyed-hash", kind, f"{last} of `{what}`", less=2)

    def _log(self, node: ast.Call, method: str) -> Iterator[Risk]:
        values = [*node.args, *(each.value for each in node.keywords if each.arg != "exc_info")]
        found = [
            risk(self._path, _place(each.value), "phi-logged", kind, f"`{each.arg}` ({kind})")
            for each in node.keywords
            if each.arg and each.arg != "extra" and (kind := kind_of(each.arg)) and not _harmless(each.value)
        ]
        for value in values:
            found += self._given(value, "phi-logged", objects=True)
        yield from found
        message = node.args[0] if node.args else None
        if message is not None and not found and _built(message):
            yield general(self._path, _place(message), "message-built", "a message built from values", 3, MESSAGE)
        if method == "exception" or _switch(node, "exc_info"):
            yield general(self._path, _place(node), "exception-logged", "an exception with its message", 3, MESSAGE)

    def _given(self, value: ast.expr, rule: str, *, less: int = 0, objects: bool = False) -> Iterator[Risk]:
        for kind, what, at in _phi(value):
            yield risk(self._path, at, rule, kind, f"`{what}` ({kind})", less)
        if objects:
            for what, at, strong in _whole(value):
                rule_of = "object-logged" if rule == "phi-logged" else rule
                yield general(self._path, at, rule_of, f"the whole of `{what}`", 7 if strong else 4, MESSAGE)

    def _tag(self, node: ast.Call) -> Iterator[Risk]:
        first = node.args[0] if node.args else None
        named = kind_of(first.value) if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        if named and len(node.args) > 1 and not _harmless(node.args[1]):
            what = f"`{first.value!s}` ({named})" if isinstance(first, ast.Constant) else named
            yield risk(self._path, _place(node.args[1]), "phi-in-tracker", named, what)
            return
        for value in [*node.args, *(each.value for each in node.keywords)]:
            yield from self._given(value, "phi-in-tracker", objects=True)

    def _init(self, node: ast.Call) -> Iterator[Risk]:
        for each in node.keywords:
            if each.arg == "send_default_pii" and _true(each.value):
                yield general(
                    self._path, _place(each.value), "tracker-takes-all", "send_default_pii=True", 9, FIELD_LOGGED
                )
            elif (
                each.arg == "max_request_body_size"
                and isinstance(each.value, ast.Constant)
                and each.value.value == "always"
            ):
                what = "max_request_body_size='always'"
                yield general(self._path, _place(each.value), "tracker-takes-all", what, 7, FIELD_LOGGED)

    def _url(self, node: ast.JoinedStr) -> Iterator[Risk]:
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        if "://" not in text and not text.startswith("/"):
            return
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                for kind, what, at in _phi(part.value):
                    yield risk(self._path, at, "phi-in-url", kind, f"`{what}` ({kind})", less=1)


def _phi(node: ast.expr) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(type, name, place) of every name in an expression that says it holds PHI."""
    if isinstance(node, ast.Call):
        yield from _phi_of_call(node)
        return
    name = _name(node)
    of = f"{_name(node.value)}." if isinstance(node, ast.Attribute | ast.Subscript) and name == "name" else ""
    if name and (kind := kind_of(of + name)) and not is_object(name):
        yield kind, of + name, _place(node)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and (kind := kind_of(str(key.value))) and not _harmless(value):
                yield kind, str(key.value), _place(value)
            else:
                yield from _phi(value)
    elif not isinstance(node, ast.Name | ast.Attribute):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _phi(child)


def _phi_of_call(node: ast.Call) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """What a call gives back or is given: `row.get("ssn")`, `patient.get_ssn()`, `str(mrn)`."""
    last = _dotted(node.func).rpartition(".")[2]
    if makes_harmless(last):
        return
    key = node.args[0] if node.args else None
    named = str(key.value) if last == "get" and isinstance(key, ast.Constant) else last.removeprefix("get_")
    if (named != last or last == "get") and (kind := kind_of(named)):
        yield kind, named, _place(node)
        return
    for each in [*node.args, *(keyword.value for keyword in node.keywords)]:
        yield from _phi(each)
    if isinstance(node.func, ast.Attribute):
        yield from _phi(node.func.value)


def _whole(node: ast.expr) -> Iterator[tuple[str, tuple[int, int], bool]]:
    """(name, place, strong) of whole objects that an expression writes."""
    if isinstance(node, ast.Call):
        name = _dotted(node.func)
        last = name.rpartition(".")[2]
        if name in {"locals", "vars", "globals"}:
            yield name + "()", _place(node), True
        elif last in {"json", "dict", "model_dump", "to_dict", "asdict", "dumps", "str", "repr", "format", "get_json"}:
            inner = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
            for each in inner:
                yield from _whole(each)
        return
    name = _name(node)
    if name and (is_object(name) or name == "__dict__"):
        yield _dotted(node), _place(node), is_strong(name) or name == "__dict__"
    elif isinstance(node, ast.JoinedStr | ast.BinOp | ast.FormattedValue | ast.Dict | ast.List | ast.Tuple):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _whole(child)


def _harmless(node: ast.expr) -> bool:
    """A constant, or a call that makes harmless what it is given."""
    if isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.Call) and makes_harmless(_dotted(node.func).rpartition(".")[2])


def _built(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod) and not isinstance(node.right, ast.Constant)
    return isinstance(node, ast.Call) and _dotted(node.func).endswith("format")


def _name(node: ast.expr) -> str:
    """The last word by which a value is known: a variable, an attribute or a literal key."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_dotted(node.func)}()"
    if isinstance(node, ast.Subscript):
        return f"{_dotted(node.value)}[…]"
    return ""


def _switch(node: ast.Call, name: str) -> bool:
    return any(each.arg == name and not _false(each.value) for each in node.keywords)


def _true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset + 1
