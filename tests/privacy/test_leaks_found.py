"""Leaks that fuzzing and payloads of others brought to light, each told once by what must not be readable."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable

import pytest

from router.bench.scorer import readings
from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import TOKEN, ThrowawayMint

STRICT, DETECT = compile_rules("strict"), compile_rules("detect")


def out(event: object, level: str = "strict") -> str:
    rules = STRICT if level == "strict" else DETECT
    return json.dumps(tokenize(event, rules, {}, ThrowawayMint()).event, ensure_ascii=False)


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        ('{"hot": {"Quackenbush, Zebulon": 12}}', "Quackenbush"),  # a key of a document in a text
        ({"m": "Referral for PHAM, THU HA rejected"}, "THU"),  # the rest of a name, behind the half that a list has
        ({"m": "discharge letter - Min-jun Kim - sent"}, "Min-jun"),
        ({"m": "GET Patient?family=van%20der%20Heijden"}, "der"),
        ({"m": "GET /intake/Price%2C%20Edouard/x.pdf"}, "Price"),
        ({"m": 'StudyInstanceUID for "MUNI^FALAK"'}, "FALAK"),
        ({"m": "Location MAT^L2^B not in table"}, "MAT^L2^B"),
        ({"m": "bed 5E-512-B (Mr Quackenbush)"}, "5E-512"),
        ({"executionArn": "arn:aws:states:us-east-1:123456789012:execution:pay:pay-4AN2RG9ZJ25-6e53f4"}, "4AN2RG9ZJ25"),
        ({"snapshot": "s3://kiosk-captures/f01a9c9756/face.jpg"}, "f01a9c9756"),
        ({"m": "s3://scans/2026/ROUT_THUYLINH_19610405_H389131214.pdf: SlowDown"}, "ROUT"),
        ({"m": "next=%3Fmobile%3D%252B84%2B92%2B427%2B66%2B12"}, "427"),
        ({"topic": "dlq.encounters", "partition": 4, "key": "94f59ca030c42c2bac585e26"}, "94f59ca"),
        ({"unit": {"callSign": "A772", "registration": "HT 54 071", "chassisNo": "WF01FA4307BUBT606"}}, "54 071"),
        ({"contexts": {"device": {"device_unique_identifier": "C8E881BD-6009-4325-AFFF-B320968FF676"}}}, "C8E881BD"),
        ({"m": "uid=cokafor,ou=patients,dc=clinic,dc=example: no such entry"}, "cokafor"),
        ({"m": "GS*HS*S Zebulon Quackenbush 219-09-9999*REC*20260512~NM1*IL*1*DOE*JANE~"}, "219-09-9999"),
        ({"m": "CLM*PT88*180***11:B:1*Y*A Zebulon Quackenbush *Y~NM1*IL*1*DOE*JANE~"}, "Quackenbush"),
        ({"m": "PID|1||MRN009^^^A^MR Zebulon Quackenbush ||Doe^Jane"}, "Quackenbush"),
        ({"m": 'State: %App.Session{wearer: %{id: "PX-399208", display: "A"}}'}, "399208"),  # a record in Elixir
        ({"assignment": {"holder": "pt_OfsrFIdDWzINUqav", "shipTo": "1 High St"}}, "OfsrFIdDWzINUqav"),
        ({"customer": "cus_Zy2ZQAjOHqNcXt", "billing": {"email": "zq.canary@leakmail.test"}}, "Zy2ZQAjOHqNcXt"),
        ({"m": "V" * 40 + " Zebulon Quackenbush " + "V" * 34 + "ay"}, "Quackenbush"),  # beside a run that is base64
        ({"m": "dob:{ Zebulon Quackenbush year:1990}"}, "Quackenbush"),
        ({"prenoms": ["Solène"]}, "Solène"),
        ({"routing_key": "R03E4K2J1H0G9F8D7S6A5Q4W3E2R1T0Y"}, "R03E4K2J1H0G"),
        ({"m": "患者氏名: 佐々木 美咲"}, "美咲"),
        ({"m": "paciente María del Pilar Ocampo Ruiz"}, "Pilar"),
        ({"dataset": {"00100030": {"vr": "DA", "Value": ["19350902"]}}}, "19350902"),
        ({"m": "new PatientDto(mrn=K1, bed=5E-22)"}, "5E-22"),
        ({"m": 'coverage for {id:"U77120943" first:"Ngozi" last:"Eze"}'}, "U77120943"),
        ({"m": '{"ref": "from Zebulon Quackenbush", "ref": "none"}'}, "Quackenbush"),  # the key that loses
        ({"m": "pacienslo 475812/345 odmitnuto"}, "475812"),
        ({"m": "card # 3554257252477856 expired"}, "3554257252477856"),  # its digits are hex of a text, too
        ({"m": "call 01.84.17.61.18 back"}, "84.17.61"),
        ({"m": "DTM*472*20260214~NM1*QC*1*DOE*JANE~"}, "20260214"),
        ({"m": "IK4*4*1036*7*JOSEPH~NM1*QC*1*DOE*JANE~"}, "JOSEPH"),
        ({"m": "Repo->insert('Drew', 'Stack', 7) failed"}, "Stack"),
        ({"m": "near ''Land' AND zip='10001''"}, "Land"),
        ({"m": "^FD GARDEN, DUKE^FS"}, "GARDEN"),
        ({"m": "oldest message 41m (pt 77341902 FIELD)"}, "FIELD"),
        ({"m": "cannot read /in/Node_Major_12151980_referral.tiff"}, "Major"),
        ({"m": "s3://imaging/studies/major_carrier/9889792/x"}, "carrier"),
        ({"m": "C:\\scans\\AugustMelody.pdf"}, "Melody"),
        ({"m": "undeliverable to \u9648\u9759"}, "\u9648\u9759"),
        ({"m": "Duplicate entry 'Rose-Lock' for key 'u1'"}, "Rose"),
        ({"deviceName": "LT-HUDSON-71"}, "HUDSON"),
        ({"title": "Cell", "value": "5595550114"}, "5595550114"),
        ({"path": ["lastName"], "received": "Master"}, "Master"),
        ({"m": "who=x slot=2026-09-21T19:39 err=y"}, "19:39"),
        ({"m": "binding parameter [1] as [VARCHAR] - [29969]"}, "29969"),
        ({"m": "binding parameter (2:VARCHAR) <- [Featherstone]"}, "Featherstone"),
        ({"m": "==> Parameters: 29969(String), O'Neil, Pat(String), 12(Integer)"}, "29969"),
        ({"m": 'Bind#0\n oacdty=01 mxl=32(10) value="H07"\n Bind#5\n value="29969"'}, "29969"),
        ({"m": 'SELECT 1 [["zip", "29969"], ["LIMIT", 1]]'}, "29969"),
        ({"m": '4) 1) "SETEX"\n 2) "otp:x"\n 3) "300"\n 4) "a807b156b6626359a358007f"'}, "a807b156b662"),
        ({"m": "app://card?tok=b5d1b74a6df372e5b2e160f8a983e473"}, "b5d1b74a"),
        ({"idfv": "679E27BE-330C-4AA5-B7F6-124E23BC29A2"}, "679E27BE"),
        ({"m": "GET /v3/subjects/0e31c702-cf25-43eb-add4-6cfdb331c08d/summary"}, "0e31c702"),
        ({"m": 'Row Values: [5e611e8c-98de-40c9-bebb-5d3dd66384a5, "Yolotzin Haas", 2013-01-18]'}, "5e611e8c"),
        ({"vehicle": {"tag": "M-CS 565"}}, "M-CS"),
        ({"by": {"zq.canary": 3}, "m": "mail zq.canary@leakmail.test bounced"}, "zq.canary"),
        ({"m": "USING (SELECT 'Sommer' AS insured_nm, 'B20' AS prin_dx) s"}, "Sommer"),
        ({"headers": {"x-zm-signature": "v0=66d70d7eac39187818e23fc303845d6019bb5092c1175e3b"}}, "66d70d7e"),
        ({"proxyFor": "1ebdc059-4874-4a47-999f-31c418d42b1d"}, "1ebdc059"),
        ({"workflowId": "discharge-80877904"}, "80877904"),
        ({"m": "matched ***-**-6268 by rule 14"}, "6268"),  # the last four of a number
        ({"m": "voicemail from 1.477.555.0161"}, "0161"),  # no version
        ({"m": "\x1b[36mpatient=\x1b[0mZebulon \x1b[31mQuackenbush\x1b[0m"}, "Quackenbush"),  # a terminal's colours
        ({"m": "\x00".join("chart of Zebulon")}, "\x00b\x00u\x00l"),  # UTF-16, read as something else
        ({"m": "".join(f"\\{ord(char):03o}" for char in "Zebulon")}, "132"),
        ({"m": "Subject: =?utf-8?Q?visit_of_zq.canary=40leakmail.test?="}, "canary"),
        ({"m": b"to Zebulon Quackenbush".hex(" ")}, "5a 65 62"),
        ({"m": "chart 77341902.0 not found", "ids": [77341902.0, 12345678901234567890123]}, "7734190"),
        ({"m": "call back 795/555-0164"}, "0164"),
        ({"m": "1='Ann', 1='West', 2='1980-02-01'"}, "West"),  # bound by number
        ({"m": "NCPDP D.0 reject 65 CA=ANN CB=BERG C4=19800201"}, "BERG"),
        ({"m": "IN1|1|PPO||||||||||||||DOE^JANE|SEL|20020609|1 Elm||9 Oak^^MARYMOUTH^OH^53598"}, "MARYMOUTH"),
        ({"m": "su cita es el 16/06 con Ruiz"}, "16/06"),
        ({"who": "Ega Suwarno"}, "Ega"),
        ({"pid_3": "5710312", "nach_name": "Bell"}, "5710312"),  # fields of HL7 as log shippers call them
        ({"PV1-3": "DOM 3A", "PID.7": "19.3.2001"}, "19.3.2001"),
        ({"segments": ["NM1*QC*1*BELL*MADS*B***MI*88213377", "N4*MILTON*WI*53563"]}, "MADS"),
        ({"m": "binding parameter [4] as [VARCHAR] - [2635]"}, "2635"),
        ({"resourceType": "Patient", "photo": [{"url": "https://media.example/rp/33c26486.jpg"}]}, "33c26486"),
        ({"m": "<b>MRN:</b> 5710312<br>"}, "5710312"),  # what a label says of what stands behind it
        ({"m": "*Patient:*\nBell"}, "Bell"),
        ({"m": "PATIENT-ID....: 5710312   X"}, "5710312"),
        ({"m": "row ['77', 'Anna Weber', 'DOM 3A']"}, "DOM 3A"),
        ({"m": "Anna Weber (J45) seen", "at": "ICU-2"}, "J45"),
        ({"m": "pick-up missed for DAG KARLSEN at noon"}, "DAG"),
        ({"m": "Patient{id=9f1c2d, name=Bell}"}, "9f1c2d"),
        ({"who": "pt_DjLsZFKfsIQM"}, "DjLsZ"),
        ({"m": "Letter for Mrs Dorina Hall-Green, Daniel queued"}, "Mrs"),
        ({"m": "Hello Paca Arenas Goicoechea, your results are ready"}, "Arenas"),
        ({"m": 'last: ^DPT(712109,0)="DOE"'}, "712109"),
    ],
)
def test_at_strict_it_cannot_be_read(event: object, gone: str) -> None:
    assert not any(gone in seen for seen in readings(out(event), depth=5))


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        ({"recipients": {"anto1963@leakmail.test": {"first": "Anto", "when": "Jun 3, 2026"}}}, '"Anto"'),
        ({"byHospitalNumber": {"P-52728-AH": "SKIPPED"}, "to": "Zebulon Quackenbush"}, "52728"),
        ({"m": "MRN;Last;First;DOB\n00291-7;Brzezinski;Wanda;1931-10-02"}, "Brzezinski"),
        ({"m": "2217,Haugen,Torbjorn,1933-07-21,H0081274,OK"}, "Haugen"),
        ({"m": "| patient | age_days |\n|---|---|\n| Kofi Asamoah | 39 |"}, "Asamoah"),
        ({"m": "<table><tr><td>Name</td><td>Hyacinth Bell</td></tr></table>"}, "Hyacinth"),
        ({"m": '<patientRole><birthTime value="19750501"/></patientRole>'}, "19750501"),
        ({"m": "[SQL: UPDATE g SET town=%s WHERE mrn=%s]\n[parameters: ('Kinsale', 'GN-30041')]"}, "GN-30041"),
        ({"m": "SELECT 1 FROM p WHERE p.last_name LIKE 'Featherston%'"}, "Featherston"),
        ({"m": "on field 'zipCode': rejected value [9410-A]"}, "9410-A"),
        ({"m": "(0010,0020) LO [AMC-009912]  # 10, 1 PatientID"}, "AMC-009912"),
        ({"url": "https://api.example.test/me/zq.canary@leakmail.test/scripts"}, "zq.canary"),
        ({"m": "lives at Lindenallee 14b, 12345 Berlin"}, "Lindenallee"),
        ({"m": "8 bis rue des Tanneurs"}, "Tanneurs"),
        ({"m": "follow up with patricia desrosiers soon"}, "desrosiers"),
        ({"m": "nif MNTGPP48A41H501X rejected"}, "MNTGPP48A41H501X"),
        ({"患者姓名": "欧阳若兰"}, "欧阳若兰"),
        ({"id": "a77-12", "lastName": "Eze", "dob": "1990-01-01"}, "a77-12"),
        ({"who": "Will Young"}, "Young"),
        ({"m": "[Art Fish][MR5825176] sync aborted"}, "MR5825176"),
        ({"m": '["--mrn","4520159","--out","x"]'}, "4520159"),
        ({"args": ["--mrn", "4520159"]}, "4520159"),
        ({"m": "member lookup miss: 8CFC68BC7B (cache)"}, "8CFC68BC7B"),
        ({"m": "ivr dropped a call from 2925550190 in menu 3"}, "2925550190"),
        ({"m": "birth_date { year: 2008 month: 4 }"}, "2008"),
        ({"m": ':person/first "Buck", :person/last "Gold"'}, "Gold"),
        ({"FRST_NM": "Zebulon", "LST_NM": "Quackenbush"}, "Quackenbush"),
        ({"given": "Crystal", "born": "1980-01-02"}, "Crystal"),
        ({"m": "wendys-macbook-pro.local left the network"}, "wendys"),
        ({"m": "Failed login, locked by leah53 again"}, "leah53"),
        (
            {"m": "\u043f\u043e\u043b\u0438\u0441 7674106540579458 \u043d\u0435 \u043d\u0430\u0439\u0434\u0435\u043d"},
            "7674106540579458",
        ),
        ({"note": "chart 30144 of Zebulon Quackenbush", "n": "see 30144712"}, "30144712"),  # an event about a person
        ({"m": "scans/Irons_Penny_254-14-2705.pdf"}, "254-14-2705"),
        ({"m": "row: (BRIGHT, FOREST, 12-JAN-80) at line 35"}, "BRIGHT"),
        ({"m": "last known address Marija-Albers-Weg 7912"}, "Marija"),  # no name of a mail in Exim's queue
        ({"ua": "CareApp/4.2 (Sarah\u2019s iPhone; iOS 17.5)"}, "Sarah"),
        ({"text": "harris, robert 04/05/1980"}, "harris"),
        ({"member-portal": "jmiller84"}, "jmiller84"),  # a program's name is the key, and its value is read
        ({"checks": {"rx": "UP"}, "rx": "Eliquis"}, "Eliquis"),
        ({"member": "M88-412"}, "M88-412"),
        ({"ByRecipient": {"zq.canary@leakmail.test": "ETIMEDOUT"}, "email": "ZEBULON"}, "ZEBULON"),
        ({"m": "patient-ref:90210 on ward-board:2.3.8"}, "90210"),
        ({"m": "exec dbo.usp_Opret @Fornavn=N'Alexandra', @Postnr=N'5434'"}, "5434"),
        ({"m": '{:book, %{kind: "x", dob: ~D[1980-09-19]}}'}, "1980-09-19"),
        ({"m": '<a:B FriendlyName="givenName"><a:V>Rebecca</a:V></a:B>'}, "Rebecca"),
    ],
)
def test_at_detect_the_place_says_what_it_is(event: object, gone: str) -> None:
    assert gone not in out(event, "detect")


@pytest.mark.parametrize(
    "text",
    [
        "context deadline exceeded while dialing grpc://ledger.svc.cluster.local:50051",
        "arn:aws:sqs:us-east-2:123498761234:rx-notify-dlq",
        'ALARM: "portal-5xx" in US West (Oregon)',
        "ORA-00001: unique constraint (EHR.PK_COVERAGE) violated",
        "   at System.DateTimeParse.Parse(ReadOnlySpan`1 s)\n   at Program.Main(String[] args)",
        "job done in Europe/Paris",
        "c7ad6b7169203331",
        "E0404 19:58:33.590854       1 controller.go:474] reconciler error",
        "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)",
        "Seq Scan on orders  (cost=0.00..18334.00 rows=1 width=8)",
        "decoder-2 restarted, build 2026.4.2",
        "\t/usr/local/go/src/net/http/transport.go:2449 +0xf0",
        'violates unique constraint "contacts_phone_key"',
        "PATH=/usr/local/bin:/usr/bin",
        "oid 1.2.840.10008.5.1.4.1.1.2 refused",
        "query($patientName: String!, $mrn: ID) { id }",
        "E/CheckIn(7066): offset in mpi.person-12@18225087",
        "waits for ShareLock on transaction 99120441",
        "radsched@4.4.1 on portal-7c9d5f8b44-k2x9p: ord_7FZW9uraORamQg",
        "rx-router:5.8.1 on mbr-elig-24.phx1:9404, ward-dashboard: error ratio 0.2, rollback mpi-matcher 336",
        "queue age is 5809, checkpoint CPU: user: 59.15 s, set on node rabbit@mq2.phx1",
        "terminated with exit code 143, serial 45:a0:37:7a:13:d1:e3:c1:57:52:f3:8e:a0:6a:9a:e6:7e:62",
        "RightFax: 22 failed, alarm arn:aws:cloudwatch:eu-central-1:951449383489:alarm:claims-aurora-prod-replica-2",
        "MongoDB member mpi-db-2:27017 is RECOVERING; Policy retention-90d on index claims-2026.05.03; period 2026P10",
        '"Root=1-6b8485db-665121fe8e561785cf61ab19" bytes read 0 written 6993343, at BedsideViewModel.kt:41',
        "claims-835-remit behind: see https://radar-api.service.newrelic.com/accounts/1420569/issues",
    ],
)
def test_what_a_responder_needs_stays(text: str) -> None:
    assert tokenize({"message": text}, STRICT, {}, ThrowawayMint()).event == {"message": text}


@pytest.mark.parametrize(
    ("write", "read"),
    [
        (lambda raw: base64.encodebytes(raw).decode(), base64.b64decode),
        (
            lambda raw: base64.b64encode(gzip.compress(raw)).decode(),
            lambda text: gzip.decompress(base64.b64decode(text)),
        ),
        (lambda raw: "\\x" + raw.hex(), lambda text: bytes.fromhex(text[2:])),
        (
            lambda raw: base64.b64encode(raw.decode().encode("utf-16-le")).decode(),
            lambda text: base64.b64decode(text).decode("utf-16-le").encode(),
        ),
    ],
    ids=["lines", "gzip", "bytea", "powershell"],
)
@pytest.mark.parametrize("level", ["strict", "detect"])
def test_what_was_encoded_comes_out_encoded_and_tokenized(
    write: Callable[[bytes], str], read: Callable[[str], bytes], level: str
) -> None:
    plain = b"x: retry of zq.canary@leakmail.test, then of MRN-77341902 and zq.canary@leakmail.test"
    found = json.loads(out({"payload": write(plain)}, level))["payload"]
    assert read(found).startswith(b"x: retry of <EMAIL_")
    assert b"canary" not in read(found)
    assert b"77341902" not in read(found)
    assert json.loads(out({"payload": found}, level)) == {"payload": found}


def test_two_keys_of_one_value_stay_two() -> None:
    once = tokenize({"zq.canary@leakmail.test": 1, "ZQ.Canary@leakmail.test": 2}, STRICT, {}, ThrowawayMint()).event
    first, second = once
    assert second == f"{first} (2)"
    assert tokenize(once, STRICT, {}, ThrowawayMint()).event == once


def test_lists_deeper_than_anything_can_write_are_one_token() -> None:
    deep: object = "Quackenbush"
    for _ in range(500):
        deep = [deep]
    assert "<TEXT_" in str(tokenize(deep, STRICT, {}, ThrowawayMint()).event)


def test_a_tokenized_segment_keeps_its_tokens() -> None:
    mint = ThrowawayMint()
    once = tokenize("CLP*7722337*1~NM1*QC*1*DOE*JANE~PID|1||M1||Doe^Jane", STRICT, {}, mint).event
    twice = tokenize(once, STRICT, {}, mint).event
    assert [match[0] for match in TOKEN.finditer(once)] == [match[0] for match in TOKEN.finditer(twice)]


def test_an_interchange_says_itself_what_parts_its_elements() -> None:
    text = "ISA|00|          |00|          |ZZ|PAYERGW|ZZ|CLINIC|250623|0448|^|00501|1|0|P|>\n"
    text += "NM1|QC|1|HOWARD|LISA||||MI|KVGV856901"
    for level in (STRICT, DETECT):
        said = str(tokenize(text, level, {}, ThrowawayMint()).event)
        assert "PAYERGW|ZZ|CLINIC|250623" in said
        assert "HOWARD" not in said
        assert "KVGV856901" not in said


def test_what_stands_before_a_colon_in_an_x12_element_is_read() -> None:
    text = "NM1*QC*1*DOE*JANE~TRN*2*543 patient Quackenbush, 219-09-9999 WA7:56234*202~"
    for event in (text, text.replace("WA7:56234", "A7712345:56234")):
        out = tokenize(event, STRICT, {}, ThrowawayMint()).event
        assert not any(value in out for value in ("Quackenbush", "219-09", "7712345", "56234"))
