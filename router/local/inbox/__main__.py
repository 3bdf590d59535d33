"""`python -m router.local.inbox --data-dir …`: four receivers and the page, on ports that stay the same."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from router.local import demo, private
from router.local.inbox import draw, send
from router.local.inbox.page import View, page
from router.local.inbox.record import KEPT, Record, names_in
from router.local.private import LocalError
from router.local.vendors.base import Captured, Vendor
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor

PORTS: Mapping[str, int] = {"page": 8090, "slack": 8091, "pagerduty": 8092, "smtp": 8093, "webhook": 8094}
"""Where they listen when nobody else does; another choice is kept in DATA_DIR/inbox.json."""

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
_FILES = {"/inbox.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"}


class Inbox:
    """Receivers, record and page together."""

    def __init__(self, data_dir: Path, host: str, product_url: str, target: str) -> None:
        self.data_dir = data_dir
        self.host = host
        self.product_url = product_url
        self.target = target
        self.record = Record()
        self.sending = threading.Lock()
        self.slack = SlackVendor(host)
        # Slack's ts is a time; with one that starts over, an old incident's update would land on a new message.
        self.slack._stamp = time.time_ns() // 1000  # noqa: SLF001 - ids must not repeat after a restart
        self.vendors: dict[str, Vendor] = {
            "slack": self.slack,
            "pagerduty": PagerDutyVendor(host),
            "smtp": SmtpVendor(host),
            "webhook": WebhookVendor(host),
        }
        self.url = ""

    def start(self) -> ThreadingHTTPServer:
        """Listen on every port and write them down. Raises LocalError when there is no port to be had."""
        kept = private.read_json(self.data_dir / "inbox.json").get("ports")
        wished = {**PORTS, **(kept if isinstance(kept, dict) else {})}
        for name, vendor in self.vendors.items():
            vendor.on_message = partial(self._take, vendor)
            _on_free_port(partial(_listen, vendor), (wished[name], PORTS[name]))
        server: ThreadingHTTPServer = _on_free_port(self._serve, (wished["page"], PORTS["page"]))
        port = server.server_address[1]
        self.url = f"http://{self.host}:{port}"
        ports = {"page": port, **{name: vendor.port for name, vendor in self.vendors.items()}}
        private.write_json(self.data_dir / "inbox.json", {"http_url": self.url, "ports": ports})
        return server

    def stop(self) -> None:
        for vendor in self.vendors.values():
            vendor.stop()

    def view(self, *, live: bool) -> View:
        """What the page shows now."""
        return View(
            cards=self.record.cards(),
            tally=self.record.tally(),
            slack_now=self._slack_now,
            webhook_secret=demo.webhook_secret(self.data_dir),
            product_url=self.product_url,
            live=live,
            sending=self.sending.locked(),
        )

    def send_samples(self) -> bool:
        """Start sending the samples; False when they are on their way already."""
        if not self.sending.acquire(blocking=False):
            return False

        def work() -> None:
            try:
                send.send_all(self.record, self.target, partial(demo.key_of, self.data_dir))
            finally:
                self.sending.release()

        threading.Thread(target=work, name="samples", daemon=True).start()
        return True

    def _take(self, vendor: Vendor, captured: Captured) -> None:
        if vendor is not self.slack:
            self.record.add_got(captured)
        elif "/chat." in captured.target:  # a token check is no message
            self.record.add_got(captured, self._parent_of(captured))
        if vendor.count >= KEPT:
            vendor.clear()  # the record keeps what the page shows
        while len(self.slack.messages) > KEPT:
            self.slack.messages.pop(next(iter(self.slack.messages)), None)

    def _slack_now(self, incident: str) -> Sequence[Mapping[str, Any]]:
        held = sorted(self.slack.messages.items())
        parents = {
            place: message
            for place, message in held
            if not message.get("thread_ts") and incident in names_in(str(message))
        }
        replies = [message for (channel, _), message in held if (channel, message.get("thread_ts")) in parents]
        return [*parents.values(), *replies]

    def _parent_of(self, captured: Captured) -> str:
        """The message that a reply in a Slack thread hangs under, as text."""
        try:
            arguments = captured.json()
            return str(self.slack.messages.get((arguments["channel"], arguments["thread_ts"]), ""))
        except (ValueError, KeyError, TypeError):
            return ""

    def _serve(self, port: int) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer((self.host, port), partial(_Handler, self))
        server.daemon_threads = True
        return server


class _Handler(BaseHTTPRequestHandler):
    """The page and what belongs to it."""

    protocol_version = "HTTP/1.1"
    server_version = "inbox"
    sys_version = ""

    def __init__(self, inbox: Inbox, *rest: Any) -> None:  # noqa: ANN401 - the library's arguments
        self.inbox = inbox
        super().__init__(*rest)

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(30)  # seconds that a silent connection may stay

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not self._is_meant_for_us():
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"Not known under this name.\n")
        elif parts.path == "/":
            live = parse_qs(parts.query).get("live") == ["1"]
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page(self.inbox.view(live=live)).encode())
        elif parts.path == "/healthz":
            self._answer(HTTPStatus.OK, "text/plain", b"ok\n")
        elif parts.path in _FILES:
            content = Path(__file__).with_name(parts.path[1:]).read_bytes()
            self._answer(HTTPStatus.OK, _FILES[parts.path], content)
        else:
            self._mail(parts.path)

    def do_POST(self) -> None:
        own = f"http://{self.headers.get('Host', '')}"
        self.close_connection = True  # whatever body there is stays unread
        if not self._is_meant_for_us() or self.headers.get("Origin") != own:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"Only this page's own button sends the samples.\n")
        elif self.path != "/send":
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.\n")
        else:
            self.inbox.send_samples()
            self._answer(HTTPStatus.SEE_OTHER, "text/plain", b"", location="/?live=1")

    def _mail(self, path: str) -> None:
        number = path.removeprefix("/mail/")
        got = self.inbox.record.got(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None  # noqa: PLR2004
        html = draw.mail_html(got) if got is not None else None
        if html is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.\n")
        else:
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", html.encode(), policy=_MAIL_POLICY)

    def _is_meant_for_us(self) -> bool:
        """A page on the web may point a name of its own at loopback; it then asks under that name."""
        if self.inbox.host != "127.0.0.1":
            return True
        return self.headers.get("Host", "").rpartition(":")[0] in {"127.0.0.1", "localhost"}

    def _answer(
        self, status: HTTPStatus, kind: str, content: bytes, *, policy: str = _POLICY, location: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Referrer-Policy", "same-origin"
        )  # with no-referrer a browser hides the Origin of our own form
        self.send_header("Cache-Control", "no-store")
        if location is not None:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's arguments
        return


def _listen(vendor: Vendor, port: int) -> Vendor:
    vendor.port = port
    return vendor.start()


def _on_free_port(listen: Callable[[int], Any], ports: Sequence[int]) -> Any:  # noqa: ANN401 - what `listen` returns
    """`listen` on the first port of `ports` that is free, or else on any."""
    for port in (*ports, 0):
        try:
            return listen(port)
        except OSError:
            continue
    raise LocalError("The demo inbox finds no port to listen on.")


def _target(environ: Mapping[str, str]) -> str:
    """Where the product listens on this machine."""
    host = environ.get("ALERTVEIL_HTTP_HOST") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    scheme = "https" if environ.get("ALERTVEIL_HTTP_TLS_CERT") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{environ.get('ALERTVEIL_HTTP_PORT') or '8080'}"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM. Returns 0, or 1 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m router.local.inbox")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args(argv)
    target = _target(os.environ)
    product_url = os.environ.get("ALERTVEIL_PUBLIC_URL") or target
    inbox = Inbox(options.data_dir.absolute(), options.host, product_url, target)
    try:
        server = inbox.start()
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1

    def ask_to_stop(_: int, __: FrameType | None) -> None:
        threading.Thread(
            target=server.shutdown, daemon=True
        ).start()  # shutdown waits for serve_forever, which we are in

    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, ask_to_stop)
    server.serve_forever(poll_interval=0.1)
    inbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
