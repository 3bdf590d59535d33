"""A quarter is reviewed: by whom, of what, with what effect, and what nobody can change afterwards."""

from __future__ import annotations

from datetime import timedelta

from tests.reviews.clinic import LAST, VERA, Clinic


def test_two_reviewers_judge_a_quarter_and_sign_it(clinic: Clinic) -> None:
    kept, revoked, modified = (clinic.live(name) for name in ("pager", "claims", "lab"))
    clinic.sent(kept, LAST.starts_at + timedelta(days=20), 2)
    opened = clinic.open()
    assert (opened.kind, opened.items, opened.made) == ("final", 3, True)
    clinic.decide(kept, "keep")
    (gone,) = clinic.decide(revoked, "revoke", VERA, reason="not needed")
    clinic.decide(modified, "modify")
    assert (gone.effect, clinic.state(revoked)) == ("revoked at once", "revoked")
    signed = clinic.sign()
    shown = clinic.show()
    assert shown.row.state == "signed"
    assert shown.sha256 == signed.sha256
    assert {each.optin_id: each.verdict for each in shown.record.decisions} == {
        str(kept): "keep", str(revoked): "revoke", str(modified): "modify",
    }  # fmt: skip
    assert [(each.tokens, each.deliveries) for each in shown.record.snapshot.items if each.optin_id == str(kept)] == [
        (2, 1)
    ]
    (event,) = clinic.audit("review.sign")
    assert event.details["sha256"] == signed.sha256
