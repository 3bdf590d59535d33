"""`alertveil silences` for people and scripts: tried, made for a user, listed, ended, refused without the value."""

from __future__ import annotations

from router.flow import manage
from router.runtime import Runtime
from tests.cli.conftest import Alertveil
from tests.flow.builder import NAME, Edge, Tenant

SILENCE = ("--tenant", "clinic", "service=db")


def test_a_silence_from_the_terminal(alertveil: Alertveil, runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    firing = {"title": "disk full", "alert_uid": "1", "labels": {"service": "db"}}
    edge.take(clinic.post(firing))
    manage.add_user(runtime, clinic.tenant_id, "rita@clinic.test", ["responder"], "test")
    manage.add_user(runtime, clinic.tenant_id, "vera@clinic.test", ["viewer"], "test")
    assert len(alertveil("silences", "add", *SILENCE, "--dry-run", "--json").json["open"]) == 1
    assert clinic.rows("SELECT 1 FROM silences") == []

    wish = (*SILENCE, "--for", "2h", "--reason", "planned work")
    made = alertveil("silences", "add", *wish, "--as", "rita@clinic.test", "--json").json
    edge.take(clinic.post({**firing, "alert_uid": "2"}))
    assert not edge.rung
    assert "planned work" in alertveil("silences", "list").out
    assert alertveil("silences", "expire", made["short_id"], "--json").json["id"] == made["id"]
    (over,) = alertveil("silences", "list", "--over", "--json").json
    assert (over["id"], over["state"]) == (made["id"], "expired")
    (event,) = clinic.rows("SELECT actor, auth FROM audit_events WHERE action = 'silence.create'")
    assert event.actor == "rita@clinic.test"
    assert event.auth.startswith("host:")

    assert alertveil("silences", "add", *wish, "--as", "vera@clinic.test").code == 1
    for wrong in (
        ("silences", "add", *SILENCE, "--for", "90d", "--reason", "x"),
        ("silences", "add", "--tenant", "clinic", f'patient="{NAME}"', "--for", "1h", "--reason", "x"),
    ):
        said = alertveil(*wrong)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
        assert NAME not in said.err
