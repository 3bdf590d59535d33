"""Capitalised words that call nobody: titles of panels and rules, days of the week, countries that traffic comes from.

`Free Space`, `High Memory`, `Job State` are made of words that families have too, but no family is called by both: the last
is a thing that is measured or set, the others say which. Countries may stand in what is said of a patient (45 CFR
164.514(b)(2)(i)(B) takes out what is smaller than a state).
"""

# ruff: noqa: E501, SIM905 - lists of words read better as long lines
from __future__ import annotations

import re
from typing import Final

from router.privacy.lexicon import LEXICON
from router.privacy.spans import Span
from router.privacy.words import GIVEN

_THINGS: Final = frozenset(
    """space memory storage disk disks size usage utilization utilisation state status count counts counter rate ratio name names list type mode level levels rule rules
    service services connection connections pool pools queue queues network networks policy policies access errors error failure failures timeout timeouts
    latency limit limits threshold thresholds change changes event events alert alerts alarm alarms monitor monitors check checks outage plan scan join
    index table tables buffer buffers cache heap generation gen swap load cpu bandwidth throughput traffic interface port ports session sessions process
    processes thread threads task tasks job jobs run runs build builds version release update updates backup backups snapshot snapshots replica replicas cluster node
    nodes host hosts server servers device devices volume volumes bucket buckets object objects file files folder path url request requests response responses
    message messages packet packets datafile tablespace tablespaces certificate certificates token tokens credential credentials secret secrets role roles
    group groups user users account accounts tenant subscription region zone cell temperature voltage current humidity fan supply battery sensor sensors
    module modules label labels template templates dashboard panel graph report reports summary details overview settings option options value values
    column columns row rows record records constraint constraints pages threshold duration time date timestamp interval period age health availability
    environment environments platform classic series protocol method control controller manager director provider client endpoint gateway proxy router switch firewall
    agent collector exporter operator pipeline workflow trigger triggers action actions step steps stage stages incident incidents ticket tickets priority severity""".split()
)
_WHICH: Final = frozenset(
    """free high low max min major minor new old job pool check flow call click key board memory space state rule name storage service counter huge laser unique board
    total average active idle open closed last next first second long short hot cold dead live main base core edge home top bottom left right upper lower big
    small large full empty hard soft raw real true false good bad best worst late fast slow heavy light deep wide close near public private local global remote
    inner outer master standby primary secondary read write hash sort merge nested bitmap anti semi data log audit block blob block file print mail web site rack row
    bank bay card coil fan fuse gate link lock loop node pack pad path pipe plate plug port rail ring root seat shell sink slot stack tag tank tape trap tray tube
    unit valve wire wireless wall clock cloud code cost cross crown cache case chain change charge chart circuit class client copy count course cover craft credit
     cycle day debit delay delta depth desk dial digit disk draft drain drift drive drop dump entry error event exit extra fabric factor fault feed field
    fill filter final find fire firm fix flag flash flat fleet flip float fold force fork form frame front fuel gap gas gauge glass grade graph grid ground group growth
    guard guest guide hand handle head heap heat help host hour house hub idle image index inlet input invoice item join jump kernel label lag layer leaf lease
    level license lift limit line list load loan lot loss machine map mask match matrix meter mirror mobile mode model motor mount move native net night noise
    note number object offer office order outlet output owner packet paint pair panel paper parent part pass patch pay peak peer phase phone pin plan plant
    plus point pole policy poll pop post pound power press print probe profile project proof pull pulse pump push query queue quick quiet quota rail ramp
    range rate ratio record redo reel region relay release rent repair reply report reset rest result retry return ride ring rise risk role roll room route rule run
    safe sale sample save scale scan scope score screen seal search secret section seed sender sensor series session set shard share sheet shift ship shop side sign signal
    size sleep smart snap solid sound source spare speed spike spin split spot stage stamp stand start station status steady steel step stock stop stream street
    string strip study style sub suite sum super supply surge swap sweep switch sync system table target task team temp term test text thread ticket tie tier tile time
    tip title token tone tool touch tower trace track trade traffic trail train transfer transit transport tree trend trial trip trunk trust tube tune turn type union
    update user value vault vendor version video view virtual voice volt volume vote wait wake walk warm watch wave way week weight wheel white wide width window wing
    word work world yard year zero multiple transparent optical connected provisioned reserved available used committed allocated remaining incoming outgoing inbound outbound unplanned planned scheduled""".split()
)
_BEHIND: Final = frozenset(
    {
        "used",
        "free",
        "available",
        "total",
        "low",
        "high",
        "exceeded",
        "reached",
        "failed",
        "down",
        "up",
        "full",
        "missing",
        "changed",
    }
)
"""What is said of such a thing behind it."""
_ARTICLES: Final = frozenset({"the", "a", "an", "no", "all", "your", "this"})
_RUN: Final = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+){0,5}")
_BEFORE_RUN: Final = re.compile(r"(?:[A-Z][a-z]+ ){1,5}$")
_DAYS: Final = frozenset({"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})
_COUNTRIES: Final = frozenset(
    """Argentina Australia Austria Bahrain Bangladesh Belgium Bolivia Brazil Bulgaria Cambodia Cameroon Canada Chile China Colombia Croatia Cyprus Czechia Denmark Ecuador Egypt
    Estonia Ethiopia Finland France Germany Ghana Greece Guatemala Hungary Iceland Indonesia Iran Iraq Italy Japan Kazakhstan Kuwait Latvia Lebanon Lithuania Luxembourg
    Malaysia Mexico Moldova Mongolia Morocco Mozambique Nepal Netherlands Nigeria Norway Pakistan Panama Paraguay Peru Philippines Poland Portugal Qatar Romania Russia Rwanda
    Senegal Serbia Singapore Slovakia Slovenia Spain Sweden Switzerland Taiwan Thailand Tunisia Turkey Uganda Ukraine Uruguay Uzbekistan Venezuela Vietnam Zambia Zimbabwe
    Europe Africa Asia Scandinavia Benelux Oceania""".split()
)
"""Those that are given to hardly anybody as a name (`Chad`, `Georgia`, `Israel`, `Jordan` and their like are left out)."""
_FROM: Final = re.compile(
    r"\b(?:in|across|from|for|to|within|outside|via|throughout|and|or|between|of) $|[A-Z][a-z]+(?:,| and| or|/) ?$"
)
_REACH: Final = 60


def of_nobody(text: str, span: Span) -> bool:
    """Is the capitalised stretch at `span` in `text` part of a title, a day or a country, and no person's name."""
    start, end, kind, rule, _ = span
    if kind not in {"PERSON", "WORD", "WARD"} or rule not in {"name", "unknown", "beside", "titled"}:
        return False
    found = text[start:end]
    if found in _DAYS:
        return True
    before = text[max(start - _REACH, 0) : start]
    if found in _COUNTRIES:
        return _FROM.search(before) is not None and not text[end : end + 2].strip(" ")[:1].isupper()
    if _RUN.fullmatch(found) is None:
        return False
    lead = _BEFORE_RUN.search(before)
    whole = _RUN.match(text, start - (len(lead[0]) if lead is not None else 0))
    if whole is None or whole.end() < end:
        return False
    words = whole[0].lower().split(" ")
    while len(words) > 1 and words[-1] in _BEHIND:
        words.pop()
    if words[0] in _ARTICLES:
        del words[0]
    return (
        len(words) > 1
        and words[-1] in _THINGS
        and any(word in _WHICH for word in words[:-1])
        and all(
            word in _WHICH or word in _THINGS or (LEXICON.flag(word) == "w" and word not in GIVEN)
            for word in words[:-1]
        )
    )
