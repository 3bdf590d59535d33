"""How a tool is pointed at a source: the words to put into its own configuration, with the address and key filled in.

A tool that repeats what still fires is told to do so well within thirty minutes, so that an incident which lasts is not
closed as quiet. A format without words of its own gets the two ways in that every format has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Snippet:
    """Where it goes, and the words. `text` holds the key: it is for whoever made the key, once."""

    where: str
    text: str

    def __repr__(self) -> str:
        return "<Snippet>"


_ALERTMANAGER: Final = """\
route:
  receiver: alertveil
  group_interval: 5m
  repeat_interval: 15m        # sooner than the source is quiet
receivers:
  - name: alertveil
    webhook_configs:
      - url: $url
        send_resolved: true
        http_config:
          authorization: {credentials: "$key"}   # or credentials_file, with the key in it
"""
_GRAFANA: Final = """\
Integration              Webhook
URL                      $url
HTTP Method              POST
Authorization Header
  Scheme                 Bearer
  Credentials            $key

and in the notification policy: Repeat interval 15m
"""
_SENTRY: Final = """\
Name         Alertveil
Webhook URL  $keyed
Permissions  Issue & Event: Read
Webhooks     issue
Alert Rule Action  on

Then copy the integration's Client Secret into this source: Change it, "Secret that the sender signs with". Let the
alert rules that choose it as their action repeat every 10 minutes.
"""
_SENTRY_SDK: Final = """\
import sentry_sdk

sentry_sdk.init(
    dsn="$scheme://$key@$host/1",
    traces_sample_rate=0,
    _experiments={"transport_compression_algo": "gzip"},
)
"""
_DATADOG: Final = """\
Name            alertveil
URL             $url
Custom Headers  {"Authorization": "Bearer $key"}
Payload
{"dd": "v1", "transition": "$$ALERT_TRANSITION", "cycle_key": "$$ALERT_CYCLE_KEY", "aggreg_key": "$$AGGREG_KEY",
 "monitor_id": "$$ALERT_ID", "event_id": "$$ID", "title": "$$ALERT_TITLE", "message": "$$TEXT_ONLY_MSG",
 "status": "$$ALERT_STATUS", "priority": "$$ALERT_PRIORITY", "type": "$$ALERT_TYPE", "scope": "$$ALERT_SCOPE",
 "tags": "$$TAGS", "hostname": "$$HOSTNAME", "date": "$$DATE", "link": "$$LINK", "org_id": "$$ORG_ID"}

Then write @webhook-alertveil into the monitors' messages, and let them renotify every 20 minutes.
"""
_CLOUDWATCH: Final = """\
aws sns subscribe --topic-arn arn:aws:sns:REGION:ACCOUNT:TOPIC --protocol https \\
  --notification-endpoint '$keyed'

Write the topic's ARN into this source (Change it, "Topic arn"): then it believes only what Amazon signed, and confirms
the subscription by itself. The alarms need this topic as the action of their OK as well, and the source is quiet
after "off": each change is told once.
"""
_PAGERDUTY: Final = """\
curl -sS $base/v2/enqueue -H 'Content-Type: application/json' --data '
{"routing_key": "$key", "event_action": "trigger", "dedup_key": "try-1",
 "payload": {"summary": "Test from Alertveil", "source": "try", "severity": "info"}}'

A tool that speaks Events v2 takes $base instead of https://events.pagerduty.com, and the key as its integration key.
"""
_OPSGENIE: Final = """\
curl -sS $base/v2/alerts -H 'Authorization: GenieKey $key' -H 'Content-Type: application/json' \\
  --data '{"message": "Test from Alertveil", "alias": "try-1", "priority": "P5"}'

A tool that speaks Opsgenie's Alert API takes $base instead of https://api.opsgenie.com, and the key as its API key.
"""
_GENERIC: Final = """\
curl -sS $url -H 'Authorization: Bearer $key' -H 'Content-Type: application/json' \\
  --data '{"title": "Test from Alertveil", "severity": "info", "dedup_key": "try-1"}'
"""
_ANY: Final = """\
Address        $url
Header         Authorization: Bearer $key

For a tool that cannot send headers, one address has it all: $keyed
"""

_SNIPPETS: Final[Mapping[str, tuple[str, str]]] = {
    "alertmanager": ("alertmanager.yml", _ALERTMANAGER),
    "grafana": ("Alerting, Contact points, Add contact point", _GRAFANA),
    "sentry": ("Settings, Custom Integrations, Create New Integration, Internal", _SENTRY),
    "sentry-sdk": ("where the program sets up its SDK", _SENTRY_SDK),
    "datadog": ("Integrations, Webhooks, New", _DATADOG),
    "cloudwatch": ("a terminal with the AWS command line", _CLOUDWATCH),
    "pagerduty": ("a terminal, to try it", _PAGERDUTY),
    "opsgenie": ("a terminal, to try it", _OPSGENIE),
    "generic": ("a terminal, to try it", _GENERIC),
}


def snippet(format_name: str, base: str, tenant: str, source: str, key: str) -> Snippet:
    """The words for one source. `base` is our own address without a path, like `https://alerts.acme.example`."""
    where, text = _SNIPPETS.get(format_name, ("the tool's own settings", _ANY))
    url = f"{base}/ingest/{tenant}/{source}"
    parts = urlsplit(base)
    filled = Template(text).substitute(
        base=base, url=url, keyed=f"{url}/{key}", key=key, scheme=parts.scheme, host=parts.netloc
    )
    return Snippet(where, filled)
