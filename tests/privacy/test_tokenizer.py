"""The promises of `tokenize`, one story each; the first ones are leaks that other tools had in public."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, cast
from urllib.parse import quote

import pytest

from router.privacy.rules import Rules, compile_rules
from router.privacy.tokenizer import Tokenized, looks_like_phi, tokenize
from router.privacy.tokens import TOKEN, ThrowawayMint, find_tokens
from router.sources.alertmanager import FORMAT as ALERTMANAGER
from router.sources.registry import FORMATS

STRICT = compile_rules("strict")
DETECT = compile_rules("detect")
CANARY = ("Zebulon", "Quackenbush", "77341902", "zq.canary", "219-09-9999", "219099999")


def run(event: object, rules: Rules = STRICT, roles: dict[str, str] | None = None) -> Tokenized:
    return tokenize(event, rules, roles or {}, ThrowawayMint())


def text(event: object, rules: Rules = STRICT, roles: dict[str, str] | None = None) -> str:
    out = run(event, rules, roles).event
    return out if isinstance(out, str) else json.dumps(out, ensure_ascii=False)


@pytest.mark.parametrize("level", ["detect", "strict"])
@pytest.mark.parametrize(
    "event",
    [
        {"patient": {"name": "Zebulon Quackenbush", "mrn": "MRN-77341902"}},
        {"exception": {"value": "no chart for MRN-77341902 (Zebulon Quackenbush, zq.canary@leakmail.test)"}},
        {"body": json.dumps({"inner": json.dumps({"ssn": "219-09-9999", "email": "zq.canary@leakmail.test"})})},
        [{"PatientSSN": "219099999"}],
        {"headers": [["X-Patient-Email", "zq.canary@leakmail.test"]]},
        {"tags": ["user_email:zq.canary@leakmail.test"]},
        {"url": "https://api.example.com/find?mrn=77341902&email=" + quote("zq.canary@leakmail.test", safe="")},
        {"blob": base64.b64encode(b'{"name": "Zebulon Quackenbush", "ssn": "219-09-9999"}').decode()},
        {"awslogs": base64.b64encode(gzip.compress(b"ssn=219-09-9999 mail zq.canary@leakmail.test")).decode()},
        {"frame": b"patient Zebulon Quackenbush ssn 219-09-9999".hex()},
        {"html": "<a href=&quot;mailto:zq.canary&#64;leakmail.test&quot;>mail</a>"},
        {"msg": "s\u200bsn 219-\u200b09-9999"},
        {"msg": "ssn ２１９－０９－９９９９"},
        {"by_user": {"zq.canary@leakmail.test": 3}},
        {"cache": {"Quackenbush, Zebulon": 1}},
        {"columns": ["patient_name", "ssn"], "rows": [["Zebulon Quackenbush", "219-09-9999"]]},
        {"fields": [{"name": "gov_ssn", "value": "219099999"}]},
        "PID|1||77341902^^^A^MR||Quackenbush^Zebulon||19610203|M|||||||||||219099999",
        "NM1*IL*1*Quackenbush*Zebulon****MI*77341902~REF*SY*219099999~",
        "DETAIL:  Key (email)=(zq.canary@leakmail.test) already exists.",
        "SELECT 1 WHERE ssn = $1\nDETAIL:  parameters: $1 = '219099999'",
        "mrn,last_name,first_name\n77341902,Quackenbush,Zebulon",
        'panic: {MRN:77341902 Name:"Zebulon Quackenbush"}',
        "patient_name=Zebulon Quackenbush mrn=77341902 status=404",
    ],
)  # fmt: skip
def test_the_canary_never_passes(event: object, level: str) -> None:
    out = text(event, compile_rules(level))
    plain = [
        base64.b64decode(run).decode("utf-8", "ignore")
        for run in out.split('"')
        if len(run) > 40 and " " not in run and len(run) % 4 == 0 and "<" not in run
    ]
    seen = " ".join([out, *plain])
    assert not [value for value in CANARY if value.casefold() in seen.casefold()], out


def test_a_value_found_once_is_replaced_wherever_it_stands() -> None:
    """getsentry/relay#3917: the sibling field kept what its neighbour lost."""
    out = run(
        {
            "user": {"full_name": "Zebulon Quackenbush", "email": "zq.canary@leakmail.test"},
            "labels": {"instance": "worker-quackenbush-7"},
            "note": "zebulon.quackenbush and ZQ.CANARY@LEAKMAIL.TEST again",
        },
        DETECT,
    )
    seen = json.dumps(out.event).casefold()
    assert "quackenbush" not in seen
    assert "zq.canary" not in seen


def test_equal_values_are_one_token_in_every_spelling() -> None:
    out = run({"ssn": "219-09-9999", "social_security_number": "219099999", "note": "ssn: 219 09 9999"}).event
    tokens = {token for value in out.values() for token in find_tokens(value)}
    assert len(tokens) == 1


def test_the_kind_does_not_depend_on_the_rule_that_fired_first() -> None:
    first = run({"username": "zq.canary@leakmail.test", "a": "from zq.canary@leakmail.test"})
    second = run({"a": "from zq.canary@leakmail.test", "username": "zq.canary@leakmail.test"})
    assert {f.kind for f in first.findings} == {f.kind for f in second.findings} == {"EMAIL"}


def test_key_words_count_whole() -> None:
    """getsentry/sentry#2871: `cc` must not eat `accept`, `auth` not `author`."""
    event = {"accept": "text/html", "author_count": 3, "patient_count": 12, "email_status": "bounced", "success": True}
    assert run(event).event == event


def test_on_call_people_can_still_read_it() -> None:
    event = {
        "labels": {
            "alertname": "KubePodCrashLooping",
            "severity": "critical",
            "instance": "claims-worker-7c9f8d6b5-x2x9z:8080",
        },
        "annotations": {"summary": "Pod restarted 12 times in 5m, p99 latency 2.3s, error rate 4.2%"},
        "startsAt": "2026-05-01T10:11:12.123Z",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "stack": 'File "/srv/app/claims/tasks.py", line 97, in submit_claim\nValueError: could not parse response',
        "commit": "9f8e7d6",
    }  # fmt: skip
    assert run(event).event == event
    assert run(event, DETECT).event == event


def test_tokens_that_come_in_pass_untouched() -> None:
    event = {
        "patient": "<PERSON_7K2M4QXW9R>",
        "note": "call <PHONE_ABCDEFGHJK> about <MRN_0123456789A>",
        "n": "<EMAIL_7K2M4QXW9R>",
    }
    out = run(event).event
    assert out["patient"] == event["patient"]
    assert "<PHONE_ABCDEFGHJK>" in out["note"]


def test_a_number_dressed_as_a_token_is_no_token() -> None:
    assert "2190999990" not in text({"msg": "see <SSN_2190999990>"})


def test_a_word_in_lower_case_that_is_a_name_counts_after_its_cue() -> None:
    assert "hill" not in text("patient grace hill arrived late")
    assert text("price check failed at the hill station") == "price check failed at the hill station"


def test_names_that_are_words_are_names_next_to_a_name_or_a_cue() -> None:
    out = text("Patient Mark Price not found; Grace Hill and Bell Ward were")
    assert not [word for word in ("Mark", "Price", "Grace", "Hill") if word in out]


def test_roles_of_the_source_keep_structural_fields_and_still_check_their_shape() -> None:
    roles = {"labels.*": "name", "details.key": "id", "secret": "drop"}
    event = {
        "labels": {"job": "ehr-sync", "odd": "Zebulon Quackenbush 219-09-9999"},
        "details": {"key": "srv01/HTTP/8eaccf43"},
        "secret": "x",
    }
    out = run(event, STRICT, roles).event
    assert out["labels"]["job"] == "ehr-sync"
    assert out["details"]["key"] == "srv01/HTTP/8eaccf43"
    assert "Quackenbush" not in out["labels"]["odd"]
    assert "secret" not in out


def test_a_role_by_wildcard_does_not_outrank_a_key_that_names_phi() -> None:
    assert "583891" not in text({"labels": {"patient_id": "583891"}}, STRICT, {"labels.*": "name"})


def test_sealed_keeps_structure_only() -> None:
    sealed = compile_rules("sealed")
    out = run({"severity": "critical", "note": "disk is full", "deep": {"text": ["a b", 5]}}, sealed).event
    assert out["severity"] == "critical"
    assert TOKEN.fullmatch(out["note"])
    assert TOKEN.fullmatch(out["deep"]["text"][0])


def test_literals_of_routes_pass_for_their_label_only() -> None:
    rules = compile_rules("sealed", literals={"team": frozenset({"Blue Heron"})})
    out = run({"labels": {"team": "Blue Heron", "other": "Blue Heron"}}, rules).event
    assert out["labels"]["team"] == "Blue Heron"
    assert out["labels"]["other"] != "Blue Heron"


def test_field_rules_decide_before_everything_else() -> None:
    rules = compile_rules("strict", field_rules={"details.blob": "seal", "ref": "MRN", "details.*.nick": "safe"})
    out = run({"details": {"blob": "all fine", "x": {"nick": "qzx-prod"}}, "ref": "alpha"}, rules).event
    assert out["details"]["blob"].startswith("<TEXT_")
    assert out["ref"].startswith("<MRN_")


def test_tenant_patterns_and_safe_words() -> None:
    rules = compile_rules("strict", patterns=[("MEMBER_ID", r"ZK\d{4}-[A-Z]{2}")], safe_words=["Quuxly"])
    out = text("Quuxly lost ZK1234-AB", rules)
    assert out.startswith("Quuxly lost <MEMBER_ID_")


def test_numbers_under_phi_keys_are_tokens_and_counts_stay() -> None:
    out = run({"mrn": 77341902, "retries": 3, "duration_ms": 123456, "unknown_thing": 77341902}).event
    assert isinstance(out["mrn"], str)
    assert out["retries"] == 3
    assert out["duration_ms"] == 123456
    assert isinstance(out["unknown_thing"], str)


def test_too_deep_or_too_long_becomes_one_token_and_is_counted() -> None:
    deep: Any = "Zebulon Quackenbush"
    for _ in range(200):
        deep = {"a": deep}
    out = run(deep)
    assert "Quackenbush" not in json.dumps(out.event)
    assert out.counters["depth"] >= 1
    nested = "ssn 219-09-9999"
    for _ in range(12):
        nested = json.dumps([nested])
    assert "219" not in text({"m": nested})
    long = run({"m": "words and more words " * 20_000})
    assert long.counters["size"] >= 1
    assert len(json.dumps(long.event)) < 100_000


def test_what_is_too_much_is_read_as_far_as_it_goes_and_the_rest_is_one_token() -> None:
    codes = run({"m": "disk full on Quux a1B7c " * 1_900})
    assert codes.event["m"].startswith("disk full on Quux <")
    assert TOKEN.fullmatch(codes.event["m"][-len("<TEXT_0123456789>") :])
    assert codes.counters["size"] == 1
    members = run({"error": "disk full", "rest": 1} | {f"Quux {at}": "Zebulon Quackenbush" for at in range(5_000)})
    assert members.event["error"] == "disk full"
    assert TOKEN.fullmatch(members.event["rest (2)"])
    assert "Quackenbush" not in json.dumps(members.event)
    assert len(members.event) < 3_000


def test_a_judge_that_fails_seals_the_leaf_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = compile_rules("strict")
    monkeypatch.setattr(type(rules.reader), "read", lambda *_: 1 / 0)
    out = run({"m": "Zebulon Quackenbush"}, rules)
    assert TOKEN.fullmatch(out.event["m"])
    assert out.counters["error"] >= 1


def test_reprs_show_no_value() -> None:
    out = run({"patient": "Zebulon Quackenbush"})
    assert "Quackenbush" not in repr(out) + repr(out.findings) + repr(STRICT)


def test_memory_holds_no_value_that_got_a_token() -> None:
    rules = compile_rules("strict")
    run(
        {"patient": "Zebulon Quackenbush", "note": "Quackenbush called, MRN 77341902", "Quackenbush, Zebulon": 1}, rules
    )
    kept = (
        repr(rules.memory.harmless)
        + repr(rules.reader.idle)
        + repr(rules.reader.codes)
        + repr([place.under for _, place in rules.memory.roots.values()])
    )
    assert "uackenbush" not in kept
    assert "77341902" not in kept


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        ("zq.canary@leakmail.test", "EMAIL"),
        ("219-09-9999", "SSN"),
        ("payments", None),
        ("critical", None),
        ("eu-west-1", None),
    ],
)
def test_literals_that_are_phi_are_seen(literal: str, kind: str | None) -> None:
    assert looks_like_phi(literal) == kind


@pytest.mark.parametrize("level", ["detect", "strict", "sealed"])
@pytest.mark.parametrize(
    "name",
    [
        "QuorblixLatencyHigh",
        "quorblix_queue_depth",
        "zorvex-gateway",
        "com.quorblix.billing.ExportJob",
        "quorblix:errors:rate5m",
        "zorvex-worker-7c9f8d6b5-x2x9z",
    ],
)
def test_a_name_that_the_source_declares_passes_at_every_level(name: str, level: str) -> None:
    event = {"title": f"{name}: over its threshold", "labels": {"alertname": name}}
    out = cast("dict[str, Any]", run(event, compile_rules(level), dict(ALERTMANAGER.roles)).event)
    assert out["labels"] == {"alertname": name}
    assert name in out["title"] or level == "sealed"


@pytest.mark.parametrize("level", ["detect", "strict", "sealed"])
@pytest.mark.parametrize(
    "value",
    ["zq.canary@leakmail.test", "219-09-9999", "MRN-77341902", "Maria Santos", "patient_77341902"],
)
def test_phi_in_a_declared_name_does_not_pass(value: str, level: str) -> None:
    out = text({"labels": {"alertname": value}}, compile_rules(level), dict(ALERTMANAGER.roles))
    assert value not in out


@pytest.mark.parametrize("value", ["ZebulonQuackenbush", "zebulon-quackenbush", "Quackenbush", "maria.santos"])
def test_two_words_of_a_declared_name_that_may_be_a_person_do_not_pass(value: str) -> None:
    assert value not in text({"labels": {"alertname": value}}, STRICT, dict(ALERTMANAGER.roles))


def test_a_name_passes_only_where_the_source_declares_it() -> None:
    rules = compile_rules("strict")
    roles = dict(ALERTMANAGER.roles)
    declared = {"labels": {"service": "quorblix-gateway"}}
    assert run(declared, rules, roles).event == declared
    assert "<" in text({"service": "Quorblix"}, rules, roles)


@pytest.mark.parametrize("level", ["detect", "strict"])
@pytest.mark.parametrize("address", ["192.0.2.9", "198.51.100.23", "203.0.113.77", "8.8.4.4", "2001:db8::5:23"])
def test_a_client_address_is_a_token_in_documentation_ranges_too(address: str, level: str) -> None:
    out = text({"title": f"Many failed log-ins from {address}", "client_ip": address}, compile_rules(level))
    assert address not in out
    assert out.count("<IP_") == 2


@pytest.mark.parametrize(
    "address", ["10.2.3.4", "172.16.9.1", "192.168.1.7", "127.0.0.1", "169.254.169.254", "fd00::5:23"]
)
def test_an_address_inside_the_machine_room_stays(address: str) -> None:
    assert address in text(f"connection refused by {address}")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (source, path)
        for source, form in FORMATS.items()
        for path, role in form.roles.items()
        if role in {"name", "enum", "id", "code"}
    ],
)
def test_every_declared_name_of_every_source_passes(source: str, path: str) -> None:
    event: object = "QuorblixLatencyHigh"
    for key in reversed(path.split(".")):
        event = {"any" if key == "*" else key: event}
    assert run(event, STRICT, dict(FORMATS[source].roles)).event == event


@pytest.mark.parametrize(
    "line",
    [
        "[gc,heap] GC(43612) Eden regions: 24->0(23)",
        "scheduled__2026-03-16T14:00:00+00:00 from non-member keycloak-1-84016 of quay.io/jodogne/orthanc:5.16.9",
        "memory: usage 16777216kB, limit 16777216kB, failcnt 672368",
        "2026/06/19 04:11:09 [warn] 31#31: *85379827 a client request body is buffered",
        "pages: 0 removed, 7069669 remain, 49824 scanned",
        "Pipeline #266196631 on aks-userpool-74167596-vmss000000 for hl7-wrk25.mel.corp.internal",
        "tfstate-972035619685 run-5ADKKhMMFFLH9wkp dxvif-db73efe7 claims-835-remit-dlq medora-prod-858396",
        'ALARM: "lab-aurora-prod-replica-1-CPUUtilization" in Asia Pacific (Sydney)',
        "runbooks/kubernetes/kubedeploymentreplicasmismatch by membermatcher on queuename",
        "ward-dashboard: error ratio above SLO, rollback mpi-matcher 336",
        "the virtual machine instance (VMI) is rescheduled; each VMI, PTUs; the Machine Config Operator: MCO",
        "oc get storageconsumer -n northd -ojson; tar -xzf a.tgz; go build -trimpath; `zorvexctl apply -d infra`",
        "traffic on {#SNMPVALUE} of ${CONSUMERNAME}: auid=root rhost=db-1, https://quorblix.sentry.io/organizations/quorblix/",
        "The Free Storage, High Memory and Job State of Max Memory Used, on Tuesday, in Brazil: see New Check Rule",
        "a sick member, alert fatigue; stop the bleeding: the disk is a hair below its limit, the node went belly up",
        "HTTPSConnectionPool(host='x', port=443): Max retries exceeded",
        "(zorblix 1.7.14) lib/zorblix/queue.ex:66: Zorblix.Queue.handle_info/2, :gen_server.handle_msg/6",
        "zorblix::outbound::newrx with Zorbofire/5.9.1 in com.zorblix.moshi on BT106-FW8.5.14, Podfile:98",
        "pulled quay.io/biocontainers/zorb4:4.5.0.0--py36hdfd78af_0 for NFCORE_RAREDISEASE:ZORBDUPLICATES",
        "Xcode 15.4 (15F31d) was above 10.0 (390.0); message-id=<20250623223004.85956ad6d58450fb@mg.zorb.example>",
        "The hashring isn't ready: it couldn't reload, and the compactor hasn't resynced",
        "queue depth is above 10000 (default 6379), maximum length allowed is 1024: no matching SAN in X.509",
        "Azure Service Bus: retry in 30000",
        "[keycloak-0-43785] ISPN000093 WFLYSRV0025 CWWKF0011I BEA-000449, high water mark 498337960786",
        "WARNING[24057][C-0b1f144d] PJSIP/blueface-trunk-51583d0d XK84213.eu-central-1 prod-sydney",
        '"ingress/portal.example-1-8485277636-272596133" 52 of 273 FAIL 3923 unique_claim_line',
        "lon-edge-r2 124: %BGP-5-ADJCHANGE: neighbor 192.0.2.97 vpn vrf IOMT Down BGP Notification sent; AS 64509",
        "E0512 12:54:02.253052    4455 reflector.go:123] kafka-lima-0 and MADISON-DC08 didn't answer",
        "Aborted connection 8960859, log mysql-bin.005611, end_log_pos 676349915, node ti2gNIrqHFGAeQRJ2yu7hb",
        "(version 24.3.5.46 (official build)), Mobile/15E148, lsn=7/36898497, trx id 47799834",
        "Pod rx/rx-refill-worker-5rpvgnbxj-hqnr5, hl7-router in /home/runner/agent",
        "NAME   READY   SECRET   AGE\ndocument-store-tls   False   document-store-tls   77d",
        "alert fatigue: the backend is sick, a hair below the bar, premature end of file, DNS cache poisoning",
        "container_e17_1295879129067_0042_01_000014 and qtp877788296-102: the database system is starting up (57P03)",
        "ERROR 01-14 09:22:41 engine.py failed; [GIN] 2022/02/07 - 10:50:06, app 4.23.18 (4640), WARN 44022 --- [web]",
        "Account: 413764813973 of arn:aws:eks:us-east-1:413764813973:cluster/x, segment D25225F874175DA48F560BE5 gone",
        "CURDEPTH(374322) Process(62879.59), Timeticks: (596558076), fs_used=166396;160000;180000;0 of event 5002",
        "26241 14.18.48 JOB93091 IEA995I SYMPTOM DUMP",
        "MutationStage              32      2241      686934662         0                 0",
        "OS thread handle 1398703025036, query id 181796284 updating; Exec_Source_Log_Pos: 322063575, 1836 data tests",
        "G1 Old Gen: 7746880825 -> 7321592603; wrote 29073194027 bytes, offset for this partition was 67273415.",
        "GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LAG\nmain   queue  17         53504962        4073457",
        "SRMSG18207, AMQ9558E, error CS0246, SQLSTATE[57P01], prior-auth-api-8rrdwf584-2x677, chart=hl7-router-1.1.2",
        "https://grafana.hq.zorb.example/d/TvuRo2iMk [filebeat-8.12.2-2026.06.18-000064] V415__add_key.sql on k8spg361",
        "Mozilla/5.0 (Linux; Android 14; SM-A546E Build/LRX22G.A145), D-Link DXS-1210-28S, Port GE22 down, 485W / 700W",
        "[io.qua.ver.cor.run.VertxCoreRecorder] libgnutls30 2.4.57+dfsg-3 r7i.xlarge, tesseract 5.6.7",
        "container_e17_1295879129067_0042_01_000014 and sha256:e60158c594a43644a2735a6a30d9b9453f08d78dfe0b3f8afdde8d6",
        "26241 14.18.49 JOB93091 IEF404I CLMB410 - ENDED - TIME=14.18.49 +AMQ9202E: QMgr(QMHIEP1) CURDEPTH(374322)",
        "03/27/2026:01:04:10 GMT adc-citrix-gw 0-PPE-5 : default EVENT MONITORDOWN 25114524 0 : %EC-5-UNBUNDLE",
        "Drive in shelf 2 (node 7 bay 12), unit 3 register 40012; FortiGate 600F, member OPS.RUNBOOK(REMIT835)",
        "duration: 8241.730 ms  execute fetch_patient: SELECT * FROM charts; load_patient: INSERT INTO charts (id)",
        "git@github.com:careloop/chart.git (sessionId=7861724212, epoch=INITIAL) Shrinking ISR from 1005,1006 to 1005.",
        "evicted_keys 53917243, maxmemory 39728447488; BIOS 1.0 10/16/2017; tuple (546429,12)",
    ],
)
def test_what_the_grammar_of_a_tool_says_is_nobodys_passes_at_strict(line: str) -> None:
    assert text(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "GC(43612) for patient 77341902",
        "quay.io/quackenbush/zebulon:1.0.0, member zebulon-1-77341902 left, manual__77341902T14",
        "charts: 9 found, 77341902 removed, 4 scanned",
        "get https://acme.sentry.io/patients/77341902",
        "member-portal: 77341902 not found",
        "patient-prod-773419",
        "pump BX-77341902 (MAC B5:EB:90:FC:9C:CF)",
        "Max Quackenbush and Eden Quackenbush, Free Quackenbush State, Tuesday Quackenbush, Brazil Quackenbush",
        "zebulon-quackenbush-prod quackenbush.zebulon.prod",
        "region Sydney Quackenbush",
        "mysql -uquackenbush, `zebulon quackenbush`, Grace Hope Quackenbush (GHQ) has bleeding gums",
        "Message-ID: <quackenbush.198003121234@leakmail.test>",
        "web-4.lon.quackenbush.zebulon.test refused",
        "chart zebulon-quackenbush-1.2.3, signer: ZebulonQuackenbush(signed), Pod rx/quackenbush-77341902",
        "alert fatigue of Zebulon Quackenbush, auid=77341902, MRN77341902: not found, patient merged 1 -> 77341902",
        "PJSIP/zebulon-quackenbush-51583d0d zebulon-keycloak-quackenbush-0-43785 C-77341902",
        '{"headers": [{"name": "X-Letter-Ref", "value": "77341902"}], "recipient": "slack:zebulon-quackenbush"}',
        "(quackenbush 77.341.902) registry.clinic.example/quackenbush:773419 docker.io/x/y:1 MRN-77341902",
        "Quackenbush::Zebulon at Zebulon/5.9.1, message-id: 77341902.quackenbush@x.example, 77341902/2",
        "scans/QUACKENBUSH_ZEB_19570511_77341902.md.cram",
        "card reads 77341902-05, portal?size=77341902&x=1, status of 77341902, ^DPT(77341902,0), deleted 77341902",
        "Account: 773419001277 and arn:aws:eks:us-east-1:413764813973:cluster/main (77341902) 773419 --- [x]",
        "id=77341902;773419;x event 77341902 PATID(77341902), 26241 14.18.48 QUACKENBUSH 77341902",
        "QUACKENBUSH    77341902   19570511   45  6175551234   0",
        "NAME  CHART  LAG\nzorb  77341902  4073457",
        "https://grafana.example.org/patients/Qu4ckNbZ77341902/d zebulon-quackenbush-1.2.3 error MRN77341902",
        "quackenbush-8rrdwf584-2x677 idx_quackenbush_zebulon quackenbush 12.05.61",
        "Mozilla/5.0 (Windows NT 10.0; MRN-77341902; Zebulon Quackenbush) AppleWebKit/537.36",
        "Dell of Quackenbush, [zebulon.quackenbush.office.notes] chart quackenbush-app-77341902",
        "bay 12 of QUACKENBUSH, Host(Quackenbush) runmqsc QUACKENBUSH, AET QUACKENBUSH, REASON 77341902",
        '{"type": "Group", "displayName": "Zebulon Quackenbush", "policy": "Quackenbush-Z", "room": "Quackenbush 2"}',
        "execute fetch_patient: QUACKENBUSH FROM x, patient: Zebulon; 837P of zebulon quackenbush, born Zebulon",
        "git@zebulon.quackenbush.example wrote (sessionId=77341902), broker 77341902, tuple 77341902",
    ],
)
def test_beside_such_a_grammar_a_person_is_still_found(line: str) -> None:
    out = text(line).lower()
    assert "773419" not in out
    assert "quackenbush" not in out


def test_a_text_of_systems_that_has_a_word_for_patients_stays_one_of_systems() -> None:
    line = "Redis failover in web-2. Rolled back. Claims are unaffected, no patient data was lost: yqzbkilozghz"
    assert text(line).startswith(line.removesuffix("yqzbkilozghz"))
    assert "<WORD_" in text(line)
    assert "unaffected" not in text(f"{line} Zebulon Quackenbush was unaffected, MRN-77341902")
