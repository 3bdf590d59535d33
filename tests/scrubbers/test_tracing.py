"""Spans of OpenTelemetry and ddtrace on the real libraries, looked at where they would leave the process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context

from router.privacy.scrubbers import Scrubber
from router.privacy.scrubbers.otel import TokenizingSpanProcessor
from tests.scrubbers.canary import EMAIL, KEY, MRN, NAME, SSN, leaked

SCRUBBER = Scrubber(key=KEY)


def exported(exporter: InMemorySpanExporter) -> tuple[list[ReadableSpan], str]:
    spans = list(exporter.get_finished_spans())
    return spans, "\n".join(span.to_json() for span in spans)


def test_opentelemetry_exports_tokens_and_keeps_structure() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "intake", "process.command_args": ["--mail", EMAIL]}))
    provider.add_span_processor(TokenizingSpanProcessor(SCRUBBER, SimpleSpanProcessor(exporter)))
    tracer = provider.get_tracer("claims", EMAIL)
    sent = SpanContext(
        1, 2, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState([("patient", "zebulon-quackenbush")])
    )
    with tracer.start_as_current_span("outer", set_span_in_context(NonRecordingSpan(sent))) as outer:
        link = Link(outer.get_span_context(), {"patient.name": NAME})
        with (
            contextlib.suppress(ValueError),
            tracer.start_as_current_span(f"GET /patients/{MRN}", links=[link]) as span,
        ):
            span.set_attribute("http.url", f"https://app.example/?email={EMAIL}")
            span.set_attribute("http.request.method", "GET")
            span.set_attribute("http.response.status_code", 503)
            span.set_attribute("patient.mrn", 77341902)
            span.set_attribute("db.statement", f"SELECT * FROM p WHERE name = '{NAME}'")  # noqa: S608 - no query: an attribute
            span.add_event("looked up", {"ssn": SSN})
            raise ValueError(f"no row for {NAME}")
    spans, text = exported(exporter)
    assert not leaked(text)
    assert not leaked(str([span.instrumentation_scope for span in spans]))
    inner, around = spans
    assert inner.parent is not None
    assert inner.parent.span_id == around.get_span_context().span_id  # type: ignore[union-attr]  # recorded spans have one
    assert inner.attributes is not None
    assert inner.attributes["http.request.method"] == "GET"
    assert inner.attributes["http.response.status_code"] == 503
    assert [event.name for event in inner.events] == ["looked up", "exception"]
    failure = inner.events[1].attributes or {}
    assert failure["exception.type"] == "ValueError"
    assert str(failure["exception.message"]).startswith("<TEXT_")
    assert "in test_opentelemetry" in str(failure["exception.stacktrace"])
    assert around.resource.attributes["service.name"] == "intake"


def test_a_span_that_cannot_be_judged_is_not_exported() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    guard = TokenizingSpanProcessor(SCRUBBER, SimpleSpanProcessor(exporter))
    provider.add_span_processor(guard)
    with provider.get_tracer("claims").start_as_current_span("big") as span:
        span.set_attribute("body", f"{NAME} " * 40_000)
    assert exporter.get_finished_spans() == ()
    assert guard.dropped == 1
    assert provider.force_flush()


PROGRAM = f"""
from ddtrace.trace import tracer
from router.privacy.scrubbers import Scrubber
from router.privacy.scrubbers.datadog import TokenizingTraceFilter

guard = TokenizingTraceFilter(Scrubber(key={KEY!r}))
tracer.configure(trace_processors=[guard])
with tracer.trace("web.request", service="intake", resource="GET /patients/{MRN}", span_type="web") as outer:
    outer.set_tag("http.url", "https://app.example/?email={EMAIL}")
    outer.set_tag("http.method", "GET")
    outer.set_metric("patient.mrn", 77341902)
    outer.set_metric("rows", 12)
    outer.context.dd_user_id = "{EMAIL}"  # which the tracer writes in base64, after every filter
    try:
        with tracer.trace("db.query", resource="SELECT * FROM p WHERE name = '{NAME}'"):
            raise ValueError("no row for {NAME}")
    except ValueError as error:
        outer.record_exception(error)
with tracer.trace("plain.work") as other:
    other.set_tag("component", "intake")
    other._add_event("cache.miss", {{"component": "intake"}})
with tracer.trace("too.big") as big:
    big.set_tag("body", "{NAME} " * 1500)
    for number in range(60):
        big.set_tag(f"part{{number}}", "lorem ipsum dolor sit amet " * 170)
tracer.flush()
tracer.shutdown()
print("dropped", guard.dropped)
"""  # noqa: S608 - a program, not a query


class Agent:
    """Datadog's agent as far as a tracer needs it: says what it takes, and takes traces."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        kept = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(b'{"endpoints": ["/v0.4/traces"], "version": "7.60.0", "client_drop_p0s": false}')

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if "traces" in self.path:
                    kept.append(body)
                self.answer(b'{"rate_by_service": {}}')

            def do_POST(self) -> None:
                self.do_PUT()

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[dict[str, Any]]:
        return [span for body in self.bodies for trace in msgspec.msgpack.decode(body) for span in trace]


@pytest.fixture
def agent() -> Iterator[Agent]:
    made = Agent()
    yield made
    made.close()


def test_ddtrace_sends_tokens_to_its_agent(agent: Agent) -> None:
    environment = {
        **os.environ,
        "DD_TRACE_AGENT_URL": agent.url,
        "DD_TRACE_API_VERSION": "v0.4",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_TRACE_STARTUP_LOGS": "false",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert agent.bodies, done.stderr
    assert not leaked(b"".join(agent.bodies))
    assert b64encode(EMAIL.encode()) not in b"".join(agent.bodies)
    spans = {span["name"]: span for span in agent.spans()}
    assert set(spans) == {"web.request", "db.query", "plain.work"}
    outer, inner = spans["web.request"], spans["db.query"]
    assert outer["resource"].startswith("GET /patients/<")
    assert outer["meta"]["http.method"] == "GET"
    assert outer["metrics"]["rows"] == 12
    assert "patient.mrn" not in outer["metrics"]
    assert inner["parent_id"] == outer["span_id"]
    assert inner["meta"]["error.message"].startswith("<TEXT_")
    assert inner["error"] == 1
    assert "plain.work" in spans
    assert done.stdout.strip() == "dropped 1"
