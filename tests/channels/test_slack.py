"""Slack: one message an incident, updated in place, its history in the thread."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from channels import slack
from channels.contract import Delivered, DigestLine, Outcome, Reason, Rejected, Retry, SafeText, Sender
from channels.kit import Kit
from channels.slack import SPEC, SlackConfig
from router.local.vendors.base import Fault
from router.local.vendors.slack import TEAM, SlackVendor
from tests.channels import exam

TOKEN = "xoxb-1111111111-2222222222-NotARealBotTokenAtAll"
CHANNEL = "C0123456789"


def elsewhere(_: Mapping[str, Any], host: str, port: int) -> Mapping[str, Any]:
    bracketed = f"[{host}]" if ":" in host else host
    scheme = "http" if host.startswith("127.") or port > 10_000 else "https"
    return {"channel": CHANNEL, "base_url": f"{scheme}://{bracketed}:{port}/api/"}


class TestExam(exam.HttpExam):
    table = exam.Table(
        spec=SPEC,
        vendor=SlackVendor,
        config=lambda vendor: {"channel": CHANNEL, "base_url": f"{vendor.url}/api/"},
        secrets={"token": TOKEN},
        statuses={
            429: Retry(Reason.RATE_LIMITED, counts=False, status=429),
            # Slack's Web API answers 200 and nothing else when it takes something.
            **{s: Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=s) for s in (201, 202, 204, 226)},
        },
        lies=Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=200),
        place=elsewhere,
    )


@pytest.fixture
def vendor() -> Iterator[SlackVendor]:
    with SlackVendor() as vendor:
        yield vendor


@pytest.fixture
def kit() -> Iterator[Kit]:
    kit = Kit(exam.LOOPBACK)
    yield kit
    kit.close()


@pytest.fixture
def sender(vendor: SlackVendor, kit: Kit) -> Sender:
    return SPEC.open(SlackConfig(channel=CHANNEL, base_url=vendor.base_url), {"token": TOKEN}, kit)


def one(sender: Sender, **changes: Any) -> Outcome:  # noqa: ANN401 - any field
    [outcome] = sender.send([exam.message(**changes)])
    return outcome


def posted(sender: Sender, **changes: Any) -> Mapping[str, str]:  # noqa: ANN401 - any field
    """Send a first message; what it left to find it again."""
    outcome = one(sender, **changes)
    assert isinstance(outcome, Delivered)
    return outcome.refs


def test_a_later_revision_changes_the_message_and_adds_a_line_to_its_thread(
    vendor: SlackVendor, sender: Sender
) -> None:
    refs = posted(sender)
    outcome = one(
        sender,
        kind="resolve",
        status="resolved",
        summary="[RESOLVED] app: it (INC-7K2M4Q)",
        key="dlv-2",
        revision=2,
        refs=refs,
        reason="quiet for 30 m",
    )
    assert outcome == Delivered(refs, refs["ts"], 200)
    shown = vendor.messages[CHANNEL, refs["ts"]]
    assert shown["text"].startswith("[RESOLVED] app: it")
    assert shown["blocks"][0]["text"]["text"].startswith("Resolved: ")
    [reply] = vendor.thread(CHANNEL, refs["ts"])
    assert "quiet for 30 m" in reply["text"]


def test_a_message_that_a_person_deleted_is_posted_anew(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender)
    vendor.forget(CHANNEL, refs["ts"])
    outcome = one(sender, kind="update", key="dlv-2", refs=refs)
    assert isinstance(outcome, Delivered)
    assert outcome.refs["ts"] != refs["ts"]
    assert (CHANNEL, outcome.refs["ts"]) in vendor.messages


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed", "update_failed", "block_mismatch"])
def test_a_message_that_may_not_be_changed_gets_its_news_in_the_thread(
    vendor: SlackVendor, sender: Sender, error: str
) -> None:
    refs = posted(sender)
    vendor.faults.append(Fault(error=error))
    assert one(sender, kind="resolve", status="resolved", key="dlv-2", refs=refs) == Delivered(refs, refs["ts"], 200)
    [reply] = vendor.thread(CHANNEL, refs["ts"])
    assert reply["blocks"][0]["text"]["text"].startswith("Resolved: ")


def test_when_the_thread_is_gone_too_the_news_goes_to_the_channel(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender)
    vendor.faults.append(Fault(error="cant_update_message"))
    vendor.forget(CHANNEL, refs["ts"])
    outcome = one(sender, kind="resolve", status="resolved", key="dlv-2", refs=refs)
    assert isinstance(outcome, Delivered)
    assert "thread_ts" not in vendor.messages[CHANNEL, outcome.refs["ts"]]


def test_a_rate_limit_on_the_thread_line_is_waited_for(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender)
    vendor.faults.extend([Fault(delay=0.001), Fault(status=429, retry_after="3")])
    outcome = one(sender, kind="update", key="dlv-2", refs=refs)
    assert outcome == Retry(Reason.RATE_LIMITED, after=3.0, counts=False, status=429)


def test_a_locked_thread_does_not_fail_an_update_that_went_through(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender)
    vendor.faults.extend([Fault(delay=0.001), Fault(error="restricted_action_thread_locked")])
    assert isinstance(one(sender, kind="update", key="dlv-2", refs=refs), Delivered)


def test_blocks_that_slack_cannot_read_are_left_out_rather_than_the_incident(
    vendor: SlackVendor, sender: Sender
) -> None:
    vendor.faults.append(Fault(error="invalid_blocks"))
    refs = posted(sender)
    shown = vendor.messages[CHANNEL, refs["ts"]]
    assert "blocks" not in shown
    assert "INC-7K2M4Q" in shown["text"]
    assert "https://alertveil.example/i/INC-7K2M4Q" in shown["text"]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ("ratelimited rate_limited", Retry(Reason.RATE_LIMITED, counts=False, status=200)),
        ("service_unavailable request_timeout", Retry(Reason.SERVER_ERROR, status=200)),
        ("internal_error fatal_error", Retry(Reason.SERVER_ERROR, maybe_delivered=True, status=200)),
        ("message_limit_exceeded", Retry(Reason.RATE_LIMITED, after=600.0, status=200)),
        ("team_added_to_org org_login_required", Retry(Reason.SERVER_ERROR, after=600.0, status=200)),
        (
            (
                "account_inactive token_revoked token_expired invalid_auth not_authed missing_scope no_permission "
                "access_denied ekm_access_denied org_access_not_granted team_access_not_granted "
                "two_factor_setup_required app_access_restricted"
            ),
            Rejected(Reason.CREDENTIAL, disable=True, status=200),
        ),
        (
            (
                "channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel "
                "messages_tab_disabled team_not_found"
            ),
            Rejected(Reason.DESTINATION, disable=True, status=200),
        ),
        ("metadata_too_large invalid_arg_name invalid_arguments", Rejected(Reason.REFUSED, status=200)),
        ("a_code_of_next_year", Retry(Reason.BAD_ANSWER, status=200)),
    ],
)
def test_every_documented_error_has_its_outcome(
    vendor: SlackVendor, sender: Sender, errors: str, expected: Outcome
) -> None:
    for error in errors.split():
        vendor.faults.append(Fault(error=error))
        assert one(sender) == expected, error


@pytest.mark.parametrize("error", ["msg_too_long", "invalid_blocks_format", "no_text"])
def test_a_message_that_slack_cannot_read_even_as_text_is_final(
    vendor: SlackVendor, sender: Sender, error: str
) -> None:
    vendor.always = Fault(error=error)
    assert one(sender) == Rejected(Reason.REFUSED, status=200)


def test_an_ok_without_a_timestamp_is_not_believed(vendor: SlackVendor, sender: Sender) -> None:
    vendor.faults.append(Fault(status=200, body=b'{"ok":true}'))
    assert one(sender) == Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=200)


def digest(*lines: tuple[str, str]) -> tuple[DigestLine, ...]:
    return tuple(
        DigestLine(short_id, "error", status, SafeText(f"down for {exam.TOKENS[0]}"), "https://a.example/i")  # type: ignore[arg-type]  # parametrized
        for short_id, status in lines
    )


def test_a_digest_is_one_message_and_a_resolve_updates_it(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender, kind="trigger", mode="tokens", digest=digest(("INC-1", "open"), ("INC-2", "open")))
    one(sender, kind="update", key="dlv-2", refs=refs, digest=digest(("INC-1", "resolved"), ("INC-2", "open")))
    [shown] = vendor.messages.values()
    assert "INC-1 · error · resolved" in json.dumps(shown["blocks"], ensure_ascii=False)


def test_an_incident_that_was_announced_in_a_digest_is_told_on_under_it(vendor: SlackVendor, sender: Sender) -> None:
    refs = posted(sender, kind="trigger", mode="tokens", digest=digest(("INC-1", "open"), ("INC-2", "open")))
    before = vendor.messages[CHANNEL, refs["ts"]]
    assert one(sender, kind="resolve", status="resolved", key="dlv-2", refs=refs) == Delivered(refs, status=200)
    assert vendor.messages[CHANNEL, refs["ts"]] == before
    assert len(vendor.thread(CHANNEL, refs["ts"])) == 1


def check(blocks: list[dict[str, Any]]) -> None:
    """Slack's documented limits, by slack-sdk's own models, and the undocumented total."""
    assert len(blocks) <= 50
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    assert len(json.dumps(blocks, ensure_ascii=False)) < 16_000
    texts = exam.readable(blocks)
    assert len(texts) < 13_200


words = st.text(max_size=5_000) | st.integers(0, 400).map(lambda n: exam.TOKENS[0] * n) | st.just("<&>" * 2_000)


@given(
    title=words,
    description=words,
    reason=words,
    fields=st.lists(st.tuples(st.text(max_size=60), words), max_size=40),
    status=st.sampled_from(["open", "acknowledged", "investigating", "resolved"]),
)
def test_any_message_is_within_slack_s_limits(
    title: str, description: str, reason: str, fields: list[tuple[str, str]], status: str
) -> None:
    message = exam.message(title=title, description=description, reason=reason, fields=tuple(fields), status=status)
    check(slack.blocks(message))


@given(st.lists(words, min_size=1, max_size=200))
def test_any_digest_is_within_slack_s_limits(titles: list[str]) -> None:
    lines = tuple(
        DigestLine(f"INC-{n}", "info", "open", SafeText(title), "https://a.example/i") for n, title in enumerate(titles)
    )
    check(slack.blocks(exam.message(digest=lines)))


@given(st.text(alphabet="<>&!@#|*_~`abc\n", max_size=200))
def test_nothing_in_an_alert_is_a_mention_a_link_or_markup(text: str) -> None:
    message = exam.message(title=text, description=text, summary=text, fields=(("label", text),))
    arguments = slack.payload(SlackConfig(channel=CHANNEL), message)
    told = json.dumps(arguments)
    assert "<" not in told
    assert ">" not in told
    for block in arguments["blocks"]:
        for part in [block.get("text"), *block.get("fields", []), *block.get("elements", [])]:
            if part and part.get("type") == "mrkdwn":
                assert part["text"] == "~critical~ *resolved*"


def test_the_fallback_is_tokens_even_when_the_blocks_are_not() -> None:
    arguments = slack.payload(SlackConfig(channel=CHANNEL), exam.message(title=exam.PATIENT[0]))
    told = arguments["text"] + json.dumps(arguments["metadata"])
    assert not any(word in told for word in exam.PATIENT)
    assert exam.PATIENT[0] in json.dumps(arguments["blocks"])


def test_previews_of_links_are_off_so_that_nobody_fetches_them(vendor: SlackVendor, sender: Sender) -> None:
    one(sender)
    body = vendor.received[0].json()
    assert (body["unfurl_links"], body["unfurl_media"], body["mrkdwn"]) == (False, False, False)


def test_slack_sdk_stays_silent_however_loud_its_loggers_are_turned(
    vendor: SlackVendor, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sender = SPEC.open(SlackConfig(channel=CHANNEL, base_url=vendor.base_url), {"token": TOKEN}, kit)
    vendor.faults.append(Fault(status=200, echo=True))
    sender.send([exam.message(), exam.message(key="dlv-2")])
    assert not [record for record in caplog.records if record.name.startswith("slack")]


def test_slack_says_who_can_read_along(vendor: SlackVendor, kit: Kit) -> None:
    vendor.channel_facts = {"is_private": True, "is_ext_shared": True}
    assert SPEC.inspect is not None
    facts = SPEC.inspect(SlackConfig(channel=CHANNEL, base_url=vendor.base_url), {"token": TOKEN}, kit)
    assert facts == {"team": TEAM, "channel": CHANNEL, "is_private": "true", "is_ext_shared": "true", "guests": ""}


def test_slack_says_which_members_are_guests_or_from_elsewhere(vendor: SlackVendor, kit: Kit) -> None:
    vendor.members += ["U0GUEST", "U0STRANGER"]
    vendor.people.append({"id": "U0GUEST", "team_id": TEAM, "is_restricted": True})
    assert SPEC.inspect is not None
    facts = SPEC.inspect(SlackConfig(channel=CHANNEL, base_url=vendor.base_url), {"token": TOKEN}, kit)
    assert facts["guests"] == "U0GUEST U0STRANGER"


def test_slack_says_nothing_when_it_is_down(vendor: SlackVendor, kit: Kit) -> None:
    vendor.always = Fault(status=503)
    assert SPEC.inspect is not None
    assert SPEC.inspect(SlackConfig(channel=CHANNEL, base_url=vendor.base_url), {"token": TOKEN}, kit) == {}


def test_an_opt_in_survives_a_new_token_of_the_same_team_and_no_other() -> None:
    config = SlackConfig(channel=CHANNEL)
    identity = SPEC.identity(config, {"token": TOKEN})
    assert identity == SPEC.identity(config, {"token": "xoxb-1111111111-3333-other"})
    assert identity != SPEC.identity(config, {"token": "xoxb-9999999999-2222222222-other"})
    assert TOKEN not in str(identity)
