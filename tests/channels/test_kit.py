"""The way out: side by side, in time, no second copy, and closed to everything that is not vetted."""

from __future__ import annotations

import ast
import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from channels import kit as kit_module
from channels.contract import Reason, Rejected, Retry
from channels.kit import Kit, Response, prepare
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from tests.channels import exam


@pytest.fixture
def vendor() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def kit() -> Iterator[Kit]:
    kit = Kit(exam.LOOPBACK)
    yield kit
    kit.close()


def test_answers_come_in_the_order_of_the_requests(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.faults.extend(Fault(status=200, echo=True, delay=0.001 * (number % 3)) for number in range(40))
    prepared = prepare(vendor.url)
    answers = kit.post_many([(prepared, b"", b"%d" % number) for number in range(40)])
    assert [answer.body for answer in answers if isinstance(answer, Response)] == [b"%d" % n for n in range(40)]


def test_one_batch_may_go_to_several_places(vendor: WebhookVendor, kit: Kit) -> None:
    with WebhookVendor() as other:
        places = [prepare(vendor.url), prepare(other.url), prepare("http://10.0.0.1/")]
        answers = kit.post_many([(places[number % 3], b"", b"x") for number in range(9)])
        assert (vendor.count, other.count) == (3, 3)
    assert answers[2::3] == [Rejected(Reason.EGRESS_DENIED)] * 3


def test_one_that_hangs_holds_up_none_of_the_others(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(hang=True))
    prepared = prepare(vendor.url)
    with exam.within(exam.SHORT):
        answers = kit.post_many([(prepared, b"", b"x")] * 32, exam.SHORT)
    assert answers.count(Retry(Reason.TIMEOUT, maybe_delivered=True)) == 1
    assert sum(isinstance(answer, Response) for answer in answers) == 31


def test_what_could_not_be_sent_in_time_was_not_delivered(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.always = Fault(hang=True)
    with exam.within(exam.SHORT):
        answers = kit.post_many([(prepare(vendor.url), b"", b"x")] * 12, exam.SHORT)
    assert answers.count(Retry(Reason.TIMEOUT, maybe_delivered=True)) == 8
    assert answers.count(Retry(Reason.TIMEOUT)) == 4


def test_no_time_left_sends_nothing(vendor: WebhookVendor, kit: Kit) -> None:
    assert kit.post(prepare(vendor.url), b"x", deadline=0) == Retry(Reason.TIMEOUT)
    assert vendor.connections == 0


def test_threads_share_a_kit(vendor: WebhookVendor, kit: Kit) -> None:
    prepared = prepare(vendor.url)
    failures: list[object] = []

    def work() -> None:
        for _ in range(20):
            answers = kit.post_many([(prepared, b"", b"x")] * 5)
            failures.extend(answer for answer in answers if not isinstance(answer, Response))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert vendor.count == 600
    assert vendor.connections <= 48


def test_connections_have_a_limit_and_idle_ones_make_room(kit: Kit) -> None:
    vendors = [WebhookVendor().start() for _ in range(36)]
    for vendor in vendors:
        answers = kit.post_many([(prepare(vendor.url), b"", b"x")] * 8)
        assert all(isinstance(answer, Response) for answer in answers)
    assert sum(vendor.connections for vendor in vendors) == 288
    assert kit.open_connections <= 256
    for vendor in vendors:
        vendor.stop()


def test_a_large_body_goes_out_and_comes_back_cut_to_the_limit(vendor: WebhookVendor, kit: Kit) -> None:
    body = b"z" * 4_000_000
    vendor.faults.append(Fault(status=200, echo=True))
    answer = kit.post(prepare(vendor.url), body)
    assert isinstance(answer, Response)
    assert answer.truncated
    assert vendor.received[0].body == body


class Early:
    """A server that answers before it has read the request, and closes."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        client, _ = self._socket.accept()
        client.recv(1000)
        client.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        while client.recv(1_000_000):
            pass
        client.close()


class Leaving:
    """A server that closes behind every answer without a word, both in one packet."""

    def __enter__(self) -> str:
        self.requests: list[int] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client:
            if client.recv(10_000):
                self.requests.append(1)
                client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", socket.MSG_MORE)


def test_a_server_that_leaves_behind_its_answer_is_sent_nothing_more(kit: Kit) -> None:
    server = Leaving()
    with server as url:
        answers = kit.post_many([(prepare(url), b"", b"x")] * 30)
        kit.close()
    assert all(isinstance(answer, Response) for answer in answers)
    assert len(server.requests) == 30


def test_an_answer_before_the_end_of_the_request_counts(kit: Kit) -> None:
    with Early() as url:
        answer = kit.post(prepare(url), b"z" * 20_000_000)
    assert kit_module.outcome(answer) == Rejected(Reason.TOO_LARGE, status=413)


def test_a_server_that_closes_after_every_answer_gets_each_request_once(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.always = Fault(close=True)
    answers = kit.post_many([(prepare(vendor.url), b"", b"x")] * 20)
    assert all(isinstance(answer, Response) for answer in answers)
    assert vendor.count == 20


def test_a_name_is_looked_up_once_for_all_connections_of_a_batch(vendor: WebhookVendor) -> None:
    asked: list[str] = []

    def resolver(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    kit = Kit(exam.LOOPBACK, resolver=resolver)
    prepared = prepare(f"http://hooks.example:{vendor.port}/")
    for _ in range(3):
        kit.post_many([(prepared, b"", b"x")] * 8)
    assert asked == ["hooks.example"]
    assert vendor.received[0].headers["host"] == f"hooks.example:{vendor.port}"
    kit.close()


def test_tls_connections_are_kept(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    kit = Kit(exam.LOOPBACK, tmp_path / "ca.pem", lambda _, __: ["127.0.0.1"])
    with WebhookVendor(tls=context, name="hooks.example") as vendor:
        prepared = prepare(vendor.url)
        for _ in range(4):
            vendor.faults.append(Fault(status=200, body=b"y" * 40_000))
            answer = kit.post(prepared, b"x" * 100_000)
            assert isinstance(answer, Response)
            assert len(answer.body) == 40_000
        assert vendor.connections == 1
        vendor.cut_all()
        assert isinstance(kit.post(prepared, b"x"), Response)
        assert vendor.count == 5
        kit.close()


def test_tls_connections_that_got_no_request_are_as_good_as_the_others(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    kit = Kit(exam.LOOPBACK, tmp_path / "ca.pem", lambda _, __: ["127.0.0.1"])
    with WebhookVendor(tls=context, name="hooks.example") as vendor:
        for _ in range(6):
            kit.post_many([(prepare(vendor.url), b"", b"x")] * 8)
        assert vendor.count == 48
        assert vendor.connections <= 8
        kit.close()


def test_a_file_of_authorities_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        Kit(ca_file=tmp_path / "ca.pem")
    with pytest.raises(FileNotFoundError):
        Kit(ca_file=tmp_path / "missing.pem")


def test_session_keys_are_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert Kit().context().keylog_filename is None
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("value", "after"),
    [("120", 120.0), ("Mon, 05 Jan 2026 10:02:00 GMT", 120.0), ("9" * 40, float("inf")), ("", None), ("1.5", None)],
)
def test_retry_after_in_both_forms(value: str, after: float | None) -> None:
    assert kit_module.parse_retry_after(value, exam.NOW) == after


def test_a_date_in_the_past_asks_for_no_wait() -> None:
    assert kit_module.parse_retry_after("Mon, 05 Jan 2026 10:02:00 GMT", exam.NOW + dt.timedelta(days=1)) == 0.0


def test_httpx_leaves_through_the_kit(vendor: WebhookVendor, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    vendor.faults.append(Fault(status=200, echo=True))
    with kit.client() as client:
        answer = client.post(f"{vendor.url}/x?y=1", json={"a": 1}, headers={"X-Own": "yes"})
    assert answer.json() == {"a": 1}
    [captured] = vendor.received
    assert (captured.target, captured.headers["x-own"]) == ("/x?y=1", "yes")


@pytest.mark.parametrize(
    ("url", "fault", "error"),
    [
        ("http://10.0.0.1/", Fault(), httpx.ConnectError),
        ("{}/", Fault(drop="before"), httpx.ReadError),
        ("{}/", Fault(raw=b"rubbish\r\n\r\n"), httpx.RemoteProtocolError),
        ("{}/", Fault(hang=True), httpx.ReadTimeout),
        ("{}/", Fault(status=200, body=b"x" * 100_000), httpx.ReadError),
        ("{}/#part", Fault(status=200), None),
    ],
)
def test_httpx_callers_get_httpx_errors_without_the_request(
    vendor: WebhookVendor, kit: Kit, url: str, fault: Fault, error: type[Exception] | None
) -> None:
    vendor.faults.append(fault)
    with kit.client(deadline=exam.SHORT) as client:
        if error is None:
            assert client.get(url.format(vendor.url)).status_code == 200
            return
        with pytest.raises(error) as raised:
            client.post(url.format(vendor.url), content=exam.PATIENT[0])
    assert exam.PATIENT[0] not in str(raised.value)


def test_httpx_does_not_follow_redirects_either(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(status=302, location="http://169.254.169.254/"))
    with kit.client() as client:
        assert client.get(vendor.url).status_code == 302


def test_ipv6_loopback_works_when_it_is_allowed() -> None:
    kit = Kit((ipaddress.ip_network("::1/128"),))
    with WebhookVendor(host="::1", name="[::1]") as vendor:
        assert isinstance(kit.post(prepare(vendor.url), b"x"), Response)
        assert vendor.received[0].headers["host"] == f"[::1]:{vendor.port}"
    kit.close()


def test_loading_the_channels_loads_neither_httpx_nor_slack_sdk() -> None:
    code = "import sys, channels.registry; print([m for m in ('httpx', 'slack_sdk', 'asyncio') if m in sys.modules])"
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.strip() == "[]"


def test_only_the_wires_open_sockets_and_nobody_goes_round_them() -> None:
    """No module of the channels but `wires` makes a connection; smtplib and slack-sdk get theirs from it."""
    for path in (Path(__file__).parents[2] / "channels").glob("*.py"):
        imported = {
            name.name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import)
            for name in node.names
        } | {
            (node.module or "").partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & {"requests", "urllib3", "aiohttp", "http", "httpcore"}, path.name
        if path.name != "wires.py":
            assert "socket" not in imported, path.name
