"""Whoever may do everything to the database but has no key is found out, at the row where they began."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from router.core import audit as core
from router.core import checkpoint
from router.core.audit_nightly import ROWS, Nightly
from router.flow import audit_nightly
from tests.audit.conftest import Alertveil, Ledger, Verified, fill, open_ledger

CHAIN = "UPDATE audit_chain SET {} WHERE tenant_id = %(t)s AND seq = {}"
EVENT = (
    "UPDATE audit_events SET {} WHERE tenant_id = %(t)s AND event_id = (SELECT event_id FROM audit_chain"
    " WHERE tenant_id = %(t)s AND seq = {})"
)
GONE = (
    "DELETE FROM audit_events WHERE tenant_id = %(t)s AND event_id IN (SELECT event_id FROM audit_chain"
    " WHERE tenant_id = %(t)s AND seq {})"
)
UNLINKED = "DELETE FROM audit_chain WHERE tenant_id = %(t)s AND seq {}"
RENUMBER = (
    "UPDATE audit_chain SET seq = seq + 1000000 WHERE tenant_id = %(t)s AND seq > 5",
    "UPDATE audit_chain SET seq = seq - 1000001 WHERE tenant_id = %(t)s AND seq > 1000000",
)
SWAP = (CHAIN.format("seq = -5", 5), CHAIN.format("seq = 5", 6), CHAIN.format("seq = 6", -5))
SWAP_EVENTS = (
    (
        "CREATE TEMP TABLE two ON COMMIT PRESERVE ROWS AS SELECT 11 - seq AS seq, at, event_id FROM audit_chain"
        " WHERE tenant_id = %(t)s AND seq IN (5, 6)"
    ),
    CHAIN.format("event_id = gen_random_uuid()", 5),
    (
        "UPDATE audit_chain c SET at = w.at, event_id = w.event_id FROM two w WHERE tenant_id = %(t)s AND c.seq = 6"
        " AND w.seq = 6"
    ),
    (
        "UPDATE audit_chain c SET at = w.at, event_id = w.event_id FROM two w WHERE tenant_id = %(t)s AND c.seq = 5"
        " AND w.seq = 5"
    ),
    "DROP TABLE two",
)
SWAP_MACS = (
    "UPDATE audit_events e SET mac = o.mac FROM audit_chain c, audit_chain d, audit_events o WHERE"
    " e.tenant_id = %(t)s AND c.event_id = e.event_id AND c.seq IN (5, 6) AND d.tenant_id = %(t)s"
    " AND d.seq = 11 - c.seq AND o.event_id = d.event_id"
)
PUT_IN = (
    "INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id,"
    " details, mac, mac_version) SELECT tenant_id, at, gen_random_uuid(), {}, auth, action, object, decision, reason,"
    " request_id, details, mac, mac_version FROM audit_events WHERE tenant_id = %(t)s LIMIT 1"
)
PUT_AT_THE_END = (
    "INSERT INTO audit_chain (tenant_id, seq, at, event_id, hash, tie, mac_version) SELECT e.tenant_id, 21, e.at,"
    " e.event_id, sha256(l.hash), l.tie, 1 FROM audit_events e, audit_chain l WHERE e.tenant_id = %(t)s"
    " AND e.actor = 'eve@clinic.test' AND l.tenant_id = %(t)s AND l.seq = 20"
)
CHECKPOINT = "UPDATE audit_checkpoints SET {} WHERE tenant_id = %(t)s AND seq = {}"

TAMPERINGS: dict[str, tuple[tuple[str, ...], str, int | None]] = {
    "who did it is edited": ((EVENT.format("actor = 'bob@clinic.test'", 5),), "changed", 5),
    "the details are edited": ((EVENT.format("details = '{}'", 5),), "changed", 5),
    "a denial becomes an allowance": ((EVENT.format("decision = 'denied'", 12),), "changed", 12),
    "the time is edited": ((EVENT.format("at = at - interval '1 hour'", 5),), "missing", 5),
    "the time is edited in both places": (
        (EVENT.format("at = at - interval '1 hour'", 5), CHAIN.format("at = at - interval '1 hour'", 5)),
        "changed",
        5,
    ),
    "the newest, unsigned row is edited": ((EVENT.format("reason = 'none'", 20),), "changed", 20),
    "an event is deleted": ((GONE.format("= 5"),), "missing", 5),
    "an event and its row are deleted": ((GONE.format("= 5"), UNLINKED.format("= 5")), "missing", 5),
    "they are deleted and the rest renumbered": (
        (GONE.format("= 5"), UNLINKED.format("= 5"), *RENUMBER),
        "moved",
        5,
    ),
    "a row is taken out of the unsigned end": ((UNLINKED.format("= 20"),), "outside", None),
    "two rows change places": (SWAP, "moved", 5),
    "two events change places": (SWAP_EVENTS, "moved", 5),
    "two MACs change places": ((SWAP_MACS,), "changed", 5),
    "a hash is edited": ((CHAIN.format("hash = sha256('x')", 7),), "moved", 7),
    "an event is put in": ((PUT_IN.format("'eve@clinic.test'"),), "outside", None),
    "a real event is put in again": ((PUT_IN.format("actor"),), "outside", None),
    "an event is put in with a row": ((PUT_IN.format("'eve@clinic.test'"), PUT_AT_THE_END), "changed", 21),
    "the end is cut off": ((GONE.format("> 14"), UNLINKED.format("> 14")), "cut off", 15),
    "all of it is deleted": ((GONE.format("> 0"), UNLINKED.format("> 0")), "cut off", 1),
    "all of it is deleted with the database's checkpoints": (
        (GONE.format("> 0"), UNLINKED.format("> 0"), "DELETE FROM audit_checkpoints WHERE tenant_id = %(t)s"),
        "cut off",
        1,
    ),
    "the signature of a checkpoint is edited": ((CHECKPOINT.format("signature = sha512('x')", 8),), "forged", 8),
    "what a checkpoint says is edited": (
        (CHECKPOINT.format("statement = replace(statement, 'hash', 'hush')", 16),),
        "forged",
        16,
    ),
    "a checkpoint stands for another row": ((CHECKPOINT.format("seq = 9", 8),), "forged", 9),
}


def test_what_nobody_touched_holds(ledger: Ledger, verified: Verified) -> None:
    ledger.write(2)
    code, found = verified(ledger)
    assert (code, found["ok"], found["fault"]) == (0, True, None)
    assert by_night(ledger) is None
    assert (found["rows"], found["checkpoints"], found["signed_to"], found["unchained"]) == (20, 2, 16, 2)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_the_first_bad_row_is_named(ledger: Ledger, verified: Verified, what: str) -> None:
    statements, kind, row = TAMPERINGS[what]
    for statement in statements:
        ledger.superuser.run(statement.replace("%(t)s", f"'{ledger.tenant_id}'"))
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, kind, row)
    assert row is None or f"ow {row}" in found["fault"]["text"] or kind == "replaced"
    fault = by_night(ledger)
    assert fault is not None, "what is verified a stretch at a time is verified no less"
    assert (fault.kind, fault.seq) == (kind, row)


def by_night(ledger: Ledger) -> core.Fault | None:
    """What the nightly verification finds of the chain in stretches."""
    now = datetime.now(UTC)
    state = Nightly(now, now, ROWS, ledger.tenant_id)
    while state.chain is not None:
        found = audit_nightly.look(ledger.runtime, ledger.tenant_id, state, most=3)
        if found.fault is not None:
            return found.fault
        state = audit_nightly.onward(state, [], now, found)
    return None


def recompute(ledger: Ledger, *, without: int | None = None) -> None:
    """Leave an event out and compute every hash anew, as anybody can; the ties stay, for want of the key."""
    rows = ledger.superuser.rows(
        "SELECT c.seq, c.tie, e.* FROM audit_chain c JOIN audit_events e USING (tenant_id, event_id)"
        " WHERE c.tenant_id = %s ORDER BY c.seq",
        [ledger.tenant_id],
    )
    ledger.superuser.run("DELETE FROM audit_chain WHERE tenant_id = %s", [ledger.tenant_id])
    hashed, seq = core.genesis(ledger.tenant_id), 0
    for row in rows:
        if row.seq == without:
            ledger.superuser.run("DELETE FROM audit_events WHERE event_id = %s", [row.event_id])
            continue
        seq += 1
        form = core.form(
            str(ledger.tenant_id),
            str(row.event_id),
            core.moment(row.at),
            json.dumps(row.details, separators=(",", ":")),
            row,
        )
        hashed = hashlib.sha256(hashed + seq.to_bytes(8, "big") + row.mac + form).digest()
        ledger.superuser.run(
            "INSERT INTO audit_chain (tenant_id, seq, at, event_id, hash, tie, mac_version) VALUES (%s, %s, %s, %s, %s,"
            " %s, 1)",
            [ledger.tenant_id, seq, row.at, row.event_id, hashed, row.tie],
        )


def test_computing_the_chain_anew_needs_no_key_and_changes_nothing_when_all_is_there(
    ledger: Ledger, verified: Verified
) -> None:
    recompute(ledger)
    assert verified(ledger)[0] == 0


def test_a_chain_computed_anew_without_a_row_is_found_at_that_row(ledger: Ledger, verified: Verified) -> None:
    recompute(ledger, without=18)  # after the last checkpoint: only the tie can tell
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "moved", 18)


def restore(ledger: Ledger, upto: int) -> None:
    """The database as it was when the chain had `upto` rows, as a backup of then would bring it back."""
    for statement in (GONE, UNLINKED, "DELETE FROM audit_checkpoints WHERE tenant_id = %(t)s AND seq {}"):
        ledger.superuser.run(statement.format(f"> {upto}").replace("%(t)s", f"'{ledger.tenant_id}'"))


def test_an_old_backup_is_found_by_the_files(ledger: Ledger, verified: Verified) -> None:
    restore(ledger, 8)
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "cut off", 9)
    refused = ledger.sign()
    assert refused is not None
    assert refused.fault.kind == "cut off", "and nothing is signed over it"


def test_an_old_backup_that_was_written_on_is_found_where_the_signed_chain_was(
    ledger: Ledger, verified: Verified
) -> None:
    restore(ledger, 8)
    ledger.write(10)
    ledger.chain()
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "replaced", 9)
    assert "between row 9 and row 16" in found["fault"]["text"]


def test_without_the_files_the_databases_own_checkpoints_tell(ledger: Ledger, verified: Verified) -> None:
    for file in ledger.folder.iterdir():
        file.unlink()
    ledger.superuser.run("DELETE FROM audit_chain WHERE tenant_id = %s AND seq > 15", [ledger.tenant_id])
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "cut off", 16)


def test_a_line_of_the_files_that_was_edited_is_named(ledger: Ledger, verified: Verified) -> None:
    (month,) = ledger.folder.glob("[0-9]*.jsonl")
    lines = month.read_text().splitlines()
    month.write_text("\n".join([lines[0].replace('\\"seq\\":8', '\\"seq\\":7'), *lines[1:]]) + "\n")
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "forged", 7)
    assert f"line 1 of {ledger.tenant_id}/{month.name}" in found["fault"]["text"]


def test_a_line_that_a_crash_cut_short_is_none(ledger: Ledger, verified: Verified) -> None:
    (month,) = ledger.folder.glob("[0-9]*.jsonl")
    with month.open("ab") as file:
        file.write(b'{"statement":"{\\"at\\":')
    assert verified(ledger)[0] == 0


def foreign(ledger: Ledger, seq: int) -> checkpoint.Checkpoint:
    """A checkpoint of a chain computed anew, by somebody with a key of their own."""
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    row = ledger.superuser.one(
        "SELECT hash, at FROM audit_chain WHERE tenant_id = %s AND seq = %s", [ledger.tenant_id, seq]
    )
    return checkpoint.sign(private, "checkpoint", ledger.tenant_id, seq, row.hash, row.at)


def test_a_checkpoint_under_a_foreign_key_is_not_believed(ledger: Ledger, verified: Verified) -> None:
    made = foreign(ledger, 16)
    ledger.superuser.run(
        "UPDATE audit_checkpoints SET statement = %s, signature = %s WHERE tenant_id = %s AND seq = 16",
        [made.statement.decode(), made.signature, ledger.tenant_id],
    )
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "forged", 16)
    assert "not trusted" in found["fault"]["text"]


def test_a_checkpoint_of_another_tenant_is_not_believed(ledger: Ledger, verified: Verified) -> None:
    other = fill(open_ledger(ledger.house))
    ledger.superuser.run(
        "UPDATE audit_checkpoints k SET statement = o.statement, signature = o.signature FROM audit_checkpoints o"
        " WHERE k.tenant_id = %s AND k.seq = 8 AND o.tenant_id = %s AND o.seq = 8",
        [ledger.tenant_id, other.tenant_id],
    )
    code, found = verified(ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "forged", 8)


def test_a_key_made_anew_in_the_database_is_not_the_pinned_one(
    own_ledger: Ledger, alertveil: Alertveil, verified: Verified
) -> None:
    own_ledger.superuser.run("DELETE FROM audit_keys WHERE purpose = 'sign'")
    said = alertveil(own_ledger.house, "audit", "sign")
    assert said.code == 1
    assert "not the one that audit-public-key.pem" in said.err
    assert verified(own_ledger)[0] == 0, "what was signed before still holds"


def test_macs_under_a_key_made_anew_are_not_ours(own_ledger: Ledger, verified: Verified) -> None:
    own_ledger.superuser.run("DELETE FROM audit_keys WHERE purpose = 'mac'")
    code, found = verified(own_ledger)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "changed", 1)


def test_an_event_moved_to_another_tenant_is_missing_here_and_strange_there(
    ledger: Ledger, empty: Ledger, alertveil: Alertveil
) -> None:
    ledger.superuser.run(
        "UPDATE audit_events SET tenant_id = %s WHERE event_id = %s", [empty.tenant_id, ledger.event_id(5)]
    )
    said = alertveil(ledger.house, "audit", "verify", "--json")
    chains = {each["tenant"]: each["fault"] for each in json.loads(said.out)["chains"]}
    assert said.code == 3
    assert (chains[ledger.slug]["kind"], chains[ledger.slug]["row"]) == ("missing", 5)
    assert chains[empty.slug]["kind"] == "outside"


def test_people_read_which_row_is_bad(ledger: Ledger, alertveil: Alertveil) -> None:
    ledger.superuser.run(EVENT.format("actor = 'bob'", 5).replace("%(t)s", f"'{ledger.tenant_id}'"))
    said = alertveil(ledger.house, "audit", "verify", "--tenant", ledger.slug)
    assert said.code == 3
    assert said.out == (
        f"Tenant {ledger.slug}: FAILED, first bad row 5. Row 5 is not as it was written: its MAC does not fit its "
        "event.\n"
    )


def test_checkpoints_without_a_key_to_believe_prove_nothing(
    own_ledger: Ledger, alertveil: Alertveil, verified: Verified
) -> None:
    pinned = own_ledger.runtime.data_dir / "audit-public-key.pem"
    elsewhere = pinned.replace(pinned.with_name("from-the-auditor.pem"))
    code, found = verified(own_ledger)
    assert (code, found["fault"]["kind"]) == (3, "unsigned")
    assert alertveil(own_ledger.house, "audit", "verify", "--public-key", elsewhere).code == 0


def test_a_chain_whose_every_checkpoint_is_gone_is_nothing_yet_while_it_is_young(
    ledger: Ledger, verified: Verified
) -> None:
    for file in ledger.folder.iterdir():
        file.unlink()
    ledger.superuser.run("DELETE FROM audit_checkpoints WHERE tenant_id = %s", [ledger.tenant_id])
    assert verified(ledger)[0] == 0, "a chain as young as this one may have none yet"
