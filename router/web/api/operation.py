"""One operation of the API: where it is, who may, what goes in and out; the server and the document read the same."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
import orjson

from router.core.access import Deed
from router.flow.snapshot import Snapshots
from router.flow.tokens import Caller
from router.runtime import Runtime
from router.web.api import problem

Item = TypeVar("Item")

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

MOST: Final = 500
"""Lines of one page at most."""

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST, description="How many lines at most.")]
Cursor = Annotated[
    str, msgspec.Meta(max_length=500, description="Go on after this page: `next` of the one before, as it is.")
]


class Page(msgspec.Struct, Generic[Item]):
    """Some lines; `next` is the cursor of those after them, null at the end."""

    items: list[Item]
    next: str | None


class Paging(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of a list."""

    cursor: Cursor = ""
    limit: Limit = 50


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One request that was let through. `path`, `query` and `body` have been checked."""

    runtime: Runtime
    snapshots: Snapshots
    caller: Caller
    request_id: str
    path: Mapping[str, Any]
    query: Any
    body: Any
    match: str = ""

    @property
    def tenant_id(self) -> UUID:
        """The token's tenant: there is no way to name another."""
        return self.caller.tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`run` takes the call to what is answered.

    `deed`: what of the table of rights it is; None: every token may. `fresh` False: it needs no fresh proof although
    other uses of its deed do. `once`: it takes an Idempotency-Key. `tagged`: its answer has an ETag, the hash of its
    bytes or what `version` makes of it. `matched`: it needs an If-Match. `refuses`: further statuses that it may answer
    with, beyond those that all have.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    deed: Deed | None
    run: Callable[[Call], Any]
    answer: Any
    example: Any
    status: int = 200
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    body_example: Any = None
    fresh: bool = True
    once: bool = False
    tagged: bool = False
    version: Callable[[Any], str] | None = None
    matched: bool = False
    refuses: tuple[int, ...] = ()


def cursor(*keys: object) -> str:
    """The opaque name of a place in a list."""
    return base64.urlsafe_b64encode(orjson.dumps([str(key) for key in keys])).decode().rstrip("=")


def place(text: str, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """The keys in a cursor, each read by its kind; None: from the beginning.

    Raises:
        Problem: it is none that a page gave out.
    """
    if not text:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return tuple(kind(each) for kind, each in zip(kinds, found, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise problem.malformed("The cursor is none that a page gave out: start again without one.") from None


def cut(
    found: list[Any], limit: int, line: Callable[[Any], Item], key: Callable[[Any], tuple[object, ...]]
) -> Page[Item]:
    """A page out of rows that were asked for with one more than it holds."""
    shown = found[:limit]
    return Page([line(each) for each in shown], cursor(*key(shown[-1])) if len(found) > limit else None)


def after(found: Sequence[Any], call: Call, line: Callable[[Any], Item], key: Callable[[Any], str]) -> Page[Item]:
    """A page out of a whole list, for what a tenant has few of: ordered by a key that never changes."""
    last = place(call.query.cursor, str)
    ordered = sorted(found, key=key)
    rest = ordered if last is None else [each for each in ordered if key(each) > last[0]]
    return cut(rest[: call.query.limit + 1], call.query.limit, line, lambda each: (key(each),))


def is_uuid(text: str) -> bool:
    """Is this a uuid as the API writes them."""
    return _UUID.fullmatch(text) is not None


def etag(content: bytes) -> str:
    """A strong validator: the same tag means the same bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def of(struct: type[Item], row: object, **more: Any) -> Item:  # noqa: ANN401 - any field's value
    """A struct out of the attributes of a row; `more` gives those that are named otherwise or made."""
    fields: tuple[str, ...] = struct.__struct_fields__  # type: ignore[attr-defined]  # every Struct has it
    return struct(**{name: more[name] if name in more else _plain(getattr(row, name)) for name in fields})


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column's value
    return list(value) if isinstance(value, tuple) else value
