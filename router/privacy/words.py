"""Words that say what stands next to them: cues of persons, places, streets, numbers and clinical facts."""

# ruff: noqa: E501 - the tables read better as long lines
from __future__ import annotations

import re
from typing import Final

CALENDAR: Final = frozenset(
    [
        "jan",
        "feb",
        "mar",
        "apr",
        "may",
        "jun",
        "jul",
        "aug",
        "sep",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "dat",
    ]
)
WINGS: Final = frozenset(
    ["Wing", "wing", "Ward", "ward", "Unit", "unit", "Pod", "Bay", "bay", "Station", "Stn", "Afdeling", "Reparto", "Tower", "Pavilion",
     "afdeling", "reparto", "osasto", "Osasto", "avdeling", "Avdeling", "servis"]
)  # fmt: skip
"""Parts of hospitals before their names."""
TOWNS: Final = frozenset(
    {
        "Port",
        "Lake",
        "North",
        "South",
        "East",
        "West",
        "New",
        "Mount",
        "Fort",
        "St",
        "Saint",
        "San",
        "Santa",
        "El",
        "Los",
    }
)
"""What names of towns begin with: `Port Frank`."""
MONTHS: Final = frozenset(
    [
        "jan", "january", "feb", "february", "mar", "march", "apr", "april", "may", "jun", "june", "jul", "july", "aug", "august",
        "sep", "sept", "september", "oct", "october", "nov", "november", "dec", "december",
    ]
)  # fmt: skip
FILLERS: Final = frozenset(
    [
        "is",
        "was",
        "number",
        "no",
        "num",
        "id",
        "nr",
        "code",
        "of",
        "for",
        "the",
        "as",
        "are",
        "value",
        "were",
        "ref",
        "with",
        "last",
        "four",
        "ending",
        "in",
        "and",
        "to",
        "at",
        "on",
        "date",
    ]
)
ID_KINDS: Final = frozenset(
    [
        "PATIENT_ID",
        "MEMBER_ID",
        "MRN",
        "ACCOUNT",
        "NPI",
        "DEA",
        "LICENSE",
        "DEVICE_ID",
        "IDENTIFIER",
        "SSN",
        "NATIONAL_ID",
        "VIN",
        "PLATE",
        "CREDIT_CARD",
    ]
)
CODED_KINDS: Final = ID_KINDS | {"DIAGNOSIS", "WARD", "ADDRESS"}
LONG_KINDS: Final = frozenset(["PERSON", "ADDRESS", "DIAGNOSIS", "MEDICATION", "WARD"])
DAY_CUES: Final = frozenset(["on", "by", "until", "since", "due", "from", "before", "after"])
DAYS_BEFORE: Final = DAY_CUES | {"el", "le", "am", "il", "em", "den", "dia", "op", "vom", "dnia", "dne", "pe"}
"""What stands before a day in other languages: `su cita es el 16/06`."""
ROBOTS: Final = frozenset(
    [
        "bot", "svc", "service", "robot", "daemon", "system", "agent", "runner", "worker", "job", "app", "api", "cron",
        "batch", "sync", "deploy", "forwarder", "handler", "gateway", "etl", "ci", "actions", "auto", "automation", "pipeline", "scheduler", "controller",
        "monitor", "importer", "exporter", "processor", "engine", "trigger", "ro", "rw", "readonly", "reader", "writer", "replica",
        "replication", "backup", "monitor", "monitoring", "exporter", "owner", "migrator", "scheduler", "importer", "loader",
    ]
)  # fmt: skip
"""What logins of programs hold."""
NAME_PARTS: Final = frozenset(["first", "last", "given", "family", "middle", "fn", "ln", "nm", "given_name"])
TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "rev",
        "sr",
        "sra",
        "herr",
        "frau",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "señor",
        "señora",
        "dott",
        "sig",
        "nurse",
        "patient",
        "doctor",
    ]
)
HONORIFICS: Final = frozenset(
    [
        "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "sr", "sra", "srta", "herr", "frau", "mme", "mlle", "monsieur", "madame",
        "madam", "se\xf1or", "se\xf1ora", "senor", "senora", "dott", "dottssa", "dra", "sig", "signora", "univ", "ing", "mag", "dhr", "mevr", "mevrouw",
        "pan", "pani", "docteur", "ma\xeetre", "hon", "capt", "sgt", "lic", "don", "do\xf1a", "smt", "shri",
    ]
)  # fmt: skip
"""How people are addressed: a part of the name that follows."""
PERSON_CUES: Final = frozenset(
    [
        "patient",
        "patients",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "name",
        "named",
        "user",
        "member",
        "nurse",
        "doctor",
        "physician",
        "subscriber",
        "mother",
        "father",
        "spouse",
        "wife",
        "husband",
        "son",
        "daughter",
        "guardian",
        "dear",
        "hi",
        "hello",
        "contact",
        "prescriber",
        "provider",
        "caller",
        "client",
        "pt",
        "resident",
        "herr",
        "frau",
        "paciente",
        "madame",
        "monsieur",
        "regards",
        "sincerely",
        "signed",
        "surgeon",
        "attn",
        "rn", "rph", "lpn", "crna", "holder", "occupant", "enrollee", "insured", "beneficiary", "policyholder", "claimant", "attendee", "passenger",
        "estimado", "estimada", "cher", "liebe", "lieber", "geachte", "gentile", "prezado", "prezada", "querido", "querida",
        "szanowny", "szanowna", "hola", "bonjour", "ciao", "hallo", "hej", "dhr", "mevr", "mevrouw", "heer", "dott", "senor", "senora",
        "sayin", "docteur", "medecin", "arzt", "lekarz", "pacjent", "pacjentka", "patientin", "patiente", "paziente",
        "sra", "dra",
    ]
)  # fmt: skip
STREETS: Final = frozenset(
    [
        "st",
        "street",
        "ave",
        "avenue",
        "rd",
        "road",
        "blvd",
        "boulevard",
        "ln",
        "lane",
        "dr",
        "drive",
        "ct",
        "court",
        "pl",
        "place",
        "way",
        "ter",
        "terrace",
        "cir",
        "circle",
        "pkwy",
        "parkway",
        "hwy",
        "highway",
        "sq",
        "square",
        "trl",
        "trail",
        "aly",
        "alley",
        "plaza",
        "loop",
        "row",
        "run",
        "pike",
        "crescent",
        "close",
        "strasse",
        "straße",
        "str",
        "rue",
        "calle",
        "via",
        "avenida",
        "rua",
        "platz",
        "allee",
        "weg",
    ]
)
SUFFIXES: Final = frozenset(
    [
        "bend", "bluff", "bluffs", "bottom", "branch", "bridge", "brook", "brooks", "burg", "burgs", "bypass", "camp", "canyon", "cape", "causeway", "center",
        "centers", "circles", "cliff", "cliffs", "club", "common", "commons", "corner", "corners", "course", "courts", "cove", "coves", "creek", "crest",
        "crossing", "crossroad", "curve", "dale", "dam", "divide", "drives", "estate", "estates", "expressway", "extension", "extensions", "fall", "falls",
        "ferry", "field", "fields", "flat", "flats", "ford", "fords", "forest", "forge", "forges", "fork", "forks", "fort", "freeway", "garden", "gardens",
        "gateway", "glen", "glens", "green", "greens", "grove", "groves", "harbor", "harbors", "haven", "heights", "hill", "hills", "hollow", "inlet", "island",
        "islands", "isle", "junction", "junctions", "key", "keys", "knoll", "knolls", "lake", "lakes", "land", "landing", "light", "lights", "loaf", "lock",
        "locks", "lodge", "mall", "manor", "manors", "meadow", "meadows", "mews", "mill", "mills", "mission", "motorway", "mount", "mountain", "mountains",
        "neck", "orchard", "oval", "overpass", "park", "parks", "parkways", "pass", "passage", "path", "pine", "pines", "plain", "plains", "plaza", "point",
        "points", "port", "ports", "prairie", "radial", "ramp", "ranch", "rapid", "rapids", "rest", "ridge", "ridges", "river", "roads", "route", "shoal",
        "shoals", "shore", "shores", "skyway", "springs", "spur", "spurs", "squares", "station", "stravenue", "stream", "streets", "summit", "throughway",
        "trace", "track", "trafficway", "tunnel", "turnpike", "underpass", "union", "unions", "valley", "valleys", "viaduct", "view", "views", "village",
        "villages", "ville", "vista", "walk", "walks", "wall", "ways", "well", "wells", "gate", "rise", "mead", "hatch", "wharf", "quay", "parade", "gap",
    ]
)  # fmt: skip
"""The rest of the street suffixes of USPS Publication 28, appendix C1, and some British ones; they are ordinary words too."""
CAMEL_NAME: Final = re.compile(r"(?!Mac[A-Z]|Mc[A-Z]|De[A-Z]|Le[A-Z]|La[A-Z]|O[A-Z])[A-Z][a-z]+[A-Z][A-Za-z]+")
"""A name in CamelCase that no family has."""
PLACES: Final = frozenset(
    [
        "amsterdam", "ankara", "athens", "atlanta", "auckland", "austin", "baltimore", "bangalore", "bangkok",
        "barcelona", "beijing", "belfast", "belgium", "berlin", "birmingham", "bogota", "boise", "boston", "brisbane",
        "bristol", "brussels", "bucharest", "budapest", "calgary", "cairo", "canberra", "cardiff", "chennai",
        "chicago", "cincinnati", "cleveland", "cologne", "colombo", "copenhagen", "dakar", "dallas", "delhi",
        "denver", "detroit", "dhaka", "doha", "dubai", "dublin", "durban", "edinburgh", "florence", "frankfurt",
        "geneva", "georgia", "glasgow", "hamburg", "hanoi", "helsinki", "houston", "hyderabad", "indianapolis",
        "ireland", "israel", "istanbul", "jakarta", "johannesburg", "karachi", "kyiv", "kuwait", "lagos", "leeds",
        "leipzig", "lima", "lincoln", "lisbon", "liverpool", "london", "lyon", "madrid", "manchester", "manila",
        "marseille", "melbourne", "memphis", "miami", "milan", "milwaukee", "minneapolis", "montreal", "moscow",
        "mumbai", "munich", "nairobi", "naples", "nashville", "orlando", "osaka", "oslo", "ottawa", "paris", "perth",
        "philadelphia", "phoenix", "pittsburgh", "portland", "prague", "pune", "quebec", "raleigh", "riga", "riyadh",
        "rome", "sacramento", "seattle", "seoul", "singapore", "sofia", "stockholm", "stuttgart", "sydney", "taipei",
        "tampa", "tallinn", "tokyo", "toronto", "tucson", "turin", "valencia", "vancouver", "venice", "vienna",
        "vilnius", "warsaw", "wellington", "winnipeg", "zurich", "africa", "asia", "europe", "america", "australia",
        "canada", "mexico", "brazil", "france", "germany", "spain", "italy", "japan", "india", "china", "oregon",
        "ohio", "virginia", "california", "texas", "tennessee", "carolina", "montana", "iowa", "nevada", "pacific",
        "atlantic",
    ]
)  # fmt: skip
"""Towns, states and regions that data centres and zones are called after."""
STATES: Final = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "DC",
        "PR",
        "VI",
        "GU",
        "AP",
        "AE",
        "AA",
    ]
)
CLASS_ENDS: Final = frozenset(
    [
        "service", "controller", "exception", "error", "handler", "repository", "manager", "job", "worker", "client", "factory", "listener",
        "provider", "resolver", "filter", "mapper", "processor", "queue", "impl", "consumer", "producer", "adapter", "gateway", "module",
        "servlet", "task", "command", "view", "viewset", "serializer", "validator", "interceptor", "middleware", "scheduler", "engine",
    ]
)  # fmt: skip
"""What a class is called last; its other words need not be known."""
STREET_LEADS: Final = frozenset(
    [
        "rue", "via", "calle", "rua", "avenida", "av", "avda", "ul", "ulica", "plaza", "praca", "largo", "travessa", "bd",
        "boulevard", "chemin", "impasse", "viale", "corso", "piazza", "quai", "carrer", "paseo", "camino", "jalan", "strada",
        "ulitsa", "estrada", "alameda", "vicolo", "cours", "allee", "avenue", "am", "an", "im", "unter", "auf", "zum", "zur",
    ]
)  # fmt: skip
"""Words that begin a street's name, its number behind or before it."""
STREET_WORDS: Final = frozenset(
    {"str", "strasse", "stra\xe9e", "weg", "platz", "gasse", "allee", "ring", "damm", "ufer", "utca", "gata", "gade"}
)
STREET_TAIL: Final = re.compile(
    r"[a-z\xe9]{2,}(?:strasse|stra.e|str|weg|gasse|platz|allee|damm|ufer|gata|gatan|gade|vej|vejen|veien|vegen|vagen|v.gen|tie|katu|kuja|laan|straat|plein|"
    r"kade|gracht|baan|dreef|singel|dijk|steeg|hof|braut|stien|vollen|skogen|utca|steig|stieg|chaussee|promenade|markt|gate|gaten|torg|torget|plads)"
)
PARTICLES: Final = frozenset(
    [
        "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "los", "las", "van", "von", "vom", "der", "den", "ter",
        "ten", "bin", "ibn", "bint", "al", "el", "y", "e", "zu", "zum", "zur", "af", "av", "op", "st", "dit", "binti", "ap", "bar", "ben",
    ]
)  # fmt: skip
"""Small words inside a person's name."""
NUMBER_ROLES: Final = frozenset(
    [
        "port",
        "line",
        "pid",
        "status",
        "code",
        "http",
        "exit",
        "count",
        "offset",
        "size",
        "rows",
        "row",
        "seq",
        "attempt",
        "retry",
        "job",
        "build",
        "pipeline",
        "run",
        "workflow",
        "version",
        "step",
        "shard",
        "partition",
        "worker",
        "thread",
        "goroutine",
        "process",
        "error",
        "errno",
        "level",
        "priority",
        "page",
        "limit",
        "timeout",
        "after",
        "within",
        "took",
        "waited",
        "threshold",
        "above",
        "below",
        "over",
        "under",
        "than",
        "exceeded",
        "reached",
        "total",
        "sqlstate",
        "rc",
        "signal",
        "uid",
        "gid",
        "chunk",
        "batch",
        "replica",
        "revision",
        "generation",
        "epoch",
        "lsn",
        "xid",
        "tid",
        "column",
        "col",
        "character",
        "position",
        "index",
        "percentile",
        "top",
        "nearly",
        "about",
        "approximately",
        "least",
        "most",
        "only",
        "per",
        "every",
        "max",
        "min",
        "avg",
        "score",
        "returned",
        "got",
        "severity",
        "range",
        "sleep",
        "sleeping",
        "retrying",
        "bytes",
        "lag",
        "depth",
        "rate",
        "value",
        "msg",
        "msgid",
        "nvarchar",
        "varchar",
        "char",
        "decimal",
        "numeric",
        "err",
        "errcode",
        "sector",
        "inode",
        "lba",
        "thread",
        "spid",
        "rev",
        "serial",
        "block",
        "term",
        "sequence",
    ]
)
SOFT_ROLES: Final = frozenset(
    ["value", "got", "code", "after", "within", "about", "only", "returned", "index", "top", "score", "than", "serial", "term", "per", "over", "under",
     "page", "rev", "above", "below", "least", "most", "nearly", "approximately", "position", "column", "col", "range", "level", "char"]
)  # fmt: skip
"""Of these words, those that may stand before anything: a longer number after one is not known to be harmless."""
CLINICAL_CUES: Final = {
    "urn": "MRN",
    "hosp": "MRN",
    "unit": "WARD",
    "bay": "WARD",
    "student": "PATIENT_ID",
    "ext": "PHONE",
    "ph": "PHONE",
    "flat": "ADDRESS",
    "plot": "ADDRESS",
    "hno": "ADDRESS",
    "piso": "ADDRESS",
    "apt": "ADDRESS",
    "suite": "ADDRESS",
    "apartment": "ADDRESS",
    "ste": "ADDRESS",
    "box": "ADDRESS",
    "record": "MRN",
    "account": "ACCOUNT",
    "customer": "PATIENT_ID",
    "room": "WARD",
    "bed": "WARD",
    "ward": "WARD",
    "aged": "AGE",
    "age": "AGE",
    "rm": "WARD",
}
PRODUCTS: Final = frozenset(
    [
        "apollo", "aruba", "athena", "atlas", "aurora", "box", "cable", "cassandra", "cisco", "cloud", "daemon", "darwin", "delta",
        "harness", "helm", "jaeger", "jenkins", "key", "keys", "kong",
        "loki", "nat", "neo", "nix", "null", "packer", "pascal", "phoenix", "ruby", "shell", "vue", "zeta",
    ]
)  # fmt: skip
"""Names of products that are names of people too."""
NOUNS: Final = frozenset(
    [
        "alpha", "an", "author", "back", "ball", "bell", "bill", "billings", "blank", "blanks", "block", "bond", "book", "borders",
        "bounds", "branch", "bridges", "buck", "button", "cache", "call", "child", "card", "carrier", "carry", "case", "cash", "chance", "channel",
        "china", "church", "click", "close", "counts", "cross", "daily", "dash", "day", "deal", "del", "dial", "do", "doc", "dock", "dot", "driver",
        "dutch", "east", "edge", "english", "era", "essence", "ever", "fair", "field", "fields", "fine", "flood", "frame", "free", "french",
        "gauge", "general", "job", "sessions", "green", "grey", "ha", "hall", "hand", "head", "held", "her", "high", "hook", "hooks", "house", "jersey", "kit",
        "kitchen", "la", "land", "lane", "large", "le", "ledger", "light", "link", "lo", "lock", "long", "low", "ma", "main", "major",
        "manual", "mark", "marks", "may", "means", "memory", "minor", "mount", "my", "new", "nickel", "north", "numbers", "omega", "pack",
        "page", "parent", "park", "peak", "person", "place", "pool", "pope", "post", "power", "powers", "price", "pulley", "quick", "race",
        "rain", "raven", "read", "register", "ring", "rise", "rock", "rod", "root", "rush", "sales", "sample", "samples", "seal", "season",
        "see", "self", "settle", "shade", "sharp", "sheets", "shore", "short", "silver", "skip", "sky", "slack", "small", "son", "south",
        "southern", "speed", "spring", "stack", "staples", "star", "steel", "still", "stock", "storey", "storm", "strange", "street",
        "stringer", "strong", "sun", "swift", "tab", "tea", "temple", "timber", "tiny", "trace", "tray", "true", "una", "unique", "unknown",
        "van", "von", "wall", "walls", "ware", "wash", "waters", "way", "welsh", "west", "wild", "wing", "winter", "wood", "word",
        "workman", "worth",
    ]
)  # fmt: skip
"""Names of people that open ordinary sentences of operations as nouns."""
_FAILS: Final = frozenset(
    [
        "failure",
        "disease",
        "transplant",
        "surgery",
        "infection",
        "injury",
        "problems",
        "problem",
        "stones",
        "cancer",
        "condition",
        "damage",
    ]
)
ORGANS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        [
            "kidney",
            "renal",
            "liver",
            "lung",
            "respiratory",
            "bladder",
            "bowel",
            "spinal",
            "thyroid",
            "eye",
            "ear",
            "skin",
            "bone",
            "brain",
            "head",
            "back",
            "neck",
            "dental",
        ],
        _FAILS,
    ),
    **dict.fromkeys(
        ["heart", "cardiac"],
        _FAILS | {"attack", "arrest", "murmur", "palpitations", "rhythm", "valve", "defect", "block"},
    ),
    **dict.fromkeys(["hip", "knee", "joint", "shoulder", "valve"], _FAILS | {"replacement", "fracture"}),
    "blood": frozenset(["clot", "clots", "pressure", "cancer", "transfusion", "sugar", "infection", "disorder"]),
    **dict.fromkeys(
        ["substance", "alcohol", "drug", "domestic", "sexual", "child"],
        frozenset(["abuse", "dependence", "addiction", "misuse", "assault", "withdrawal", "use disorder"]),
    ),
    **dict.fromkeys(["panic", "anxiety", "asthma"], frozenset(["attack", "attacks", "disorder"])),
    **dict.fromkeys(
        ["eating", "mood", "personality", "mental", "bleeding"],
        frozenset(["disorder", "disorders", "illness", "breakdown"]),
    ),
    **dict.fromkeys(["weight", "memory", "hearing", "vision", "hair"], frozenset(["loss", "gain"])),
    **dict.fromkeys(
        ["urinary", "yeast", "staph", "sinus", "viral", "bacterial"],
        frozenset(["infection", "infections", "tract", "retention"]),
    ),
    **dict.fromkeys(
        ["broken", "fractured"],
        frozenset(["leg", "arm", "hip", "wrist", "ankle", "rib", "ribs", "nose", "jaw", "collarbone", "bone", "bones"]),
    ),
    **dict.fromkeys(
        [
            "oncology",
            "cardiology",
            "psychiatry",
            "neurology",
            "dialysis",
            "fertility",
            "rheumatology",
            "nephrology",
            "hematology",
            "urology",
        ],
        frozenset(["consult", "consultation", "visit", "appointment", "referral", "session", "followup"]),
    ),
    "sleep": frozenset(["study", "studies", "apnea", "disorder", "disorders"]),
    "smoking": frozenset(["cessation", "history", "status"]),
    "fall": frozenset(["risk", "risks"]),
    "shortness": frozenset(["of"]),
    "difficulty": frozenset(["breathing", "swallowing", "walking"]),
    "birth": frozenset(["control", "defect"]),
    "hot": frozenset(["flashes", "flushes"]),
    "end": frozenset(["stage"]),
}
"""Ordinary words that together are a condition: the first, and what may follow it. `memory loss` says so, `packet loss` does not."""
OF_BODIES: Final = frozenset(
    ["kg", "mg", "mcg", "mmhg", "meq", "mg/dl", "mmol/l", "ng/ml", "iu/l", "g/dl", "miu/l", "pg/ml", "u/l", "umol/l", "kg/m2", "mg/kg", "mg/l", "iu", "meq/l", "cells/ul",
     "mg/day", "ml/min", "mmol/mol", "ng/dl", "copies/ml", "mcg/dl", "bpm", "lbs"]
)  # fmt: skip
"""Units of doses and laboratory values."""
DATED: Final = MONTHS | {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
OPENERS: Final = frozenset(
    [
        "will", "grant", "mark", "may", "chase", "drew", "hunt", "cook", "rich", "young", "wise", "swift", "true", "ward", "wilt", "pat", "rob", "sue",
        "bless", "trust", "cherish", "carry", "skip", "chuck", "buck", "bob", "jack", "lance", "pierce", "rip", "wade", "wally", "wait", "grab",
    ]
)  # fmt: skip
"""Names that open sentences as verbs and adjectives: `Will retry`, `Mark as done`, `Ward census`."""
GIVEN: Final = frozenset(
    [
        "abbey", "ada", "al", "amber", "ami", "angel", "april", "art", "august", "autumn", "azalea", "barney", "baron", "basil", "belle", "beryl",
        "bill", "birdie", "bishop", "blanch", "blaze", "bob", "bonny", "briar", "brook", "brooks", "buck", "bud", "buddy", "burl", "candy", "carmine",
        "cash", "chance", "charity", "chase", "chastity", "cherish", "cherry", "christen", "chuck", "clay", "clement", "clementine", "cliff", "colt",
        "cooper", "coral", "corrie", "coy", "crystal", "curt", "dahlia", "dakota", "darwin", "dawn", "deacon", "desire", "dick", "dirk", "dolly", "don",
        "dona", "drew", "duke", "dusty", "eddy", "ember", "emerald", "ester", "eve", "faith", "fanny", "fawn", "felicity", "forest", "frank", "fritz",
        "garnet", "garrison", "gay", "gene", "glory", "grace", "grant", "guy", "hank", "hardy", "harmony", "haven", "heath", "heaven", "hope", "hudson",
        "hunter", "ian", "iris", "ivory", "jack", "jade", "jan", "jarred", "jasper", "josh", "joy", "julia", "june", "junior", "juniper", "kale", "karma",
        "ken", "king", "kip", "kit", "kitty", "lacy", "lance", "lane", "len", "linden", "lulu", "luna", "mac", "madden", "magnolia", "major", "mark",
        "marlin", "marques", "marquis", "matt", "maverick", "meg", "melody", "mercy", "merry", "miles", "milo", "miracle", "nan", "napoleon", "nick",
        "noble", "olive", "opal", "pansy", "pat", "patience", "penny", "precious", "prince", "princess", "prudence", "queen", "raven", "ray", "rhea",
        "rich", "river", "rob", "robin", "rocky", "rod", "romeo", "rose", "royal", "ruby", "rusty", "sabra", "sage", "sandy", "savanna", "scarlet",
        "shad", "sibyl", "sienna", "sincere", "sky", "smith", "sonny", "star", "sterling", "stetson", "sue", "summer", "sunny", "sunshine", "tad",
        "tawny", "tiara", "treasure", "trinity", "valentine", "vita", "wade", "walker", "wally", "will", "willow", "windy", "winter", "woody", "wren",
        "young",
    ]
)  # fmt: skip
"""Ordinary words given to more than 4,000 people as a name (SSA), but for those that open names of things (`Page`, `Max`)."""
OWNED_DEVICES: Final = frozenset(
    ["macbook", "mbp", "imac", "iphone", "ipad", "ipod", "laptop", "thinkpad", "chromebook", "airpods"]
)
"""What a person's own machine is called after: `wendys-macbook-pro`."""
PHONED: Final = frozenset(
    ["answer", "dial", "dialed", "dialled", "dialing", "dialer", "dialled", "ring", "rang", "voicemail", "sms", "texted", "called", "callback",
     "whatsapp", "undeliverable", "undelivered", "reach", "reached", "msisdn", "caller", "handset", "ivr", "robocall", "unsubscribe"]
)  # fmt: skip
"""Words near which ten digits are a telephone's."""
WHO: Final = frozenset(
    ["patient", "patients", "pt", "member", "subscriber", "resident", "client", "nurse", "doctor", "dr", "mr", "mrs", "ms", "prof", "physician", "provider", "clinician", "surgeon", "pharmacist", "therapist", "prescriber", "user", "customer", "caregiver", "guardian"]
)  # fmt: skip
"""Who somebody is to the hospital: it says nothing of what is wrong."""
WHOSE: Final = {
    "patient": "PATIENT_ID", "member": "MEMBER_ID", "subscriber": "MEMBER_ID", "enrollee": "MEMBER_ID", "beneficiary": "MEMBER_ID", "insured": "MEMBER_ID",
    "claim": "MEMBER_ID", "guarantor": "ACCOUNT", "mrn": "MRN", "chart": "MRN", "encounter": "PATIENT_ID", "admission": "PATIENT_ID", "prescription": "PATIENT_ID",
    "paciente": "PATIENT_ID", "patienten": "PATIENT_ID", "mitglied": "MEMBER_ID", "versicherter": "MEMBER_ID", "specimen": "PATIENT_ID", "policyholder": "MEMBER_ID",
    "dependent": "MEMBER_ID", "ssn": "SSN", "npi": "NPI", "prescriber": "NPI", "referral": "PATIENT_ID", "resident": "PATIENT_ID",
}  # fmt: skip
"""Whose number it is when a clause with such a word ends in a colon."""
NUMBERED_PAGES: Final = frozenset(
    [
        "errors", "error", "monitors", "monitor", "dashboards", "dashboard", "issues", "issue", "builds", "build", "jobs", "job", "runs", "run", "pull", "pulls",
        "commit", "commits", "alerts", "alert", "incidents", "incident", "events", "event", "pipelines", "pipeline", "releases", "tickets",
        "ticket", "browse", "projects", "project", "orgs", "org", "d", "snapshots", "triggers", "actions", "checks", "rules", "rule",
        "deployments", "queries", "problems", "merge_requests", "workflows", "tasks", "logs", "traces", "hosts", "services", "services-directory",
    ]
)  # fmt: skip
"""Parts of an address after which a number counts pages of a tool."""
SAFE_SEGMENT_AFTER: Final = frozenset(["v", "api"])
# Stems of the WHO's international nonproprietary names
CONDITION: Final = re.compile(
    r"(?:oscopy|oscopie|oscopia|oskopie|ectomie|ectomia|ektomie|algie|opathie|opatia|pneumonie|zytose|cytose|therapie|hypertonie|cardiogram|mammogram|encephalogram|otomy|opathy|otherapy|emesis|ectomy|ostomy|rrhaphy|plasty|rrhea|rrhoea|algia|itis|apnea|apnoea|uria|megaly|paresis|plegia|stenosis|thrombosis|necrosis|"
    r"fibrosis|cirrhosis|sclerosis|psychosis|inosis|atosis|ellosis|mycosis|ulosis|oidosis|iliosis|carcinoma|sarcoma|melanoma|lymphoma|leuk(?:a)?emia|an(?:a)?emia|glyc(?:a)?emia|centesis)$"
)
"""Endings of procedures and conditions (Latin and Greek stems); no word of operations ends so."""
OF_RECORDS: Final = frozenset(
    [
        "dosage",
        "dosages",
        "bedside",
        "vaccination",
        "vaccinations",
        "immunization",
        "immunizations",
        "allergies",
        "allergy",
        "meds",
        "surgeries",
        "medicines",
        "diseases",
        "disorders",
    ]
)
"""What lists of records are called, where it is the name of a table or a part of code: `relation "allergies"`."""
DRUG: Final = re.compile(
    r"(?:mab|tinib|pril|sartan|statin|olol|conazole|prazole|cillin|mycin|floxacin|cycline|dipine|gliptin|gliflozin|tidine|triptan|ciclovir|navir|buvir|tegravir|citabine|"
    r"caine|setron|azepam|zolam|barbital|oxetine|triptyline|thiazide|semide|parin|dronate|glutide|ciclib|trexone|lukast|profen|coxib|codone|morphone|phylline|terol|solone|"
    r"peridone|apine|prazole|afil|lamide|formin|gabalin|racetam|xaban|grel|platin|rubicin|taxel|mustine|relin|tropin|cept|kinra|imus|vudine|bactam|penem|sulfone|quine|fibrate|glitazone|asone|onide|zosin|curium|faxine|pramine|idone|"
    r"[ai]lol|calciferol|fenac|renone|bitril|bradine|dafinil|domide|terone|lutamide|cristine|fosfamide|phosphamide|uracil|paratide|citriol|asvir|tecavir|virin|micin|mectin|bendazole|cinolone|"
    r"clidinium|hydramine|perazine|peramide|tulose|codyl|gatran|grelor|oxidil|mifene|prostol|curonium|flurane|antamine|giline|luzole|tiramer|limod|sevelam|tyramine|"
    r"rafenib|parib|zomib|vaptan|orexant|gepant|grastim|poetin|teplase|fungin|oxacin|trelvir|desivir|amivir|capavir|virine|virapine|tadine|sterine|prazan|rolac)$"
)


def _turned(expression: re.Pattern[str]) -> re.Pattern[str]:
    """What matches a word turned round that ends as one of the alternatives in the last group of `expression` says.

    Sought from its end, a word is looked at in one place and not in each.
    """
    alternatives = expression.pattern[expression.pattern.rindex("(?:", 0, expression.pattern.index("|")) + 3 :]
    turned = [
        "".join(reversed(_LETTER.findall(each))) for each in alternatives.removesuffix("$").removesuffix(")").split("|")
    ]
    return re.compile(f"(?:{'|'.join(turned)})")


_LETTER: Final = re.compile(r"\(\?:[a-z]\)\?|\[[a-z]+\]|[a-z.]")
CONDITION_TURNED: Final = _turned(CONDITION)
DRUG_TURNED: Final = _turned(DRUG)
_STREET_TURNED: Final = _turned(STREET_TAIL)


def street_tail(low: str, turned: str) -> bool:
    """What STREET_TAIL says of all of a word, of which `turned` is the same turned round."""
    return _STREET_TURNED.match(turned) is not None and STREET_TAIL.fullmatch(low) is not None


EMPTY: Final = frozenset(
    [
        "null",
        "none",
        "nil",
        "undefined",
        "nan",
        "true",
        "false",
        "n/a",
        "na",
        "unknown",
        "empty",
        "missing",
        "redacted",
        "filtered",
        "[filtered]",
        "hidden",
        "anonymous",
        "-",
        "yes",
        "no",
        "not",
    ]
)
