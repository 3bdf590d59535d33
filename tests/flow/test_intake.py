"""How alerts come in: one incident however many at once, one alert however often it is sent, by the rules of now."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from router.flow.intake import NoSuchSource, NotDurable, Post, Receipt, SourcePaused, Unauthorized, hash_key, upright
from router.runtime import Runtime
from router.sources.contract import Malformed, WrongShape
from router.store import config
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, build, tenant

FIRING = {"title": "db down", "alert_uid": "1"}
RESOLVED = {**FIRING, "state": "ok"}


def grafana(
    alert: str, status: str, starts: str = "2026-01-01T00:00:00Z", ends: str = "0001-01-01T00:00:00Z"
) -> dict[str, Any]:
    """Alertmanager's shape: one alert that says when it began."""
    return {
        "status": status,
        "alerts": [{"status": status, "labels": {"alertname": alert}, "startsAt": starts, "endsAt": ends}],
    }


def test_twenty_first_alerts_at_once_through_two_edges_are_one_incident(
    runtime: Runtime, database: Database, tmp_path: Path, superuser: Superuser
) -> None:
    clinic = tenant(runtime)
    other = build(database.app_url, tmp_path)
    edges = [Edge(runtime), Edge(other)]
    barrier = Barrier(20)

    def send(number: int) -> list[Receipt]:
        post = clinic.post({**FIRING, "message": f"replica {number} is gone"})
        barrier.wait()
        return Edge.take(edges[number % 2], post)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    other.close()
    assert {receipt.incident_id for answer in answers for receipt in answer} == {answers[0][0].incident_id}
    assert tuple(superuser.one("SELECT count(*) AS n, max(count) AS alerts, max(revision) AS last FROM incidents")) == (
        1,
        20,
        1,
    )
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 20


def test_a_text_that_is_too_much_to_read_leaves_the_labels_that_routes_are_made_of(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    clinic = tenant(runtime)
    words = " ".join(f"u{number}@clinic.test" for number in range(5_000))  # far more than is read of one event
    edge.take(
        clinic.post({**FIRING, "message": words, "labels": {"owning_squad_of_it": "kernel"}, "context": {"a": 1}})
    )
    stored = superuser.one("SELECT labels, description FROM incidents")
    assert stored.labels == {"owning_squad_of_it": "kernel"}
    assert "u1@" not in stored.description


def test_what_was_left_unread_of_an_event_is_one_of_its_details() -> None:
    read: dict[str, Any] = {"labels": {"a": "b"}, "links": [{"text": "Source", "url": "/"}, "<TEXT_7K2M4QXW9R>"]}
    assert upright({**read, "title": "Disk full", "rest": "<TEXT_4QXW9R7K2M>"}) == {
        "labels": {"a": "b"},
        "links": [{"text": "Source", "url": "/"}],
        "title": "Disk full",
        "description": "",
        "details": {"rest": "<TEXT_4QXW9R7K2M>", "link 2": "<TEXT_7K2M4QXW9R>"},
    }


def test_group_by_makes_one_incident_of_alerts_that_share_those_labels(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    clinic = tenant(runtime, routes=[([], [], ["service"], False)])
    for number, service in enumerate(["api", "api", "web", "api"]):
        edge.take(clinic.post({"title": f"check {number}", "alert_uid": str(number), "labels": {"service": service}}))
    counts = superuser.rows("SELECT count FROM incidents ORDER BY count")
    assert [row.count for row in counts] == [1, 3]


def test_a_group_resolves_when_its_last_alert_does(runtime: Runtime, edge: Edge, superuser: Superuser) -> None:
    clinic = tenant(runtime, routes=[([], [], ["service"], False)])
    labels = {"labels": {"service": "api"}}
    for uid in "12":
        edge.take(clinic.post({"title": "slow", "alert_uid": uid, **labels}))
    edge.take(clinic.post({"title": "slow", "alert_uid": "1", "state": "ok", **labels}))
    assert superuser.one("SELECT status FROM incidents").status == "open"
    edge.take(clinic.post({"title": "slow", "alert_uid": "2", "state": "ok", **labels}))
    assert tuple(superuser.one("SELECT status, ended_by FROM incidents")) == ("resolved", "source")


def test_a_values_token_is_the_same_in_a_tenant_and_another_in_the_next(runtime: Runtime, edge: Edge) -> None:
    def token(clinic: Tenant, uid: str) -> str:
        edge.take(clinic.post({"title": "bounced", "alert_uid": uid, "message": f"to {EMAIL}"}))
        (row,) = clinic.rows("SELECT tokens FROM alerts ORDER BY received_at DESC LIMIT 1")
        return str(next(each for each in row.tokens if each.startswith("<EMAIL_")))

    one, two = tenant(runtime), tenant(runtime)
    assert token(one, "1") == token(one, "2")
    assert token(one, "3") != token(two, "1")


def test_the_same_alert_sent_again_is_one_alert_in_this_request_and_in_a_later_one(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    clinic = tenant(runtime)
    first = edge.take(clinic.post(FIRING, FIRING))
    again = edge.take(clinic.post(FIRING))
    assert [receipt.duplicate for receipt in [*first, *again]] == [False, True, True]
    assert {receipt.alert_id for receipt in [*first, *again]} == {first[0].alert_id}
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 1


def test_a_late_copy_of_an_episode_that_ended_opens_nothing(runtime: Runtime, edge: Edge, superuser: Superuser) -> None:
    clinic = tenant(runtime, sources={"app": "alertmanager"})
    edge.take(clinic.post(grafana("DiskFull", "firing")))
    edge.take(clinic.post(grafana("DiskFull", "resolved", ends="2026-01-01T00:05:00Z")))
    edge.take(clinic.post(grafana("DiskFull", "firing")))
    assert tuple(superuser.one("SELECT status, revision FROM incidents")) == ("resolved", 2)


def test_what_fires_again_after_its_end_reopens_with_its_history(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    clinic = tenant(runtime, sources={"app": "alertmanager"})
    edge.take(clinic.post(grafana("DiskFull", "firing")))
    edge.take(clinic.post(grafana("DiskFull", "resolved", ends="2026-01-01T00:05:00Z")))
    edge.take(clinic.post(grafana("DiskFull", "firing", starts="2026-01-01T00:09:00Z")))
    assert tuple(superuser.one("SELECT status, revision, generation FROM incidents")) == ("open", 3, 1)
    whys = [row.why for row in clinic.rows("SELECT why FROM incident_events ORDER BY revision")]
    assert whys == ["opened", "resolved by its source", "reopened: it came back"]


def test_what_comes_back_a_day_later_is_a_new_incident(runtime: Runtime, edge: Edge, superuser: Superuser) -> None:
    clinic = tenant(runtime)
    edge.take(clinic.post(FIRING))
    edge.take(clinic.post(RESOLVED))
    superuser.run("UPDATE incidents SET resolved_at = resolved_at - interval '25 hours'")
    edge.take(clinic.post({**FIRING, "message": "again"}))
    rows = superuser.rows("SELECT status, latest FROM incidents ORDER BY incident_id")
    assert [tuple(row) for row in rows] == [("resolved", False), ("open", True)]


def test_a_resolve_of_something_never_announced_is_acknowledged_and_not_kept(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    (receipt,) = edge.take(tenant(runtime).post(RESOLVED))
    assert (receipt.alert_id, receipt.incident_id) == (None, None)
    assert superuser.one("SELECT count(*) AS n FROM incidents").n == 0


def test_an_open_incident_keeps_its_key_when_routes_change(runtime: Runtime, edge: Edge, superuser: Superuser) -> None:
    clinic = tenant(runtime)
    edge.take(clinic.post(FIRING))
    clinic.set(routes=[(["service=x"], [], [], False)])
    edge.take(clinic.post(RESOLVED))
    assert superuser.one("SELECT status FROM incidents").status == "resolved"


def test_one_bad_post_of_a_batch_does_not_hold_up_its_neighbours(runtime: Runtime, edge: Edge) -> None:
    clinic, other = tenant(runtime), tenant(runtime)
    key = clinic.keys["app"]
    answers = edge.intake.take(
        [
            clinic.post(FIRING),
            Post("unknown", b"{}"),
            Post(key, b"{", clinic.slug, "app"),
            Post(key, b"[1]", clinic.slug, "app"),
            Post(key, b"{}", clinic.slug, "nope"),
            Post(key, b"{}", other.slug, "app"),
            other.post(FIRING),
        ]
    )
    kinds = [type(answer) for answer in answers]
    assert kinds == [list, Unauthorized, Malformed, WrongShape, NoSuchSource, Unauthorized, list]


class TestTheNextRequestSeesAChange:
    """What another process committed holds for the next request here, whatever this one has in memory."""

    @pytest.fixture
    def elsewhere(self, runtime: Runtime, edge: Edge) -> Tenant:
        clinic = tenant(runtime)
        edge.take(clinic.post(FIRING))
        return clinic

    def test_a_new_key_is_known_and_the_old_one_is_not(self, edge: Edge, elsewhere: Tenant) -> None:
        old = elsewhere.post(FIRING)
        elsewhere.keys["app"] = "a new key ".ljust(40, "n")
        elsewhere.set(sources={"app": "generic"})
        edge.take(elsewhere.post({"title": "with the new key", "alert_uid": "2"}))
        assert isinstance(edge.refuse(old), Unauthorized)

    def test_a_renamed_source_keeps_its_key(self, edge: Edge, elsewhere: Tenant) -> None:
        with elsewhere.runtime.database.tenant(elsewhere.tenant_id) as session:
            config.retire_source(session, elsewhere.sources["app"])
        elsewhere.keys["renamed"] = elsewhere.keys["app"]
        elsewhere.set(sources={"renamed": "generic"})
        edge.take(elsewhere.post({"title": "same key", "alert_uid": "2"}, source="renamed"))

    def test_a_new_source_is_there(self, edge: Edge, elsewhere: Tenant) -> None:
        elsewhere.set(sources={"second": "generic"})
        edge.take(elsewhere.post({"title": "from the second", "alert_uid": "2"}, source="second"))

    def test_a_pause_bites_and_its_end_too(self, edge: Edge, elsewhere: Tenant, superuser: Superuser) -> None:
        superuser.run("UPDATE sources SET paused_at = now()")
        elsewhere.set()
        assert isinstance(edge.refuse(elsewhere.post(FIRING)), SourcePaused)
        superuser.run("UPDATE sources SET paused_at = NULL")
        elsewhere.set()
        edge.take(elsewhere.post(FIRING))

    def test_a_stricter_level_holds(self, edge: Edge, elsewhere: Tenant, superuser: Superuser) -> None:
        elsewhere.set(privacy="sealed")
        edge.take(elsewhere.post({"title": "database connection refused", "alert_uid": "2"}))
        titles = [row.title for row in superuser.rows("SELECT title FROM incidents ORDER BY opened_at")]
        assert titles[0] == "db down"
        assert titles[1].startswith("<TEXT_")

    def test_a_new_format_holds(self, edge: Edge, elsewhere: Tenant) -> None:
        elsewhere.set(sources={"app": "alertmanager"})
        edge.take(elsewhere.post(grafana("DiskFull", "firing")))


def test_without_the_keystore_nothing_is_accepted_and_afterwards_everything(
    runtime: Runtime, edge: Edge, superuser: Superuser, tmp_path: Path
) -> None:
    clinic = tenant(runtime)
    (tmp_path / "keystore.json").rename(tmp_path / "away")
    assert isinstance(edge.refuse(clinic.post(FIRING)), NotDurable)
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 0
    (tmp_path / "away").rename(tmp_path / "keystore.json")
    edge.take(clinic.post(FIRING))


def test_a_backend_that_dies_in_the_middle_leaves_nothing_half_stored(
    runtime: Runtime, edge: Edge, superuser: Superuser
) -> None:
    clinic = tenant(runtime)
    edge.take(clinic.post({"title": "before", "alert_uid": "0"}))
    superuser.run(
        "CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
    )
    superuser.run("CREATE TRIGGER die AFTER INSERT ON incident_events EXECUTE FUNCTION public.die()")
    assert isinstance(edge.refuse(clinic.post(FIRING)), NotDurable)
    assert superuser.one("SELECT count(*) AS n FROM incidents").n == 1
    superuser.run("DROP TRIGGER die ON incident_events")
    edge.take(clinic.post(FIRING))
    assert superuser.one("SELECT count(*) AS n FROM incidents").n == 2


def test_a_key_is_stored_as_a_hash_only(runtime: Runtime, superuser: Superuser) -> None:
    clinic = tenant(runtime)
    assert bytes(superuser.one("SELECT key_hash FROM sources").key_hash) == hash_key(clinic.keys["app"])


def test_a_post_and_its_findings_show_nothing_of_themselves() -> None:
    post = Post("secret key", json.dumps({"title": EMAIL}).encode())
    assert EMAIL not in repr(post)
    assert "secret" not in f"{post!s} {[post]!r}"


def test_an_unknown_tenant_is_not_told_apart_from_a_wrong_key(runtime: Runtime, edge: Edge) -> None:
    clinic = tenant(runtime)
    wrong = edge.refuse(Post(uuid4().hex, b"{}", clinic.slug, "app"))
    nowhere = edge.refuse(Post(clinic.keys["app"], b"{}", "nowhere", "app"))
    assert (type(wrong), str(wrong)) == (type(nowhere), str(nowhere))
