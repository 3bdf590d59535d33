"""Opt-ins, reveals, reviews and evidence by page: what people do there, what is shown, who may, and what is recorded."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import trustme

from router import settings
from router.core.access import ROLES, Deed, may
from router.flow import baa
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Worker, build, environment, tenant, webhook
from tests.web.test_signin_pages import OURS, Browser

OLGA, PETRA, RITA, RUFUS, AUDREY = (f"{name}@clinic.test" for name in ("olga", "petra", "rita", "rufus", "audrey"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Whom the product trusts, and the certificate of everything on this machine."""
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return file, context


@pytest.fixture
def surroundings(authority: tuple[Path, ssl.SSLContext]) -> dict[str, str]:
    return {"ALERTVEIL_PUBLIC_URL": OURS, "ALERTVEIL_EGRESS_CA_FILE": str(authority[0])}


@pytest.fixture
def runtime(database: Database, tmp_path: Path, surroundings: dict[str, str]) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, **surroundings)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def web(runtime: Runtime, database: Database, tmp_path: Path, surroundings: dict[str, str]) -> Web:
    return Web(runtime, settings.read(environment(database.app_url, tmp_path, **surroundings)))


@pytest.fixture
def hook(authority: tuple[Path, ssl.SSLContext]) -> Iterator[WebhookVendor]:
    with WebhookVendor(tls=authority[1]) as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    """One channel, to a webhook receiver over TLS."""
    return tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})


def bounced(clinic: Tenant, uid: str = "1") -> tuple[UUID, str]:
    """An incident that an alert about the canary's address opened, and the token that stands for it."""
    (receipt,) = Edge(clinic.runtime).take(
        clinic.post({"title": "bounced", "alert_uid": uid, "message": f"mail to {EMAIL}"})
    )
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
    return receipt.incident_id, next(each for each in row.tokens if "EMAIL" in each)


def events(clinic: Tenant, action: str) -> list[tuple[str, str]]:
    """(actor, decision) of every audit event of an action, oldest first."""
    return [
        (row.actor, row.decision)
        for row in clinic.rows(
            "SELECT actor, decision FROM audit_events WHERE action = %s ORDER BY at, event_id", [action]
        )
    ]


def stale(superuser: Superuser) -> None:
    """Everybody proved who they are too long ago."""
    superuser.run("UPDATE sessions SET strong_at = now() - interval '6 minutes'")


# -- reveals ------------------------------------------------------------------------------------------------------


def test_a_responder_sees_values_once_for_a_minute_and_it_is_recorded(web: Web, clinic: Tenant) -> None:
    incident_id, token = bounced(clinic)
    here = f"/incidents/{incident_id}"
    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    rita.send("GET", here)
    assert EMAIL not in rita.answer.text
    offered = [each.get("value") for each in rita.all("input") if each.get("name") == "token"]
    assert f"<{token.strip('<>')}>" in offered

    assert rita.post(f"{here}/reveal", here, token=offered, reason="triage", text="which mailbox") == 200
    assert EMAIL in rita.words()
    assert rita.answer.headers["cache-control"] == "no-store"
    assert rita.answer.headers["refresh"] == f"60;url={here}"
    assert EMAIL not in str(rita.answer.url)
    assert events(clinic, "reveal") == [(RITA, "allowed")]

    rita.send("GET", here)
    assert EMAIL not in rita.answer.text
    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    audrey.send("GET", here)
    assert f"{RITA}: reveal allowed triage: which mailbox" in audrey.words()


def test_a_refused_reveal_says_why_shows_nothing_and_is_recorded(
    web: Web, clinic: Tenant, superuser: Superuser
) -> None:
    incident_id, token = bounced(clinic)
    here = f"/incidents/{incident_id}"
    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    assert audrey.post(f"{here}/reveal", here, token=token, reason="legal") == 403
    assert "this person's roles allow no reveal. The attempt is recorded." in audrey.words()
    assert events(clinic, "reveal") == [(AUDREY, "denied")]

    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    for fields in ({"reason": "triage"}, {"token": token, "reason": "other"}, {"token": EMAIL, "reason": "triage"}):
        assert rita.post(f"{here}/reveal", here, **fields) == 422
        assert EMAIL not in rita.answer.text
    stale(superuser)
    assert rita.post(f"{here}/reveal", here, token=token, reason="triage") == 303
    assert rita.answer.headers["location"] == f"/prove?next={here}"
    assert events(clinic, "reveal") == [(AUDREY, "denied")]
