"""Words of bodies and of illness that engineers say of systems: `stop the bleeding`, `alert fatigue`, `a sick node`.

Each counts only beside the words that make it a figure of speech: no chart says `thread starvation` or `poison pill`.
"""

# ruff: noqa: E501 - the tables read better as long lines of words
from __future__ import annotations

import re
from typing import Final

from router.privacy.spans import Span

_THINGS: Final = (
    "members?|nodes?|brokers?|disks?|drives?|hosts?|pods?|replicas?|leaders?|followers?|shards?|instances?|servers?|workers?|machines?|backends?|endpoints?|targets?|clusters?|"
    "volumes?|osds?|mons?|racks?|links?|switch(?:es)?|routers?|vms?|containers?|process(?:es)?|jobs?|services?|peers?|controllers?|proxies|proxy|region|zone|cell|site|database|db|primary|standby|"
    "queue|pool|thread|cache|index|table|store|build|runner|agent|etcd|master|slave|partition|topic|consumer|producer"
)
_SAID: Final[dict[str, re.Pattern[str]]] = {
    word: re.compile(expression)
    for words, expression in (
        (
            "bleeding bleed hemorrhaging",
            r"(?i:(?:stop|stops|stopped|stem|contain|stopping) the ⟦|⟦[ -]edge|⟦ (?:money|memory|connections|errors|traffic|cash|heap|file descriptors|into (?:the )?(?:other|next|logs?|staging|production)))",
        ),
        (
            "sick unwell ailing",
            rf"(?i:⟦ (?:{_THINGS})\b|\b(?:{_THINGS}) (?:is|was|went|goes|looks|looked|turned|got|gets|marked|are|were) ⟦)",
        ),
        (
            "hair hairs",
            r"(?i:\ba ⟦ (?:below|above|over|under|slower|faster|longer|shorter|more|less|late|off|away|short|higher|lower|too|outside|inside|worse|better)|split(?:ting)? ⟦|⟦[- ](?:trigger|pin|pulling))",
        ),
        (
            "finger fingers",
            r"(?i:⟦ (?:off|crossed|pointing|out of)|fat[- ]⟦|cross(?:ed|ing)?(?: my| our| your)? ⟦|point(?:ing|ed|s)? (?:a |the )?⟦|⟦ trouble|burn(?:t|ed)? (?:its|our|their|my) ⟦)",
        ),
        ("belly bellies", r"(?i:(?:went|go|goes|gone|going|all|are|is) ⟦[ -]up|⟦[ -]up)"),
        (
            "fatigue",
            r"(?i:(?:alert|alarm|pager|paging|notification|on-?call|page|security|mfa|push|dashboard|decision|deploy|deployment|metal|change|review|consent|ticket|meeting) ⟦|⟦ (?:bombing|attack|from alerts))",
        ),
        (
            "poisoned poison poisoning",
            rf"(?i:(?:cache|dns|arp|web|data|record|model|tool|context|memory|registry|log|supply[- ]chain|route|bgp|llmnr|nbt-?ns|queue|pool|index) ⟦|⟦ (?:pills?|messages?|records?|events?|payloads?|cache|caches|entries|entry|data|images?|packages?|artifacts?|dependenc(?:y|ies)|responses?|inputs?|documents?|tools?|models?|prompts?|{_THINGS})\b)",
        ),
        (
            "starvation starving starved",
            r"(?i:(?:thread|threads|cpu|pool|threadpool|connection|worker|lock|memory|resource|io|i/o|ip|queue|writer|reader|scheduler|consumer|disk|token|entropy|credit|buffer|goroutine|event[- ]loop|bandwidth) ⟦|⟦ (?:of|for) (?:cpu|memory|connections|threads|workers|io|resources|bandwidth|entropy))",
        ),
        ("amnesia", r"(?i:(?:cluster|quorum|cache|replica|node|index|session) ⟦)"),
        ("paralysis", r"(?i:(?:analysis|decision|vacuum|cluster|deploy|update) ⟦)"),
        (
            "choking choke choked chokes",
            rf"(?i:⟦ (?:on|when|under|with|at|if|point|points)\b|\b(?:{_THINGS}|parser|loader|importer|collector|pipeline|exporter|client|server|ui|browser) (?:is|was|kept|keeps|were|are|started|starts) ⟦)",
        ),
        (
            "blind blinded",
            r"(?i:⟦ (?:spots?|to|since|while|xss|sql|ssrf|write|writes|retries|copy|period|sql injection|upsert)\b|(?:running|flying|went|go|are|were|is|was|left us|leaves us|ran) ⟦|⟦ ?spots?)",
        ),
        (
            "headache headaches",
            r"(?i:(?:operational|maintenance|migration|dns|tls|upgrade|debugging|scaling|deployment|support|legal|licensing) ⟦|⟦ (?:for (?:the|our|us|operations|ops|on-?call)|to (?:debug|maintain|operate|upgrade|migrate)))",
        ),
        (
            "pain pains",
            r"(?i:⟦[ -]points?|(?:growing|operational|upgrade|migration|debugging|on-?call|scaling|biggest|feels? the) ⟦|⟦ (?:to (?:debug|maintain|operate|upgrade|migrate|work|deal|run|set)|for (?:the|our) (?:team|users|developers|operators|ops|on-?call)|in the (?:neck|back ?side|butt|ass)))",
        ),
        (
            "heart",
            r"(?i:(?:at|in) the ⟦ of|⟦ of (?:the|this|our) (?:system|platform|issue|problem|matter|pipeline|cluster|stack|incident|outage))",
        ),
        ("neck", r"(?i:⟦ and ⟦|bottle ⟦|breathing down|pain in the ⟦)"),
        ("muscle", r"(?i:⟦ memory)"),
        ("skeleton", r"(?i:⟦ (?:crew|screen|staff|loader|key|project|code|page|service|app|config))"),
        ("deaf", rf"(?i:(?:{_THINGS}) (?:is|was|went|goes|are|were) ⟦|⟦ (?:to|{_THINGS}))"),
        (
            "crippled crippling cripple",
            r"(?i:⟦ (?:by (?:the|a|an|lag|load|latency|locks|traffic)|the (?:system|cluster|service|site|api|database|queue|network)|performance|latency|load|cluster|service|node))",
        ),
        ("limp limping", rf"(?i:⟦[ -](?:mode|home|along)|⟦ing|\b(?:{_THINGS}) (?:is|was|are|were|kept|keeps) ⟦)"),
        ("coma comatose", rf"(?i:⟦ (?:{_THINGS})\b|\b(?:{_THINGS}) (?:is|was|are|were|went|in a|into a) ⟦)"),
        (
            "infected infection infections",
            r"(?i:(?:malware|virus|ransomware|trojan|worm|botnet|spyware|rootkit|host|endpoint|file|cryptominer|miner|usb|macro) ⟦|⟦ (?:hosts?|files?|machines?|endpoints?|computers?|devices?|pcs?|workstations?|servers?|systems?|documents?|attachments?|archives?|vector|chain|with (?:malware|ransomware|a trojan|a worm|a virus|a miner|a rootkit)))",
        ),
        (
            "stroke",
            r"(?i:(?:key|brush|pen|master|with one|a|of) ⟦ (?:of (?:luck|genius|the pen)|color|width|style|dash)|⟦-(?:width|dash|linecap|linejoin))",
        ),
        ("blood", r"(?i:⟦ (?:moon|type of))"),
        (
            "eyeball eyeballs eyeballed eyeballing",
            r"(?i:happy ⟦|⟦ (?:network|networks|traffic|the|a|it|isp|isps)|\b(?:to|can|just|quick|please|a quick|let me|more) ⟦)",
        ),
        ("nose", r"(?i:⟦[ -]?div(?:e|es|ed|ing)|under (?:our|the|their) ⟦|⟦ (?:dive|diving))"),
        ("throat", r"(?i:(?:cut|cutting|down (?:our|the|your))[ -]⟦)"),
        ("stomach", r"(?i:(?:to|can|cannot) ⟦ (?:the|a|another|that))"),
        (
            "bloated bloating",
            r"(?i:(?:index|table|heap|log|image|memory|bundle|payload|binary|queue|db|database|buffer|toast|indexes|tables|was|is|are|were|got|the|a|too) ⟦|⟦ (?:index(?:es)?|tables?|heap|logs?|images?|memory|bundle|payloads?|queue|headers?|cookies?|config|state|segments?|relations?|binary|cache|dependency|repo))",
        ),
        (
            "allergic",
            r"(?i:⟦ to (?:downtime|restarts?|reboots?|change|upgrades?|yaml|java|ipv6|ssl|tls|large|null|nulls|empty|duplicates?))",
        ),
        ("heartburn", r"(?i:⟦)"),
    )
    for word in words.split()
}
"""For each word what stands around it, the word itself being `⟦`."""
_REACH: Final = 32
_MARK: Final = "\u27e6"


def figurative(text: str, span: Span) -> bool:
    """Is the condition or part of a body at `span` a figure of speech about systems."""
    if span.kind != "DIAGNOSIS" or span.rule not in {"lexicon", "untold", "unknown"}:
        return False
    said = _SAID.get(text[span.start : span.end].lower())
    if said is None:
        return False
    around = f"{text[max(span.start - _REACH, 0) : span.start]}{_MARK}{text[span.end : span.end + _REACH]}"
    return said.search(around.replace("\n", " ")) is not None
