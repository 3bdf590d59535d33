"""The canonical form is what any JSON library writes, and a walk stops at the first row that is not as it was."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core import audit

TENANT = UUID("5439bc8c-c802-4358-bb98-b9d598745662")
KEY = bytes(range(32))
NOW = datetime(2026, 11, 22, 6, 22, 22, 7, UTC)

texts = st.text(max_size=20)
details = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def entry(number: int, event: audit.Event | None = None) -> audit.Entry:
    made = event or audit.Event("optin.approve", "ana@clinic.test", f"optin:{number}", details={"number": number})
    return audit.entry(KEY, 1, TENANT, UUID(int=number), NOW, made)


def rows(count: int) -> list[audit.Row]:
    """A chain as it is found when nobody touched it."""
    entries = [entry(number) for number in range(1, count + 1)]
    links = audit.chain(TENANT, 0, audit.genesis(TENANT), entries, key=KEY, mac_version=1)
    return [
        audit.Row(
            link.seq,
            str(link.event_id),
            link.hash,
            link.tie,
            link.mac_version,
            audit.Sealed(audit.canonical(TENANT, each), each.mac, each.mac_version),
        )
        for link, each in zip(links, entries, strict=True)
    ]


def first_fault(found: list[audit.Row]) -> audit.Fault | None:
    walk = audit.Walk(TENANT, keys={1: KEY})
    return next((fault for row in found if (fault := walk.step(row)) is not None), None)


@given(texts, texts, texts, st.dictionaries(texts, details, max_size=3))
def test_the_canonical_form_is_what_any_json_library_writes(
    actor: str, named: str, reason: str, more: dict[str, audit.JSON]
) -> None:
    event = audit.Event("a.b", actor, named, "denied", reason, details=more)
    form = audit.canonical(TENANT, entry(1, event))
    said = json.loads(form)
    assert json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == form
    assert said["at"] == "2026-11-22T06:22:22.000007Z"


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=300))
def test_a_prepared_key_computes_the_same_macs(key: bytes, text: bytes) -> None:
    assert audit.MacKey(key).fits(text, hmac.digest(key, text, "sha256"))
    assert not audit.MacKey(key).fits(text, hmac.digest(key, text + b"x", "sha256"))


@given(st.data())
def test_whatever_is_done_to_a_row_is_found_there(data: st.DataObject) -> None:
    chain = rows(8)
    at = data.draw(st.integers(0, 6))
    what = data.draw(st.sampled_from(["delete", "swap", "edit", "repeat", "mac", "hash", "tie", "no event"]))
    row, event = chain[at], chain[at].event
    assert event is not None
    if what == "delete":
        chain = [*chain[:at], *(each._replace(seq=each.seq - 1) for each in chain[at + 1 :])]
    elif what == "swap":
        chain[at : at + 2] = [chain[at + 1]._replace(seq=row.seq), row._replace(seq=row.seq + 1)]
    elif what == "repeat":
        chain.insert(at, chain[at + 1]._replace(seq=row.seq))
    elif what == "edit":
        chain[at] = row._replace(event=event._replace(form=event.form.replace(b"ana@", b"bob@")))
    elif what == "mac":
        chain[at] = row._replace(event=event._replace(mac=bytes(32)))
    elif what == "no event":
        chain[at] = row._replace(event=None)
    elif what == "hash":
        chain[at] = row._replace(hash=bytes(32))
    else:
        chain[at] = row._replace(tie=bytes(32))
    fault = first_fault(chain)
    assert fault is not None
    assert fault.seq == at + 1


def test_a_chain_that_nobody_touched_holds() -> None:
    assert first_fault(rows(8)) is None


def test_an_actor_through_a_host_is_the_actor_with_that_context() -> None:
    event = audit.Event("a", "ana@clinic.test through host:root", "x")
    assert (event.actor, event.auth) == ("ana@clinic.test", "host:root")


def test_what_postgres_cannot_store_loses_no_event() -> None:
    event = audit.Event("a", "x\0y", "\ud800", details={"k\0": ["\udfff"]})
    assert (event.actor, event.object, event.details) == ("x\ufffdy", "\ufffd", {"k\ufffd": ["\ufffd"]})


@pytest.mark.parametrize("wrong", [1.5, 2**53, b"x", float("nan")])
def test_details_that_read_differently_elsewhere_are_refused_without_repeating_them(wrong: object) -> None:
    with pytest.raises(ValueError, match="details hold") as refused:
        audit.Event("a", "x", "y", details={"k": wrong})  # type: ignore[dict-item]  # what it refuses
    assert str(wrong) not in str(refused.value)


@pytest.mark.parametrize(("action", "decision"), [("Optin", "allowed"), ("", "allowed"), ("a", "maybe")])
def test_an_event_says_what_was_done_in_our_words(action: str, decision: str) -> None:
    with pytest.raises(ValueError, match="audit event"):
        audit.Event(action, "x", "y", decision)
