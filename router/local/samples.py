"""What the demo's sources send: alerts as healthtech teams really get them, with made-up patients in them.

Every person, number and address here is invented: `.example` domains, 555-01 telephone numbers, social security numbers
from the range that was never issued. `phi` lists the values that must not come out at the other end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

JSON = "application/json"


class Sample(NamedTuple):
    """One request of a source to POST /ingest/demo/<source>."""

    source: str
    title: str  # what a person would call it
    body: str
    phi: tuple[str, ...]  # values in `body`, as they stand there, that no channel may show
    after_delivery: bool = False  # wait until what was sent before has arrived, as time passes in real life


def samples(now: datetime) -> list[Sample]:
    """The demo's alerts as if they happened at `now` (aware), oldest first."""
    return [make(now.astimezone(UTC)) for make in _MAKERS]


def _claims(now: datetime, *, ended: bool) -> str:
    alert = {
        "status": "resolved" if ended else "firing",
        "labels": {
            "alertname": "ClaimStuckInEligibility",
            "environment": "prod",
            "instance": "claims-worker-3:9102",
            "service": "claims-api",
            "severity": "critical",
        },
        "annotations": {
            "summary": "Eligibility check for Marisol Vantongeren has been stuck for 12 minutes",
            "description": (
                "837P claim of member MBR-44719921, born 03/17/1984, waits for the payer. Callback asked at "
                "(212) 555-0147 or marisol.vantongeren@patients.example. Retries: 14."
            ),
            "runbook_url": "https://runbooks.meridian.example/claims/stuck-eligibility",
        },
        "startsAt": _iso(now - timedelta(minutes=12)),
        "endsAt": _iso(now) if ended else "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.meridian.example/graph?g0.expr=claims_stuck_seconds",
        "fingerprint": "c1f0a9d4e87b3325",
    }
    group = {
        "receiver": "alertveil",
        "status": alert["status"],
        "alerts": [alert],
        "groupLabels": {"alertname": "ClaimStuckInEligibility"},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "https://alertmanager.meridian.example",
        "version": "4",
        "groupKey": '{}:{alertname="ClaimStuckInEligibility"}',
        "truncatedAlerts": 0,
    }
    return json.dumps(group, indent=2)


_CLAIMS_PHI = (
    "Marisol Vantongeren",
    "MBR-44719921",
    "03/17/1984",
    "(212) 555-0147",
    "marisol.vantongeren@patients.example",
)


def _alertmanager(now: datetime) -> Sample:
    return Sample("prod-alertmanager", "Alertmanager: a claim is stuck", _claims(now, ended=False), _CLAIMS_PHI)


def _alertmanager_resolved(now: datetime) -> Sample:
    body = _claims(now, ended=True)
    return Sample("prod-alertmanager", "Alertmanager: the claim moved on", body, _CLAIMS_PHI, after_delivery=True)


def _sentry(now: datetime) -> Sample:
    event = {
        "event_id": "5d3b9e1a0c7f4e6b8a2d1c0f9e8d7c6b",
        "issue_id": "7781",
        "level": "error",
        "platform": "python",
        "environment": "prod",
        "title": "ValueError: 1971-02-30 is no date of birth for Tobias Halverson",
        "culprit": "intake.views.create_chart",
        "datetime": _iso(now),
        "web_url": "https://sentry.meridian.example/issues/7781/events/5d3b9e1a/",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": "1971-02-30 is no date of birth for Tobias Halverson",
                    "stacktrace": {
                        "frames": [
                            {
                                "filename": "intake/views.py",
                                "function": "create_chart",
                                "lineno": 214,
                                "in_app": True,
                                "vars": {"mrn": "MRN00482913", "form": {"allergies": "penicillin", "sex": "F"}},
                            }
                        ]
                    },
                }
            ]
        },
        "request": {
            "method": "POST",
            "url": "https://portal.meridian.example/charts?mrn=MRN00482913",
            "cookies": "sessionid=k3v9q2m8x7c1z5b4",
        },
        "user": {"email": "t.halverson@mail.example", "ip_address": "203.0.113.77"},
    }
    body = json.dumps({"action": "triggered", "data": {"triggered_rule": "API errors", "event": event}}, indent=2)
    phi = (
        "1971-02-30",
        "Tobias Halverson",
        "MRN00482913",
        "penicillin",
        "sessionid=k3v9q2m8x7c1z5b4",
        "t.halverson@mail.example",
        "203.0.113.77",
    )
    return Sample("sentry", "Sentry: an exception that quotes the form", body, phi)


def _slow_query(now: datetime) -> Sample:
    statement = (
        "duration: 8241.730 ms  execute fetch_patient: SELECT * FROM patients WHERE last_name = $1 AND ssn = $2 AND "
        "dob = $3\nparameters: $1 = 'Okonkwo-Reyes', $2 = '987-65-4329', $3 = '1959-11-02'"
    )
    body = {
        "title": "Slow query on patients",
        "message": statement,
        "severity": "warning",
        "dedup_key": "slow-query/patients",
        "started_at": _iso(now),
        "labels": {"service": "chart-db", "environment": "prod"},
    }
    return Sample(
        "app",
        "PostgreSQL: a slow query with its parameters",
        json.dumps(body, indent=2),
        ("Okonkwo-Reyes", "987-65-4329", "1959-11-02"),
    )


def _hl7(now: datetime) -> Sample:
    stamp = now.strftime("%Y%m%d%H%M%S")
    message = "\r".join(
        (
            rf"MSH|^~\&|REGISTRATION|MERIDIAN|LABFEED|MERIDIAN|{stamp}||ADT^A04|MSG00042|P|2.5.1",
            "PID|1||MRN77345518^^^MERIDIAN^MR||LINDQVIST^ASTRID^K||19720915|F|||48 JUNIPER LANE^^DULUTH^MN^55802",
            "NK1|1|LINDQVIST^TORSTEN|SPO||2185550162",
            "DG1|1||E11.9^Type 2 diabetes mellitus without complications^I10",
        )
    )
    body = {
        "title": "HL7 message rejected by the lab feed",
        "message": "Acknowledgement AE, required segment PV1 is missing:\n" + message,
        "severity": "error",
        "dedup_key": "hl7/labfeed/rejected",
        "started_at": _iso(now),
        "labels": {"service": "hl7-router", "environment": "prod"},
    }
    return Sample(
        "app",
        "HL7 router: the whole message in the alert",
        json.dumps(body, indent=2),
        (
            "MRN77345518",
            "LINDQVIST",
            "ASTRID",
            "TORSTEN",
            "19720915",
            "48 JUNIPER LANE",
            "DULUTH",
            "55802",
            "2185550162",
            "Type 2 diabetes mellitus",
        ),
    )


def _application(now: datetime) -> Sample:
    user = {
        "id": 884213,
        "name": "Priya Ramanathan-Cole",
        "email": "priya.rc@mail.example",
        "phone": "+1 617 555 0188",
        "insurance": {"member_id": "MBR-90127745", "plan": "Silver PPO"},
    }
    body = {
        "title": "Refill request failed three times",
        "message": "PaymentDeclined while handling request.user=" + json.dumps(user),
        "severity": "error",
        "dedup_key": "refill/payment-declined",
        "started_at": _iso(now),
        "labels": {"service": "pharmacy-api", "environment": "prod"},
        "details": {"card": "4111 1111 1111 1111", "authorization": "Bearer sk_live_8fQ2mZ0xW7cV3bN6"},
    }
    return Sample(
        "app",
        "Application log: the whole user object",
        json.dumps(body, indent=2),
        (
            "Priya Ramanathan-Cole",
            "priya.rc@mail.example",
            "+1 617 555 0188",
            "MBR-90127745",
            "4111 1111 1111 1111",
            "sk_live_8fQ2mZ0xW7cV3bN6",
        ),
    )


def _events(now: datetime) -> Sample:
    body = {
        "event_action": "trigger",
        "dedup_key": "portal/login/42",
        "payload": {
            "summary": "Many failed log-ins of d.abernathy@mail.example from 198.51.100.23",
            "source": "portal-web-1",
            "severity": "warning",
            "timestamp": _iso(now),
            "component": "auth",
            "custom_details": {"patient": "Dashiell Abernathy", "mrn": "MRN00913377", "failures": 27},
        },
        "client": "portal",
    }
    return Sample(
        "events",
        "PagerDuty event: log-in failures",
        json.dumps(body, indent=2),
        ("d.abernathy@mail.example", "198.51.100.23", "Dashiell Abernathy", "MRN00913377"),
    )


_MAKERS: tuple[Callable[[datetime], Sample], ...] = (
    _events,
    _application,
    _hl7,
    _slow_query,
    _sentry,
    _alertmanager,
    _alertmanager_resolved,
)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
