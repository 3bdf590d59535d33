"""The configuration file: read whole, every problem with its line, no secret anywhere but where it belongs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import ChannelConfig, Spec
from channels.email import EmailConfig
from channels.registry import CHANNELS
from router.core import config
from router.core.config import Config, ConfigError, TenantConfig
from tests.effort import calls


@dataclass(frozen=True)
class Word:
    """A setting of a source format."""

    shape: re.Pattern[str]
    says: str


@dataclass(frozen=True)
class Form:
    """A source format, as far as the file's check looks at one."""

    explicit_resolve: bool = True
    repeats_every: float | None = None
    mapping_keys: frozenset[str] = frozenset()
    secret: str = ""
    settings: Mapping[str, Word] = field(default_factory=dict)


FORMATS = {
    "alertmanager": Form(repeats_every=14400.0),
    "cloudwatch": Form(settings={"topic": Word(re.compile("arn:[a-z]+"), "an ARN")}),
    "sentry": Form(secret="client_secret"),
    "generic": Form(explicit_resolve=False, mapping_keys=frozenset({"title", "severity", "labels.*"})),
}
BAD_IN_PROD = 'severity=~"critical|error" environment="prod"'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the specification's own example
ENVIRON = {
    "AM_KEY": "am-key-" + "k" * 32,
    "APP_KEY": "app-key-" + "k" * 32,
    "SHORT_KEY": "zq-short",
    "SLACK_TOKEN": "xoxb-zq-canary",
    "PD_KEY": "0123456789abcdef0123456789abcdef",
    "SMTP_USER": "zq-user",
    "SMTP_PASSWORD": "zq-password",
    "HOOK_SECRET": SECRET,
}
FILES = {"/run/secrets/hook": SECRET + "\n"}

EXAMPLE = r"""
tenants:
  - slug: acme-health
    name: Acme Health
    privacy: strict
    sources:
      - {name: prod-alertmanager, format: alertmanager, key_env: AM_KEY, quiet_after: off}
      - {name: app, format: generic, key_env: APP_KEY, mapping: {title: /event/name, labels.tier: /tags/0}}
    channels:
      - {name: oncall-slack, kind: slack, channel: C0123456789, token_env: SLACK_TOKEN}
      - {name: pager, kind: pagerduty, routing_key_env: PD_KEY}
      - name: mail
        kind: email
        vendor: Acme Mail
        to: [oncall@acme.example]
        from: alerts@acme.example
        smtp: {host: smtp.acme.example, port: 587, username_env: SMTP_USER, password_env: SMTP_PASSWORD}
      - {name: hook, kind: webhook, url: https://hooks.acme.example/alerts, secret_file: /run/secrets/hook}
    routes:
      - match: ['severity=~"critical|error"', 'environment="prod"']
        channels: [oncall-slack, pager, mail, hook]
        group_by: [alertname, service]
        continue: true
      - channels: [hook]
    patterns:
      - {type: MEMBER_ID, regex: 'ACM-\d{8}'}
    safe_words: [kubelet, istio]
"""


def secret(kind: str, name: str) -> str:
    if kind == "env":
        return ENVIRON[name]
    if name not in FILES:
        raise FileNotFoundError(name)
    return FILES[name]


def parse(text: str) -> Config:
    return config.parse(text, CHANNELS, FORMATS, secret, looks_like_phi=lambda word: "MRN" in word)


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    shown = f"{caught.value!s}{caught.value!r}"
    assert not [value for value in (*ENVIRON.values(), *FILES.values()) if value in shown], "a secret was repeated"
    return caught.value.problems


def acme() -> TenantConfig:
    return parse(EXAMPLE).tenants[0]


def test_the_example_is_read() -> None:
    tenant = acme()
    assert (tenant.slug, tenant.name, tenant.privacy) == ("acme-health", "Acme Health", "strict")
    assert [(each.name, each.format, each.quiet_after) for each in tenant.sources] == [
        ("prod-alertmanager", "alertmanager", None),
        ("app", "generic", timedelta(minutes=30)),
    ]
    assert tenant.sources[1].mapping == {"title": "/event/name", "labels.tier": "/tags/0"}
    assert [(each.name, each.vendor) for each in tenant.channels] == [
        ("oncall-slack", "slack"),
        ("pager", "pagerduty"),
        ("mail", "Acme Mail"),
        ("hook", ""),
    ]
    assert [config.route_text(each) for each in tenant.routes] == [
        f"{BAD_IN_PROD} → oncall-slack, pager, mail, hook by alertname, service, continue",
        "everything → hook",
    ]
    assert [(each.type, each.regex) for each in tenant.patterns] == [("MEMBER_ID", r"ACM-\d{8}")]
    assert tenant.safe_words == ("kubelet", "istio")


def test_secrets_are_read_at_any_depth_and_shown_nowhere() -> None:
    tenant = acme()
    assert {each.name: dict(each.secrets) for each in tenant.channels} == {
        "oncall-slack": {"token": "xoxb-zq-canary"},
        "pager": {"routing_key": ENVIRON["PD_KEY"]},
        "mail": {"smtp_username": "zq-user", "smtp_password": "zq-password"},
        "hook": {"secret": SECRET},
    }
    mail = tenant.channels[2].config
    assert isinstance(mail, EmailConfig)
    assert mail.sender == "alerts@acme.example"
    assert not [value for value in ENVIRON.values() if value in repr(tenant)]


HEAD = """tenants:
- slug: acme
  sources: [{name: app, format: generic, key_env: APP_KEY}]
  channels: [{name: hook, kind: webhook, url: "https://h.example/", secret_env: HOOK_SECRET}]
"""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("- a", 1, "the file: expected keys and values"),
        ("tenants: []", 1, "the file has no tenants"),
        ("tenants: {a: 1}", 1, "`tenants` is a list"),
        ("tenant:\n- slug: a", 1, "no key `tenant`; did you mean `tenants`?"),
        ("tenants:\n- slug: a\n  bad: [", 3, "this is not YAML"),
        ("tenants:\n- slug: a\n- slug: *b", 3, "this is not YAML"),
        ("tenants:\n- slug: a\n  slug: b", 3, "`slug` stands here twice"),
        ("tenants:\n- slug: a\n- slug: a", 3, "two tenants named `a`"),
        ("tenants:\n- slug: Acme", 2, "lower-case letters"),
        ("tenants:\n- name: Acme", 2, "a tenant needs `slug`"),
        ("tenants:\n- slug: 1234", 2, "put it into quotes"),
        ("tenants:\n- slug: a\n  privacy: strickt", 3, "did you mean `strict`?"),
        ("tenants:\n- slug: !!python/object/apply:os.getcwd []", 2, "tags"),
        ("tenants:\n- slug: !acme a", 2, "tags"),
        ("tenants:\n- slug: a\n  ? [x]\n  : y", 3, "a key must be a word"),
        ("tenants:\n- slug: a\n  name: a\x07", 1, "characters that YAML does not allow"),
        (HEAD.replace("format: generic", "format: generik"), 3, "did you mean `generic`?"),
        (HEAD.replace("APP_KEY", "NO_KEY"), 3, "the environment has no NO_KEY"),
        (HEAD.replace("key_env: APP_KEY", "key_file: /nowhere"), 3, "the file /nowhere is missing or empty"),
        (HEAD.replace("APP_KEY", "SHORT_KEY"), 3, "32 ASCII characters"),
        (HEAD.replace(", key_env: APP_KEY", ""), 3, "needs `key_env` or `key_file`"),
        (HEAD.replace("key_env: APP_KEY", "key: abc"), 3, "no key `key`; did you mean `key_env`?"),
        (HEAD.replace("APP_KEY", "APP_KEY, key_file: /run/secrets/hook"), 3, "both `key_env` and `key_file`"),
        (HEAD.replace("APP_KEY", "APP_KEY, quiet_after: 30"), 3, "reads like 30m or 4h"),
        (HEAD.replace("APP_KEY", "APP_KEY, quiet_after: 0s"), 3, "reads like 30m or 4h"),
        (HEAD.replace("APP_KEY", "APP_KEY, quiet_after: 31d"), 3, "reads like 30m or 4h"),
        (HEAD.replace("APP_KEY", "APP_KEY, mapping: {titel: /a}"), 3, "no key `titel`; did you mean `title`?"),
        (HEAD.replace("APP_KEY", "APP_KEY, mapping: {labels.: /a}"), 3, "no key `labels.`"),
        (HEAD.replace("APP_KEY", "APP_KEY, mapping: {title: a}"), 3, "JSON pointer"),
        (HEAD.replace("format: generic", "format: cloudwatch, mapping: {title: /a}"), 3, "takes no `mapping`"),
        (HEAD.replace("format: generic", "format: cloudwatch, topic: zq"), 3, "`topic` is an ARN"),
        (HEAD.replace("format: generic", "format: cloudwatch, topic: 5"), 3, "`topic` is an ARN"),
        (HEAD.replace("format: generic", "format: generic, topic: arn:x"), 3, "no key `topic`"),
        (HEAD.replace("format: generic", "format: sentry, client_secret: zq"), 3, "no key `client_secret`"),
        (HEAD.replace("format: generic", "format: sentry, client_secret_env: NONE"), 3, "has no NONE"),
        (HEAD.replace("}]\n  ch", "}, {name: app, format: generic, key_env: AM_KEY}]\n  ch"), 3, "two sources named"),
        (HEAD.replace("}]\n  ch", "}, {name: b, format: generic, key_env: APP_KEY}]\n  ch"), 3, "the key of acme/app"),
        (HEAD.replace("webhook", "webhok"), 4, "did you mean `webhook`?"),
        (HEAD.replace("secret_env: HOOK_SECRET", "secret_env: NONE"), 4, "the environment has no NONE"),
        (HEAD.replace(", secret_env: HOOK_SECRET", ""), 4, "needs `secret_env` or `secret_file`"),
        (HEAD.replace("secret_env: HOOK_SECRET", f"secret: {SECRET}"), 4, "a secret never stands here"),
        (HEAD.replace("secret_env", "secret_environ"), 4, "did you mean `secret_env`"),
        (HEAD.replace("url:", "uri:"), 4, "no key `uri`; did you mean `url`?"),
        (HEAD.replace('"https://h.example/"', "7"), 4, "`url`: expected `str`, got `int`"),
        (HEAD.replace("https://h.example/", "ftp://h.example/"), 4, "channel `hook`:"),
        (HEAD + "  routes: [{channels: [hok]}]", 5, "no channel `hok`; did you mean `hook`?"),
        (HEAD + "  routes:\n  - {}", 6, "route 1 names no channel"),
        (HEAD + "  routes:\n  - channels: [hook]\n    match: ['a=~\"(\"']", 7, "route 1: 'a=~\"(\"': not a regex"),
        (HEAD + "  routes:\n  - channels: [hook]\n    match:\n    - a=b\n    - [x]", 9, "no matcher"),
        (HEAD + "  routes: [{channels: [hook], continue: maybe}]", 5, "`continue` is true or false"),
        (HEAD + "  routes: [{channels: [hook], group_by: [a, a]}]", 5, "each once"),
        (HEAD + "  routes: [{channels: [hook], group_by: [1]}]", 5, "list of words"),
        (HEAD + "  routes: [{channels: [hook], match: [patient=MRN-77341902]}]", 5, "a matcher on `patient`"),
        (HEAD + "  routes: [{channels: [hook], match: [patient=~MRN-1|x]}]", 5, "a matcher on `patient`"),
        (HEAD + "  patterns: [{type: member, regex: a}]", 5, "capital letters"),
        (HEAD + "  patterns: [{type: MEMBER, regex: '(?=a)'}]", 5, "RE2"),
        (HEAD + "  patterns: [{type: MEMBER, regex: 'a*'}]", 5, "empty text"),
        (HEAD + "  safe_words: [two words]", 5, "one word"),
        (HEAD + "  safe_words: [ok, MRN-77341902]", 5, "looks like PHI"),
    ],
)
def test_a_problem_has_its_line_and_says_what_to_do(text: str, line: int, words: str) -> None:
    found = problems(text)
    assert [sentence for at, sentence in found if at == line and words in sentence], found
    assert "77341902" not in str(found), "a value that looks like PHI is not repeated"


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = EXAMPLE.replace("generic", "genric").replace("C0123456789", "17").replace("port: 587", "port: 0")
    found = problems(text.replace("tls", "tsl").replace("[hook]", "[hok]").replace("'ACM-", "'(ACM-"))
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    assert len({line for line, _ in found}) == 5


def test_wrong_fields_of_a_nested_part_are_named() -> None:
    text = EXAMPLE.replace("port: 587", "port: 70000, tls: sometimes, hots: x")
    sentences = [sentence for _, sentence in problems(text)]
    assert any("`smtp`: `port`: expected `int` <= 65535" in each for each in sentences)
    assert any("`tls`: expected one of starttls, implicit, none" in each for each in sentences)
    assert any("no key `hots`; did you mean `host`?" in each for each in sentences)


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    text = HEAD + "  name: 2026-01-05\n  safe_words: [off, yes, 0123, 1:30, 1_0, 1e3]"
    tenant = parse(text).tenants[0]
    assert tenant.safe_words == ("off", "yes", "0123", "1:30", "1_0", "1e3")
    assert tenant.name == "2026-01-05"


def test_anchors_and_merges_work() -> None:
    text = """tenants:
- slug: acme
  channels:
  - &base {name: a, kind: webhook, url: "https://a.example/", secret_env: HOOK_SECRET}
  - {<<: *base, name: b}
  - {<<: [{url: "https://c.example/"}, *base], name: c}
"""
    assert [(each.name, each.shown) for each in parse(text).tenants[0].channels] == [
        ("a", "https://a.example:443"),
        ("b", "https://a.example:443"),
        ("c", "https://c.example:443"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
        "tenants: &a [*a]",
        "tenants: " + "[" * 5000,
        "tenants: " + "{a: " * 200 + "1" + "}" * 200,
        "x" * 600_000,
    ],
    ids=["billion laughs", "itself", "deep and open", "deep", "long"],
)
def test_a_file_that_would_explode_is_refused_at_once(text: str) -> None:
    found: list[object] = []
    assert calls(lambda: found.extend(problems(text))) < 2_000_000
    assert found


@given(st.text(max_size=200) | st.lists(st.sampled_from(EXAMPLE.splitlines(keepends=True))).map("".join))
def test_any_text_is_a_config_or_problems_with_lines(text: str) -> None:
    try:
        parse(text)
    except ConfigError as error:
        refused = error.problems
    else:
        return
    assert refused
    assert all(line >= 1 and sentence for line, sentence in refused)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("8s", timedelta(seconds=8)),
        ("30m", timedelta(minutes=30)),
        ("4h", timedelta(hours=4)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("", None),
        ("30", None),
        ("m", None),
        ("-5m", None),
        ("5m1h", None),
        ("٣m", None),
    ],
)
def test_durations(text: str, span: timedelta | None) -> None:
    assert config.duration(text) == span


def test_a_source_may_say_what_only_its_format_knows() -> None:
    text = HEAD.replace(
        "sources: [", "sources: [{name: s, format: sentry, key_env: AM_KEY, client_secret_env: HOOK_SECRET}, "
    ).replace("format: generic", "format: cloudwatch, topic: arn:x, quiet_after: off")
    (tenant,) = parse(text).tenants
    assert [(each.signing, dict(each.settings)) for each in tenant.sources] == [(SECRET, {}), ("", {"topic": "arn:x"})]
    assert SECRET not in repr(tenant)
    other = replace(tenant, sources=tuple(replace(each, signing="", settings={}) for each in tenant.sources))
    assert [str(each) for each in config.diff(Config((other,)), Config((tenant,)))] == [
        "~ acme: source s: signing secret changed",
        "~ acme: source app: topic changed",
    ]


def test_a_source_that_repeats_more_slowly_than_its_quiet_time_is_warned_of() -> None:
    warned = parse(EXAMPLE.replace("quiet_after: off", "quiet_after: 30m")).warnings
    assert [(line, "repeats every 4 hours" in sentence) for line, sentence in warned] == [(7, True)]
    never = parse(EXAMPLE.replace("format: alertmanager", "format: cloudwatch").replace("off", "1h")).warnings
    assert "repeats nothing" in never[0][1]
    assert not parse(EXAMPLE).warnings
    assert not parse(EXAMPLE.replace("off", "5h")).warnings


def test_a_channel_that_could_not_send_as_it_is_is_warned_of() -> None:
    def unusable(spec: Spec[Any], _: ChannelConfig, secrets: Mapping[str, str]) -> str:
        return "Another secret is needed." if spec.kind == "webhook" and secrets["secret"] else ""

    read = config.parse(
        EXAMPLE, CHANNELS, FORMATS, secret, looks_like_phi=lambda word: "MRN" in word, unusable=unusable
    )
    assert read.warnings == ((18, "channel `hook` cannot send as it is: Another secret is needed."),)


@pytest.mark.parametrize(
    ("login", "told"),
    [
        (", username_env: SMTP_USER, password_env: SMTP_PASSWORD", "its user name and password are not used"),
        ("", "a relay that asks for a log-in refuses every mail"),
    ],
)
def test_a_relay_that_is_never_logged_in_to_is_warned_of_with_its_line(login: str, told: str) -> None:
    given = "port: 587, username_env: SMTP_USER, password_env: SMTP_PASSWORD"
    ((line, said),) = parse(EXAMPLE.replace(given, f"port: 25, tls: none{login}")).warnings
    assert EXAMPLE.splitlines()[line - 1].strip() == "- name: mail"
    assert said.startswith("channel `mail` sends in the clear (`tls: none`), so it never logs in")
    assert told in said


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\x1bb", "a\\uD800b"])
def test_a_text_that_nothing_could_keep_is_refused_with_its_line(text: str) -> None:
    found = problems(EXAMPLE.replace("name: Acme Health", f'name: "{text}"'))
    assert found == [(4, "a text holds a control character, which is kept nowhere and shown to nobody")]
    found = problems(EXAMPLE.replace("title: /event/name", f'title: /event/name, "labels.{text}": /x'))
    assert found == [(8, "a key holds a control character")]


@pytest.mark.parametrize("name", ["x" * 201, "two\\nlines"])
def test_the_name_of_a_tenant_is_one_line(name: str) -> None:
    found = problems(EXAMPLE.replace("name: Acme Health", f'name: "{name}"'))
    assert found == [(4, "tenant `acme-health`: `name` is one line of at most 200 characters")]


def test_routes_that_catch_nothing_or_everything_too_early_are_warned_of() -> None:
    warned = parse(HEAD + "  routes:\n  - channels: [hook]\n  - channels: [hook]\n    match: [a=b]").warnings
    assert [(line, "never reached" in sentence) for line, sentence in warned] == [(5, False), (7, True)]
    told = [sentence for _, sentence in parse(HEAD).warnings]
    assert any("matches no route" in each for each in told)


def lines(old: Config | None, new: Config) -> list[str]:
    return [f"{each.sign} {each.text}" for each in config.diff(old, new)]


def test_the_first_diff_lists_everything() -> None:
    assert lines(None, parse(HEAD + "  routes: [{channels: [hook]}]")) == [
        "+ tenant acme (privacy strict)",
        "+ source app (generic, quiet after 30 minutes)",
        "+ channel hook (webhook: https://h.example:443)",
        "+ route 1: everything → hook",
    ]


def test_what_is_the_same_makes_no_difference() -> None:
    assert lines(parse(EXAMPLE), parse(EXAMPLE)) == []


def test_each_change_is_one_line_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    old = parse(EXAMPLE)
    monkeypatch.setitem(ENVIRON, "APP_KEY", "another-key-" + "k" * 32)
    monkeypatch.setitem(ENVIRON, "SMTP_PASSWORD", "zq-another")
    new = parse(
        EXAMPLE.replace("Acme Health", "Acme")
        .replace("quiet_after: off", "quiet_after: 5h")
        .replace("/tags/0", "/tags/1")
        .replace("hooks.acme.example/alerts", "other.example/alerts")
        .replace("      - {name: pager, kind: pagerduty, routing_key_env: PD_KEY}\n", "")
        .replace("oncall-slack, pager, mail", "oncall-slack, mail")
        .replace("Acme Mail", "Other Mail")
        .replace("istio", "envoy")
        .replace("ACM-", "ACME-")
    )
    by = "alertname, service, continue"
    changed = lines(old, new)
    assert changed == [
        "~ name: Acme Health → Acme",
        "~ source prod-alertmanager: alertmanager, never quiet → alertmanager, quiet after 5 hours",
        "~ source app: mapping changed; key changed",
        "~ channel mail: vendor Acme Mail → Other Mail; smtp_password changed",
        "~ channel hook: webhook: https://hooks.acme.example:443 → webhook: https://other.example:443; url changed",
        "- channel pager (pagerduty: PagerDuty at events.pagerduty.com)",
        (
            f"~ route 1: {BAD_IN_PROD} → oncall-slack, pager, mail, hook by {by} is now"
            f" {BAD_IN_PROD} → oncall-slack, mail, hook by {by}"
        ),
        r"+ pattern MEMBER_ID ACME-\d{8}",
        r"- pattern MEMBER_ID ACM-\d{8}",
        "+ safe word envoy",
        "- safe word istio",
    ]


def test_a_tenant_that_the_file_leaves_out_is_left_alone() -> None:
    old = parse(EXAMPLE)
    other = Config((replace(old.tenants[0], slug="other"),))
    assert all(each.tenant == "other" and each.sign == "+" for each in config.diff(old, other))


def test_a_difference_reads_as_one_line() -> None:
    found: Mapping[str, str] = {each.text: str(each) for each in config.diff(None, parse(HEAD))}
    assert found["tenant acme (privacy strict)"] == "+ acme: tenant acme (privacy strict)"
