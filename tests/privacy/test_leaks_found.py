"""Leaks that fuzzing and payloads of others brought to light, each told once by what must not be readable."""

from __future__ import annotations

import json

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
        ({"m": "GS*HS*S Zebulon Quackenbush 219-09-9999*REC*20260512~NM1*IL*1*DOE*JANE~"}, "219-09-9999"),
        ({"m": "CLM*PT88*180***11:B:1*Y*A Zebulon Quackenbush *Y~NM1*IL*1*DOE*JANE~"}, "Quackenbush"),
        ({"m": "PID|1||MRN009^^^A^MR Zebulon Quackenbush ||Doe^Jane"}, "Quackenbush"),
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
    ],
)
def test_at_strict_it_cannot_be_read(event: object, gone: str) -> None:
    assert not any(gone in seen for seen in readings(out(event), depth=5))


@pytest.mark.parametrize(
    ("event", "gone"),
    [
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
    ],
)
def test_what_a_responder_needs_stays(text: str) -> None:
    assert tokenize({"message": text}, STRICT, {}, ThrowawayMint()).event == {"message": text}


def test_a_tokenized_segment_keeps_its_tokens() -> None:
    mint = ThrowawayMint()
    once = tokenize("CLP*7722337*1~NM1*QC*1*DOE*JANE~PID|1||M1||Doe^Jane", STRICT, {}, mint).event
    twice = tokenize(once, STRICT, {}, mint).event
    assert [match[0] for match in TOKEN.finditer(once)] == [match[0] for match in TOKEN.finditer(twice)]
