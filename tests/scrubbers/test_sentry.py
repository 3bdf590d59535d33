"""The Sentry hooks in the real SDK, which sends its envelopes to a server of this test."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration

from router.privacy.scrubbers import Scrubber, harmless, sentry
from router.privacy.tokens import is_token
from router.web.unpack import unpack
from tests.scrubbers.canary import ADDRESS, BEARER, COOKIE, EMAIL, KEY, MRN, NAME, PHONE, SSN, leaked

SCRUBBER = Scrubber(key=KEY)


class Envelopes:
    """A server that takes envelopes and keeps their bytes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        kept = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append(unpack(body, self.headers["Content-Encoding"], 1_000_000))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def text(self) -> str:
        return b"\n".join(self.bodies).decode()

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of one kind of item."""
        found = []
        for body in self.bodies:
            lines = body.split(b"\n")
            found += [
                json.loads(payload)
                for header, payload in zip(lines[1::2], lines[2::2], strict=False)
                if header and json.loads(header).get("type") == kind
            ]
        return found


@pytest.fixture
def server() -> Iterator[Envelopes]:
    made = Envelopes()
    yield made
    made.close()


@pytest.fixture
def sdk(server: Envelopes) -> Iterator[Envelopes]:
    sentry_sdk.init(
        dsn=server.dsn,
        traces_sample_rate=1.0,
        default_integrations=False,
        integrations=[LoggingIntegration()],
        **sentry.options(SCRUBBER),
    )
    yield server
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().clear()
    sentry_sdk.get_isolation_scope().clear()
    sentry_sdk.init(default_integrations=False)


def test_every_part_of_an_error_event_arrives_with_tokens(sdk: Envelopes) -> None:
    request = {
        "url": f"https://app.example/patients/{MRN}?email={EMAIL}",
        "method": "POST",
        "query_string": f"ssn={SSN}&page=2",
        "headers": {"Authorization": f"Bearer {BEARER}", "X-Patient": NAME, "Host": "app.example"},
        "cookies": {"session": COOKIE},
        "data": json.dumps({"patient": {"name": NAME, "phone": PHONE}}),
        "env": {"REMOTE_ADDR": ADDRESS},
    }

    def add_request(event: Any, hint: Any) -> Any:  # noqa: ANN401 - the SDK's types
        del hint
        event["request"] = request
        return event

    scope = sentry_sdk.get_isolation_scope()
    scope.add_event_processor(add_request)
    scope.set_user({"id": MRN, "email": EMAIL, "username": "zquackenbush", "ip_address": ADDRESS})
    scope.set_tag("mrn", MRN)
    scope.set_extra("row", {"name": NAME, "ssn": SSN})
    scope.set_context("chart", {"patient_name": NAME})
    scope.add_attachment(bytes=NAME.encode(), filename="chart.txt")
    sentry_sdk.add_breadcrumb(category="http", message=f"GET /patients/{MRN}", data={"email": EMAIL})
    logging.getLogger("claims").info("mailing %s", EMAIL)

    def lookup(patient: str) -> None:
        raise LookupError(f"no chart of {patient}: {SSN}")

    try:
        lookup(NAME)
    except LookupError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.flush(2)
    assert not leaked(sdk.text)
    for secret in (BEARER, COOKIE, ADDRESS):
        assert secret not in sdk.text
    (event,) = sdk.items("event")
    (value,) = event["exception"]["values"]
    assert value["type"] == "LookupError"
    assert value["value"].startswith("<TEXT_")
    frame = value["stacktrace"]["frames"][-1]
    assert frame["function"] == "lookup"
    assert frame["filename"].endswith("test_sentry.py")
    assert isinstance(frame["lineno"], int)
    assert is_token(event["tags"]["mrn"])
    assert event["breadcrumbs"]["values"][0]["category"] == "http"
    assert event["level"] == "error"


def test_transactions_and_spans_arrive_with_tokens(sdk: Envelopes) -> None:
    with (
        sentry_sdk.start_transaction(op="http.server", name=f"/patients/{MRN}") as transaction,
        sentry_sdk.start_span(op="db", name=f"SELECT * FROM p WHERE email = '{EMAIL}'") as span,  # noqa: S608 - no query: a span's name
    ):
        span.set_data("patient_name", NAME)
        transaction.set_tag("phone", PHONE)
    sentry_sdk.flush(2)
    assert not leaked(sdk.text)
    (event,) = sdk.items("transaction")
    assert len(event["spans"]) == 1
    assert event["spans"][0]["op"] == "db"
    assert len(event["contexts"]["trace"]["trace_id"]) == 32


def test_a_declared_class_keeps_its_message(sdk: Envelopes) -> None:
    @harmless
    class OverdrawnError(Exception):
        pass

    sentry_sdk.capture_exception(OverdrawnError("the zonked budget is spent"))
    sentry_sdk.capture_message(f"mail to {EMAIL} bounced")
    sentry_sdk.flush(2)
    assert not leaked(sdk.text)
    first, second = sdk.items("event")
    assert first["exception"]["values"][0]["value"] == "the zonked budget is spent"
    assert second["message"].startswith("mail to <EMAIL_")


def test_in_doubt_nothing_is_sent(sdk: Envelopes) -> None:
    sentry_sdk.capture_event({"message": "x", "extra": {"deep": nested(NAME, 120)}})
    sentry_sdk.capture_event({"message": f"{NAME} " + "lorem ipsum " * 60_000})
    sentry_sdk.flush(2)
    assert not leaked(sdk.text)


def test_a_hook_that_cannot_judge_returns_nothing_and_counts() -> None:
    hooks = sentry.Hooks(SCRUBBER)
    assert hooks.before_send({"message": f"{NAME} " * 40_000}, {}) is None
    assert hooks.before_breadcrumb(object(), {}) is None
    assert hooks.before_send_log({"body": f"for {NAME}"}, {}) is not None
    assert not leaked(str(hooks.before_send_metric({"name": "m", "attributes": {"mrn": MRN}}, {})))
    assert hooks.dropped == 2


def nested(value: str, depth: int) -> Any:  # noqa: ANN401 - JSON
    found: Any = value
    for _ in range(depth):
        found = [found]
    return found
