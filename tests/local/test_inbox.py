"""The inbox shows what came in beside what each channel got, and nothing that it shows can run or be mistaken."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import html5lib  # type: ignore[import-untyped]  # no stubs
import pytest
from playwright.sync_api import ConsoleMessage

from router.local import demo, private
from router.local.inbox.__main__ import Inbox
from router.local.inbox.record import VENDORS, names_in
from router.local.samples import Sample, samples
from tests.local.little_product import LittleProduct
from tests.local.up import eventually
from tests.web.browsing import chromium

HTML = "{http://www.w3.org/1999/xhtml}"


class Desk:
    """An inbox that serves, and a product that sends to it."""

    def __init__(self, data_dir: Path, *, leak: bool = False) -> None:
        self.product = LittleProduct(data_dir, leak=leak)
        target = f"http://127.0.0.1:{self.product.port}"
        self.inbox = Inbox(data_dir, "127.0.0.1", target, target)
        self.server = self.inbox.start()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.product.connect({name: vendor.port for name, vendor in self.inbox.vendors.items()})

    def send(self) -> None:
        """Press the button and wait until everything has arrived."""
        assert self.ask("POST", "/send", {"Origin": self.inbox.url}).status == 303
        assert eventually(lambda: not self.inbox.sending.locked())
        incidents = [card.incident for card in self.inbox.record.cards()]
        assert self.inbox.record.wait_for(incidents, 10)
        (resolved,) = (card.incident for card in self.inbox.record.cards() if len(card.sent) == 2)
        assert eventually(lambda: all(len(got) >= 2 for got in self.card(resolved).values()))

    def card(self, incident: str) -> dict[str, tuple[object, ...]]:
        return {
            vendor: got
            for card in self.inbox.record.cards()
            if card.incident == incident
            for vendor, got in card.got.items()
        }

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> HTTPResponse:
        parts = urlsplit(self.inbox.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()  # type: ignore[attr-defined]  # kept beside the response
        connection.close()
        return response

    def page(self) -> str:
        return str(self.ask("GET", "/").text)  # type: ignore[attr-defined]  # from above

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.inbox.stop()
        self.product.stop()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that the samples went over once."""
    opened = Desk(tmp_path_factory.mktemp("desk"))
    opened.send()
    yield opened
    opened.stop()


def classes(page: str, name: str) -> list[str]:
    """The text of every element of a class; the document has to be valid HTML."""
    document = html5lib.HTMLParser(strict=True).parse(page)
    return ["".join(one.itertext()) for one in document.iter() if name in (one.get("class") or "").split()]


def test_every_alert_has_a_card_with_its_body_and_all_four_channels(filled: Desk) -> None:
    page = filled.page()
    cards = filled.inbox.record.cards()
    assert len(cards) == 6
    assert all(set(card.got) == set(VENDORS) for card in cards)
    assert all(one.status == 202 for card in cards for one in card.sent)
    document = html5lib.HTMLParser(strict=True).parse(page)
    assert len(list(document.iter(HTML + "article"))) == 6
    marked = {"".join(one.itertext()) for one in document.iter(HTML + "mark")}
    assert marked >= {value for card in cards for one in card.sent for value in one.phi}


def test_what_left_holds_tokens_and_none_of_what_came_in(filled: Desk) -> None:
    out = classes(filled.page(), "out")
    assert len(out) == 6
    assert not [
        value
        for card in filled.inbox.record.cards()
        for one in card.sent
        for value in one.phi
        for text in out
        if value in text
    ]
    tokens = classes(filled.page(), "token")
    assert len(tokens) > 50
    assert all(kind.isupper() and len(code) == 10 for kind, code in (token.split() for token in tokens))
    tally = filled.inbox.record.tally()
    assert tally.leaked == ()
    assert (tally.requests, tally.values) == (7, len({value for one in samples_now() for value in one.phi}))
    assert classes(filled.page(), "good")[0] == "of them in any message0"


def test_a_leak_is_counted_and_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path, leak=True)
    desk.send()
    assert "Marisol Vantongeren" in desk.inbox.record.tally().leaked
    assert "Marisol Vantongeren" in classes(desk.page(), "bad")[0]
    desk.stop()


def test_a_resolve_changes_slack_in_place_and_ends_the_pagerduty_alert(filled: Desk) -> None:
    (card,) = (card for card in filled.inbox.record.cards() if len(card.sent) == 2)
    page = filled.page()
    article = next(
        "".join(one.itertext())
        for one in html5lib.HTMLParser(strict=True).parse(page).iter(HTML + "article")
        if one.get("aria-labelledby") == card.incident
    )
    assert "Resolved: ClaimStuckInEligibility" in article
    assert "Triggered" in article.partition("PagerDuty")[2].partition("→")[0]
    assert "Resolved" in article.partition("→")[2]
    held = [message for message in filled.inbox.slack.messages.values() if card.incident in names_in(str(message))]
    assert sum("thread_ts" not in message for message in held) == 1


def test_a_signature_is_checked_and_a_forged_one_is_said_to_be(filled: Desk, desk: Desk) -> None:
    assert "signature verified" in filled.page()
    assert "signature does not hold" not in filled.page()
    connection = HTTPConnection("127.0.0.1", desk.inbox.vendors["webhook"].port, timeout=5)
    headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    connection.request("POST", "/alerts", b'{"type":"test"}', headers)
    assert connection.getresponse().status == 204
    connection.close()
    assert "signature does not hold" in desk.page()


def test_markup_in_a_message_is_text(desk: Desk) -> None:
    attack = '<script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1)'
    ports = {name: vendor.port for name, vendor in desk.inbox.vendors.items()}
    payload = {"summary": attack, "source": attack, "severity": "error", "custom_details": {attack: attack}}
    event = {"routing_key": "k", "event_action": "trigger", "dedup_key": attack, "payload": payload}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": attack}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f'*{attack}* <https://x.example/"onclick=|{attack}> `{attack}`'},
        },
        {"type": attack},
    ]
    requests: tuple[tuple[str, str, object, dict[str, str]], ...] = (
        ("pagerduty", "/v2/enqueue", event, {}),
        ("webhook", "/alerts", {"data": {"status": attack, "title": attack}}, {"webhook-id": attack.replace("\n", "")}),
        (
            "slack",
            "/api/chat.postMessage",
            {"channel": "C1", "text": attack, "blocks": blocks},
            {"Authorization": "Bearer xoxb-1"},
        ),
    )
    for vendor, path, body, headers in requests:
        connection = HTTPConnection("127.0.0.1", ports[vendor], timeout=5)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
        assert connection.getresponse().status < 300
        connection.close()
    with smtplib.SMTP("127.0.0.1", ports["smtp"], timeout=5) as relay:
        relay.sendmail("a@b.example", ["c@d.example"], f"Subject: {attack}\r\nContent-Type: text/html\r\n\r\n{attack}")
    page = desk.page()
    document = html5lib.HTMLParser(strict=True).parse(page)
    assert not list(document.iter(HTML + "script"))
    assert [image.get("src") for image in document.iter(HTML + "img")] == ["/icon.svg"]
    assert not [one for one in document.iter() for name in dict(one.items()) if str(name).startswith("on")]
    frame = next(document.iter(HTML + "iframe"))
    assert frame.get("sandbox") == ""
    mail = desk.ask("GET", str(frame.get("src")))
    assert "sandbox" in str(mail.getheader("Content-Security-Policy"))
    assert "script-src" not in str(mail.getheader("Content-Security-Policy"))


def test_only_the_pages_own_button_sends_and_only_under_its_own_name(desk: Desk) -> None:
    assert desk.ask("POST", "/send").status == 403
    assert desk.ask("POST", "/send", {"Origin": "https://elsewhere.example"}).status == 403
    assert desk.ask("GET", "/", {"Host": "rebound.example:80"}).status == 421
    assert desk.ask("GET", "/mail/1").status == 404
    assert desk.ask("GET", "/../record.py").status == 404
    assert desk.inbox.record.tally().requests == 0


def test_an_empty_inbox_says_what_to_do(desk: Desk) -> None:
    (said,) = classes(desk.page(), "nothing")
    assert "Send the samples again" in said


def test_the_process_keeps_its_ports_over_restarts_and_moves_when_one_is_taken(tmp_path: Path) -> None:
    def once() -> dict[str, int]:
        kept = private.read_json(tmp_path / "inbox.json")
        private.write_json(tmp_path / "inbox.json", {"ports": kept.get("ports")})  # so that its own writing shows
        command = [sys.executable, "-m", "router.local.inbox", "--data-dir", str(tmp_path)]
        with subprocess.Popen(command) as process:
            assert eventually(lambda: "http_url" in private.read_json(tmp_path / "inbox.json"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        found: dict[str, int] = private.read_json(tmp_path / "inbox.json")["ports"]  # type: ignore[assignment]  # our own file
        return found

    first = once()
    assert once() == first
    with socket.create_server(("127.0.0.1", first["slack"])):
        assert once()["slack"] != first["slack"]


def test_the_demo_is_applied_once_for_each_database_and_the_samples_are_asked_for_once(
    desk: Desk, tmp_path: Path
) -> None:
    log = tmp_path / "applied.txt"
    apply = [sys.executable, "-c", f"import sys; open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')"]
    demo.fill(tmp_path, apply)
    demo.fill(tmp_path, apply)
    assert log.read_text() == f"-f {tmp_path}/demo/config.yaml\n"
    assert eventually(lambda: desk.inbox.record.tally().requests == len(samples_now()))
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").touch()
    assert eventually(lambda: not desk.inbox.sending.locked())
    demo.fill(tmp_path, apply)
    assert log.read_text().count("\n") == 2
    assert eventually(lambda: desk.inbox.record.tally().requests == 2 * len(samples_now()))


def samples_now() -> list[Sample]:
    return samples(datetime.now(UTC))


def _note(said: list[str], message: ConsoleMessage) -> None:
    said.append(message.text)


@pytest.mark.system_part("chromium")
def test_it_fits_a_phone_and_breaks_no_policy(filled: Desk, system_part: Callable[[str], Path]) -> None:
    with chromium(system_part("chromium")) as browser:
        for width, scheme in ((320, "light"), (1440, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
            said: list[str] = []
            page.on("console", partial(_note, said))
            page.goto(filled.inbox.url)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("article").count() == 6
            assert said == []
            page.close()
