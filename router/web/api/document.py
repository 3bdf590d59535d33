"""The API as OpenAPI 3.1: made from the operations that are served, so it can say nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson

from router.core.access import RULES, steps_up
from router.core.hook import TYPES, Envelope, example_of
from router.web.api.operation import Operation
from router.web.api.problem import BASE, MEDIA, ProblemBody

VERSION: Final = "1"

_UUID: Final = {"type": "string", "format": "uuid"}
_PARTS: Final[dict[str, tuple[dict[str, Any], Any]]] = {
    "revision": ({"type": "integer", "minimum": 1, "maximum": 999_999_999}, 2),
    "channel": ({"type": "string", "minLength": 1, "maxLength": 63}, "oncall"),
    "quarter": ({"type": "string", "pattern": "^20[0-9]{2}Q[1-4]$"}, "2026Q3"),
}
_ID: Final = "019a48c2-3d51-7a04-9f6e-2b1c5d8e7f30"

TAGS: Final = {
    "tenant": "The token, its tenant and the installation.",
    "incidents": "What is wrong, with tokens where people's data was.",
    "deliveries": "What was told where, attempt by attempt.",
    "channels": "Ways out.",
    "silences": "What channels are quiet about for a while.",
    "configuration": "Sources, routes and all the rest, read back without secrets and replaced as a whole.",
    "opt-ins": "Plaintext by two people's leave, the agreements it rests on, and the kill switch.",
    "reviews": "Every opt-in judged once a quarter.",
    "audit": "What was decided, and who saw a value.",
    "hooks": "Systems of your own that are told; what they get stands under `webhooks`.",
    "access": "People and tokens.",
}

PROBLEMS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("malformed", "The request cannot be read", "limit: Expected `int` <= 500."),
    401: ("unauthorized", "A token is needed", "Send `Authorization: Bearer av_…`."),
    403: ("forbidden", "This token may not", "This token has no role that allows it; these do: operator."),
    404: ("not-found", "There is no such thing", "There is no such incident in this tenant."),
    409: ("under-way", "The request is under way", "A request with this Idempotency-Key is under way."),
    412: ("changed", "It was changed meanwhile", "The configuration was changed since you read it."),
    413: ("too-large", "The request is too large", "At most 2097152 bytes are taken."),
    415: ("media-type", "The media type is not taken", "Send application/json."),
    422: ("unfit", "The request does not fit", "reason: Expected `str`, got `int`."),
    428: ("match-needed", "An If-Match is needed", "Send the ETag of what you read before."),
    429: ("too-many", "Too many requests", ""),
    503: ("unavailable", "The database does not answer", "Nothing was changed. Try again."),
}

_ALWAYS: Final = (400, 401, 403, 429, 503)
_WITH_BODY: Final = (413, 415, 422)


def make(operations: Sequence[Operation]) -> bytes:
    """The document as JSON."""
    types = [each.answer for each in operations if each.answer is not None]
    types += [each.body for each in operations if each.body is not None]
    every, components = msgspec.json.schema_components(
        [*types, ProblemBody, Envelope], ref_template="#/components/schemas/{name}"
    )
    *schemas, events = every
    named = dict(zip(map(_key, [*types, ProblemBody]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(f"/api/v1{each.path}", {})[each.method.lower()] = _operation(each, named)
    found = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Alertveil",
            "version": VERSION,
            "summary": "Alerts without people's data in them: incidents, deliveries, opt-ins, reviews and the audit.",
            "description": (
                "A token (`alertveil tokens add`) leads to one tenant and acts within its roles. Free text holds tokens"
                " where people's data was; no answer holds a value or a secret. Whatever needs a fresh proof of a"
                " person is refused with 403."
            ),
            "license": {"name": "See LICENSE"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": _webhooks(events),
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": _problem(status, named[_key(ProblemBody)]) for status in PROBLEMS},
            "headers": {
                "RequestId": {
                    "description": "What the audit and the log call this request.",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                    "example": "9f1c2e7ab3d84f60915c0e2d7a6b8c34",
                },
                "ETag": {"description": "Changes when the answer does.", "schema": {"type": "string"}},
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "av_…"}},
        },
    }
    return orjson.dumps(found)


def _key(kind: Any) -> str:  # noqa: ANN401 - a struct or a page of one
    return str(kind)


def _operation(each: Operation, named: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "description": _who(each),
        "parameters": [*_path(each), *_query(each), *_headers(each)],
        "responses": _responses(each, named),
    }
    if each.body is not None:
        found["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(each.body)),
            "content": _content(named[_key(each.body)], each.body_example),
        }
    return found


def _who(each: Operation) -> str:
    if each.deed is None:
        return "Every token may."
    roles = ", ".join(sorted(RULES[each.deed].roles))
    if each.fresh and steps_up(each.deed):
        return f"It takes a fresh proof of a person ({roles}), so no token may; the attempt is recorded."
    return f"A token may with one of these roles: {roles}."


def _path(each: Operation) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"{(\w+)}", each.path):
        schema, example = _PARTS.get(name, (_UUID, _ID))
        found.append({"name": name, "in": "path", "required": True, "schema": schema, "example": example})
    return found


def _query(each: Operation) -> list[dict[str, Any]]:
    if each.query is None:
        return []
    (schema,), components = msgspec.json.schema_components([each.query], ref_template="#/components/schemas/{name}")
    properties: dict[str, Any] = components[schema["$ref"].rpartition("/")[2]]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _given(found)} for name, found in properties.items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema: one that may be null may be left out, and is never null in an address."""
    if "anyOf" in schema:
        (kept,) = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return dict(kept)
    kept = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    if "enum" in kept:
        kept["enum"] = [each for each in kept["enum"] if each is not None]
    return kept


def _headers(each: Operation) -> list[dict[str, Any]]:
    found = []
    if each.once:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Sent again with the same request within a day, it does nothing but answer as before.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
                "example": "0f8c1d52-6f0e-4a7b-9b6b-3a1f3a5d2c10",
            }
        )
    if each.tagged:
        found.append(
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "The ETag of what is held already: 304 when it is still so.",
                "schema": {"type": "string"},
            }
        )
    if each.matched:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "description": "The ETag that was read: 412 when somebody changed it since, 428 without.",
                "schema": {"type": "string", "pattern": '^"v[0-9]+"$'},
                "example": '"v12"',
            }
        )
    return found


def _responses(each: Operation, named: dict[str, Any]) -> dict[str, Any]:
    refusals = {*_ALWAYS, *each.refuses}
    if "{" in each.path:
        refusals.add(404)
    if each.body is not None:
        refusals.update(_WITH_BODY)
    refusals.add(413)
    if each.once:
        refusals.update((409, 422))
    if each.matched:
        refusals.update((412, 428))
    found: dict[str, Any] = {}
    if each.answer is not None:
        headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
        if each.tagged:
            headers["ETag"] = {"$ref": "#/components/headers/ETag"}
            found["304"] = {"description": "It is still what you have.", "headers": headers}
        found[str(each.status)] = {
            "description": each.summary,
            "headers": headers,
            "content": _content(named[_key(each.answer)], each.example),
        }
    found |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in refusals}
    return dict(sorted(found.items()))


def _content(schema: Any, example: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "application/json": {
            "schema": schema,
            "examples": {"example": {"value": orjson.loads(msgspec.json.encode(example))}},
        }
    }


def _webhooks(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What a hook gets: one entry an event type, all of the same shape."""
    found = {}
    for kind in (*TYPES, "test"):
        example = orjson.loads(msgspec.json.encode(example_of(kind)))
        content = {"application/json": {"schema": schema, "examples": {"example": {"value": example}}}}
        found[kind] = {
            "post": {
                "operationId": f"told_{kind.replace('.', '_')}",
                "tags": ["hooks"],
                "summary": f"{kind}, signed by Standard Webhooks (webhook-id, -timestamp, -signature)",
                "security": [],
                "requestBody": {"required": True, "content": content},
                "responses": {"2XX": {"description": "It was taken. Anything else is tried again."}},
            }
        }
    return found


def _problem(status: int, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    kind, title, detail = PROBLEMS[status]
    example = ProblemBody(BASE + kind, title, status, "9f1c2e7ab3d84f60915c0e2d7a6b8c34", detail)
    content = _content(schema, example)["application/json"]
    return {
        "description": title,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
        "content": {MEDIA: content},
    }
