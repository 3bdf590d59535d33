"""The whole life of an opt-in over the command line, as an operator, a privacy officer and a script meet it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from router.cli import reach, tree
from router.core.quarter import Quarter, latest_end
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.cli.conftest import Alertveil, Said
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Tenant, Worker, build, environment, tenant, webhook
from tests.optins.conftest import OFFICER, OPERATOR, PEOPLE, RESPONDER, Authority, told

SOON = (datetime.now(UTC) + timedelta(days=3)).date()


@pytest.fixture
def alertveil(
    database: Database,
    tmp_path: Path,
    valkey: str,
    authority: Authority,
    relay: SmtpVendor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Alertveil:
    """Runs one command as `alertveil` does, in this process; mail goes to a relay on this machine."""
    more = {
        "ALERTVEIL_EGRESS_CA_FILE": str(authority.file),
        "ALERTVEIL_HOST_APPROVALS": "on",
        "ALERTVEIL_SMTP_HOST": relay.host,
        "ALERTVEIL_SMTP_PORT": str(relay.port),
        "ALERTVEIL_SMTP_FROM": "alertveil@clinic.test",
    }
    for name, value in environment(database.app_url, tmp_path, valkey, **more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = tree.run([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def runtime(database: Database, tmp_path: Path, authority: Authority, valkey: str) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, valkey, ALERTVEIL_EGRESS_CA_FILE=str(authority.file))
    yield made
    made.close()


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor, alertveil: Alertveil) -> Tenant:
    made = tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})
    for email, roles in PEOPLE.items():
        alertveil("users", "add", "--tenant", "clinic", "--email", email, *(f"--role={role}" for role in roles))
    return made


def filed(alertveil: Alertveil, *more: str) -> str:
    year = timedelta(days=365)
    words = ("--signed", datetime.now(UTC).date() - year, "--expires", datetime.now(UTC).date() + year)
    given = ("--vendor", "Acme Hooks", "--service", "receivers")
    return str(alertveil("baas", "add", "--tenant", "clinic", *given, *words, *more, "--json").json["id"])


def asked(alertveil: Alertveil, baa: str, *more: str, email: str = OPERATOR, until: object = SOON) -> Said:
    return alertveil(
        "optins", "request", "--tenant", "clinic", "--channel", "hook", "--types", "EMAIL,PHONE", "--purpose",
        "triage", "--baa", baa, "--until", until, "--as", email, *more, "--json",
    )  # fmt: skip


def test_two_people_open_a_channel_and_one_closes_it(
    clinic: Tenant, alertveil: Alertveil, edge: Edge, worker: Worker, hook: WebhookVendor, relay: SmtpVendor
) -> None:
    baa = filed(alertveil)
    made = asked(alertveil, baa).json
    assert (made["state"], made["types"], made["channel"]) == ("requested", ["EMAIL", "PHONE"], "hook")
    assert made["requested_by"] == OPERATOR
    approved = alertveil("optins", "approve", made["id"], "--tenant", "clinic", "--as", OFFICER, "--json").json
    assert approved["approved_by"] == OFFICER
    assert approved["single_custody"] is True, "both came through this one shell"
    mail = relay.wait_for(1)[0].body.decode()
    assert "Single custody" in mail.replace("=\r\n", "")
    edge.take(clinic.post({"title": "bounced", "alert_uid": "1", "message": f"mail to {EMAIL}"}))
    worker.drain(*edge.rung)
    assert EMAIL in told(hook)[-1]["description"]
    revoked = alertveil(
        "optins", "revoke", made["id"], "--tenant", "clinic", "--as", OPERATOR, "--reason", "triage over", "--json"
    ).json
    assert (revoked["id"], revoked["state"]) == (made["id"], "revoked")
    edge.take(clinic.post({"title": "bounced", "alert_uid": "2", "message": f"mail to {EMAIL}"}))
    worker.drain(*edge.rung)
    assert EMAIL not in str(told(hook)[-1])
    (line,) = alertveil("optins", "list", "--tenant", "clinic", "--json").json
    assert (line["id"], line["state"]) == (made["id"], "revoked")


def test_opt_ins_are_listed_in_pages_that_lose_and_repeat_none(clinic: Tenant, alertveil: Alertveil) -> None:
    baa = filed(alertveil)
    made = []
    for number in range(3):
        made.append(asked(alertveil, baa).json["id"])
        if number != 1:
            alertveil("optins", "reject", made[-1], "--tenant", "clinic", "--as", OFFICER)
    words = ("optins", "list", "--tenant", "clinic", "--limit", 1, "--json")
    found = [alertveil(*words).json[0]["id"]]
    while more := alertveil(*words, "--after", found[-1]).json:
        found.append(more[0]["id"])
    assert found == [made[1], made[2], made[0]], "the open one first, then the newest"
    assert f"--after {made[1]}" in alertveil(*words[:-1]).out
    assert alertveil(*words, "--after", clinic.tenant_id).code == 1


def test_every_deed_is_in_the_audit_with_the_host_it_came_through(clinic: Tenant, alertveil: Alertveil) -> None:
    baa = filed(alertveil)
    made = asked(alertveil, baa).json["id"]
    alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OPERATOR)
    alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OFFICER)
    alertveil("optins", "revoke", made, "--tenant", "clinic", "--as", OFFICER, "--reason", "done")
    rows = clinic.rows(
        "SELECT action, actor, decision, auth FROM audit_events WHERE object = %s ORDER BY at", [f"optin:{made}"]
    )
    assert [tuple(row)[:3] for row in rows] == [
        ("optin.request", OPERATOR, "allowed"),
        ("optin.approve", OPERATOR, "denied"),
        ("optin.approve", OFFICER, "allowed"),
        ("host.approval", OFFICER, "allowed"),
        ("optin.revoke", OFFICER, "allowed"),
    ]
    assert {row.auth for row in rows} == {reach.host()}


def test_where_a_database_is_named_the_host_approves_for_nobody_unless_that_is_switched_on(
    clinic: Tenant, alertveil: Alertveil, monkeypatch: pytest.MonkeyPatch
) -> None:
    del clinic
    made = asked(alertveil, filed(alertveil)).json["id"]
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "off")
    said = alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OFFICER)
    assert said.code == 1
    assert "ALERTVEIL_HOST_APPROVALS" in said.err
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "on")
    assert alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OFFICER).code == 0


def test_nobody_can_call_themselves_another_host_user(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = reach.host()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert reach.host() == mine


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--types", "all"], 2, "no opt-in for all types"),
        (["--types", "EMAIL,SECRET"], 2, "SECRET cannot be opted in"),
        (["--types", "NONSENSE"], 2, "There are: PERSON"),
        (["--until", "soon"], 2, "An end is written like"),
        (["--until", "2020-01-01"], 1, "end lies in the past"),
        (["--until", "2199-01-01"], 1, "after the close of the next quarterly review"),
        (["--baa", "x"], 2, "An id is a uuid"),
        (["--channel", "nowhere"], 1, "no such channel"),
        (["--as", "nobody@clinic.test"], 1, "no such user"),
        (["--as", RESPONDER], 1, "roles do not allow"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_a_sentence(
    clinic: Tenant, alertveil: Alertveil, words: list[str], code: int, sentence: str
) -> None:
    del clinic
    said = asked(alertveil, filed(alertveil), *words)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_an_opt_in_is_a_named_persons(clinic: Tenant, alertveil: Alertveil) -> None:
    del clinic
    said = alertveil("optins", "approve", filed(alertveil), "--tenant", "clinic")
    assert (said.code, "--as EMAIL" in said.err) == (2, True)


def test_an_end_may_be_the_last_day_of_the_next_review_and_holds_through_that_day(
    clinic: Tenant, alertveil: Alertveil
) -> None:
    del clinic
    last = (latest_end(datetime.now(UTC)) - timedelta(days=1)).date()
    made = asked(alertveil, filed(alertveil), until=last).json
    assert datetime.fromisoformat(made["ends_at"]) == Quarter.of(datetime.now(UTC)).closes_at


def test_agreements_are_filed_listed_with_what_hangs_on_them_and_retired(
    clinic: Tenant, alertveil: Alertveil, tmp_path: Path
) -> None:
    del clinic
    paper = tmp_path / "agreement.pdf"
    paper.write_bytes(b"signed")
    baa = filed(alertveil, "--document", str(paper), "--plan", "Enterprise", "--contact", "privacy@acme.test")
    made = asked(alertveil, baa).json["id"]
    alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OFFICER)
    (line,) = alertveil("baas", "list", "--tenant", "clinic", "--json").json
    assert (line["id"], line["falls_back"], line["state"]) == (baa, ["hook"], "in force")
    assert line["document_hash"] == hashlib.sha256(b"signed").hexdigest()
    assert "hook" in alertveil("baas", "list", "--tenant", "clinic").out
    retired = alertveil("baas", "retire", baa, "--tenant", "clinic", "--json").json
    assert retired == {"id": baa, "fell_back": ["hook"]}
    (each,) = alertveil("optins", "list", "--tenant", "clinic", "--json").json
    assert (each["state"], each["why"]) == ("suspended", "its business associate agreement was retired")
    assert alertveil("baas", "retire", baa, "--tenant", "clinic").code == 1


def test_what_is_known_of_a_vendor_is_said_where_it_is_chosen(clinic: Tenant, alertveil: Alertveil) -> None:
    del clinic
    words = ("--service", "chat", "--signed", "2026-01-01", "--expires", "2099-01-01")
    said = alertveil("baas", "add", "--tenant", "clinic", "--vendor", "Slack", *words)
    assert "Enterprise" in said.out
    said = alertveil("baas", "add", "--tenant", "clinic", "--vendor", "PagerDuty", *words, "--json")
    assert "in writing" in said.json["known"][0]["text"]


def test_a_preview_shows_tokens_beside_plaintext_of_nobody(clinic: Tenant, alertveil: Alertveil) -> None:
    del clinic
    both = alertveil("channels", "preview", "hook", "--tenant", "clinic", "--types", "EMAIL", "--json").json
    assert "<EMAIL_" in both["tokens"]["data"]["description"]
    assert "alex@example.test" in both["plaintext"]["data"]["description"]
    assert "<PERSON_" in both["plaintext"]["data"]["description"], "what was not named stays a token"
    assert both["cannot"] == ""
    said = alertveil("channels", "preview", "hook", "--tenant", "clinic", "--types", "EMAIL")
    assert "made up" in said.out


def test_a_channel_says_what_it_gets(clinic: Tenant, alertveil: Alertveil) -> None:
    del clinic
    made = asked(alertveil, filed(alertveil)).json["id"]
    assert alertveil("channels", "show", "hook", "--tenant", "clinic", "--json").json["mode"] == "tokens"
    alertveil("optins", "approve", made, "--tenant", "clinic", "--as", OFFICER)
    (line,) = alertveil("channels", "list", "--tenant", "clinic", "--json").json
    assert line["mode"] == "plaintext"
    assert line["gets"].startswith("plaintext of EMAIL, PHONE until ")


def test_broken_glass_opens_a_channel_for_minutes_and_everybody_hears_of_it(
    clinic: Tenant, alertveil: Alertveil, edge: Edge, worker: Worker, hook: WebhookVendor, relay: SmtpVendor
) -> None:
    baa = filed(alertveil)
    words = ("--channel", "hook", "--types", "EMAIL", "--purpose", "outage", "--baa", baa, "--break-glass")
    refused = alertveil("optins", "request", "--tenant", "clinic", *words, "--as", OPERATOR)
    assert refused.code == 1, "an operator alone opens nothing"
    made = alertveil("optins", "request", "--tenant", "clinic", *words, "--as", OFFICER, "--json").json
    assert (made["state"], made["break_glass"], made["approved_by"]) == ("active", True, "")
    ends = datetime.fromisoformat(made["ends_at"]) - datetime.fromisoformat(made["requested_at"])
    assert ends <= timedelta(minutes=15)
    edge.take(clinic.post({"title": "bounced", "alert_uid": "1", "message": f"mail to {EMAIL}"}))
    worker.drain(clinic.lane("hook"))
    assert EMAIL in told(hook)[-1]["description"]
    notices = [each.json()["data"] for each in hook.received if each.json()["data"]["source"] == "alertveil"]
    assert notices[0]["severity"] == "critical"
    assert notices[0]["title"].startswith("Glass broken: channel hook gets plaintext")
    assert "Glass broken" in relay.wait_for(1)[0].body.decode().replace("=\r\n", "")
    (row,) = clinic.rows("SELECT policy FROM attempts WHERE mode = 'plaintext'")
    assert row.policy == "plaintext: somebody broke the glass"
    again = alertveil("optins", "request", "--tenant", "clinic", *words, "--as", OFFICER)
    assert (again.code, "needs a second person" in again.err) == (1, True)
