"""What goes on request: one person's values, or a whole tenant, with proof; and what no request takes away."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from router.cli import tree
from router.flow import retention as flow
from router.flow.intake import Unauthorized
from router.flow.retention import NotPossible
from router.keys import Shredded
from router.privacy.shapes import normal
from tests.conftest import Database
from tests.flow.builder import EMAIL, NAME, environment, tenant
from tests.retention.conftest import Clinic

OTHER = "someone.else@leakmail.test"


def test_a_persons_value_never_opens_again_though_its_token_is_shown_and_its_disclosure_found(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    _, others = clinic.alert(OTHER, "2")
    clinic.reveal(incident, token)
    done = flow.erase(clinic.runtime, clinic.tenant_id, [f"  {EMAIL.upper()} ", NAME], "GDPR 17", "host:ops")
    assert done.tokens == (token,)
    assert clinic.reveal(incident, token) == []
    assert clinic.opens(others)
    (row,) = clinic.tenant.rows("SELECT description FROM incidents WHERE incident_id = %s", [incident])
    assert token in row.description
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        blinds = clinic.runtime.vault.keys(session, clinic.tenant_id).blinds("EMAIL", normal("EMAIL", EMAIL))
        assert session.rows("SELECT 1 AS seen FROM disclosures WHERE blind = ANY (%s)", (blinds,))
    assert clinic.audit("value.erase") == 1
    assert clinic.count(f"audit_events WHERE details::text ILIKE '%{EMAIL}%'") == 0


def test_a_value_that_was_erased_gets_another_token_when_it_comes_by_again(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    flow.erase(clinic.runtime, clinic.tenant_id, [EMAIL], "asked", "host:ops")
    later, fresh = clinic.alert(uid="2")
    assert fresh != token
    assert clinic.reveal(incident, token) == []
    assert [each.value for each in clinic.reveal(later, fresh)] == [EMAIL]


def test_a_value_under_a_hold_is_left_and_said_so(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    flow.hold(clinic.runtime, clinic.tenant_id, incident, "subpoena", "host:ops")
    done = flow.erase(clinic.runtime, clinic.tenant_id, [EMAIL], "asked", "host:ops")
    assert (done.tokens, done.held) == ((), (token,))
    assert clinic.opens(token)


def test_an_erasure_needs_a_value_and_a_reason(clinic: Clinic) -> None:
    with pytest.raises(NotPossible, match="one a line"):
        flow.erase(clinic.runtime, clinic.tenant_id, [" "], "asked", "host:ops")
    with pytest.raises(NotPossible, match="reason"):
        flow.erase(clinic.runtime, clinic.tenant_id, [EMAIL], "", "host:ops")


def offboard(clinic: Clinic) -> flow.Proof:
    plan = flow.plan_offboarding(clinic.runtime, clinic.tenant_id)
    return flow.offboard(clinic.runtime, clinic.tenant_id, plan.confirm, "contract ended", "host:ops")


def test_after_off_boarding_nothing_opens_ingest_is_refused_and_the_audit_stays(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.reveal(incident, token)
    events = clinic.count("audit_events")
    proof = offboard(clinic)
    assert (proof.keys_left, proof.opens, proof.sources_refused, proof.values_before) == (0, False, 1, 1)
    assert {each.purpose for each in proof.keys} == {"value", "data", "index"}
    assert clinic.count("vault.data_keys WHERE wrapped IS NOT NULL") == 0
    assert isinstance(clinic.edge.refuse(clinic.tenant.post({"title": "again"})), Unauthorized)
    with pytest.raises(Shredded, match="off-boarded"):
        clinic.reveal(incident, token)
    with pytest.raises(Shredded), clinic.runtime.database.tenant(clinic.tenant_id) as session:
        clinic.runtime.vault.newest_keys(session, clinic.tenant_id)
    digest = hashlib.sha256(proof.document()).hexdigest()
    assert clinic.count(f"audit_events WHERE details::text LIKE '%{digest}%'") == 1
    assert clinic.count("audit_events") == events + 2
    clinic.sweep()
    assert clinic.count("incidents") + clinic.count("alerts") + clinic.count("vault.entries") == 0
    assert clinic.count("disclosures") == 1, "who saw what is kept"


def test_no_key_is_ever_made_for_a_tenant_that_ended(clinic: Clinic) -> None:
    clinic.alert()
    offboard(clinic)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        for purpose in ("value", "data", "index"):
            assert not clinic.runtime.vault.add_key(session, clinic.tenant_id, purpose, 9)


def test_off_boarding_needs_the_code_a_reason_and_no_hold(clinic: Clinic) -> None:
    _, token = clinic.alert()
    plan = flow.plan_offboarding(clinic.runtime, clinic.tenant_id)
    for code, reason in (("00000000", "ended"), (plan.confirm, " ")):
        with pytest.raises(NotPossible):
            flow.offboard(clinic.runtime, clinic.tenant_id, code, reason, "host:ops")
    hold = flow.hold(clinic.runtime, clinic.tenant_id, None, "litigation", "host:ops")
    with pytest.raises(NotPossible, match="hold"):
        flow.offboard(clinic.runtime, clinic.tenant_id, plan.confirm, "ended", "host:ops")
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows("SELECT * FROM vault.shred_tenant()") == [], "the database checks the hold itself"
    assert clinic.opens(token)
    flow.lift(clinic.runtime, clinic.tenant_id, hold, "settled", "host:ops")
    assert offboard(clinic).keys_left == 0
    with pytest.raises(NotPossible, match="already"):
        flow.plan_offboarding(clinic.runtime, clinic.tenant_id)


def test_another_tenant_does_not_notice(clinic: Clinic) -> None:
    neighbour = tenant(clinic.runtime)
    clinic.edge.take(neighbour.post({"title": "bounced", "message": f"mail to {EMAIL}"}))
    before = clinic.count(f"vault.data_keys WHERE tenant_id = '{neighbour.tenant_id}' AND wrapped IS NOT NULL")
    clinic.alert()
    offboard(clinic)
    clinic.sweep()
    after = clinic.count(f"vault.data_keys WHERE tenant_id = '{neighbour.tenant_id}' AND wrapped IS NOT NULL")
    assert after == before == 3
    clinic.edge.take(neighbour.post({"title": "again", "message": f"mail to {OTHER}"}))


def test_the_command_line_tells_first_and_writes_the_proof_when_it_is_confirmed(
    clinic: Clinic,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, token = clinic.alert()
    for name, value in environment(database.app_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)
    slug = clinic.tenant.slug

    def run(*words: str, stdin: str = "") -> object:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = tree.run(["tenants", *words, "--json"])
        out = capsys.readouterr()
        assert (code, out.err) == (0, ""), out
        return json.loads(out.out)

    hold = run("hold", "--tenant", slug, "--reason", "litigation")
    assert isinstance(hold, dict)
    assert [each["id"] for each in run("holds", "--tenant", slug)] == [hold["id"]]  # type: ignore[attr-defined]  # JSON
    run("release", hold["id"], "--tenant", slug, "--reason", "settled")
    erased = run("erase", "--tenant", slug, "--reason", "asked", stdin=EMAIL + "\n")
    assert isinstance(erased, dict)
    assert erased["tokens"] == [token]
    state = run("retention", "--tenant", slug)
    assert isinstance(state, dict)
    assert (state["keep_values"], state["keep_incidents"]) == (30 * 86400, 180 * 86400)
    plan = run("offboard", slug)
    assert isinstance(plan, dict)
    assert clinic.count("tenants WHERE offboarded_at IS NULL") == 1
    proof = run("offboard", slug, "--reason", "ended", "--confirm", plan["confirm"], "-o", str(tmp_path / "proof.json"))
    assert isinstance(proof, dict)
    assert json.loads((tmp_path / "proof.json").read_bytes()) == proof
    assert proof["keys_left"] == 0
