"""Writes `router/client/api.py` from the API's own OpenAPI document, so that the client can say nothing else.

`--check` writes nothing and fails when the file is not what the document makes of it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

from router.web.api import OPERATIONS, document

PLACE: Final = Path(__file__).resolve().parents[1] / "router/client/api.py"

HEAD: Final = '''"""What goes over the wire of `/api/v1`, and one method an operation.

Written by `tools/build_client.py` from the API's own document: change `router/web/api`, then write it again with
`python -m tools.build_client`. Words of a closed list are plain text in answers, so that a newer server may say more.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from router.client.wire import Lines, Wire


'''
_KINDS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS: Final = {"uuid": "UUID", "date-time": "datetime", "date": "date"}
_WIDE: Final = 112


def main(words: list[str]) -> int:
    """Write or check the file. Returns the exit code."""
    made = _formatted(generate(json.loads(document.make(OPERATIONS))))
    if "--check" in words:
        same = PLACE.read_text(encoding="utf-8") == made
        print("The client is what the API is." if same else "Run `python -m tools.build_client`: the API has changed.")
        return 0 if same else 1
    PLACE.write_text(made, encoding="utf-8")
    return 0


def generate(found: dict[str, Any]) -> str:
    """The module as text, not yet formatted."""
    schemas = found["components"]["schemas"]
    operations = [
        (path, method.upper(), each)
        for path, methods in found["paths"].items()
        for method, each in methods.items()
        if any(status.startswith("2") for status in each["responses"])
    ]
    sent = _reached(
        schemas, [_media(each["requestBody"]["content"]) for _, _, each in operations if "requestBody" in each]
    )
    given = _reached(schemas, [_answer(each) for _, _, each in operations])
    shapes = [
        _struct(name, schema, sent=name in sent)
        for name, schema in schemas.items()
        if name in sent | given and not name.startswith("Page_")
    ]
    methods = [_method(path.removeprefix("/api/v1"), method, each, schemas) for path, method, each in operations]
    head = 'class Api:\n    """One method an operation; whoever may not gets a wire.Refused."""\n\n'
    head += "    def __init__(self, wire: Wire) -> None:\n        self._wire = wire\n\n"
    return HEAD + "\n\n".join(shapes) + "\n\n" + head + "\n".join(methods)


def _reached(schemas: dict[str, Any], roots: list[Any]) -> set[str]:
    found: set[str] = set()
    todo = [json.dumps(each) for each in roots]
    while todo:
        for name in re.findall(r"#/components/schemas/(\w+)", todo.pop()):
            if name not in found:
                found.add(name)
                todo.append(json.dumps(schemas[name]))
    return found


def _struct(name: str, schema: dict[str, Any], *, sent: bool) -> str:
    options = "kw_only=True, omit_defaults=True" if sent else "frozen=True, kw_only=True"
    lines = [f"class {name}(msgspec.Struct, {options}):", _docstring(schema["description"], 4), ""]
    needed = set(schema.get("required", ()))
    for field, kind in schema.get("properties", {}).items():
        default = "" if field in needed else f" = {kind.get('default')!r}"
        lines.append(f"    {field}: {_type(kind, sent=sent)}{default}")
    return "\n".join(lines) + "\n"


def _type(schema: dict[str, Any], *, sent: bool) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_type(each, sent=sent) for each in schema["anyOf"])
    if "enum" in schema:
        words = [each for each in schema["enum"] if each is not None]
        text = f"Literal[{', '.join(json.dumps(each) for each in words)}]" if sent else "str"
        return text if len(words) == len(schema["enum"]) else f"{text} | None"
    match schema.get("type"):
        case "array":
            return f"list[{_type(schema['items'], sent=sent)}]"
        case "object":
            inner = schema.get("additionalProperties")
            return f"dict[str, {_type(inner, sent=sent) if isinstance(inner, dict) else 'Any'}]"
        case "string":
            return _FORMATS.get(schema.get("format", ""), "str")
        case None:
            return "Any"
        case kind:
            return _KINDS[kind]


def _method(path: str, method: str, each: dict[str, Any], schemas: dict[str, Any]) -> str:
    places = [one for one in each["parameters"] if one["in"] == "path"]
    query = [one for one in each["parameters"] if one["in"] == "query"]
    headers = {one["name"] for one in each["parameters"] if one["in"] == "header"}
    answer = _answer(each)
    name = answer.get("$ref", "").rpartition("/")[2]
    many = name.startswith("Page_")
    line = _type(schemas[name]["properties"]["items"]["items"], sent=False) if many else name or "Any"
    given = [f"{one['name']}: {_type(one['schema'], sent=True)}" for one in places]
    body = "None"
    if "requestBody" in each:
        shape = _type(_media(each["requestBody"]["content"]), sent=True)
        given.append(f"body: {shape}" if each["requestBody"]["required"] else f"body: {shape} | None = None")
        body = "body"
    named = [one for one in query if one["name"] not in {"cursor", "limit"}]
    extra = [f"{one['name']}: {_type(one['schema'], sent=True)} | None = None" for one in named]
    if many:
        extra += ["page: int = 100", 'cursor: str = ""']
    if "If-Match" in headers:
        extra.append("match: str")
    if "Idempotency-Key" in headers:
        extra.append('key: str = ""')
    words = ", ".join(["self", *given, *(["*", *extra] if extra else [])])
    where = "f" + json.dumps(re.sub(r"{(\w+)}", r"{self._wire.part(\1)}", path)) if places else json.dumps(path)
    asked = "{" + ", ".join(f'"{one["name"]}": {one["name"]}' for one in named) + "}"
    if many:
        result, call = f"Lines[{line}]", f"self._wire.lines({where}, {line}, {asked}, page, cursor)"
    else:
        more = [f"query={asked}"] if named else []
        more += ["match=match"] if "If-Match" in headers else []
        more += ["once=True, key=key"] if "Idempotency-Key" in headers else []
        result = line
        call = f"self._wire.ask({', '.join([json.dumps(method), where, line, f'body={body}', *more])})"
    said = f"{each['summary']}. {each['description']}"
    if "If-Match" in headers:
        said += " `match` is the ETag that was read (`Client.etag`)."
    return f"    def {each['operationId']}({words}) -> {result}:\n{_docstring(said, 8)}\n        return {call}\n"


def _answer(each: dict[str, Any]) -> dict[str, Any]:
    (status,) = [status for status in each["responses"] if status.startswith("2")]
    return _media(each["responses"][status]["content"])


def _media(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["application/json"]["schema"]
    return found


def _docstring(text: str, indent: int) -> str:
    first, _, rest = " ".join(text.split()).partition(". ")
    blank = " " * indent
    whole = " ".join(text.split())
    if len(whole) + indent + 6 <= _WIDE + 8:
        return f'{blank}"""{whole}"""'
    lines = textwrap.wrap(rest, _WIDE - indent)
    return f'{blank}"""{first}.\n\n' + "".join(f"{blank}{each}\n" for each in lines) + f'{blank}"""'


def _formatted(text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(PLACE), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
