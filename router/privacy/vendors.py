"""Services that watch, build, page and keep code: their addresses, and what in these numbers their own pages."""

# ruff: noqa: E501, SIM905 - the tables read better as long lines
from __future__ import annotations

import re
from typing import Final

_HOSTS: Final = (
    r"(?:(?:newrelic|nr-assets|datadoghq|ddog-gov|pagerduty|sentry|rollbar|honeybadger|bugsnag|opsgenie|grafana|splunkcloud|splunk|signalfx|honeycomb|"
    r"dynatrace|statuspage|betterstack|betteruptime|pingdom|github|gitlab|circleci|buildkite|atlassian|terraform|logz|sumologic|uptimerobot|checklyhq|"
    r"onenr|stspg|nrql|elastic-cloud|victorops|squadcast|firehydrant|rootly)\.(?:com|io|net|eu|ai)|console\.cloud\.google\.com|console\.aws\.amazon\.com|"
    r"portal\.azure\.com|incident\.io|runbooks\.prometheus-operator\.dev)"
)
_TOOL: Final = re.compile(
    rf"https?://(?:[a-z0-9-]{{1,60}}\.){{0,4}}{_HOSTS}(?::[0-9]{{1,5}})?/([A-Za-z0-9_.~/-]{{0,300}})"
)
"""An address at a service that watches systems, pages people or keeps code, and its path: it numbers its own pages."""
_OWN: Final = re.compile(r"https?://([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){2,6})(?::[0-9]{1,5})?(?:/|$)")
_SERVED: Final = frozenset(
    """grafana graf dash dashboard dashboards prometheus prom thanos mimir loki tempo cortex alertmanager am alerts alerta karma vmalert vmui jenkins hudson teamcity bamboo drone concourse
    argocd argo rollouts tekton flux kibana elastic elasticsearch opensearch splunk graylog logs log vault consul nomad registry harbor nexus artifactory jfrog git gitlab
    gitea bitbucket github svn sonar sonarqube sentry jaeger zipkin kiali rancher portainer traefik keycloak sso idp oauth oidc dex authentik status statuspage
    uptime monitor monitoring metrics mon noc zabbix nagios icinga checkmk librenms netbox oncall awx rundeck airflow superset metabase redash jira confluence wiki
    runbook runbooks docs unleash minio kafka akhq redpanda kowl rabbitmq pgadmin phpmyadmin adminer statsd influx influxdb chronograf netdata pyroscope parca
    smtp mx imap mta relay ns dns ntp ldap vpn gw gateway proxy lb haproxy nginx cdn static assets k8s kube apiserver""".split()
)
"""How hosts are called after the tool that they serve."""
_PAGE: Final = re.compile(
    r"[0-9]{1,20}|[PQ][0-9A-Z]{6,14}|0\.[0-9a-z]{10,14}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{7,64}"
)
OF_TOOLS: Final = re.compile(
    "issues|jobs|runs|builds|pipelines|merge_requests|pull|alertPolicies|uptimeCheckConfigs|notificationChannels|monitors|faults|incidents|alerts|workflows|deployments"
)
"""Parts of an address after which a tool numbers what is its own, in however many digits."""
PAGES_OF_TOOLS: Final = frozenset(
    {
        "issues",
        "jobs",
        "pipelines",
        "builds",
        "runs",
        "pull",
        "merge_requests",
        "commit",
        "monitors",
        "workflows",
        "snapshots",
        "traces",
    }
)
"""Parts of an address after which ten digits are a page of a tool's and no telephone."""
_NAMED_PATHS: Final = re.compile(
    r"/diag/(?:rdbms|asm|tnslsnr)/([A-Za-z0-9_+-]{1,30})/([A-Za-z0-9_+-]{1,30})/"
    r"|\+[A-Z0-9_]{2,30}/([A-Z0-9_]{1,30})/(?:ONLINELOG|DATAFILE|ARCHIVELOG|CONTROLFILE|TEMPFILE|PARAMETERFILE|AUTOBACKUP|BACKUPSET|onlinelog|datafile|"
    r"archivelog|controlfile|tempfile|parameterfile|autobackup|backupset)/|/trace/([A-Za-z0-9_]{1,30}_[a-z0-9]{3,4}_[0-9]{1,9}\.tr[cm])(?![A-Za-z0-9])"
    r"|projects/[a-z0-9-]{4,40}/(?:alertPolicies|notificationChannels|uptimeCheckConfigs|services)/([0-9a-zA-Z-]{1,40})"
    r"(?:/(?:conditions|serviceLevelObjectives)/([0-9a-zA-Z-]{1,40}))?"
)
"""Where Oracle keeps the traces and files of an instance, and what Cloud Monitoring numbers its policies."""


def is_tool(address: str) -> bool:
    """Is an address that of a service which watches, builds or pages: the numbers in its path are those of its own things."""
    return _TOOL.match(address) is not None or (
        (found := _OWN.match(address)) is not None and serves(found[1]) is not None
    )


def serves(host: str) -> str | None:
    """What of a host's name stands behind the tool that it serves: `hq.example.net` of `grafana.hq.example.net`."""
    first, _, rest = host.partition(".")
    return rest if rest.count(".") and not _SERVED.isdisjoint(re.split("[-_0-9]", first)[:2]) else None


def pages(text: str, numbered: frozenset[str]) -> list[tuple[int, int]]:
    """The pages in addresses of services that watch systems; a number only behind what `numbered` says that they count."""
    found: list[tuple[int, int]] = []
    if "/diag/" in text or "projects/" in text or "/trace/" in text or "+" in text:
        found = [
            match.span(group)
            for match in _NAMED_PATHS.finditer(text)
            for group in range(1, 7)
            if match.start(group) >= 0
        ]
    for match in _TOOL.finditer(text) if "://" in text else ():
        at = match.start(1)
        before = ""
        for segment in match[1].split("/"):
            if _PAGE.fullmatch(segment) is not None and (
                not segment.isdigit() or before in numbered or before == "accounts"
            ):
                found.append((at, at + len(segment)))
            at += len(segment) + 1
            before = segment.lower()
    return found
