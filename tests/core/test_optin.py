"""Default deny: plaintext only when every single fact allows it, and the reason names the one that does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import SafeText
from router.core.incident import Incident
from router.core.optin import Baa, Channel, Decision, Ground, OptIn, Plaintext, Tenant, Tokens, decide

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
DAY = timedelta(days=1)
TENANT = Tenant(UUID(int=1))
CHANNEL = Channel(UUID(int=2), b"destination", "Slack", encrypted=True)
BAA = Baa(UUID(int=3), TENANT.tenant_id, "slack", "Enterprise", NOW - 100 * DAY, NOW + 100 * DAY)
OPTIN = OptIn(
    optin_id=UUID(int=4),
    tenant_id=TENANT.tenant_id,
    channel_id=CHANNEL.channel_id,
    identity=b"destination",
    types=frozenset({"EMAIL", "PHONE"}),
    lowest_severity="error",
    purpose="call the patient back",
    baa_id=BAA.baa_id,
    requester=UUID(int=5),
    approver=UUID(int=6),
    starts_at=NOW - DAY,
    ends_at=NOW + DAY,
    state="active",
)
INCIDENT = Incident(
    incident_id=UUID(int=7),
    group_key=b"g",
    source_id=UUID(int=8),
    source="app",
    status="open",
    severity="error",
    title=SafeText("t"),
    description=SafeText(""),
    labels={},
    links=(),
    fields=(),
    revision=1,
    generation=0,
    count=1,
    firing=frozenset(),
    opened_at=NOW,
    last_alert_at=NOW,
)


def decided(**changed: Any) -> Decision:  # noqa: ANN401 - any of the seven facts
    """The decision over facts that all allow plaintext, but for those given."""
    facts: dict[str, Any] = {
        "channel": CHANNEL,
        "optins": [OPTIN],
        "baas": {BAA.baa_id: BAA},
        "tenant": TENANT,
        "kill_switch": False,
        "incident": INCIDENT,
        "now": NOW,
    }
    return decide(**facts | changed)


def opted(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of an opt-in
    return {"optins": [replace(OPTIN, **changed)]}


def agreed(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of an agreement
    return {"baas": {BAA.baa_id: replace(BAA, **changed)}}


ALLOWING: list[dict[str, Any]] = [
    {},
    opted(state="expiring"),
    opted(starts_at=NOW),
    opted(single_custody=True),
    {"incident": msgspec.structs.replace(INCIDENT, severity="critical")},
    agreed(vendor="SLACK"),
    {"channel": replace(CHANNEL, vendor=""), **opted(vendor_confirmed=True)},
]

DENYING: list[tuple[dict[str, Any], Ground]] = [
    ({"kill_switch": True}, Ground.KILL_SWITCH),
    ({"kill_switch": None}, Ground.KILL_SWITCH),
    ({"tenant": Tenant(TENANT.tenant_id, kill_switch=True)}, Ground.TENANT_KILL_SWITCH),
    ({"optins": []}, Ground.NO_OPT_IN),
    ({"tenant": Tenant(UUID(int=9))}, Ground.NO_OPT_IN),
    ({"channel": replace(CHANNEL, channel_id=UUID(int=9))}, Ground.NO_OPT_IN),
    (opted(state="requested"), Ground.REQUESTED),
    (opted(state="rejected"), Ground.REJECTED),
    (opted(state="revoked"), Ground.REVOKED),
    (opted(state="suspended"), Ground.SUSPENDED),
    (opted(state="expired"), Ground.EXPIRED),
    (opted(state="a state of the future"), Ground.ERROR),
    (opted(ends_at=NOW), Ground.EXPIRED),
    (opted(starts_at=NOW + DAY), Ground.NOT_YET),
    (opted(approver=None), Ground.ONE_PERSON),
    (opted(approver=OPTIN.requester), Ground.ONE_PERSON),
    (opted(types=frozenset()), Ground.NO_TYPES),
    (opted(types=frozenset({"EMAIL", "SECRET"})), Ground.NO_TYPES),
    (opted(types=frozenset({"*"})), Ground.NO_TYPES),
    ({"channel": replace(CHANNEL, identity=b"another")}, Ground.DESTINATION),
    ({"channel": replace(CHANNEL, identity=b""), **opted(identity=b"")}, Ground.DESTINATION),
    ({"channel": replace(CHANNEL, encrypted=False)}, Ground.NOT_ENCRYPTED),
    ({"baas": {}}, Ground.NO_BAA),
    (agreed(tenant_id=UUID(int=9)), Ground.NO_BAA),
    (agreed(retired=True), Ground.BAA_RETIRED),
    (agreed(expires_at=NOW), Ground.BAA_LAPSED),
    (agreed(effective_at=NOW + DAY), Ground.BAA_LAPSED),
    (agreed(vendor="PagerDuty"), Ground.BAA_VENDOR),
    ({"channel": replace(CHANNEL, vendor="")}, Ground.BAA_VENDOR),
    ({"incident": msgspec.structs.replace(INCIDENT, severity="warning")}, Ground.SEVERITY),
    ({"now": NOW.replace(tzinfo=None)}, Ground.ERROR),
    ({"optins": None}, Ground.ERROR),
    ({"baas": None}, Ground.ERROR),
    ({"incident": None}, Ground.ERROR),
    ({"optins": [OPTIN, None]}, Ground.ERROR),
]


@pytest.mark.parametrize("changed", ALLOWING)
def test_with_every_fact_in_order_it_is_plaintext_of_these_types_under_this_opt_in(changed: dict[str, Any]) -> None:
    assert decided(**changed) == Plaintext(frozenset({"EMAIL", "PHONE"}), OPTIN.optin_id, Ground.OPTED_IN)


@pytest.mark.parametrize(("changed", "ground"), DENYING)
def test_one_fact_out_of_order_is_tokens_and_named(changed: dict[str, Any], ground: Ground) -> None:
    assert decided(**changed) == Tokens(ground)


FAULTS: dict[str, list[Any]] = {
    "everywhere": [True],
    "tenant_switch": [True],
    "state": ["requested", "rejected", "revoked", "suspended", "expired"],
    "ends_at": [NOW, NOW - DAY],
    "starts_at": [NOW + timedelta(seconds=1)],
    "approver": [None, OPTIN.requester],
    "types": [frozenset(), frozenset({"SECRET"})],
    "identity": [b"another", b""],
    "encrypted": [False],
    "baa_retired": [True],
    "baa_expires_at": [NOW],
    "baa_vendor": ["PagerDuty"],
    "severity": ["warning", "info"],
}


@given(st.dictionaries(st.sampled_from(sorted(FAULTS)), st.integers(0, 9)))
def test_plaintext_means_that_not_one_thing_is_wrong(broken: dict[str, int]) -> None:
    facts: dict[str, Any] = {name: FAULTS[name][pick % len(FAULTS[name])] for name, pick in broken.items()}
    on_optin = {name: facts[name] for name in facts if name in OPTIN.__dataclass_fields__}
    on_baa = {name[4:]: facts[name] for name in facts if name.startswith("baa_")}
    decision = decided(
        kill_switch=facts.get("everywhere", False),
        tenant=Tenant(TENANT.tenant_id, facts.get("tenant_switch", False)),
        channel=replace(CHANNEL, encrypted=facts.get("encrypted", True)),
        incident=msgspec.structs.replace(INCIDENT, severity=facts.get("severity", "error")),
        **opted(**on_optin),
        **agreed(**on_baa),
    )
    assert isinstance(decision, Plaintext) is (not broken)


@given(
    st.lists(
        st.builds(
            replace,
            st.just(OPTIN),
            optin_id=st.integers(10, 14).map(lambda number: UUID(int=number)),
            state=st.sampled_from(["active", "expiring", "revoked", "expired"]),
            types=st.sets(st.sampled_from(["EMAIL", "PHONE", "SSN", "SECRET"])).map(frozenset),
            ends_at=st.sampled_from([NOW - DAY, NOW + DAY, NOW + 2 * DAY]),
        ),
        max_size=5,
    ),
    st.randoms(),
)
def test_of_several_one_that_carries_decides_whatever_their_order(optins: list[OptIn], random: Any) -> None:  # noqa: ANN401 - random.Random
    decision = decided(optins=optins)
    good = [
        one
        for one in optins
        if one.state in {"active", "expiring"} and one.ends_at > NOW and one.types - {"SECRET"} == one.types != set()
    ]
    if good:
        assert isinstance(decision, Plaintext)
        assert decision.types in {one.types for one in good if one.optin_id == decision.optin_id}
        assert len(decision.types) == max(len(one.types) for one in good)
    else:
        assert isinstance(decision, Tokens)
    shuffled = list(optins)
    random.shuffle(shuffled)
    again = decided(optins=shuffled)
    assert type(again) is type(decision)
