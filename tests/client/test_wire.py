"""The client on the wire: whom it trusts, what it sends again, what it shows of an answer, and what it loads."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from router.client import Client, Refused, Unreachable, Unusable, token_of
from router.client.api import Fact, Preview, Recovery
from router.client.wire import Wire
from tools import build_client

BEGAN = datetime(2026, 11, 3, tzinfo=UTC)
TENANT = {
    "id": "2f9d7b1c-5e3a-4c80-b6d2-91e0f4a8c753",
    "slug": "acme",
    "name": "Acme",
    "privacy": "strict",
    "kill_switch": False,
    "version": 1,
}
TOKEN = "av_k3t9x2ma_" + "s" * 43

Handler = Callable[[http.server.BaseHTTPRequestHandler, int], None]


class Server:
    """Answers the nth request as it is told to, and remembers what was asked."""

    def __init__(self, answer: Handler) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        asked = self.asked

        class Here(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                named = {name.lower(): value for name, value in self.headers.items()}
                asked.append((self.command, self.path, named))
                answer(self, len(asked))

            do_GET = do_POST = do_PUT = take  # noqa: N815 - the names that the library looks for

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Here)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.port = self._server.server_address[1]
        self.socket = self._server.socket
        self._thread.start()

    def secure(self, context: Any) -> None:  # noqa: ANN401 - ssl.SSLContext
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


Serve = Callable[[Handler], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Server] = []

    def start(answer: Handler) -> Server:
        made.append(Server(answer))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def say(to: http.server.BaseHTTPRequestHandler, status: int, body: object, **headers: str) -> None:
    content = json.dumps(body).encode()
    to.send_response(status)
    for name, value in {"content-type": "application/json", **headers}.items():
        to.send_header(name.replace("_", "-"), value)
    to.send_header("content-length", str(len(content)))
    to.end_headers()
    to.wfile.write(content)


def client(server: Server) -> tuple[Client, list[float]]:
    """A client that waits for nobody, and how long it would have."""
    made, waited = Client(f"http://127.0.0.1:{server.port}", TOKEN), list[float]()
    made._wire.wait = waited.append  # noqa: SLF001 - time is what a test gives it
    return made, waited


@pytest.mark.parametrize(
    "url",
    [
        "http://alerts.example",
        "http://10.0.0.1",
        "http://127.0.0.1.nip.example",
        "https://olga:secret@alerts.example",
        "https://alerts.example/?token=secret",
        "ftp://alerts.example",
        "alerts.example",
        "https://[::1",
        "",
    ],
)
def test_a_token_goes_nowhere_in_the_clear_and_into_no_address(url: str) -> None:
    with pytest.raises(Unusable) as refused:
        Wire(url, TOKEN)
    assert "secret" not in str(refused.value)
    assert TOKEN not in repr(refused.value)


def test_no_form_of_a_client_shows_its_token() -> None:
    wire = Wire("https://alerts.example/prefix/", TOKEN)
    assert TOKEN not in repr(wire) + repr(Client("https://alerts.example", TOKEN))


@pytest.mark.parametrize(("mode", "taken"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
def test_a_token_that_others_may_read_is_not_used(tmp_path: Path, mode: int, taken: bool) -> None:  # noqa: FBT001 - a row
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(mode)
    if taken:
        assert token_of(file) == TOKEN
        return
    with pytest.raises(Unusable, match="chmod 600"):
        token_of(file)


def test_a_file_without_a_token_is_told_without_its_contents(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch(0o600)
    file.write_text("hunter2 secret\nwords")
    with pytest.raises(Unusable) as refused:
        Wire("https://alerts.example", token_of(file))
    assert "hunter2" not in str(refused.value)
    with pytest.raises(Unusable, match="cannot be read"):
        token_of(tmp_path / "none")


def test_a_write_is_sent_again_under_the_same_key_and_waits_as_it_was_asked_to(serve: Serve) -> None:
    def answer(to: http.server.BaseHTTPRequestHandler, number: int) -> None:
        if number == 1:
            say(to, 503, {"title": "away"}, retry_after="2")
        elif number == 2:
            to.close_connection = True  # cut off: nobody knows whether it was done
        elif number == 3:
            say(to, 409, {"title": "at it", "type": "urn:alertveil:problem:under-way"})
        else:
            say(to, 200, {"count": 4})

    server = serve(answer)
    asking, waited = client(server)
    with asking:
        assert asking.recover_deliveries(Recovery(since=BEGAN)).count == 4
    keys = {headers["idempotency-key"] for _, _, headers in server.asked}
    assert (len(server.asked), len(keys)) == (4, 1)
    assert waited[0] == 2.0
    assert {headers["authorization"] for _, _, headers in server.asked} == {f"Bearer {TOKEN}"}
    assert not [path for _, path, _ in server.asked if TOKEN in path]


def test_what_could_be_done_twice_is_sent_once(serve: Serve) -> None:
    server = serve(lambda to, _: setattr(to, "close_connection", True))
    asking, _ = client(server)
    with asking, pytest.raises(Unreachable, match="ended before the answer"):
        asking.preview_channel("hook", Preview())  # a POST without a key
    assert len(server.asked) == 1


def test_it_gives_up_in_a_sentence(serve: Serve) -> None:
    server = serve(
        lambda to, _: say(to, 503, {"title": "x", "detail": "The database does not answer.", "request_id": "9f"})
    )
    asking, waited = client(server)
    with asking, pytest.raises(Refused, match=r"The database does not answer\. \(request 9f\)"):
        asking.get_tenant()
    assert (len(server.asked), len(waited)) == (4, 3)
    server.stop()
    gone, _ = client(server)
    with pytest.raises(Unreachable, match="cannot be reached"):
        gone.get_tenant()


def test_a_list_is_read_page_by_page_as_it_is_used(serve: Serve) -> None:
    pages = {"": (["a", "b"], "two"), "two": (["c"], None)}

    def answer(to: http.server.BaseHTTPRequestHandler, _: int) -> None:
        cursor = to.path.rpartition("cursor=")[2] if "cursor=" in to.path else ""
        names, following = pages[cursor]
        say(to, 200, {"items": [{"text": name, "source": ""} for name in names], "next": following})

    server = serve(answer)
    asking, _ = client(server)
    with asking:
        lines = asking._wire.lines("/things", Fact, {}, 2, "")  # noqa: SLF001 - any list is read so
        assert [next(lines).text, next(lines).text, len(server.asked)] == ["a", "b", 1]
        assert [each.text for each in lines] == ["c"]
    assert len(server.asked) == 2


def test_a_query_is_written_as_the_server_reads_it(serve: Serve) -> None:
    server = serve(lambda to, _: say(to, 200, {"items": [], "next": None}))
    asking, _ = client(server)
    with asking:
        assert list(asking.list_audit_events(since=BEGAN, action="a b&c")) == []
        assert list(asking.list_silences(over=False)) == []
    first, second = (path for _, path, _ in server.asked)
    assert first == "/api/v1/audit/events?action=a+b%26c&since=2026-11-03T00%3A00%3A00Z&limit=100"
    assert second == "/api/v1/silences?over=false&limit=100"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (302, {}, "redirects"),
        (404, {"message": "no such page"}, "not Alertveil's API"),
        (200, {"surprise": True}, "this version does not read"),
        (403, {"title": "no", "detail": "These do: operator.", "type": "urn:alertveil:problem:forbidden"}, "operator"),
    ],
)
def test_an_answer_becomes_a_sentence(serve: Serve, status: int, body: object, said: str) -> None:
    server = serve(lambda to, _: say(to, status, body, location="https://elsewhere.example"))
    asking, _ = client(server)
    with asking, pytest.raises((Refused, Unreachable), match=said):
        asking.get_tenant()
    assert len(server.asked) == 1


def test_a_certificate_is_verified_and_an_authority_of_ones_own_is_named(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = serve(lambda to, _: say(to, 200, TENANT))
    server.secure(context)
    stranger = Client(f"https://localhost:{server.port}", TOKEN)
    with pytest.raises(Unreachable, match="SSL_CERT_FILE"):
        stranger.get_tenant()
    assert server.asked == []  # and so nobody saw the token
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with Client(f"https://localhost:{server.port}", TOKEN) as friend:
        assert friend.get_tenant().slug == "acme"


def test_the_client_is_what_the_api_is() -> None:
    assert build_client.main(["--check"]) == 0


def test_a_command_with_a_url_carries_nothing_of_the_product_that_works_here() -> None:
    """What it loads is counted, so that it starts at once: no database, no broker, no flow, no HTTP library."""
    code = (
        "import sys; from router.cli import tree;"
        "status = tree.run(['--url', 'http://127.0.0.1:9', '--token-file', sys.argv[1], 'tenants', 'list']);"
        "print(status, sorted(each for each in sys.modules if each.split('.')[0] in"
        " {'celery', 'kombu', 'sqlalchemy', 'psycopg', 'httpx', 'redis', 'cryptography', 'starlette'}"
        " or each.startswith(('router.flow', 'router.store', 'router.vault', 'router.privacy'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "/nonexistent"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "2 []\n", done
