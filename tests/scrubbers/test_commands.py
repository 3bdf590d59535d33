"""`scrub`, `errors` and the statement about a tenant's rules, as people and scripts meet them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from router.cli import scrub as command
from router.core.audit import Event
from router.core.reveal import Proof
from router.flow import errors as flow
from router.flow import scrub_check
from router.flow.reveal import NoReason, Refused
from router.flow.tryout import LONGEST, SampleRefused, try_sample
from router.privacy.rules import compile_rules
from router.privacy.scrub import WINDOW, TooLarge, scrub_text, scrub_whole
from router.privacy.scrubbers import log_error
from router.privacy.tokens import ThrowawayMint, find_tokens
from router.runtime import Runtime
from tests.cli.conftest import (
    Alertveil,
    alertveil,
    clinic,
    edge,
    hook,
    runtime,
    superuser,
)
from tests.flow.builder import Superuser, Tenant
from tests.scrubbers.canary import EMAIL, MRN, NAME, SSN, leaked

__all__ = ["alertveil", "clinic", "edge", "hook", "runtime", "superuser"]

STRICT = compile_rules("strict")


def typed(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """What stands on standard input."""
    raw = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_files_are_read_one_after_the_other_with_one_set_of_tokens(alertveil: Alertveil, tmp_path: Path) -> None:
    one, two, out = tmp_path / "one.log", tmp_path / "two.log", tmp_path / "out.log"
    one.write_text(f"intake of {MRN}\n")
    two.write_text(f"again {MRN}\nfor {NAME}\n", encoding="utf-16")
    answer = alertveil("scrub", one, two, "-o", out, "--json").json
    assert answer == {"id": str(out), "lines": 3, "text": None}
    assert not leaked(out.read_bytes())
    first, second, _ = out.read_text().splitlines()
    assert find_tokens(first) == find_tokens(second)
    assert alertveil("scrub", one, "-o", out).code == 2, "what is there is not overwritten"
    assert alertveil("scrub", tmp_path / "none").code == 2


def test_a_whole_json_file_is_one_document_and_one_scope(alertveil: Alertveil, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"patient": {"family": "Quackenbush"}, "note": "quackenbush called"}, indent=2))
    said = alertveil("scrub", "--whole", file)
    assert not leaked(said.out)
    assert json.loads(said.out)["note"].endswith("called")


def test_a_whole_text_is_cut_between_lines_and_nothing_is_lost() -> None:
    text = "".join(f"worker {number} failed for {MRN}\n" for number in range(3 * WINDOW // 30))
    target = io.BytesIO()
    assert scrub_whole(io.BytesIO(text.encode()), target, STRICT, ThrowawayMint()) > 2
    assert not leaked(target.getvalue())
    assert target.getvalue().count(b"\n") == text.count("\n")


def test_a_file_too_large_to_be_read_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.privacy.scrub.MAX_WHOLE", 10)
    with pytest.raises(TooLarge, match="line by line"):
        scrub_whole(io.BytesIO(b"x" * 11), io.BytesIO(), STRICT, ThrowawayMint())


def test_every_line_of_a_private_key_becomes_a_token() -> None:
    body = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "aGVsbG8gd29ybGQgdGhpcyBpcyBub3Qg", "YSBrZXk="]
    text = "\n".join(["ok", "-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----", "all is well", ""])
    target = io.BytesIO()
    scrub_text(io.BytesIO(text.encode()), target, compile_rules("detect"), ThrowawayMint())
    out = target.getvalue().decode()
    assert not [line for line in body if line in out]
    assert out.endswith("all is well\n")


class Stream(io.RawIOBase):
    """A long input that is nowhere as a whole, and remembers the largest piece that was asked for."""

    def __init__(self, lines: int) -> None:
        self.left = lines
        self.asked = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.asked = max(self.asked, size or -1)
        self.left -= 1
        return f"worker {self.left} failed for MRN-{self.left:08d}\n".encode() if self.left >= 0 else b""


class Sink(io.RawIOBase):
    """Counts what is written and keeps nothing."""

    def __init__(self) -> None:
        self.bytes = self.largest = 0

    def write(self, piece: object, /) -> int:
        size = len(bytes(piece))  # type: ignore[call-overload]  # bytes-like
        self.bytes += size
        self.largest = max(self.largest, size)
        return int(size)


def test_a_stream_is_read_and_written_line_by_line_and_the_mint_forgets() -> None:
    source, sink, mint = Stream(3_000), Sink(), ThrowawayMint(limit=100)
    told: list[int] = []
    scrub_text(source, sink, STRICT, mint, told.append)  # type: ignore[arg-type]  # as much of a stream as is used
    assert sink.largest < 200
    assert len(mint._made) == 100  # noqa: SLF001 - what it remembers is the point
    assert told == [1000, 2000, 3000]


def test_progress_is_told_on_a_terminal_only(
    alertveil: Alertveil, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "long.log"
    file.write_text("ok\n" * 2_000)
    assert alertveil("scrub", file).err == ""
    command._told(2_000)  # noqa: SLF001 - what a terminal is shown
    assert capsys.readouterr().err == "\r2,000 lines"


@pytest.mark.usefixtures("clinic")
def test_the_tenants_rules_are_stated_and_the_statement_is_checked_offline(
    alertveil: Alertveil, runtime: Runtime, tmp_path: Path, superuser: Superuser
) -> None:
    file = tmp_path / "statement.json"
    said = alertveil("scrub", "--verify", "--tenant", "clinic", "-o", file)
    assert (said.code, said.err) == (0, "")
    assert "nothing came out readable" in said.out
    stated = alertveil("scrub", "--check", file, "--json").json
    assert stated["ok"]
    assert stated["statement"]["tenant"] == "clinic"
    assert stated["statement"]["samples"] == len(scrub_check.VALUES) * len(scrub_check.CARRIERS) * scrub_check.ROUNDS
    pinned = next(runtime.data_dir.glob("*.pem"))
    assert alertveil("scrub", "--check", file, "--public-key", pinned).code == 0
    assert len(superuser.rows("SELECT 1 AS n FROM audit_events WHERE action = 'scrub.verify'")) == 1
    changed = tmp_path / "changed.json"
    changed.write_text(file.read_text().replace("clinic", "clinik"))
    assert alertveil("scrub", "--check", changed).code == 3
    changed.write_text("{}")
    assert alertveil("scrub", "--check", changed).code == 3
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(STRANGER)
    assert alertveil("scrub", "--check", file, "--public-key", stranger).code == 3


STRANGER = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def test_what_comes_out_is_stated_and_fails_the_command(alertveil: Alertveil, clinic: Tenant, runtime: Runtime) -> None:
    with runtime.database.tenant(clinic.tenant_id) as session:
        session.run("""UPDATE tenants SET fields = '{"patient_ip": "safe"}', config_version = config_version + 1""")
    said = alertveil("scrub", "--verify", "--json")
    assert said.code in {0, 3}
    statement = json.loads(json.loads(said.out)["statement"])
    assert bool(statement["came_out"]) == (said.code == 3)


def test_the_check_sees_a_value_that_came_out() -> None:
    assert scrub_check.readable("MBR123", {"a": "for mbr123"})
    assert scrub_check.readable("Zebulon Quackenbush", {"a": "quackenbush"})
    assert scrub_check.readable("a b@c", {"a": "a%20b%40c"})
    assert not scrub_check.readable("MBR123", {"a": "<MEMBER_ID_7K2M4QXW9R>"})


def test_a_pasted_sample_is_shown_with_the_rule_behind_every_token_and_nothing_is_kept(
    clinic: Tenant, runtime: Runtime, superuser: Superuser
) -> None:
    def rows() -> dict[str, int]:
        return {
            f"{schema}.{name}": superuser.one(f"SELECT count(*) AS n FROM {schema}.{name}").n  # noqa: S608 - names of our tables
            for schema, name in superuser.tables()
        }

    before = rows()
    tried = try_sample(runtime, clinic.tenant_id, json.dumps({"mrn": MRN, "text": f"mail to {EMAIL} bounced"}))
    assert tried.is_json
    assert not leaked(tried.text + str(tried.behind))
    assert {each.kind: each.rule for each in tried.behind} == {"MRN": "key", "EMAIL": "shape"}
    assert all(each.token in tried.text and each.why for each in tried.behind)
    assert try_sample(runtime, clinic.tenant_id, f"patient {NAME}").text.startswith("patient <PERSON_")
    assert rows() == before
    for sample in ("", "x" * (LONGEST + 1)):
        with pytest.raises(SampleRefused):
            try_sample(runtime, clinic.tenant_id, sample)


HOST = Proof("host", "host:tester", host_allowed=True)
ERROR = f"ValueError: no row for {NAME}, {MRN}, mail {EMAIL}"


@pytest.fixture
def anna(alertveil: Alertveil, clinic: Tenant) -> str:
    for email, role in (("anna@clinic.test", "responder"), ("vic@clinic.test", "viewer")):
        assert alertveil("users", "add", "--tenant", clinic.slug, "--email", email, "--role", role).code == 0
    return "anna@clinic.test"


def test_an_error_is_kept_sealed_and_opened_for_a_person_with_a_reason(
    clinic: Tenant, runtime: Runtime, superuser: Superuser, anna: str
) -> None:
    kept = flow.keep_error(runtime, clinic.tenant_id, ERROR, kind="ValueError", actor="host:tester")
    tables = [f"{schema}.{name}" for schema, name in superuser.tables()]
    everything = str([superuser.rows(f"SELECT * FROM {table}") for table in tables])  # noqa: S608 - our tables
    assert not leaked(everything)
    again = flow.keep_error(runtime, clinic.tenant_id, "another", error_id=kept.error_id, actor="host:tester")
    assert not again.new
    shown = flow.open_error(
        runtime, clinic.tenant_id, kept.error_id, email=anna, reason=f"triage: case of {NAME}", proof=HOST
    )
    assert shown.text == ERROR
    assert not leaked(repr(shown))
    row = superuser.one("SELECT decision, reason FROM audit_events WHERE action = 'error.open'")
    assert row.decision == "allowed"
    assert not leaked(str(row.reason))
    disclosed = superuser.rows("SELECT token, actor FROM disclosures WHERE grant_id = %s", [shown.grant_id])
    assert {each.token.split("_")[0] for each in disclosed} >= {"<PERSON", "<MRN", "<EMAIL"}


def test_refusals_are_recorded_and_nothing_opens(
    clinic: Tenant, runtime: Runtime, superuser: Superuser, anna: str
) -> None:
    kept = flow.keep_error(runtime, clinic.tenant_id, ERROR, actor="host:tester")

    def opened(**more: object) -> flow.OpenedError:
        asked = {"email": anna, "reason": "triage: which", "proof": HOST} | more
        return flow.open_error(runtime, clinic.tenant_id, kept.error_id, **asked)  # type: ignore[arg-type]  # as given

    with pytest.raises(Refused):
        opened(email="vic@clinic.test")
    with pytest.raises(Refused):
        opened(proof=Proof("host", "host:tester"))
    with pytest.raises(NoReason):
        opened(reason=" ")
    with pytest.raises(Refused, match="no such error"):
        flow.open_error(runtime, clinic.tenant_id, uuid4(), email=anna, reason="triage: x", proof=HOST)
    denied = superuser.rows("SELECT 1 AS n FROM audit_events WHERE action = 'error.open' AND decision = 'denied'")
    assert len(denied) == 3
    with runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows("SELECT * FROM vault.fetch_error(%s, %s)", (uuid4(), anna)) == []
    assert Event("error.open", anna, "error:x").decision == "allowed"


def test_a_log_line_carries_the_id_of_an_error_that_is_kept(
    clinic: Tenant, runtime: Runtime, anna: str, caplog: pytest.LogCaptureFixture
) -> None:
    import logging  # noqa: PLC0415 - for this story only

    try:
        raise KeyError(SSN)  # noqa: TRY301 - a traceback is wanted
    except KeyError as error:
        error_id = log_error(
            logging.getLogger("claims"), error, keep=flow.keeper(runtime, clinic.tenant_id, "service:claims")
        )
    assert not leaked(caplog.text)
    (listed,) = flow.newest(runtime, clinic.tenant_id, 10)
    assert (str(listed.error_id), listed.kind) == (error_id, "KeyError")
    shown = flow.open_error(runtime, clinic.tenant_id, listed.error_id, email=anna, reason="triage: x", proof=HOST)
    assert SSN in shown.text


def test_the_command_keeps_lists_and_opens(alertveil: Alertveil, anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, ERROR)
    error_id = alertveil("errors", "keep", "--class", "ValueError", "--json").json["id"]
    assert alertveil("errors", "list", "--json").json[0]["error_id"] == error_id
    assert not leaked(alertveil("errors", "list").out)
    assert alertveil("errors", "open", error_id, "--reason", "triage: x").code == 2
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "on")
    shown = alertveil("errors", "open", error_id, "--reason", "triage: x", "--as", anna, "--json").json
    assert shown["text"] == ERROR
    assert alertveil("errors", "open", "nonsense", "--reason", "x", "--as", anna).code == 2
