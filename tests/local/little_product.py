"""A stand-in for the whole product: takes /ingest, puts tokens for the samples' PHI, sends through the real channels.

It lets the inbox be tested on real wire formats without a database behind it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID, uuid5

import msgspec

from channels.contract import Message, SafeText, Sender
from channels.kit import Kit
from channels.registry import CHANNELS
from router.core.incident import short_id
from router.local import demo
from router.local.samples import samples

_SPACE = UUID("6f1d1f0e-3b0a-4b7e-9a52-8a7f5d6c1b00")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def token(value: str) -> str:
    digest = hashlib.sha256(value.encode()).digest()
    return "<PERSON_" + "".join(_ALPHABET[byte % 32] for byte in digest[:10]) + ">"


class LittleProduct:
    """Listens on loopback; `leak` sends the samples' PHI as it came."""

    def __init__(self, data_dir: Path, *, leak: bool = False) -> None:
        self.data_dir = data_dir
        self.leak = leak
        self.seen: dict[str, dict[str, str]] = {}  # incident id -> what each channel remembers of it
        self.senders: dict[str, Sender] = {}
        self.kit: Kit | None = None
        self.values = sorted({value for one in samples(datetime.now(UTC)) for value in one.phi}, key=len, reverse=True)
        product = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                source = self.path.rpartition("/")[2]
                good = self.headers["Authorization"] == f"Bearer {demo.key_of(product.data_dir, source)}"
                answer = json.dumps(product.take(source, body.decode()) if good else {}).encode()
                self.send_response(202 if good else 401)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def connect(self, ports: Mapping[str, int]) -> None:
        """Open the real channels to the inbox's receivers."""
        kit = self.kit = Kit([ip_network("127.0.0.0/8")])
        configs = {
            "slack": {"channel": "C0DEMO00001", "base_url": f"http://127.0.0.1:{ports['slack']}/api/"},
            "pagerduty": {"events_url": f"http://127.0.0.1:{ports['pagerduty']}"},
            "email": {
                "to": ["oncall@meridian.example"],
                "from": "alertveil@meridian.example",
                "smtp": {"host": "127.0.0.1", "port": ports["smtp"], "tls": "none"},
            },
            "webhook": {"url": f"http://127.0.0.1:{ports['webhook']}/alerts"},
        }
        secrets = {
            "slack": {"token": demo.slack_token(self.data_dir)},
            "pagerduty": {"routing_key": demo.routing_key(self.data_dir)},
            "email": {},
            "webhook": {"secret": demo.webhook_secret(self.data_dir)},
        }
        for kind, config in configs.items():
            spec = CHANNELS[kind]
            self.senders[kind] = spec.open(msgspec.convert(config, spec.config), secrets[kind], kit)

    def take(self, source: str, body: str) -> dict[str, object]:
        clean = body
        for value in [] if self.leak else self.values:
            clean = clean.replace(value, token(value))
        found = json.loads(clean)
        if source == "prod-alertmanager":
            alert = found["alerts"][0]
            title = f"{alert['labels']['alertname']}: {alert['annotations']['summary']}"
            description, severity = alert["annotations"]["description"], alert["labels"]["severity"]
        elif source == "sentry":
            event = found["data"]["event"]
            title, description, severity = event["title"], json.dumps(event["request"]), event["level"]
        elif source == "events":
            title, severity = found["payload"]["summary"], found["payload"]["severity"]
            description = json.dumps(found["payload"]["custom_details"])
        else:
            title, description, severity = found["title"], found["message"], found["severity"]
        incident = uuid5(_SPACE, title)
        resolved = '"status": "resolved"' in body
        threading.Thread(target=self.send, args=(incident, title, description, severity, source, resolved)).start()
        return {"accepted": 1, "alerts": [{"id": str(incident), "incident_id": str(incident), "duplicate": False}]}

    def send(
        self,
        incident: UUID,
        title: str,
        description: str,
        severity: str,
        source: str,
        resolved: bool,  # noqa: FBT001 - as the product passes it
    ) -> None:
        now = datetime.now(UTC)
        message = msgspec.convert(
            {
                "kind": "resolve" if resolved else "trigger",
                "key": f"{incident.hex}-{int(resolved)}",
                "incident_id": str(incident),
                "short_id": short_id(incident),
                "revision": 1 + resolved,
                "status": "resolved" if resolved else "open",
                "severity": severity,
                "summary": SafeText(title[:200]),
                "title": SafeText(title),
                "description": SafeText(description),
                "reason": SafeText("resolved by its source" if resolved else "first alert"),
                "source": source,
                "tenant": "demo",
                "fields": [("service", "claims-api"), ("environment", "prod")],
                "url": f"http://127.0.0.1:{self.port}/incidents/{incident}",
                "count": 1 + resolved,
                "first_seen": now,
                "last_seen": now,
            },
            Message,
        )
        for kind, sender in self.senders.items():
            refs = self.seen.setdefault(f"{incident}/{kind}", {})
            outcome = sender.send([msgspec.structs.replace(message, refs=dict(refs))])[0]
            refs.update(getattr(outcome, "refs", {}))

    def stop(self) -> None:
        if self.kit is not None:
            self.kit.close()
        for sender in self.senders.values():
            getattr(sender, "close", lambda: None)()
        self.server.shutdown()
        self.server.server_close()
