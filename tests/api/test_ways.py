"""Silences, sources, routes and words by programs: made, read back, changed as they were read; a key shows once."""

from __future__ import annotations

from router.flow.intake import Post, Unauthorized
from tests.api.conftest import MachineOf, opened
from tests.flow.builder import EMAIL, NAME, Edge, Tenant


def test_a_silence_is_tried_made_listed_and_ended(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    opened(clinic, edge)
    rita = machine("responder")
    assert rita.post("/silences/try", {"matchers": ["severity=error"]}) == 200
    assert (len(rita.json["open"]), rita.json["alerts"]) == (1, 1)
    wish = {"matchers": ["severity=error"], "reason": f"asked by {EMAIL}", "lasts_seconds": 3600}
    for wrong in (
        {**wish, "ends_at": "2030-01-01T00:00:00Z"},
        {**wish, "matchers": [f'patient="{NAME}"']},
        {**wish, "matchers": ['severity=~".*"']},
        {**wish, "lasts_seconds": None, "ends_at": "2020-01-01T00:00:00Z"},
    ):
        assert rita.post("/silences", wrong) == 422
        assert NAME not in rita.answer.text
    assert rita.post("/silences", wish, idempotency_key="once") == 201
    made = rita.json
    assert made["state"] == "active"
    assert EMAIL not in rita.answer.text
    assert rita.post("/silences", wish, idempotency_key="once") == 201
    assert rita.json == made
    opened(clinic, edge, uid="2")
    assert not edge.rung
    assert [each["id"] for each in rita.items("/silences")] == [made["id"]]
    assert rita.post(f"/silences/{made['id']}/expire") == 200
    assert rita.items("/silences") == []
    assert rita.items("/silences?over=true")[0]["state"] == "expired"


def test_a_sources_key_is_in_one_answer_and_kept_nowhere(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    olga = machine("operator")
    assert olga.post("/sources", {"name": "prod", "format": "generic"}, idempotency_key="once") == 201
    made = olga.json
    here = f"/sources/{made['id']}"
    assert clinic.rows("SELECT 1 FROM api_answers") == []
    edge.take(Post(made["key"], b'{"title": "up"}', "clinic", "prod"))
    assert olga.get(here) == 200
    assert (olga.json["alerts_last_day"], olga.json["quiet_after_seconds"]) == (1, 1800.0)
    assert made["key"] not in olga.answer.text
    assert olga.send("PUT", here, {"format": "alertmanager", "quiet_after": "30m"}) == 200
    assert "repeats every 4 hours" in olga.json["warning"]
    assert olga.send("PUT", here, {"format": "generic", "quiet_after": "soon"}) == 422
    assert olga.send("PUT", here, {"format": "generic"}) == 200
    assert olga.post(f"{here}/key", {"overlap_seconds": 0}) == 200
    assert isinstance(edge.refuse(Post(made["key"], b'{"title": "up"}', "clinic", "prod")), Unauthorized)
    assert olga.post(f"{here}/try", {"body": f'{{"title": "mail to {EMAIL}"}}'}) == 200
    (alert,) = olga.json["alerts"]
    assert alert["title"].startswith("mail to <EMAIL_")
    assert alert["goes"]["channels"] == ["hook"]
    assert olga.post(f"{here}/pause") == 200
    assert olga.json["paused_at"] is not None
    assert olga.post(f"{here}/resume") == 200
    assert olga.send("DELETE", here) == 200
    assert olga.get(here) == 404


def test_routes_and_words_are_replaced_only_as_they_were_read(clinic: Tenant, machine: MachineOf) -> None:
    del clinic
    olga = machine("operator")
    assert olga.get("/config") == 200
    tag = olga.answer.headers["etag"]
    wanted = {"routes": [{"matchers": ['severity="critical"'], "channels": ["hook"], "group_by": ["service"]}]}
    assert olga.send("PUT", "/routes", wanted) == 428
    assert olga.send("PUT", "/routes", wanted, if_match=tag) == 200
    assert "told to nobody" in olga.json["warnings"][0]
    assert olga.send("PUT", "/routes", wanted, if_match=tag) == 412
    assert olga.post("/routes/try", {"labels": {"service": "db"}, "severity": "info"}) == 200
    assert (olga.json["channels"], olga.json["routes"][0]["failed"]) == ([], 'severity="critical"')
    olga.get("/config")
    tag = olga.answer.headers["etag"]
    words = {"patterns": [{"type": "MEMBER_ID", "regex": r"ACM-\d{8}"}], "safe_words": ["istio"]}
    for wrong in ({"patterns": [{"type": "MEMBER_ID", "regex": r"\w+"}]}, {"safe_words": [NAME]}):
        assert olga.send("PUT", "/words", wrong, if_match=tag) == 422
        assert NAME not in olga.answer.text
    assert olga.send("PUT", "/words", words, if_match=tag) == 200
    assert olga.get("/words") == 200
    assert olga.json == {"level": "strict", **words}
    assert olga.post("/words/try", {"sample": "ACM-12345678", "safe_word": "x"}) == 200
    assert olga.json["before"]["text"].startswith("<MEMBER_ID_")
