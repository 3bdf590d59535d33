"""Plaintext leaves only where two people said so, only of the types they named, and only through a committed grant."""

from __future__ import annotations

import email
import email.policy
import json
import logging
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from router.core.optin import Ground
from router.flow import disclose, status
from router.local.vendors.base import Fault
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.privacy.rules import compile_rules
from router.runtime import Runtime
from router.store import optins
from router.store.session import Session
from tests.flow.builder import EMAIL, SSN, Edge, Superuser, Way, Worker, pagerduty, webhook
from tests.flow.builder import slack as slack_way
from tests.optins.conftest import PHONE, Clinic, bounced, clinic_with, told

TITLED = {"title": f"bounced for {EMAIL}", "text": f"mail to {EMAIL}"}


def test_an_opted_in_channel_gets_the_types_that_were_named_and_tokens_of_the_others(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in("EMAIL")
    bounced(clinic, edge, text=f"mail to {EMAIL} and call {PHONE}")
    worker.drain(*edge.rung)
    (message,) = told(hook)
    assert EMAIL in message["description"]
    assert PHONE not in message["description"]
    assert "<PHONE_" in message["description"]
    assert message["mode"] == "plaintext"
    (row,) = clinic.tenant.rows("SELECT mode, policy, optin_id FROM attempts WHERE outcome = 'delivered'")
    assert tuple(row) == ("plaintext", "plaintext: opted in", optin_id)
    measured = status.metrics(worker.runtime).decode()
    assert 'alertveil_deliveries_total{channel_kind="webhook",outcome="delivered",mode="plaintext"} 1\n' in measured
    assert 'alertveil_deliveries_total{channel_kind="webhook",outcome="delivered",mode="tokens"} 0\n' in measured
    assert 'alertveil_optins{state="active"} 1\n' in measured


def test_a_disclosure_is_in_the_audit_and_in_the_vaults_books_before_anything_was_opened(
    clinic: Clinic, edge: Edge, worker: Worker, superuser: Superuser
) -> None:
    optin_id = clinic.opt_in("EMAIL")
    receipt = bounced(clinic, edge)
    worker.drain(*edge.rung)
    ((actor, decision, _, details),) = clinic.events("disclosure")
    assert (actor, decision) == ("service:delivery", "allowed")
    assert details["optin"] == str(optin_id)
    assert details["baa"] == str(clinic.baa_id)
    assert details["channel"] == str(clinic.tenant.channels["hook"])
    assert (details["incident"], details["revision"], details["attempt"]) == (str(receipt.incident_id), 1, 1)
    (token,) = details["tokens"]
    assert token.startswith("<EMAIL_")
    grant = superuser.one("SELECT * FROM vault.grants")
    assert (str(grant.grant_id), grant.actor, grant.optin_id, grant.tokens) == (
        details["grant"], "service:delivery", optin_id, [token],
    )  # fmt: skip
    assert grant.at <= grant.fetched_at
    (disclosure,) = clinic.tenant.rows("SELECT kind, token, optin_id, vendor, attempt FROM disclosures")
    assert tuple(disclosure) == ("delivery", token, optin_id, "Acme Hooks", 1)


def test_what_nobody_opted_in_is_tokens_and_asks_for_nothing(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert EMAIL not in str(told(hook))
    assert clinic.attempts() == [("tokens", Ground.NO_OPT_IN)]
    assert superuser.rows("SELECT 1 AS n FROM vault.grants") == []


def test_a_message_without_an_allowed_type_asks_for_nothing(
    clinic: Clinic, edge: Edge, worker: Worker, superuser: Superuser
) -> None:
    clinic.opt_in("PHONE")
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("tokens", Ground.NOTHING)]
    assert superuser.rows("SELECT 1 AS n FROM vault.grants") == []


def test_a_batch_of_many_incidents_takes_two_transactions(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.opt_in("EMAIL")
    edge.take(
        clinic.tenant.post(
            *({"title": "bounced", "alert_uid": str(n), "message": f"mail to p{n}@leakmail.test"} for n in range(16))
        )
    )
    asked: list[int] = []
    real = optins.disclose

    def counted(session: Session, **facts: Any) -> list[optins.Granted]:  # noqa: ANN401 - as given
        asked.append(len(facts["wanted"]))
        return real(session, **facts)

    monkeypatch.setattr(optins, "disclose", counted)
    worker.drain(clinic.tenant.lane("hook"))
    assert sorted(message["description"] for message in told(hook)) == sorted(
        f"mail to p{n}@leakmail.test" for n in range(16)
    )
    assert sum(asked) == 16
    assert len(asked) <= 4, "a grant is asked for by batch, not one by one"


def test_a_retry_asks_again_and_keeps_nothing_in_between(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic.opt_in("EMAIL")
    hook.faults.append(Fault(status=500))
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert everywhere(superuser).count(EMAIL) == 0
    superuser.due_now()
    worker.drain(*edge.rung)
    assert [attempt for *_, details in clinic.events("disclosure") for attempt in [details["attempt"]]] == [1, 2]
    assert EMAIL in told(hook)[-1]["description"]


def everywhere(superuser: Superuser) -> str:
    """Everything that the database holds, as text."""
    return "\n".join(
        str(superuser.rows(f"SELECT t::text FROM {schema}.{name} t"))  # noqa: S608 - names from the catalog
        for schema, name in superuser.tables()
    )


def test_nothing_is_at_rest_after_a_plaintext_delivery(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    clinic.opt_in("EMAIL", "PHONE", purpose=f"call {EMAIL} back")
    bounced(clinic, edge, text=f"mail to {EMAIL}, call {PHONE}")
    worker.drain(*edge.rung)
    assert EMAIL in str(told(hook))
    found = everywhere(superuser) + caplog.text + str([record.__dict__ for record in caplog.records])
    for value in (EMAIL, PHONE, "leakmail", EMAIL.encode().hex()):
        assert value not in found
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert EMAIL.encode() not in file.read_bytes()


def test_slack_shows_values_in_blocks_and_tokens_in_what_notifications_show(
    runtime: Runtime, edge: Edge, worker: Worker, slack: SlackVendor
) -> None:
    clinic = clinic_with(runtime, {"chat": slack_way(slack)})
    clinic.opt_in("EMAIL", channel="chat")
    bounced(clinic, edge, **TITLED)
    worker.drain(*edge.rung)
    posted = [each.json() for each in slack.received if each.target.endswith("chat.postMessage")]
    assert len(posted) == 1
    assert EMAIL in json.dumps(posted[0]["blocks"])
    rest = json.dumps({name: value for name, value in posted[0].items() if name != "blocks"})
    assert EMAIL not in rest
    assert "EMAIL_" in posted[0]["text"]


def test_pagerduty_shows_values_in_details_and_tokens_in_what_is_read_out(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = clinic_with(runtime, {"page": pagerduty(pager)})
    clinic.opt_in("EMAIL", channel="page")
    bounced(clinic, edge, **TITLED)
    worker.drain(*edge.rung)
    event = pager.received[0].json()
    assert EMAIL in event["payload"]["custom_details"]["description"]
    assert EMAIL not in event["payload"]["summary"]
    assert EMAIL not in event["dedup_key"] + event.get("client_url", "") + json.dumps(event.get("links", []))


def test_mail_shows_values_in_its_body_and_tokens_in_subject_preview_and_headers(
    runtime: Runtime, edge: Edge, worker: Worker, relay: SmtpVendor
) -> None:
    way = Way(
        "email",
        {
            "to": ["oncall@clinic.test"],
            "from": "alertveil@clinic.test",
            "smtp": {"host": relay.host, "port": relay.port, "tls": "starttls"},
        },
        {},
    )
    clinic = clinic_with(runtime, {"mail": way})
    clinic.opt_in("EMAIL", channel="mail")
    bounced(clinic, edge, **TITLED)
    worker.drain(*edge.rung)
    mail = email.message_from_bytes(relay.received[0].body, EmailMessage, policy=email.policy.default)
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    text, rich = (part.get_content() if part is not None else "" for part in parts)
    assert EMAIL in text
    assert EMAIL in rich
    assert EMAIL not in str(mail.items())
    preview = rich.split("display:none", 1)[1].split("</div>", 1)[0]
    assert EMAIL not in preview
    assert EMAIL not in rich.split("<title>", 1)[1].split("</title>", 1)[0]


def test_a_digest_holds_tokens_whatever_was_opted_in(
    runtime: Runtime, edge: Edge, worker: Worker, slack: SlackVendor
) -> None:
    clinic = clinic_with(runtime, {"chat": slack_way(slack)})
    clinic.opt_in("EMAIL", channel="chat")
    edge.take(clinic.tenant.post(*({"title": f"for {EMAIL}", "alert_uid": str(n), "message": "x"} for n in range(70))))
    worker.drain(clinic.tenant.lane("chat"))
    assert not any(EMAIL.encode() in each.body for each in slack.received)
    assert {policy for _, policy in clinic.attempts()} == {Ground.DIGEST}


# --- the tripwire -------------------------------------------------------------------------------------------------

RULES = compile_rules("strict")


@pytest.mark.parametrize(
    ("text", "values", "types", "bad"),
    [
        ("mail to a@clinic.test", {"<EMAIL_A>": "a@clinic.test"}, {"EMAIL"}, set()),
        ("ssn: 219-09-9999", {"<NUMBER_A>": "219"}, {"NUMBER"}, {"<NUMBER_A>"}),
        ("call 415-555-0142", {"<NUMBER_A>": "555-0142"}, {"NUMBER"}, {"<NUMBER_A>"}),
        ("call 415-555-0142", {"<NUMBER_A>": "555-0142"}, {"NUMBER", "PHONE"}, set()),
        ("password=hunter2hunter2", {"<WORD_A>": "hunter2hunter2"}, {"WORD", "SECRET"}, {"<WORD_A>"}),
        ("nothing of theirs: b@clinic.test", {"<WORD_A>": "unrelated"}, {"WORD"}, set()),
    ],
)
def test_a_value_that_becomes_more_beside_its_neighbours_is_taken_back(
    text: str, values: dict[str, str], types: set[str], bad: set[str]
) -> None:
    assert disclose.strays(text, values, frozenset(types), RULES) == bad


def test_the_finished_payload_names_each_value_as_the_reader_sees_it() -> None:
    assert disclose.finished_text({"data": {"mrn": "77341902", "n": 1}, "list": ["a", {"b": "c"}]}) == (
        "mrn: 77341902\nlist: a\nb: c"
    )


def test_a_value_that_holds_another_type_than_was_opted_in_stays_a_token_and_is_counted(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    """A customer's own pattern takes a whole phrase for a USERNAME; the phrase holds a social security number."""
    clinic = clinic_with(runtime, {"hook": webhook(hook)})
    with runtime.database.tenant(clinic.tenant_id) as session:
        session.run(
            "UPDATE tenants SET patterns = %s, config_version = config_version + 1",
            ('[{"type": "USERNAME", "regex": "user \\\\[[^\\\\]]*\\\\]"}]',),
        )
    clinic.opt_in("USERNAME")
    bounced(clinic, edge, text=f"denied for user [{SSN}]")
    worker.drain(*edge.rung)
    (message,) = told(hook)
    assert SSN not in json.dumps(message)
    (row,) = clinic.tenant.rows("SELECT mode, policy, tripwire FROM attempts")
    assert tuple(row) == ("tokens", Ground.TRIPWIRE, 1)
