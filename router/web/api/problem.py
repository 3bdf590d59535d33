"""Every answer of the API that is none: problem+json (RFC 9457), with what happened and what to do, never the value."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from router.core import hook
from router.core.config import ConfigError
from router.core.quarter import NotAQuarter
from router.flow import api, apply, audit, channel, disclosures, manage, optin, respond, review
from router.keys import IntegrityFailure, KeystoreDown
from router.store.session import Conflict, DatabaseDown

logger = logging.getLogger(__name__)

MEDIA: Final = "application/problem+json"
BASE: Final = "urn:alertveil:problem:"
"""Types are names, not addresses: nothing is fetched to understand one. `docs/api.md` lists them."""

AGAIN: Final = {"retry-after": "5"}

_WHERE: Final = re.compile(r" - at `(\$[A-Za-z0-9_.\[\]]*)`$")


class Problem(Exception):  # noqa: N818 - the answer
    """An answer that is none. `detail` holds nothing of what was sent."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str = "",
        *,
        errors: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


class ProblemBody(msgspec.Struct, rename={"kind": "type"}, omit_defaults=True):
    """What went wrong. `errors` lists every fault of what was sent, `request_id` is in the audit and the log."""

    kind: str
    title: str
    status: int
    request_id: str
    detail: str = ""
    errors: tuple[str, ...] = ()


def body(found: Problem, request_id: str) -> bytes:
    """The problem as JSON."""
    return msgspec.json.encode(
        ProblemBody(BASE + found.kind, found.title, found.status, request_id, found.detail, found.errors)
    )


def unauthorized(detail: str, *, error: str = "") -> Problem:
    """No token, or none that holds (RFC 6750 §3 for the header)."""
    challenge = 'Bearer realm="alertveil"' + (f', error="{error}"' if error else "")
    return Problem(401, "unauthorized", "A token is needed", detail, headers={"www-authenticate": challenge})


def not_found(detail: str = "There is nothing here: `GET /api/v1/openapi.json` says what there is.") -> Problem:
    """Nothing is here, or it is another tenant's."""
    return Problem(404, "not-found", "There is no such thing", detail)


def malformed(detail: str) -> Problem:
    """It cannot be read at all."""
    return Problem(400, "malformed", "The request cannot be read", detail)


def unfit(*errors: str) -> Problem:
    """It can be read, and is not what is asked for."""
    return Problem(422, "unfit", "The request does not fit", " ".join(errors), errors=errors)


def shape(error: msgspec.ValidationError) -> str:
    """Where a value does not fit and what is expected there; the value is in msgspec's words and never in ours."""
    text = str(error)
    at = _WHERE.search(text)
    where = at[1].removeprefix("$").removeprefix(".") if at else ""
    said = text.split(" - at `", maxsplit=1)[0]
    if not said.startswith(("Expected `", "Object missing required field `")):
        said = "A field is unknown" if said.startswith("Object contains unknown field") else "Not an allowed value"
    return f"{where or 'the whole'}: {said}."


_SAID: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    manage.NotFound: lambda error: not_found(str(error)),
    optin.NotFound: lambda error: not_found(str(error)),
    review.NotFound: lambda error: not_found(str(error)),
    respond.NoSuchIncident: lambda error: not_found(str(error)),
    NotAQuarter: lambda error: not_found(str(error)),
    manage.NotPossible: lambda error: unfit(str(error)),
    hook.NotUsable: lambda error: unfit(str(error)),
    channel.Unfit: lambda error: unfit(
        *(f"{name}: {said}" if name else str(said) for name, said in error.faults.items())
    ),
    channel.InUse: lambda error: Problem(409, "in-use", "It is in use", str(error)),
    optin.Unusable: lambda error: unfit(str(error)),
    review.NotPossible: lambda error: unfit(str(error)),
    disclosures.NothingSought: lambda error: unfit(str(error)),
    disclosures.TooMany: lambda error: unfit(str(error)),
    apply.OutOfReach: lambda error: unfit(str(error)),
    audit.NoSuchPage: lambda error: malformed(str(error)),
    api.NotAllowed: lambda error: Problem(403, "forbidden", "This token may not", str(error)),
    api.NeedsPerson: lambda error: Problem(403, "fresh-proof", "A person has to do this", str(error)),
    api.Nobody: lambda error: Problem(403, "no-person", "This token stands for no person", str(error)),
    disclosures.NotAllowed: lambda error: Problem(403, "forbidden", "This token may not", str(error)),
    api.OtherRequest: lambda error: Problem(422, "key-reused", "The key was used before", str(error)),
    api.UnderWay: lambda error: Problem(409, "under-way", "The request is under way", str(error), headers=AGAIN),
    apply.KeyTaken: lambda error: Problem(409, "key-taken", "A source's key is taken", str(error)),
    apply.Stale: lambda error: Problem(412, "changed", "It was changed meanwhile", str(error)),
    ConfigError: lambda error: Problem(
        422,
        "unfit",
        "The configuration cannot be used",
        errors=tuple(f"line {line}: {sentence}" for line, sentence in error.problems),
    ),
    Conflict: lambda _: Problem(409, "conflict", "It is in the way of something", "Read it again, then try once more."),
    DatabaseDown: lambda _: Problem(
        503, "unavailable", "The database does not answer", "Nothing was changed. Try again.", headers=AGAIN
    ),
    KeystoreDown: lambda _: Problem(
        503, "unavailable", "The keystore does not answer", "Nothing was changed. Try again.", headers=AGAIN
    ),
    IntegrityFailure: lambda _: Problem(500, "tampered", "A sealed value does not open", "Tell whoever operates this."),
    review.Tampered: lambda error: Problem(500, "tampered", "The record is not what was written", str(error)),
}


def of(error: Exception) -> Problem:
    """The problem that an exception of a flow is; what nobody foresaw is a 500 whose class stands in the log alone."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, optin.Refused | review.Refused):
        return _refused(error)
    for kind in type(error).__mro__:
        if kind in _SAID:
            return _SAID[kind](error)
    logger.error("api call failed", extra={"cause": type(error).__name__})
    return Problem(500, "fault", "This is a fault of ours", "Tell whoever operates this the request id.")


def _refused(error: optin.Refused | review.Refused) -> Problem:
    kind = "fresh-proof" if error.step_up else "refused"
    return Problem(403, kind, "It was refused", str(error))
