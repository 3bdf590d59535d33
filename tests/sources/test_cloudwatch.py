"""CloudWatch through SNS: enveloped, raw and by EventBridge; what SNS signs, and where Amazon is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given

from router.sources import cloudwatch
from router.sources.contract import WrongShape
from tests.sources.canary import LEVELS, NAME, SAID, edge, leaks, one, parse, rubbish, taken_or_refused

TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"
ALARM: dict[str, Any] = {
    "AlarmName": "portal-5xx-critical",
    "AlarmDescription": SAID,
    "AWSAccountId": "111122223333",
    "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
    "NewStateValue": "ALARM",
    "OldStateValue": "OK",
    "NewStateReason": "Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (5.0).",
    "StateChangeTime": "2026-01-05T10:00:00.000+0000",
    "Region": "US East (N. Virginia)",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:portal-5xx-critical",
    "OKActions": [],
    "AlarmActions": [TOPIC],
    "Trigger": {
        "MetricName": "HTTPCode_ELB_5XX",
        "Namespace": "AWS/ApplicationELB",
        "Statistic": "SUM",
        "Dimensions": [
            {"name": "LoadBalancer", "value": "app/portal/50dc6c495c0c9188"},
            {"name": "Patient", "value": NAME},
        ],
        "Period": 60,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
    },
}
OK = {**ALARM, "NewStateValue": "OK", "OldStateValue": "ALARM", "StateChangeTime": "2026-01-05T10:07:00.000+0000"}
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "111122223333",
    "time": "2026-01-05T10:00:00Z",
    "region": "us-east-1",
    "resources": [ALARM["AlarmArn"]],
    "detail": {
        "alarmName": "portal-5xx-critical",
        "state": {"value": "ALARM", "reason": SAID, "timestamp": "2026-01-05T10:00:00.000+0000"},
        "previousState": {"value": "OK"},
        "configuration": {"description": SAID, "metrics": [{"id": "m1"}]},
    },
}


def sns(message: object, **more: str) -> dict[str, Any]:
    """A notification of SNS with this message."""
    return {
        "Type": "Notification",
        "MessageId": "6c1a7a3e-0000-5000-8000-000000000001",
        "TopicArn": TOPIC,
        "Subject": f'ALARM: "portal-5xx" for {NAME}',
        "Message": message if isinstance(message, str) else orjson.dumps(message).decode(),
        "Timestamp": "2026-01-05T10:00:01.000Z",
        "SignatureVersion": "2",
        "Signature": "BASE64",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-abc.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        **more,
    }


@pytest.mark.parametrize("deliver", [sns, dict], ids=["enveloped", "raw"])
def test_an_alarm_fires_and_its_ok_resolves_it(deliver: Any) -> None:  # noqa: ANN401 - a function
    fired, ended = one("cloudwatch", deliver(ALARM)), one("cloudwatch", deliver(OK))
    assert (fired.signal, ended.signal, fired.severity) == ("firing", "resolved", "critical")
    assert fired.dedup_key == ended.dedup_key == ALARM["AlarmArn"]
    assert fired.episode != ended.episode
    assert fired.labels["alertname"] == fired.title == "portal-5xx-critical"
    assert (fired.labels["metric"], fired.labels["LoadBalancer"]) == ("HTTPCode_ELB_5XX", "app/portal/50dc6c495c0c9188")
    assert fired.links[0][1].endswith("#alarmsV2:alarm/portal-5xx-critical")


def test_eventbridge_tells_the_same_alarm() -> None:
    assert one("cloudwatch", EVENT).dedup_key == one("cloudwatch", ALARM).dedup_key
    assert one("cloudwatch", sns(EVENT)).title == "portal-5xx-critical"


def test_a_message_sent_again_is_the_same_alert() -> None:
    again = sns(ALARM, Timestamp="2026-01-05T10:04:00.000Z", Signature="OTHER")
    assert one("cloudwatch", sns(ALARM)) == one("cloudwatch", again)


def test_missing_data_is_no_news() -> None:
    state = {**EVENT["detail"], "state": {"value": "INSUFFICIENT_DATA"}}
    assert parse("cloudwatch", sns({**ALARM, "NewStateValue": "INSUFFICIENT_DATA"})) == []
    assert parse("cloudwatch", {**EVENT, "detail": state}) == []


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("cpu high", "error"),
        ("[P2] queue", "error"),
        ("disk-warning", "warning"),
        ("x.INFO", "info"),
        ("p1", "critical"),
    ],
)
def test_a_severity_is_only_in_a_name(name: str, severity: str) -> None:
    assert one("cloudwatch", {**ALARM, "AlarmName": name}).severity == severity


def test_other_messages_of_a_topic_are_alerts_too() -> None:
    text = one("cloudwatch", sns("Your budget has exceeded", Subject="AWS Budgets"))
    assert (text.signal, text.title, text.description) == ("firing", "AWS Budgets", "Your budget has exceeded")
    assert one("cloudwatch", sns({"pipeline": "deploy"}, Subject="")).details == {"pipeline": "deploy"}
    assert one("cloudwatch", sns("{not JSON", Subject="")).title == "{not JSON"


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept(level: Any) -> None:  # noqa: ANN401 - a level
    alerts = [alert for body in (sns(ALARM), OK, EVENT, sns(SAID)) for alert in edge("cloudwatch", body, level)]
    assert not leaks(alerts)
    assert alerts[0]["labels"]["alertname"] == "portal-5xx-critical"
    assert alerts[0]["details"]["trigger"]["Threshold"] == 5.0
    assert not [each for each in alerts if "Signature" in each["details"]]


def test_a_subscription_is_not_confirmed_by_reading_it() -> None:
    asked = sns("confirm", Type="SubscriptionConfirmation", Token="t" * 64, SubscribeURL="https://sns/")
    with pytest.raises(WrongShape, match="topic_arn"):
        parse("cloudwatch", asked)
    assert parse("cloudwatch", {**asked, "Type": "UnsubscribeConfirmation"}) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "the body"),
        ({"AlarmName": NAME, "NewStateValue": NAME}, "NewStateValue: expected one of"),
        ({"NewStateValue": "OK"}, "AlarmName: expected"),
        ({"detail": NAME}, "detail: expected"),
        ({NAME: 1}, "AlarmName: expected"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse("cloudwatch", body)
    assert not leaks(str(caught.value))


def message(**more: str) -> cloudwatch.Message:
    """A message as `router.flow.sns` looks at it."""
    found = cloudwatch.message(orjson.dumps(sns("m", Subject="s", **more)))
    assert found is not None
    return found


def test_what_is_signed_is_what_amazon_says_it_is() -> None:
    head = "Message\nm\nMessageId\n6c1a7a3e-0000-5000-8000-000000000001\n"
    tail = f"Timestamp\n2026-01-05T10:00:01.000Z\nTopicArn\n{TOPIC}\nType\nNotification\n"
    assert cloudwatch.signed_text(message()).decode() == head + "Subject\ns\n" + tail
    asked = message(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://x/")
    assert cloudwatch.signed_text(asked).decode() == (
        head
        + "SubscribeURL\nhttps://x/\n"
        + tail.replace("TopicArn", "Token\nt\nTopicArn").replace("Notification", "SubscriptionConfirmation")
    )


PEM = "/SimpleNotificationService-abc.pem"


@pytest.mark.parametrize(
    ("url", "good"),
    [
        (f"https://sns.us-east-1.amazonaws.com{PEM}", True),
        (f"http://sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.eu-west-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com.evil.test{PEM}", False),
        (f"https://evil.test/sns.us-east-1.amazonaws.com{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com@evil.test{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com:8443{PEM}", False),
        (f"https://sns.us-east-1.amazonaws.com{PEM}#x", False),
        (f"https://sns.us-east-1.amazonaws.com{PEM}?x=1", False),
        ("https://sns.us-east-1.amazonaws.com/other.pem", False),
        ("https://bucket.s3.amazonaws.com/SimpleNotificationService-abc.pem", False),
        ("https://[", False),
    ],
)
def test_a_certificate_lies_at_amazon_in_the_topics_region_or_nowhere(url: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    assert cloudwatch.certificate_place(message(SigningCertURL=url), TOPIC) == (url if good else None)


GOOD = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=tok"


@pytest.mark.parametrize(
    ("url", "good"),
    [
        (GOOD, True),
        (GOOD.replace("https", "http"), False),
        (GOOD.replace("us-east-1.amazonaws.com", "us-east-1.amazonaws.com.evil.test"), False),
        (GOOD.replace("ConfirmSubscription", "DeleteTopic"), False),
        (GOOD.replace("alarms", "others"), False),
        (GOOD.replace("=tok", "=another"), False),
        (GOOD + "&Action=DeleteTopic", False),
        (GOOD.replace("/?", "/elsewhere?"), False),
        ("https://169.254.169.254/latest/meta-data/", False),
    ],
)
def test_a_subscription_is_confirmed_at_amazon_for_this_topic_or_nowhere(url: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    asked = message(Type="SubscriptionConfirmation", Token="tok", SubscribeURL=url)
    assert cloudwatch.confirmation_place(asked, TOPIC) == (url if good else None)


@given(rubbish("Type", "Message", "AlarmName", "NewStateValue", "Trigger", "Dimensions", "detail", "state", "Subject"))
def test_any_body_is_taken_or_refused(body: object) -> None:
    taken_or_refused("cloudwatch", body)
