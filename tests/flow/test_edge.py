"""What another edge has tokenized comes in over the broker: proved, fresh, once, and looked through all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from router.flow import source
from router.flow.edge import Edge as Receiver
from router.flow.edge import seal
from router.flow.hand import By
from router.measures import EDGE
from router.runtime import Runtime
from tests.flow.builder import EMAIL, Denied, Edge, Superuser, Tenant, reveal, tenant

FORGED = "<EMAIL_7K2M4QXW9R>"


def incident(**more: Any) -> bytes:  # noqa: ANN401 - JSON
    full = {"key": "db-1", "status": "open", "severity": "error", "title": "db down", **more}
    return json.dumps({"incident": full}).encode()


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, sources={"edge": "tokenized", "other": "tokenized"})


@pytest.fixture
def receiver(runtime: Runtime, edge: Edge) -> Receiver:
    return Receiver(runtime, edge.snapshots, edge.intake)


def sealed(clinic: Tenant, body: bytes, *, source: str = "edge", now: datetime | None = None) -> dict[str, str]:
    return seal(clinic.keys[source], clinic.slug, source, body, now=now or datetime.now(UTC))


def counted(receiver: Receiver, outcome: str) -> int:
    return receiver.measures.pending().get((EDGE, (outcome,)), [0])[0]


def refused(receiver: Receiver, message: dict[str, Any], why: str) -> None:
    """It is not offered again, and is counted under its reason."""
    before = counted(receiver, why)
    assert receiver.receive(message) is True
    assert counted(receiver, why) == before + 1


def test_an_incident_of_another_edge_becomes_one_here(clinic: Tenant, receiver: Receiver, superuser: Superuser) -> None:
    assert receiver.receive(sealed(clinic, incident()))
    assert receiver.receive(sealed(clinic, incident(status="resolved", occurred_at="2026-01-01T00:00:00Z")))
    assert tuple(superuser.one("SELECT title, status FROM incidents")) == ("db down", "resolved")


def test_a_promise_is_not_a_proof(clinic: Tenant, receiver: Receiver, superuser: Superuser) -> None:
    assert receiver.receive(sealed(clinic, incident(description=f"forgot {EMAIL} and sent {FORGED}")))
    row = superuser.one("SELECT incident_id, description FROM incidents")
    assert EMAIL not in row.description
    assert FORGED in row.description
    with pytest.raises(Denied):
        reveal(clinic, row.incident_id, FORGED)


def test_the_same_message_twice_is_refused_as_a_replay(
    clinic: Tenant, receiver: Receiver, superuser: Superuser
) -> None:
    message = sealed(clinic, incident())
    assert receiver.receive(message)
    refused(receiver, message, "replay")
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 1


def test_while_two_keys_hold_messages_under_both_are_taken(
    clinic: Tenant, receiver: Receiver, runtime: Runtime, superuser: Superuser
) -> None:
    source_id, olga = clinic.sources["edge"], By("olga@clinic.test")
    made = source.rotate(runtime, clinic.tenant_id, source_id, olga)
    assert receiver.receive(sealed(clinic, incident()))
    source.end_old_key(runtime, clinic.tenant_id, source_id, olga)
    refused(receiver, sealed(clinic, incident(key="db-2")), "mac")
    clinic.keys["edge"] = made.key
    assert receiver.receive(sealed(clinic, incident(key="db-3")))
    assert superuser.one("SELECT count(*) AS n FROM incidents").n == 2


@pytest.mark.parametrize("minutes", [-6, 6, -100_000])
def test_a_stale_message_is_refused(clinic: Tenant, receiver: Receiver, minutes: int) -> None:
    refused(receiver, sealed(clinic, incident(), now=datetime.now(UTC) + timedelta(minutes=minutes)), "stale")


@pytest.mark.parametrize("name", ["sent_at", "nonce", "body", "mac"])
def test_whatever_is_changed_on_the_way_breaks_the_seal(clinic: Tenant, receiver: Receiver, name: str) -> None:
    message = sealed(clinic, incident())
    changed = ("B" if message[name][0] != "B" else "C") + message[name][1:]
    refused(receiver, {**message, name: changed}, "mac")


def test_a_message_does_not_move_to_another_source_or_tenant(
    clinic: Tenant, receiver: Receiver, runtime: Runtime
) -> None:
    message = sealed(clinic, incident())
    refused(receiver, {**message, "source": "other"}, "mac")
    refused(receiver, {**message, "tenant": tenant(runtime, sources={"edge": "tokenized"}).slug}, "mac")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tenant": "nobody"}, "source"),
        ({"tenant": "a\0b"}, "source"),
        ({"tenant": "\ud800"}, "source"),
        ({"source": "nothing"}, "source"),
        ({"body": 7}, "shape"),
        ({"more": "x"}, "shape"),
    ],
)
def test_nonsense_is_refused_and_never_offered_again(
    clinic: Tenant, receiver: Receiver, changed: dict[str, Any], why: str
) -> None:
    refused(receiver, {**sealed(clinic, incident()), **changed}, why)


def test_a_body_of_the_wrong_shape_is_refused_once_and_for_all(
    clinic: Tenant, receiver: Receiver, superuser: Superuser
) -> None:
    refused(receiver, sealed(clinic, b'{"incident": {"patient": "x"}}'), "body")
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 0


def test_what_cannot_be_kept_now_is_offered_again(clinic: Tenant, receiver: Receiver, superuser: Superuser) -> None:
    message = sealed(clinic, incident())
    superuser.run("REVOKE INSERT ON alerts FROM alertveil_app")
    assert receiver.receive(message) is False
    superuser.run("GRANT INSERT ON alerts TO alertveil_app")
    assert receiver.receive(message) is True
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 1


def test_the_sealed_message_holds_nothing_of_its_body(clinic: Tenant) -> None:
    message = sealed(clinic, incident(description=EMAIL))
    assert set(message) == {"tenant", "source", "sent_at", "nonce", "body", "mac"}
    assert EMAIL not in json.dumps(message)
    assert clinic.keys["edge"] not in json.dumps(message)
