r"""CloudWatch alarms as Amazon SNS delivers them: in SNS's envelope, raw, or as EventBridge tells them.

Shapes: awsdocs, SNS developer guide ("Parsing Amazon SNS message formats", "Verifying the signatures of Amazon SNS
messages") and CloudWatch user guide ("Alarm events and EventBridge"). SNS says text/plain of its JSON, cannot send a
header of ours, and tells each change of state once; so a source of these waits for the alarm's own OK. A change to
INSUFFICIENT_DATA is no news of either kind.

Whom to believe is decided outside of here (`router.flow.sns`); the facts it needs, what is signed and where Amazon's
certificates may lie, are these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from channels.contract import Severity
from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, Malformed, RawAlert, Setting, Signal, WrongShape

_NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
_ENDED: Final = "UnsubscribeConfirmation"

_SIGNALS: Final[Mapping[str, Signal | None]] = {"ALARM": "firing", "OK": "resolved", "INSUFFICIENT_DATA": None}
_SIGNED_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

TOPIC: Final = re.compile(
    r"arn:(aws(?:-cn|-us-gov)?):sns:([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d):\d{12}:[A-Za-z0-9_.-]{1,261}"
)
_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")

_ALARM: Final = frozenset(
    [
        "AlarmName",
        "AlarmDescription",
        "AWSAccountId",
        "NewStateValue",
        "NewStateReason",
        "StateChangeTime",
        "Region",
        "AlarmArn",
        "OKActions",
        "AlarmActions",
        "InsufficientDataActions",
        "AlarmConfigurationUpdatedTimestamp",
        "Trigger",
    ]
)
_TRIGGER: Final = (
    "MetricName",
    "Namespace",
    "StatisticType",
    "Statistic",
    "Unit",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "ComparisonOperator",
    "Threshold",
    "TreatMissingData",
    "Metrics",
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What SNS wraps around a message: the fields that it signs, and where its certificate lies. Not verified."""

    kind: str
    topic: str
    fields: Mapping[str, str]
    version: str
    signature: str
    certificate: str

    def __repr__(self) -> str:
        return "<Message>"


def message(body: bytes) -> Message | None:
    """The SNS message in `body`; None when SNS delivered it raw.

    Raises:
        Malformed: not strict JSON.
        WrongShape: no object, or an SNS message that lacks a part.
    """
    value = read(body)
    if type(value) is not dict:
        raise WrongShape("the body: expected an object")
    kind = value.get("Type")
    if type(kind) is not str or kind not in {_NOTIFICATION, CONFIRMATION, _ENDED}:
        return None
    given = {name: fields.text(each) for name, each in value.items()}
    return Message(
        kind,
        given.get("TopicArn", ""),
        {name: given[name] for name in {*_SIGNED_NOTIFICATION, *_SIGNED_CONFIRMATION} if given.get(name)},
        given.get("SignatureVersion", ""),
        given.get("Signature", ""),
        given.get("SigningCertURL", "") or given.get("SigningCertUrl", ""),
    )


def signed_text(found: Message) -> bytes:
    """What SNS signs of a message: names and values of its fields in byte order, each on a line of its own."""
    names = _SIGNED_NOTIFICATION if found.kind == _NOTIFICATION else _SIGNED_CONFIRMATION
    return "".join(f"{name}\n{found.fields[name]}\n" for name in names if name in found.fields).encode()


def certificate_place(found: Message, topic: str) -> str | None:
    """Where the certificate lies, if Amazon's SNS in the region of `topic` holds it there; else None."""
    parts = _at_amazon(found.certificate, topic)
    return found.certificate if parts and _CERTIFICATE.fullmatch(parts[0]) and not parts[1] else None


def confirmation_place(found: Message, topic: str) -> str | None:
    """Where a subscription to `topic` is confirmed, if Amazon's SNS in its region does that there; else None."""
    url = found.fields.get("SubscribeURL", "")
    parts = _at_amazon(url, topic)
    if parts is None or parts[0] not in {"", "/"}:
        return None
    asked = parse_qs(parts[1])
    token = found.fields.get("Token", "")
    wanted = {"Action": ["ConfirmSubscription"], "TopicArn": [topic], "Token": [token]}
    return url if token and asked == wanted else None


def _at_amazon(url: str, topic: str) -> tuple[str, str] | None:
    """(path, query) of an address of SNS in the region of `topic`; None for any other host, scheme or port."""
    known = TOPIC.fullmatch(topic)
    if known is None:
        return None
    end = "amazonaws.com.cn" if known[1] == "aws-cn" else "amazonaws.com"
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = f"sns.{known[2]}.{end}"
    return (parts.path, parts.query) if (parts.scheme, parts.netloc) == ("https", host) and not parts.fragment else None


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """The alert of an alarm; none of INSUFFICIENT_DATA and of the end of a subscription.

    Any other message of the topic (a budget, a pipeline) is a firing alert with its text.

    Raises:
        Malformed: not strict JSON.
        WrongShape: neither SNS nor an alarm, or SNS asking for a confirmation that the source is not set up for.
    """
    found = message(body)
    if found is None:
        value = read(body)
        return _event(value) if "detail" in value else _alarm(value, "")
    if found.kind == _ENDED:
        return []
    if found.kind == CONFIRMATION:
        raise WrongShape(
            "Type: SNS asks to confirm a subscription, and this source names no topic; set its `topic_arn`, apply, and"
            " request the confirmation again"
        )
    text, subject = found.fields.get("Message", ""), found.fields.get("Subject", "")
    inner: Json = None
    if text.lstrip().startswith("{"):
        try:
            inner = read(text.encode())
        except Malformed:
            inner = None  # text that only begins like JSON
    if type(inner) is dict and "AlarmName" in inner and "NewStateValue" in inner:
        return _alarm(inner, subject)
    if type(inner) is dict and "detail" in inner and "detail-type" in inner:
        return _event(inner)
    return [_other(found, inner, text, subject)]


def _alarm(alarm: dict[str, Json], subject: str) -> list[RawAlert]:
    name, state = fields.text(alarm.get("AlarmName")), alarm.get("NewStateValue")
    if not name:
        raise WrongShape("AlarmName: expected text")
    signal = _signal(state, "NewStateValue")
    if signal is None:
        return []
    changed = _time(alarm.get("StateChangeTime"))
    account, region = fields.text(alarm.get("AWSAccountId")), fields.text(alarm.get("Region"))
    arn = fields.text(alarm.get("AlarmArn"))
    labels = {"alertname": name}
    labels.update((label, value) for label, value in (("account", account), ("region", region)) if value)
    details: dict[str, Json] = {"state": state}
    trigger = alarm.get("Trigger")
    if type(trigger) is dict:
        for label, key in (("namespace", "Namespace"), ("metric", "MetricName")):
            if value := fields.text(trigger.get(key)):
                labels[label] = value
        _dimensions(trigger.get("Dimensions"), labels)
        if kept := {key: trigger[key] for key in _TRIGGER if trigger.get(key) not in (None, "", [])}:
            details["trigger"] = kept
    if subject:
        details["subject"] = subject
    if reason := fields.text(alarm.get("NewStateReason")):
        details["reason"] = reason
    details.update((key, value) for key, value in alarm.items() if key not in _ALARM and value not in (None, "", []))
    return [
        RawAlert(
            signal=signal,
            dedup_key=arn or f"{account}/{region}/{name}",
            episode=changed.isoformat() if changed else "",
            severity=_severity(name),
            title=name,
            description=fields.text(alarm.get("AlarmDescription")),
            labels=labels,
            details=details,
            links=_links(arn),
            starts_at=changed if signal == "firing" else None,
            ends_at=changed if signal == "resolved" else None,
        )
    ]


def _event(event: dict[str, Json]) -> list[RawAlert]:
    """EventBridge's `CloudWatch Alarm State Change`; any other event of it is a firing alert with its details."""
    detail = event.get("detail")
    if type(detail) is not dict:
        raise WrongShape("detail: expected an object")
    kind = fields.text(event.get("detail-type"))
    at = _time(event.get("time"))
    labels = {"account": fields.text(event.get("account")), "region": fields.text(event.get("region"))}
    labels = {name: value for name, value in labels.items() if value}
    arns = event.get("resources")
    arn = fields.text(arns[0]) if type(arns) is list and arns else ""
    name = fields.text(detail.get("alarmName"))
    state = detail.get("state")
    if not name or type(state) is not dict:
        return [
            RawAlert(
                signal="firing",
                dedup_key=arn and f"{kind} {arn}",
                episode=fields.text(event.get("id")),
                severity=fields.UNSTATED,
                title=kind or "An event of EventBridge",
                description="",
                labels=labels,
                details=detail,
                starts_at=at,
            )
        ]
    signal = _signal(state.get("value"), "detail.state.value")
    if signal is None:
        return []
    changed = _time(state.get("timestamp")) or at
    configuration = detail.get("configuration")
    details: dict[str, Json] = {"state": state.get("value")}
    if reason := fields.text(state.get("reason")):
        details["reason"] = reason
    description = ""
    if type(configuration) is dict:
        description = fields.text(configuration.get("description"))
        if metrics := configuration.get("metrics"):
            details["trigger"] = {"Metrics": metrics}
    return [
        RawAlert(
            signal=signal,
            dedup_key=arn or f"{labels.get('account', '')}/{labels.get('region', '')}/{name}",
            episode=changed.isoformat() if changed else "",
            severity=_severity(name),
            title=name,
            description=description,
            labels={"alertname": name, **labels},
            details=details,
            links=_links(arn),
            starts_at=changed if signal == "firing" else None,
            ends_at=changed if signal == "resolved" else None,
        )
    ]


def _other(found: Message, inner: Json, text: str, subject: str) -> RawAlert:
    labels = {"topic": found.topic.rpartition(":")[2]} if found.topic else {}
    return RawAlert(
        signal="firing",
        dedup_key="",
        episode=found.fields.get("MessageId", ""),
        severity=fields.UNSTATED,
        title=subject or text.strip().partition("\n")[0] or "A message without text",
        description="" if type(inner) is dict else text,
        labels=labels,
        details=inner if type(inner) is dict else {},
        starts_at=fields.time(found.fields.get("Timestamp")),
    )


def _links(arn: str) -> tuple[tuple[str, str], ...]:
    """The alarm in the console of its region, by its ARN."""
    known = _ALARM_ARN.fullmatch(arn)
    if known is None:
        return ()
    console, region = _CONSOLES[known[1]], known[2]
    url = f"https://{region}.{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(known[3], safe='')}"
    return (("CloudWatch", url),) if fields.is_link(url) else ()


_ALARM_ARN: Final = re.compile(r"arn:(aws|aws-cn|aws-us-gov):cloudwatch:([a-z0-9-]{4,32}):\d{12}:alarm:(.{1,255})")
_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def _signal(state: Json, where: str) -> Signal | None:
    if type(state) is not str or state not in _SIGNALS:
        raise WrongShape(f"{where}: expected one of {', '.join(_SIGNALS)}")
    return _SIGNALS[state]


def _severity(name: str) -> Severity:
    """An alarm has no severity; many names say one as a word of theirs (`portal-5xx-critical`, `[P2] queue`)."""
    words = (word for word in _BETWEEN.split(name.lower()) if word in _SEVERITY_WORDS)
    return fields.severity(next(words, None))


_BETWEEN: Final = re.compile(r"[^a-z0-9]+")
_SEVERITY_WORDS: Final = frozenset(
    ["critical", "crit", "fatal", "emergency", "error", "warning", "warn", "info"]
    + [f"{prefix}{level}" for prefix in ("p", "sev") for level in range(1, 6)]
)
"""`high` and `low` are left out: they say which way a metric went."""


def _dimensions(given: Json, labels: dict[str, str]) -> None:
    """Each dimension as a label, unless its name is taken."""
    for each in given if type(given) is list else ():
        if type(each) is not dict:
            continue
        name = fields.text(each.get("name") or each.get("Name"))
        value = fields.text(each.get("value") or each.get("Value"))
        if value and _NAME.fullmatch(name):
            labels.setdefault(name, value)


def _time(value: Json) -> datetime | None:
    return fields.time(value) if type(value) is str else None


FORMAT: Final = Format(
    name="cloudwatch",
    title="CloudWatch through Amazon SNS",
    parse=parse,
    # The alarm's name and its namespace are chosen by people who configure; its description, the reason (which quotes
    # data points) and every other dimension are free text.
    roles={
        **fields.NAME_ROLES,
        "labels.account": "id",
        "labels.namespace": "name",
        "labels.metric": "name",
        "labels.topic": "name",
        "labels.InstanceId": "id",
        "labels.AutoScalingGroupName": "name",
        "labels.ClusterName": "name",
        "labels.DBInstanceIdentifier": "name",
        "labels.DBClusterIdentifier": "name",
        "labels.FunctionName": "name",
        "labels.LoadBalancer": "name",
        "labels.QueueName": "name",
        "labels.ServiceName": "name",
        "labels.TargetGroup": "name",
        "labels.ApiName": "name",
        "labels.Stage": "name",
        "details.state": "enum",
        "details.OldStateValue": "enum",
        "details.trigger.MetricName": "name",
        "details.trigger.Namespace": "name",
        "details.trigger.StatisticType": "enum",
        "details.trigger.Statistic": "enum",
        "details.trigger.Unit": "enum",
        "details.trigger.Period": "number",
        "details.trigger.EvaluationPeriods": "number",
        "details.trigger.DatapointsToAlarm": "number",
        "details.trigger.Threshold": "number",
        "details.trigger.ComparisonOperator": "code",
        "details.trigger.TreatMissingData": "name",
        "links.*.text": "name",
        "links.*.url": "url",
    },
    explicit_resolve=True,
    repeats_every=None,
    types=frozenset({"text/plain"}),
    settings={
        "topic_arn": Setting(TOPIC, "the ARN of an SNS topic, like arn:aws:sns:us-east-1:111122223333:alarms"),
    },
    vouched=True,
)
