"""Walks one event: what its keys say, what siblings say of each other, and down to the leaves."""

# ruff: noqa: ANN401, C901, PLR2004 - JSON is Any; one decision table of what keys say
from __future__ import annotations

import re
from functools import partial
from itertools import count
from typing import Any, Final

import orjson

from router.privacy import positional
from router.privacy.care import kind_of, of_systems
from router.privacy.cells import record
from router.privacy.findings import Json
from router.privacy.hl7 import FIELDS as HL7_FIELDS
from router.privacy.keys import NOTHING, Verdict, is_namer, is_valuer, judge, split
from router.privacy.leaves import MAX_READ, Leaves
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.memory import PATHS, Place, slot_of
from router.privacy.plans import Plan
from router.privacy.spans import Span
from router.privacy.tokens import is_token

MAX_DEPTH: Final = 64
"""Levels of nesting, embedded JSON included; below them a value is one token."""
_CERTIFICATE: Final = frozenset({"issuer", "not_after", "notAfter", "not_before", "notBefore", "validTo", "valid_to"})
_ACCOUNTS: Final = frozenset(
    {"account", "owner", "accountId", "account_id", "AccountId", "ownerId", "AWSAccountId", "recipientAccountId"}
)
_BARE_IDS: Final = frozenset(
    {
        "id",
        "ID",
        "Id",
        "_id",
        "uid",
        "uuid",
        "key",
        "ref",
        "number",
        "no",
        "code",
        "pk",
        "identifier",
        "record",
        "external_id",
        "externalId",
        "extId",
        "serial",
        "sub",
    }
)
_TYPES: Final = frozenset(
    {"S", "N", "B", "BOOL", "SS", "NS", "$oid", "$date", "$numberLong", "$numberInt", "$numberDecimal", "$uuid"}
)
"""DynamoDB and MongoDB write a value's type as its key: `{"dob": {"S": "1957-05-11"}}`."""
_DISTINCT: Final = frozenset({"PERSON", "DOB", "SSN", "MRN"})
_ABOUT: Final = frozenset({"DOB", "SSN", "MRN", "ADDRESS", "EMAIL", "PHONE", "BIOMETRIC", "MEMBER_ID", "NATIONAL_ID"})
"""What a thing is given somebody for, who then stands beside it by an id alone."""
_OWNERS: Final = frozenset(
    {
        "holder", "wearer", "bearer", "customer", "subject", "subscriber", "recipient", "payer", "buyer", "borrower",
        "lessee", "addressee", "account_holder", "accountholder", "cardholder",
    }
)  # fmt: skip
"""Whom a record names by an id alone."""
_OWNED_ID: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[^0-9]*[0-9])[0-9A-Za-z]{1,6}[-_][0-9A-Za-z]{4,40}|"
    r"[a-z]{1,6}_[0-9A-Za-z]{12,40}|[0-9a-f]{24}|[0-9A-Z]{26}|[0-9]{5,12}"
)
"""Such an id: of chance, or a prefix and a number."""
_HALVES: Final = frozenset({"given", "family", "first", "last", "middle", "name", "nm"})
"""Keys that hold a name when others beside them are about a person."""
_FILED_BY: Final = frozenset(
    {"MRN", "PATIENT_ID", "MEMBER_ID", "SSN", "NATIONAL_ID", "ACCOUNT", "PHONE", "EMAIL", "DEVICE_ID"}
)
"""Kinds under which a map may be filed: `byHospitalNumber: {"P-52728-AH": …}`."""
_DIGITS: Final = re.compile(r"[0-9](?:[^\s]*[0-9]){3}")
_TOPICS: Final = (
    "topic", "Topic", "kafka_receivedTopic", "kafka.topic", "topicName", "topic_name", "streamName", "stream", "queue",
    "exchange",
)  # fmt: skip
_RECORD_KEYS: Final = frozenset(
    {
        "recordkey", "record_key", "messagekey", "message_key", "partitionkey", "partition_key", "orderingkey",
        "ordering_key", "kafka_receivedmessagekey", "kafka.key", "msgkey", "msg_key", "rowkey", "row_key",
    }
)  # fmt: skip
"""What a record of a queue's is filed under."""
_PEOPLE: Final = frozenset(
    {
        "patient", "patients", "member", "members", "encounter", "encounters", "visit", "visits", "admission",
        "admissions", "discharge", "discharges", "person", "persons", "people", "enrollee", "enrollees", "subscriber",
        "subscribers", "resident", "residents", "appointment", "appointments", "claim", "claims", "prescription",
        "prescriptions", "referral", "referrals", "observation", "observations", "consent", "consents", "beneficiary",
        "beneficiaries", "eligibility", "enrollment", "enrollments", "dependents", "insured", "demographics", "adt",
        "vitals", "mpi", "empi", "immunization", "immunizations", "medication", "medications", "allergies", "donors",
        "caregivers", "clients", "intake",
    }
)  # fmt: skip
"""Those whom a topic is about."""
_SHORT_KEY: Final = 5
_REGISTRATIONS: Final = frozenset(
    {"registration", "reg", "regno", "reg_no", "registrationno", "registration_no", "tags", "tag"}
)
_OF_CARS: Final = frozenset(
    {
        "chassis", "vin", "vehicle", "ambulance", "car", "odometer", "mileage", "fuel", "callsign", "fleet", "driver",
        "make", "truck", "rig",
    }
)  # fmt: skip
_FIELD_NUMBER: Final = re.compile(r"([0-9]{1,2})(?:[.-][0-9]{1,2})?")
"""A field and component of a segment of HL7's, as engines write it in JSON: `{"PID": {"5.1": …}}`."""
_LONGEST_ROW: Final = 40
_NAME_COST: Final = 40
"""Characters' worth of reading that a key takes which was never met there."""
_PAIR_COST: Final = 32
"""Characters' worth of reading that a pair of a name and a value takes."""
_SHORT_REST: Final = 50
"""Items of a list, or members of an object, that are judged one by one also when the event's budget is spent; more are
one token together."""
_FAR_SPENT: Final = MAX_READ + MAX_READ // 2
"""From here on fewer are, too, but for the members of the event itself."""
_REST: Final = "rest"
"""What the one member is called that stands for those which are not read."""
_OPTION: Final = re.compile(r"--[a-z][a-z0-9_-]{1,40}")
"""An option of a command line given as a list: its value follows."""
_DAY_OR_NAME: Final = re.compile(r"[0-9]{1,4}[-/.][0-9A-Za-z]{1,3}[-/.][0-9]{2,4}|[A-Z][A-Za-z'-]+, [A-Z][A-Za-z' -]+")
_OF_RULES: Final = frozenset(
    [
        "alertname", "alertName", "alert_name", "AlarmName", "alarmName", "alarm_name", "rule", "rule_name", "ruleName",
        "rulename", "check_name", "checkName", "monitor", "monitor_name", "monitorName", "trigger_name", "triggerName",
        "watch_id", "search_name",
    ]
)  # fmt: skip
"""Keys that hold the name of an alert's rule, whatever sends it: names in CamelCase there are nobody's."""
_LOGGED: Final = frozenset({"level", "lvl", "severity", "error", "err", "status", "seviye", "nivel", "msg", "message"})
_PERSONAL: Final = frozenset(
    {"PERSON", "DOB", "SSN", "MRN", "MEMBER_ID", "NATIONAL_ID", "ADDRESS", "PHONE", "ZIP", "EMAIL"}
)
_ENDING: Final = _HALVES | {"id", "uid", "number", "no", "code", "date", "login", "value"}
"""Last parts of an attribute that mean what the part before them says."""
_DOTTED: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_ASKED: Final = re.compile(r"[\w\xbf][^\[\]{}<>=|\n]*")
"""What a form asks for, as opposed to the title of an alert."""
_ERROR_CODE: Final = re.compile(r"[A-Z]{2,8}[-_][A-Z]{0,8}_?[0-9]{1,4}")
_OF_ALERTS: Final = frozenset(
    [
        "issueUrl",
        "workflowName",
        "conditionFamilyId",
        "condition_family_id",
        "conditionId",
        "condition_id",
        "conditionName",
        "condition_name",
        "nrqlQuery",
        "nrql_query",
        "violationUrl",
        "incident_url",
        "violation_callback_url",
    ]
)
"""What New Relic says of an alert beside the id of its policy."""
_CLOUD: Final = frozenset(
    {
        "region",
        "awsRegion",
        "detail-type",
        "resources",
        "arn",
        "principalId",
        "pod",
        "image",
        "namespace",
        "cluster",
        "alertname",
        "container",
        "instance",
        "source",
        "eventSource",
        "logGroup",
        "logStream",
        "messageType",
        "AlarmName",
        "AWSAccountId",
        "eventName",
        "resourceId",
        "configRule",
        "apiId",
        "resourcePath",
        "domainPrefix",
        "httpMethod",
    }
)


_SHORT_KEYS: Final = frozenset({"val", "ver", "alt"})
"""Keys of programs that are short names of people too."""


def _written(value: Json) -> str:
    """What is too deep to be read, as one text; that of a structure too deep to be written is empty."""
    try:
        return orjson.dumps(value, default=str).decode() if not isinstance(value, (int, float)) else str(value)
    except (TypeError, RecursionError):
        return "[]"


class Fields(Leaves):
    """Judges objects and lists by their keys."""

    __slots__ = ()

    def walk(self, box: Any, key: Any, value: Json, place: Place, depth: int) -> None:
        """Judge `value`, which stands at box[key]; containers are copied, leaves planned."""
        if type(value) is str:
            if value:
                self.leaf(box, key, value, place)
            return
        if value is None or isinstance(value, bool):
            return
        if depth > MAX_DEPTH:
            self.seal(box, key, _written(value), place, "depth")
            return
        if not value and isinstance(value, (dict, list, tuple)):
            box[key] = {} if isinstance(value, dict) else []
        elif isinstance(value, dict):
            self.mapping(box, key, value, place, depth)
        elif isinstance(value, (list, tuple)):
            self.sequence(box, key, list(value), place, depth)
        else:
            self.number(box, key, value, place)

    def mapping(self, box: Any, key: Any, value: dict[str, Json], place: Place, depth: int) -> None:
        self.spent += len(value)
        copy: dict[str, Json] = dict(value)
        box[key] = copy
        names: str | None = None
        plans: dict[str, Plan] = {}
        loose: list[str] = []
        resource = value.get("resourceType")
        if resource is not None and (type(resource) is not str or len(resource) > 40):
            resource = None
        rest: dict[str, Json] = {}  # what is met for the first time when the event's budget is spent
        table: dict[str, list[str]] | None = None
        personal: bool | None = None
        halved: bool | None = None
        under = place.under
        plain = self.plain
        for name, item in value.items():
            below = under.get(name) if resource is None else under.get(f"{resource}|{name}")
            if below is None:
                if (
                    self.spent > MAX_READ
                    and (len(value) > _SHORT_REST or (self.spent > _FAR_SPENT and place.path))
                    and not _descend(place.states, name)[2]
                ):
                    rest[name] = copy.pop(name)
                    continue
                below = self.place(place, name, resource)
            elif below.calm is not None and type(item) is str:
                if item in below.calm:
                    plain.append((copy, name, item, below))
                elif item:
                    self.leaf(copy, name, item, below)
                continue
            if place.verdict.kind in _FILED_BY and _DIGITS.search(name) is not None and not is_token(name):
                plans[name] = self.plan(name, [Span(0, len(name), place.verdict.kind, "key", True)], below)
                if isinstance(item, str) and _DIGITS.search(item) is None:
                    below = Place((*place.path, "*"), NOTHING, "", exact=False, rule=below.rule)  # what is said of it
            elif not below.harmless_key:
                plan = self.key_plan(name, below)
                if plan is not None:
                    plans[name] = plan
            elif below.loose:
                loose.append(name)
            if below.role == "drop":
                del copy[name]
                continue
            if below.helper:
                if below.helper == "value":
                    if names is None:
                        names = self.pair_name(value, name)
                    if names or (
                        not below.verdict.kind
                        and any(is_namer(other) and isinstance(value[other], (dict, list)) for other in value)
                    ):
                        told = self.named_place(place, name, names)
                        if (
                            self.strict
                            and names.lower() in _OWNERS
                            and isinstance(item, str)
                            and _OWNED_ID.fullmatch(item) is not None
                        ):
                            told = self.named_place(place, name, "patient id")  # a fact of a card: `subject`
                        if told.verdict.kind or below.verdict.kind != "IDENTIFIER":
                            below = told
                elif (
                    below.helper == "account"
                    and isinstance(item, str)
                    and len(item) == 12
                    and item.isdigit()
                    and not _CLOUD.isdisjoint(value)
                ):
                    continue
                elif below.helper == "policy" and not _OF_ALERTS.isdisjoint(value):
                    continue  # which alerts are raised
                elif below.helper == "half" and not below.verdict.kind and not below.exact and isinstance(item, str):
                    if halved is None:
                        halved = self.halved(value, place)
                    if halved and (name != "name" or self.personal(value, place)):
                        below = self.named_place(place, name, "first name")
                elif below.helper == "record":
                    if self.of_people(value, item) and not below.verdict.kind and not below.exact:
                        below = self.named_place(place, name, "patient id")
                elif below.helper == "vehicle":
                    if isinstance(item, str) and not below.verdict.kind and self.of_a_car(value):
                        below = self.named_place(place, name, "license plate")
                elif name == "serial" and not _CERTIFICATE.isdisjoint(value):
                    below = self.named_place(place, name, "cert serial")
                elif (
                    below.helper == "owner"
                    and not below.verdict.kind
                    and not below.exact
                    and isinstance(item, str)
                    and _OWNED_ID.fullmatch(item) is not None
                ):
                    if self.strict and self.beside_facts(value, name):
                        below = self.named_place(place, name, "patient id")
                elif (
                    below.helper == "id"
                    and "ctx" in value
                    and "attr" in value
                    and name == "id"
                    and isinstance(item, int)
                ):
                    continue  # what a line of MongoDB's log says, by its number
                elif (
                    below.helper == "id"
                    and not below.verdict.kind
                    and not below.exact
                    and isinstance(item, (str, int))
                    and not (name == "code" and (not _LOGGED.isdisjoint(value) or _is_error_code(item)))
                    and not (name == "id" and "ctx" in value and "attr" in value)
                ):
                    if personal is None:
                        personal = self.personal(value, place)
                    if personal or (name == "key" and self.of_people(value, item)):
                        below = self.named_place(place, name, "patient id")
                if isinstance(item, list):
                    if table is None:
                        table = positional.table(value)
                    if name in table:
                        self.rows(copy, name, item, table[name], below, depth + 1)
                        continue
            if type(item) is str:
                if item:
                    self.leaf(copy, name, item, below)
                continue
            self.walk(copy, name, item, below, depth + 1)
        if loose:
            self.loose.append((loose, plans, place))
        if rest:
            twins = (f"{_REST} ({twin})" if twin > 1 else _REST for twin in count(1))
            name = next(name for name in twins if name not in value)
            copy[name] = None
            self.seal(copy, name, _written(rest), place, "size")
        if plans or loose:
            self.steps.append(partial(self.rename, copy, [*copy], plans))

    def personal(self, value: dict[str, Json], place: Place) -> bool:
        """Is this the record of a person: at least two of its other fields say so, one of them a name or a birth."""
        if not place.personal and value.keys() <= place.under.keys():
            return False
        kinds = [
            judge(name, place.verdict.subject).kind
            for name, item in value.items()
            if item is not None and not isinstance(item, bool) and item != "" and name not in _BARE_IDS
        ]
        return sum(kind in _PERSONAL for kind in kinds) >= 2 and not _DISTINCT.isdisjoint(kinds)

    def of_people(self, value: dict[str, Json], item: Json) -> bool:
        """Is a record of a queue's keyed by somebody: its topic is called after those whom it is about."""
        topic = next((value[name] for name in _TOPICS if isinstance(value.get(name), str)), None)
        return (
            isinstance(topic, str)
            and isinstance(item, (str, int))
            and len(str(item)) > _SHORT_KEY
            and not _PEOPLE.isdisjoint(re.findall("[a-z]{3,}", topic.lower()))
        )

    def of_a_car(self, value: dict[str, Json]) -> bool:
        """Does something beside a `registration` say that it is a vehicle's."""
        return any(
            judge(name).kind in {"VIN", "PLATE"} or not _OF_CARS.isdisjoint((*split(name), name.lower()))
            for name in value
            if name.lower() not in _REGISTRATIONS
        )

    def beside_facts(self, value: dict[str, Json], owner: str) -> bool:
        """Does what stands beside the key `owner`, or an object beside it, say where somebody lives or is reached."""
        self.spent += len(value)
        return any(
            judge(other, "person").kind in _ABOUT
            or (isinstance(item, dict) and len(item) <= _SHORT_REST and any(judge(key).kind in _ABOUT for key in item))
            for other, item in value.items()
            if other != owner
        )

    def halved(self, value: dict[str, Json], place: Place) -> bool:
        """Do two keys share a name between them (`given`, `family`), or one stand beside a fact of a person."""
        names = [name for name in value if name.lower() in _HALVES]
        return len(names) > 1 or any(
            judge(name, place.verdict.subject).kind in _PERSONAL for name in value if name not in names
        )

    def pair_name(self, value: dict[str, Json], valuer: str) -> str:
        """In {"name": "ssn", "value": …}: what the value is called."""
        if len(value) > 8:
            return ""
        self.spent += _PAIR_COST
        found = ""
        for name, item in value.items():
            if (
                isinstance(item, list)
                and name in {"path", "loc", "instancePath"}
                and item
                and isinstance(item[-1], str)
            ):
                item = item[-1]  # noqa: PLW2901 - the last step of a path names the field
            if name != valuer and isinstance(item, str) and 0 < len(item) <= 120 and is_namer(name):
                if name in {"system", "url"}:
                    item = item.rstrip("/").rsplit("/", 1)[-1].removeprefix("us-")  # noqa: PLW2901 - a code system is called after its last part
                if item.count(".") > 1 and item.islower() and judge(item.rsplit(".", 1)[-1]).kind:
                    return item.rsplit(".", 1)[-1]  # an attribute: `app.user.given_name`
                if (
                    item.count(".") > 1
                    or "{" in item
                    or item.endswith(("Exception", "Error"))
                    or (" " in item and (not _ASKED.fullmatch(item) or (item.count(" ") > 1 and of_systems(item))))
                    or (" " in item.strip() and len(item.split()) > (9 if item.rstrip().endswith("?") else 4))
                ):
                    continue  # a class or a sentence, no field's name
                if (
                    _DOTTED.fullmatch(item)
                    and not judge(item.rsplit(".", 1)[-1]).kind
                    and item.rsplit(".", 1)[-1] not in _ENDING
                ):
                    continue  # what happened rather than a field: `email.render`
                if judge(item).kind:
                    return item
                found = found or item
        return found

    def named_place(self, place: Place, key: str, name: str) -> Place:
        verdict = judge(name, place.verdict.subject)
        below = place.under.get(key)
        if below is not None and below.exact:
            return below
        return Place(
            (*place.path, key),
            verdict,
            verdict.role,
            exact=False,
            rule=below.rule if below else "",
            slot=verdict.role,
            named=True,
        )

    def rows(self, box: Any, key: Any, value: Json, columns: list[str], place: Place, depth: int) -> None:
        """Lists of rows whose columns are named beside them."""
        if not isinstance(value, list):
            self.walk(box, key, value, place, depth)
            return
        copy = list(value)
        box[key] = copy
        if value and all(isinstance(row, list) for row in value):
            for index, row in enumerate(value):
                if self.cut(copy, value, index, place):
                    return
                inner = list(row)
                copy[index] = inner
                for at, cell in enumerate(row):
                    self.walk(
                        inner,
                        at,
                        cell,
                        self.named_place(place, "*", columns[at]) if at < len(columns) else place,
                        depth + 1,
                    )
            return
        for at, cell in enumerate(value):
            self.walk(
                copy,
                at,
                cell,
                self.named_place(place, "*", columns[at])
                if at < len(columns) and len(columns) == len(value)
                else place,
                depth + 1,
            )

    def sequence(self, box: Any, key: Any, value: list[Json], place: Place, depth: int) -> None:
        self.spent += len(value)
        copy = list(value)
        box[key] = copy
        below = place.items
        if below is None:
            states, role, exact = _descend(place.states, "*")
            below = Place(
                (*place.path, "*"),
                place.verdict,
                role or place.role,
                exact=exact or (place.exact and not role),
                rule=place.rule,
                states=states,
                declared=bool(role) or place.declared,
                slot=slot_of(role or place.role, declared=bool(role) or place.declared),
            )
            if self.memory.paths < PATHS:
                self.memory.paths += 1
                place.items = below
        if (
            len(value) == 2
            and isinstance(value[0], str)
            and isinstance(value[1], (str, int, float))
            and not place.verdict.kind
            and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{1,40}", value[0])
        ):
            verdict = judge(value[0], place.verdict.subject)
            if verdict.kind or verdict.role or kind_of(value[0]):
                self.walk(copy, 0, value[0], below, depth + 1)
                self.walk(
                    copy,
                    1,
                    value[1],
                    Place(
                        (*place.path, value[0]), verdict, verdict.role, exact=False, rule=place.rule, slot=verdict.role
                    ),
                    depth + 1,
                )
                return
        if 2 < len(value) <= _LONGEST_ROW and not place.verdict.kind and not place.exact:
            cells = [str(item) if isinstance(item, (str, int, float)) else "" for item in value]
            if any(_DAY_OR_NAME.fullmatch(cell) for cell in cells) and all(len(cell) <= 60 for cell in cells):
                facts = record(cells, self.reader, strict=self.strict)
                for index, item in enumerate(value):
                    if index in facts:
                        self.whole(copy, index, cells[index], facts[index], "record", below)
                    else:
                        self.walk(copy, index, item, below, depth + 1)
                if facts:
                    return
        option = NOTHING
        for index, item in enumerate(value):
            if self.cut(copy, value, index, place):
                return
            if option.kind and isinstance(item, (str, int)) and not str(item).startswith("-"):
                self.walk(
                    copy, index, item, Place((*place.path, "*"), option, "", exact=False, rule=place.rule), depth + 1
                )
            else:
                self.walk(copy, index, item, below, depth + 1)
            option = judge(item.lstrip("-")) if isinstance(item, str) and _OPTION.fullmatch(item) else NOTHING

    def cut(self, copy: list[Json], value: list[Json], index: int, place: Place) -> bool:
        """Make one token of all of a long list from `index` on, where the event's budget is spent."""
        if (
            self.spent <= MAX_READ
            or (len(value) - index <= _SHORT_REST and self.spent <= _FAR_SPENT)
            or place.path[-1:] == ("links",)
        ):
            return False  # an alert's links stay a list of links
        copy[index:] = [None]
        try:
            rest = orjson.dumps(value[index:], default=str).decode()
        except TypeError:  # half a surrogate pair, or what is no JSON
            rest = f"{len(value) - index} items"
        self.seal(copy, index, rest, place, "size")
        return True

    def place(self, parent: Place, key: str, resource: Json) -> Place:
        """The place below `parent`, remembered unless its key could be data."""
        states, role, exact = _descend(parent.states, key)
        path = (*parent.path, key)
        rule = (self.rules.field_rule(".".join(path), key) if self.rules.field_rules else "") or parent.rule
        typed = key in _TYPES and len(path) > 1
        inherits = typed or ((parent.named or parent.verdict.kind) and is_valuer(key))
        if typed and not role:
            role, states = parent.role, parent.states
        said = judge(key, parent.verdict.subject)
        verdict = parent.verdict if inherits else said
        if (
            parent.verdict.kind
            and not verdict.kind
            and not verdict.role
            and not (verdict.subject and verdict.subject != parent.verdict.subject)
        ):
            verdict = Verdict(
                parent.verdict.kind if parent.verdict.kind != "PATIENT_ID" else "PATIENT_ID",
                "",
                parent.verdict.subject,
            )
        elif parent.verdict.kind == "BIOMETRIC" and verdict.role == "url":
            verdict = Verdict("BIOMETRIC")  # where a portrait is: `{"photo": [{"url": …}]}`
        if isinstance(resource, str):
            verdict = positional.fhir(resource, key, verdict)
        element = positional.dicom(key) if len(key) in {8, 11} and not verdict.kind else None
        if element is not None:
            verdict = element
        if parent.path and not verdict.kind and key[:1].isdigit() and parent.path[-1] in HL7_FIELDS:
            numbered = _FIELD_NUMBER.fullmatch(key)
            if numbered is not None:
                verdict = Verdict(HL7_FIELDS[parent.path[-1]].get(int(numbered[1]), ""))
        elif key == "valueString" and not verdict.kind and "answer" in parent.path:
            verdict = Verdict("IDENTIFIER")  # what somebody answered a form of FHIR's
        self.spent += _NAME_COST
        harmless = element is not None or (self.affords(key) and self.harmless_key(key))
        loose = harmless and not (verdict.kind or verdict.role or role) and _could_be_data(key)
        declared = bool(role) or key in _OF_RULES
        place = Place(
            path,
            verdict,
            role or verdict.role,
            exact=exact,
            rule=rule,
            states=states,
            harmless_key=harmless,
            loose=loose,
            declared=declared,
            slot=slot_of(role or verdict.role, declared=declared),
            words=split(key) if verdict.kind else (),
            helper=_helper(key),
        )
        if said.kind in _PERSONAL:
            parent.personal = True
        if loose:
            return place
        if harmless and not place.helper and not rule and not verdict.kind and place.role != "drop":
            place.calm = self.memory.slot(place.slot)
        if harmless and self.memory.paths < PATHS and len(parent.under) < 200:
            self.memory.paths += 1
            parent.under[key if resource is None else f"{resource}|{key}"] = place
        return place

    def harmless_key(self, key: str) -> bool:
        """Is a key a field name rather than data."""
        if len(key) <= 1 or key in _SHORT_KEYS:
            return True
        if not key.isascii():
            return bool(judge(key).kind or judge(key).role)
        verdict = judge(key)
        bare = re.fullmatch(r"[$@_A-Za-z][A-Za-z0-9_$.:/@ -]{0,63}", key) is not None
        if (
            bare
            and (verdict.kind or verdict.role or verdict.subject)
            and not re.search(r"[0-9]{4}", key)
            and "@" not in key[1:]
            and (" " not in key or not self.reader.read(key))
        ):
            return True
        return bool(not self.reader.read(key))

    def key_plan(self, key: str, place: Place) -> Plan | None:
        """Tokens for a key that is data itself; at `strict` an unknown but identifier-like key stays."""
        spans = self.read(key)
        if (
            not any(span.sure for span in spans)
            and re.fullmatch(r"[$@_a-z][A-Za-z0-9_$-]{0,40}", key)
            and not any(span.kind in {"PERSON", "USERNAME"} for span in spans)
            and not re.search(r"[0-9]{4}", key)
        ):
            return None
        return self.plan(key, spans, place)


def _could_be_data(key: str) -> bool:
    """Does a key that is harmless by itself hold a long number, or a word that nobody knows beside a mark."""
    if _LONG_NUMBER.search(key) is not None:
        return True
    if _MARK_IN_KEY.search(key) is None:
        return False
    return any(len(word) > 1 and LEXICON.flag(word.lower()) not in SAFE for word in _WORD_OF_KEY.findall(key))


_LONG_NUMBER: Final = re.compile("[0-9]{4}")
_MARK_IN_KEY: Final = re.compile("[.@ +-]")
_WORD_OF_KEY: Final = re.compile(r"[^\W\d_]+")


def _is_error_code(item: Json) -> bool:
    """`RTT-07`: the code of an error, not of a person."""
    return type(item) is str and _ERROR_CODE.fullmatch(item) is not None


def _descend(states: tuple[Any, ...], key: str) -> tuple[tuple[Any, ...], str, bool]:
    """The role patterns that still match below `key`, the role that holds there, and whether an exact path named it."""
    following: list[Any] = []
    role, exact = "", False
    for parts, at, value in states:
        part = parts[at]
        if part in (key, "*", "**"):
            if at + 1 == len(parts):
                if not exact:
                    exact = "*" not in parts[at:]
                    if exact or not role:
                        role = value
            else:
                following.append((parts, at + 1, value))
    return tuple(following), role, exact


def _helper(key: str) -> str:
    """What a sibling may say of the value of `key`."""
    if is_valuer(key):
        return "value"
    if key in positional.ROWS:
        return "rows"
    if key in _ACCOUNTS:
        return "account"
    if key in {"policyId", "policy_id"}:
        return "policy"
    if key.lower() in _HALVES:
        return "half"
    if key.lower() in _OWNERS:
        return "owner"
    if key.lower() in _REGISTRATIONS:
        return "vehicle"
    if key != "key" and key.lower() in _RECORD_KEYS:
        return "record"
    return "id" if key in _BARE_IDS else ""
