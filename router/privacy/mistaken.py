"""What looks like somebody's in a line and is how tools and engineers speak: `LATENCY DOCTOR: I …`, `alert fatigue`.

Each rule names the kinds that it clears and what has to stand round the stretch; all of it is fixed by a program's source,
a format or a set phrase, so that nobody's name, number or condition can stand there.
"""

# ruff: noqa: E501, SIM905 - the tables read better as long lines
from __future__ import annotations

import re
from typing import Final, NamedTuple

from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.programs import of_thing
from router.privacy.spans import Span
from router.privacy.words import PRODUCTS

_REACH: Final = 100
"""Characters before and behind a stretch that say what it is."""
_ANY: Final = frozenset({"PHONE", "NUMBER", "IDENTIFIER", "NATIONAL_ID", "SSN", "ZIP", "MRN", "PATIENT_ID", "CODE", "ACCOUNT", "NPI"})  # fmt: skip
_NUMBERS: Final = frozenset({"NUMBER", "IDENTIFIER", "NATIONAL_ID", "SSN", "ZIP", "PHONE", "NPI", "CREDIT_CARD"})


class _Line(NamedTuple):
    """`kinds` are cleared where `found` is all of the stretch, between `before` and `after`."""

    kinds: frozenset[str]
    before: re.Pattern[str] | None
    found: re.Pattern[str] | None
    after: re.Pattern[str] | None


def _line(
    kinds: frozenset[str] | str, before: str = "", found: str = "", after: str = "", *, flags: re.RegexFlag = re.ASCII
) -> _Line:
    return _Line(
        frozenset({kinds}) if isinstance(kinds, str) else kinds,
        re.compile(f"(?:{before})$", flags) if before else None,
        re.compile(found, flags) if found else None,
        re.compile(after, flags) if after else None,
    )


_NODE: Final = r"[a-z][a-z0-9_-]{1,40}@(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[a-z0-9-]{1,40}(?:(?:\.[a-z0-9-]{1,40}){0,4}\.(?:lan|local|internal|localdomain|intra|corp|svc|arpa))?)"
"""A node of Erlang's: a program at a host that only its own network knows."""
_LINES: Final = (
    # a version of four numbers, behind the word or before the kind of the build (ClickHouse, Chrome, Windows)
    _line("IP", r"\b(?i:version|ver|release|build|firmware|revision) ?[:=]? ?[\"'(]?v?", r"[0-9]{1,5}(?:\.[0-9]{1,5}){3}"),
    _line("IP", "", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", r" \((?:official|stable|lts|testing|altinity|release|debug|community|enterprise)\b"),
    _line("IP", r"(?:Chrome|Chromium|HeadlessChrome|Edg|EdgA|OPR|Vivaldi|Brave|YaBrowser|Electron|CriOS|SamsungBrowser|Opera|Safari|Whale)/", r"[0-9]{1,3}(?:\.[0-9]{1,5}){3}"),
    # where git fetches from, and whose repository it is there
    _line("EMAIL", "", r"git@[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){1,4}", r":[A-Za-z0-9~][A-Za-z0-9._~-]{0,60}/"),
    _line("WORD", r"git@[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){1,4}:", r"[a-z][a-z0-9-]{1,40}", r"/"),
    # Kafka: sessions of fetches, and brokers by their numbers
    _line(frozenset({"SECRET", "NUMBER", "PHONE"}), r"\(sessionId=", r"[0-9]{1,12}", r", epoch="),
    _line(_NUMBERS, r"(?:\bISR (?:Set\(|from )|\bISR from [0-9,]{1,60} to |\b[Ll]eaderId[=:] ?|\b(?:replicas|[Ii]sr|ISR|offlineReplicas)[=:] ?\[?|\b[Bb]roker(?: ?[Ii]d)?[=: ] ?|\b(?:to|from) node )(?:[0-9]{1,5}, ?){0,9}", r"[0-9]{1,5}(?:, ?[0-9]{1,5}){0,9}\.?"),
    # what INFO of Redis counts
    _line(_NUMBERS | {"CODE"}, r"\b(?:used_memory(?:_rss|_peak|_lua|_dataset|_overhead|_startup)?|maxmemory|total_system_memory|mem_not_counted_for_evict|(?:evicted|expired|tracking_total)_keys|(?:connected|blocked|tracking)_clients|keyspace_(?:hits|misses)|total_(?:commands_processed|connections_received|net_(?:in|out)put_bytes|error_replies)|instantaneous_ops_per_sec|rejected_connections|rdb_changes_since_last_save|(?:master_|slave_)?repl_(?:backlog_\w{2,20}|offset)|connected_slaves|evicted_clients)[ :=]{1,3}", r"[0-9]{1,14}"),
    # the kernel: of when a BIOS is
    _line(frozenset({"DATE", "DOB"}), r"\bBIOS [A-Za-z0-9._()/-]{1,30} ", r"[01][0-9]/[0-3][0-9]/20[0-9]{2}"),
    # Postgres: where a row is, by its page and its place there
    _line(_NUMBERS | {"CODE"}, r"\b(?:tuple|ctid[:=]?) \(", r"[0-9]{1,10}(?:,[0-9]{1,5})?", r"[,)]"),
    # the number of a certificate, as openssl prints it
    _line("DEVICE_ID", r"\b(?i:certificate)(?:'s)? (?i:serial)(?: (?i:number|no\.?))?[:= ]{1,3}", r"(?:0x)?(?:[0-9a-fA-F]{2}:?){8,20}"),
    # Postgres: a prepared statement that is called after what it fetches, `execute fetch_patient: SELECT * FROM …`
    _line(frozenset({"PERSON", "USERNAME", "WORD", "PATIENT_ID", "DIAGNOSIS", "MEDICATION", "WARD", "ADDRESS", "CODE"}), r": ", r"SELECT(?: DISTINCT)?|INSERT INTO|INSERT|UPDATE|DELETE FROM|DELETE|MERGE INTO|WITH|COPY|CALL|TRUNCATE|EXPLAIN", r" [\w*\"`(.]"),
    # redis-cli: what the command DOCTOR says
    _line("PERSON", r"(?i:latency|memory) DOCTOR:? ?"),
    # numbered accounts of the kernel's audit: nobody has set one (-1), or a number of /etc/passwd
    _line("USERNAME", r"(?:\b|[a-z]_)(?:login|a|e|s|fs|o|old-?a|ou|i)?uid=", r"-1|4294967295|[0-9]{1,5}|unset", r"(?![,\w])"),
    # the build of an iPhone's browser
    _line(_ANY, r"Mobile/", r"[0-9]{2}[A-Z][0-9]{1,5}[a-z]?"),
    _line(frozenset({"DATE", "DOB", "NUMBER"}), r"Gecko/", r"20[0-9]{6}"),
    # AWS Lambda's and CloudFront's actions carry the day of their interface: `Invoke20150331`, `GetFunction20150331v2`
    _line(frozenset({"DATE", "DOB", "NUMBER"}), r"\b(?:Invoke|Get|List|Create|Update|Delete|Put|Tag|Untag|Publish|Add|Remove)[A-Za-z]{0,40}", r"20[0-9]{6}", r"(?:v[0-9])?(?:_[0-9]+)?(?![0-9A-Za-z])"),
    # the bytes before a program died
    _line(frozenset({"PHONE", "NUMBER"}), r"(?:(?<![0-9a-z])<?[0-9a-f]{2}>? ){2}", r"[0-9]{1,3}(?: [0-9]{1,3}){1,9}", r"(?:[0-9a-f]{0,2} <?[0-9a-f]{2}>?(?![0-9a-z]))"),
    _line("PHONE", "", r"\(?[0-9]{1,3}(?:\.[0-9]{1,6}){3}-[0-9]{1,4}\)?"),
    # a day and an hour in brackets: `expires in 2 day(s) (2026-03-15 06:46 +0000/UTC)`
    _line("PHONE", "", r"\(?20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9]", r":[0-5][0-9]"),
    # when a command was given, in tcsh's and bash's history
    _line(_ANY, r"(?:^|\n)#", r"\+?1[0-9]{9}", r"(?:\r?\n|$)"),
    # a ticket of a project that is called so
    _line("PHONE", r"\b(?i:tracked (?:in|as|by|under)|tickets?:?|issues?:?|jira:?|stor(?:y|ies)|task|bug|epic|fix(?:es|ed)?(?: in)?|closes|refs?) ", r"[A-Z]{2,4}-[0-9]{2,5}\.?"),
    # a class that is made, and where a client is told to go: `signer = TimestampSigner(salt="mfa")`, `-address=https://vault.internal:8200`
    _line("PERSON", "", r"(?:[A-Z][a-z0-9]+){2,6}", r"\((?:\w+=|\)|[\"'])"),
    _line("ADDRESS", "", r"https?://[A-Za-z0-9.-]{1,80}(?::[0-9]{2,5})?/?"),
    # the version of an application, an event by its number, ring 0 of Corosync's
    _line("ADDRESS", "", r"[a-z][\w ]{1,30} [0-9]{1,4}", r"\.[0-9]{1,4}\.[0-9]"),
    _line("ADDRESS", "", r"(?:[Aa]n? |[Tt]he )?[A-Z]\w{1,20} ID [0-9]{1,6}|Corosync [Rr]ing [0-9]"),
    # until when, whatever begins behind it
    _line("PERSON", r"\b(?:until|till|on|by|since|next|last|this|before|after|from|through|every|each) ", r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?:\s(?:Still|Then|Also|Now|Please|We|The|This|No|Next|Will|Waiting|Keep|Then|After|Until|So|And|But|If|All|Any|Both))?"),
    # a town of a cloud: `Dublin (Azure), Sao Paulo (AWS)`
    _line(frozenset({"PERSON", "ADDRESS", "WORD"}), "", r"[A-Z][A-Za-z. ]{2,30}", r" \((?:AWS|Azure|GCP|Google Cloud|OCI|Hetzner|DigitalOcean|OVH|Linode|Fastly|Cloudflare|Akamai|Vultr|Equinix|IBM)\)"),
    # whom text messages go through
    _line("PERSON", "", r"(?:Vivo|Claro|Movistar|Personal|Tigo|Entel|Telcel|Orange|Telia|Jio|Airtel|Optus|Rogers|Bell|Telus|Fido|Koodo|Bouygues|Sprint|Verizon|Vodafone|Three|Telenor|Globe|Smart|Maxis|Celcom|Digi|Etisalat|Zain)(?:, (?:Vivo|Claro|TIM|Oi|Movistar|Personal|Tigo|Entel|Telcel|Orange|Telia|Jio|Airtel|Optus|Telstra|Rogers|Bell|Telus|Verizon|Vodafone|Three|Telenor|Globe|Smart)){1,8}"),
    # an account of AWS, as its findings list it above the region
    _line("ACCOUNT", r"(?i:\baccount(?: ?id)?|owner) {0,12}[:=]? {0,4}", r"[0-9]{12}", r"(?: \([a-z][\w-]{1,40}\))?\r?\n {0,4}(?:Region|AWS|Type|Partition)\b"),
    # homes of accounts that come with a system
    _line("USERNAME", r"(?:^|[\s\"'=:(])/(?:home|Users|export/home|var/lib)/", r"jenkins|ubuntu|ec2-user|centos|debian|admin|runner|vagrant|gitlab-runner|circleci|node|app|appuser|deploy|deployer|ansible|azureuser|core|coder|vscode|git|www|www-data|nobody|postgres|oracle|hadoop|spark|airflow|jovyan|nonroot|opc|rocky|fedora|pi|buildkite|bamboo|teamcity|vsts|AzDevOps|opensearch|kafka|elastic|tomcat|linuxbrew"),
    # identities of Windows that are the same everywhere, and how it numbers a logon
    _line(frozenset({"SECRET", "PATIENT_ID", "IDENTIFIER"}), "", r"S-1-[0-9]{1,2}(?:-[0-9]{1,3}){1,2}"),
    _line(frozenset({"USERNAME", "SECRET", "IDENTIFIER"}), "", r"-|0x[0-9a-fA-F]{1,8}|%%[0-9]{4}"),
    _line("PERSON", "", r"Microsoft-Windows-[\w-]{2,60}"),
    # what a link of Slack's shows: `<https://…|runbook>`
    _line("IDENTIFIER", r"\|", r"[A-Za-z][A-Za-z ,.!'-]{1,40}", r">"),
    # a pod by its namespace and number: `in pod member-portal-bff-5lnf2wnp6-979gp_apps(a4a0e419-…)`
    _line(_ANY | {"MEMBER_ID"}, r"[a-z0-9]_[a-z0-9-]{1,63}\(", r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    # the serial number of a disk, as smartd says it
    _line("DEVICE_ID", r"/dev/(?:sd|nvme|hd|bus|sg|md|da)[^\n]{0,70}(?:S/N|[Ss]erial(?: ?(?:[Nn]o\.?|[Nn]umber))?|SN)[:= (#]{1,3}"),
    # users of vCenter's own
    _line("USERNAME", "", r"VSPHERE\.LOCAL", r"\\{1,2}(?:vpxd|vsphere|machine|wcp|hvc|sps|vsm|vmca|vsan|com\.vmware|analytics|observability|[a-z-]+-[0-9a-f]{8}-)"),
    # modules of Elixir and Erlang that are called after their domain: `GenServer Hospice.VisitScheduler`, `(hospice 9.9.5) lib/hospice/slots.ex`
    _line(frozenset({"DIAGNOSIS", "MEDICATION", "WARD"}), r"(?:GenServer|Supervisor|Agent|Task|GenStage|Broadway|Oban|worker|module|in|call to|\*\*) ", r"[A-Z]\w{1,30}(?:\.[A-Z]\w{1,40}){1,5}(?:\.[a-z_]\w{0,40}[?!]?)?", r"(?:/[0-9]{1,2}\b| terminating| crashed| exited| failed)"),
    _line(frozenset({"DIAGNOSIS", "MEDICATION", "WARD"}), r"[\s(]", r"[A-Z]\w{1,30}(?:\.[A-Z]\w{1,40}){1,5}\.[a-z_]\w{0,40}[?!]?", r"\("),
    _line(frozenset({"DIAGNOSIS", "MEDICATION", "WARD", "WORD"}), r"(?:^|[\n ])\(", r"[a-z_]{2,30}", r" [0-9]{1,3}(?:\.[0-9]{1,4}){1,3}\) [a-z_/0-9-]{1,80}\.(?:exs?|erl|eex|heex|rs)[: ]"),
    _line(frozenset({"DIAGNOSIS", "MEDICATION", "WARD", "WORD"}), r"(?:^|[\s(\"'/])(?:lib|src|apps|deps|test|spec|app)/(?:[a-z_]{1,30}/){0,3}", r"[a-z_]{2,30}", r"(?:/[a-z0-9_]{1,40}){0,4}\.(?:exs?|erl|rb|py|go|rs|java|kts?|tsx?|jsx?|php|cs|scala)(?::[0-9]|\b)"),
    # the day of a line whose time is in the next column (CloudFront, W3C's extended format)
    _line("DATE", r"(?:^|\n)", r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", r"\t[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?\t"),
    # stations that are no ward's, and printers
    _line("WARD", r"\b(?i:central|base|docking|weather|charging|relay|ground|power|pumping|monitoring) station ", r"[A-Z]{1,4}-?[0-9]{1,3}"),
    _line("WARD", "", r"(?:PRT|PRN|PRINTER|LPR|MFP|ZBR|ZEB|HPLJ)[-_]?[0-9]{1,4}"),
    # when work on systems is planned, and where its desk is called
    _line("DATE", r"\b(?i:maintenance|maintenance window|change window|upgrade|rollout|cutover|downtime|change freeze|switchover|failover test) (?:(?:starts|begins|is|was|will (?:start|begin|be)|is|are) )?(?:(?:scheduled|planned|set) )?(?:for|on) ", r"[0-9A-Za-z][\w ,./-]{3,18}"),
    _line("PHONE", r"\b(?i:(?:service|help|it|support|ops) ?desk|noc|switchboard|servicedesk|helpdesk) (?:is )?(?:(?:on|at|via|under) )?(?:(?:ext\.?|extension|x|tel\.?) ?)?", r"[0-9]{3,6}"),
    # places in logs and queues
    _line(_ANY, r"(?:\b(?:lsn|LSN|location|WAL|wal)[=: ]{1,2}|SLOT \"[\w-]{1,63}\" )[0-9A-F]{1,8}/", r"[0-9A-F]{5,8}"),
    _line(_ANY, r"(?:[Oo]ffsets?|position|watermark|LSN|lsn|SCN|scn|generation|epoch|zxid|txid|xid|trx id|TRANSACTION|query id|thread id|thread handle|space id|page no|heap no|read view|undo no|[Hh]istory list length)(?: for (?:this|the) partition)?(?: (?:was|is|of|at|to|from))?[ :=]{1,2}", r"[0-9]{1,20}"),
    _line(_ANY, r"(?<![0-9a-f])[0-9a-f]{40}[: ]", r"[0-9]{1,20}"),
    _line(_ANY, "", r"[0-9]{3,20}", r" (?:from|of|in) (?:the )?(?:topic|partition|topic-partition)\b"),
    _line(_ANY | {"DATE"}, r"(?:(?:^|[ \n\"'])(?:[Jj]ob|[Bb]uild|[Pp]ipeline|[Rr]un|[Ww]orkflow|[Tt]ask|[Cc]ommit)(?:_id|_no|Id|_number)?[=:#]{1,2})", r"[0-9]{1,14}"),
    # how much there is
    _line(_NUMBERS, "", r"[0-9]{1,20}", r" (?:bytes?|[KMGT]i?B|k[bB]|rows|keys|ms|ns|us|usec|msec|ticks|pages|blocks|sectors|inodes|buckets)\b"),
    _line(_NUMBERS, r"\b(?:G1|ParNew|PS|CMS|Par|Shenandoah|ZGC|Eden|Survivor|Tenured|Perm|Metaspace|Old|Young)(?: (?:Eden|Survivor|Old|Young|Perm|Tenured))? (?:Space|Gen|Generation): ?", r"[0-9]{1,20}"),
    _line(_NUMBERS, r"(?:Gen|Space|Generation): [0-9]{1,20} -> ", r"[0-9]{1,20}"),
    # a partition of a table in a lake: `s3://lake/features/dt=2026-02-04/`
    _line(frozenset({"DATE", "DOB"}), r"/(?:dt|ds|date|day|hour|part|partition|p_?date|load_?date|run_?date|ingest(?:ion)?_?date|snapshot(?:_?date)?|batch_?date|process(?:ing)?_?date|logdate|asof)=", "", r"(?:/|[\"'\s]|$)"),
    # members of groups of consumers and clusters, and what a coordinator does with them
    _line("MEMBER_ID", r"\b[Mm]ember(?:\.id|Id|_id|s)?[ =:]{1,2}[\"'\[]?", r"(?!(?:mem|mbr|pat|sub|pt)[a-z]*-[0-9a-f]{8}-)[A-Za-z][\w.-]{1,120}-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    _line("DIAGNOSIS", "", r"(?:[Rr]emov|[Aa]dd|[Ee]xpir|[Ee]vict|[Ff]enc|[Ff]ail)(?:ing|ed) (?:static |dynamic |stale |dead |old )?(?:members?|groups?|brokers?|nodes?|consumers?|replicas?|sessions?|peers?)"),
    _line("DIAGNOSIS", "", r"(?:old |new |previous |stale )?(?:generation|epoch) [0-9]{1,20}"),
    # children and parents of supervisors and processes
    _line("DIAGNOSIS", r"Supervisor [\w.:<>-]{1,80} had ", r"child(?:ren)?\b.{0,60}"),
    # a node of Erlang as the atom that it is: `unable to connect to :"app@host.lan"`
    _line("EMAIL", r"(?<![\"'\w]):[\"']", _NODE),
    _line(frozenset({"EMAIL", "USERNAME", "PERSON"}), r"(?:\bnode|Node|nodes|nodedown|net_kernel|epmd|libcluster:\w+\]|disc_copies|ram_copies)[ ,:'\"{\[]{1,4}", _NODE),
    # what SSH, TLS and JWT can agree upon
    _line(frozenset({"DEVICE_ID", "SECRET", "CODE"}), "", r"(?:hmac|umac)-[a-z0-9.@-]{1,40}"),
    # where a value would stand: `WHERE ssn = %(ssn_1)s`, `input_value={…}`
    _line(frozenset({"SSN", "MEMBER_ID", "MRN", "PERSON", "DOB", "EMAIL", "PHONE", "ACCOUNT", "ADDRESS", "IDENTIFIER", "PATIENT_ID", "NATIONAL_ID"}), "", r"%|\{|\[|\(|\}"),
    # constraints, keys and indexes of databases: `'UQ_Borger_Cpr_Mobil'`, `(EHR.UK_PERSON_ALT_ID)`
    _line(frozenset({"PERSON", "WORD", "USERNAME", "ADDRESS", "DIAGNOSIS", "WARD", "MEDICATION", "CODE"}), r"(?i:constraint|key|index|trigger) [\"'`(\[]{0,2}(?:\w{1,40}\.){0,2}", r"(?:\w{1,40}\.)?(?:UQ|UK|UX|PK|FK|IX|CK|DF|AK|IDX|NDX|XPK|XIE|TR|TRG|uq|uk|ux|pk|fk|ix|ck|df|idx|ndx|trg)_\w{2,80}"),
    # the names of agents that lock states: `Who: atlantis@atlantis-0`
    _line(frozenset({"USERNAME", "EMAIL", "PERSON"}), "", r"([a-z]{4,20})@\1-(?:[0-9]{1,3}|[0-9a-f]{8,10}-[a-z0-9]{5})"),
    # what a file of a source or a state is called below a folder of the trade: `modules/patient_docs/s3.tf line 66`
    _line(frozenset({"PATIENT_ID", "IDENTIFIER", "MRN", "MEMBER_ID", "CODE"}), r"/", r"[a-z][a-z0-9_-]{0,40}\.(?:tf|tfvars|hcl|tfstate|py|rb|go|ts|js|java|kt|cs|php|rs|exs?|erl|sh|ps1|gradle|j2|tpl|tmpl|libsonnet|jsonnet|rego)"),
    # numbered messages of frameworks: `SRMSG18217: The record …`
    _line("CODE", "", r"(?:SR(?:MSG|GQL|HCK|JWT|CFG|COM|OAP|RTC|FTL|OIDC)|HHH|HSEARCH|HCANN|WFLY[A-Z]{0,8}|ISPN|JBAS|JBWEB|JBREM|JBTHR|JBTM|RESTEASY|MSC|ELY|ARJUNA|WELD|AMQ|TEIID|JGRP|CWW[A-Z]{2}|CWPKI|DSRA|SRVE|TRAS|CNTR|WSVR|WTRN|SESN|J2CA|CHFW|HMGR|DCSV|ADMN|SECJ|BBO[A-Z]|DFH[A-Z]{2}|DSN[A-Z]|IEF|IEC|IEA|IGD|ICH|IRX|HASP|CEE|CSQ[A-Z]|ANR|ANS|KEYCLOAK)[0-9]{3,6}[A-Z]?", r"[:\]]"),
    # Mirth's and other engines' parts by number
    _line(frozenset({"WARD", "PERSON", "WORD"}), "", r"(?:Destination|Source|Channel|Connector|Filter|Transformer|Receiver|Writer|Reader|Listener|Port|Worker|Thread|Broker|Partition|Shard|Replica|Consumer|Producer|Endpoint) [0-9]{1,4}"),
    # InnoDB's monitor
    _line("WORD", "", r"PHYSICAL", r" RECORD:"),
    _line("DIAGNOSIS", r"WAITING FOR ", r"THIS LOCK"),
    # names of notifications of AWS's mail
    _line(_ANY, "", r"[0-9a-f]{16}-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}-[0-9]{6}"),
)  # fmt: skip
_OF_KIND: Final[dict[str, tuple[_Line, ...]]] = {
    kind: tuple(line for line in _LINES if kind in line.kinds) for kind in frozenset().union(*(line.kinds for line in _LINES))
}  # fmt: skip

_PLANT: Final = (
    "node|nodes|host|hosts|server|servers|service|services|pod|pods|cluster|quorum|replica|replicas|shard|shards|backend|backends|instance|instances|broker|brokers|"
    "standby|drive|drives|switch|router|container|containers|origin|vm|"
    "vms|gpu|gpus|fabric|database|db|queue|queues|cache|index|indexes|indices|table|tables|heap|image|images|log|logs|repo|bundle|payload|partition|schema|transaction|job|build|deploy|deployment|release|cpu|api|app|proxy|gateway|fleet|tablespace|catalog|config"
)
"""What engineers say it of."""
_FIGURES: Final = re.compile(
    rf"""(?ix) (?<![\w-]) (?:
      (?:go|goes|going|gone|went)\ belly[ -]up | belly[ -]up
    | (?:stop|stops|stopped|stopping|stem|stemmed)\ (?:the|this|that)\ bleeding | bleeding[ -]edge | bleeding\ (?:money|memory|connections|cash|budget|revenue|file\ descriptors)
    | (?:by\ )?a\ hair(?:'s\ breadth)?\ (?:below|above|under|over|shy|slower|faster|higher|lower|late|early|wider) | (?:hair[ -](?:trigger|pin|pinning)|hairpin) | split\ hairs
    | (?:alert|alarm|alerting|notification|pager|paging|on[ -]?call|mfa|push|decision|review|incident|meeting|dashboard|ticket|deploy|upgrade|metal)[ -]fatigue | fatigue\ (?:from|of|caused\ by|due\ to)\ (?:alerts|alarms|pages|notifications|false\ positives)
    | (?:cache|dns|arp|model|data|tool|prompt|memory|context|index|route|bgp|llmnr|nbt-ns|log|search|supply[ -]chain|training|dependency|package|knowledge[ -]base|goal|agent|rag|ssl|connection|pool|web\ cache|history)[ -](?:is\ |was\ |got\ |has\ been\ )?poison(?:ed|ing|s)? | poison(?:ed)?[ -](?:pill|pills|message|messages|record|records|event|events|job|jobs|queue|batch|task|cache|data|tool|response|responses|entry|entries|connection|conversation|memory|context|input|inputs|dataset|model|package|dependency|content|instruction|instructions|payload|knowledge|descriptor|descriptors)
    | paranoia[ -_]?level | paranoi[ad]\ mode | (?:higher|lower|raise|blocking|detection|executing)[ _]paranoia(?:[ _]level)?
    | (?:keep|keeps|keeping|kept|get)\ (?:its|their|your|our|his|her|my|the)?\ ?(?:fingers|hands)\ (?:off|out|crossed|away) | fingers?\ crossed | fat[ -]finger(?:ed|s|ing)? | finger[ -](?:pointing|trouble)
    | sick\ (?:{_PLANT}) | (?:{_PLANT})\ (?:\S{{1,40}}\ )?(?:is|are|was|were|looks|look|went|reported|marked|remains|stays|became)\ (?:now\ |still\ )?(?:sick|bloated|crippled|deaf|dumb|amnesic|starved)
    | (?:backend|probe)\S*\ .{{0,40}}(?:went\ |gone\ |still\ |is\ )sick
    | premature(?:ly)?\ (?:end|eof|close|closed|closure|closing|termination|exit|disconnect|chunk|timeout|expiry|expiration|optimi[sz]ation|return|release|reset|shutdown|eviction|promotion|failover|abort|stop|finish|wear)
    | (?:pump|pumps|line|infusion|downstream|upstream|patient[ -]side|tubing|set|syringe)\ (?:\w{{1,12}}\ )?occlusions? | occlusions?\ (?:alarms?|alerts?|rate|limit|threshold|sensor|count|query|culling)
    | (?:sentinel|cluster|cache|session|config|quorum|node)\ amnesia | amnesia\ (?:after|in|of|on)\ (?:a\ |the\ )?(?:restart|reboot|failover|sentinel|cluster|node|quorum)
    | (?:a|the|real|big|bigger|another|constant|operational|maintenance)\ (?:\w+\ )?headaches?\ (?:for|to|when|with|because)\ (?:the\ |our\ |every\ )?(?:on-?call|team|ops|sre|sres|platform|us|operators|everyone|{_PLANT}|upgrades?|migrations?)
    | (?:blind|deaf|numb)\ to\ (?:the\ |all\ |any\ |its\ |our\ )?(?:alerts?|alarms?|pages?|errors?|events?|failures?|peers?|changes|metrics|probes?|requests?)
    | (?:limp|limps|limped|limping)\ (?:along|home|mode|on) | limp(?:ing)?[ -]mode
    | eyeball\ (?:network|networks|traffic|isp|isps|asn|time|routes|providers?|side) | eyeballs?\ (?:on|the\ (?:dashboard|logs?|graphs?|charts?|diff)) | happy\ eyeballs | eyeball\ (?:it|them|this)
    | (?:bloated|obese|swollen)\ (?:{_PLANT}|images?|bundles?|jars?|tuples?|wal|binlog|backlog|catalogs?|response|responses|cookies?|headers?) | bloat(?:ed)?\ to\ [0-9]
    | (?:acute|chronic|severe)\ (?:shortage|lag|latency|contention|throttling|degradation|outage|alerts?|flapping|churn|backlog|backpressure) | (?:shortage|lag|contention|backlog)\ is\ (?:acute|chronic)
    | suffer(?:s|ed|ing)?\ (?:from\ )?(?:an?\ |the\ |some\ )?(?:\w+\ ){{0,2}}(?:contention|latency|outages?|downtime|packet\ loss|replication\ lag|throttling|timeouts|ooms?|flapping|hotspots?|jitter)
    | heart[ -]beats?\ (?:missed|lost|timed\ out|timeout|interval|failed|from|message|messages|not\ received)
    | (?:heart|brain|backbone|spine|body|head|tail|nose|belly|neck|teeth|skin|bones?|guts)\ of\ (?:the\ |this\ |our\ |a\ )?(?:{_PLANT}|request|response|message|platform|stack|pipeline|mesh|fabric|list|system|backbone)
    | (?:split|dual|half|dead)[ -]brain(?:ed|s)? | brain[ -](?:dump|dead|split) | (?:spine|leaf|tor|rack|backbone)[ -](?:leaf|spine|switch|switches|fabric|router|link|uplink)
    | nosedive[ds]? | (?:took|takes|taking)\ a\ nosedive | shot\ in\ the\ dark | (?:shoot|shooting)\ (?:itself|ourselves|yourself|themselves)\ in\ the\ foot | foot[ -]?guns? | rule\ of\ thumb | thumb(?:s\ up|s\ down|print\ of\ the\ cert)
    | (?:kiss|kick)\ of\ death | (?:blue|black|pink|green|red|white)\ screen\ of\ death | death[ -]spiral | thundering\ herd | spiral\ of\ death | ping\ of\ death
    | (?:rack|racks|racked|racking)\ (?:our|their)\ brains | (?:all\ )?hands[ -]on | all[ -]hands | hands[ -]off | second\ pair\ of\ (?:eyes|hands) | (?:keep|keeping|kept)\ an\ eye(?:\ on)? | under\ the\ (?:knife|skin)\ of
    ) (?![\w-])"""
)
"""Set phrases in which what bodies have and suffer is said of systems."""
_STIRRED: Final = frozenset(
    [
        "belly", "bleeding", "hair", "hairs", "hairpin", "fatigue", "poisoned", "poisoning", "poison", "paranoia", "paranoid", "fingers", "finger", "fat", "sick", "bloated", "bloat",
        "crippled", "deaf", "dumb", "blind", "numb", "amnesic", "amnesia", "starved", "starvation", "premature", "prematurely", "occlusion", "occlusions", "headache", "headaches", "limp", "limping", "limps", "limped",
        "eyeball", "eyeballs", "obese", "swollen", "acute", "chronic", "severe", "suffering", "suffers", "suffered", "suffer", "heart", "brain", "backbone", "spine", "body", "head", "tail", "nose", "neck", "teeth", "skin",
        "bone", "bones", "guts", "nosedive", "shot", "foot", "thumb", "death", "eye", "eyes", "hand", "hands", "brains", "knife", "brained", "contention", "lock", "leaf", "dead", "split",
    ]
)  # fmt: skip
"""Words one of which such a phrase has."""
_WORD: Final = re.compile("[a-z]+")


def in_line(text: str, span: Span) -> bool:
    """Does what stands round `span` in `text` make it no person's. Tenants' own patterns are none of its business."""
    start, end, kind, rule, _ = span
    if rule in {"pattern", "field", "budget"}:
        return False
    if kind in _OF_THINGS and rule in {"path", "cue", "key"} and thing(text[start:end]):
        return True
    if kind == "MRN" and _released(text, start, end):
        return True
    if kind == "DATE" and rule == "column" and _just_then(text, start, end):
        return True
    lines = _OF_KIND.get(kind)
    if lines is not None:
        found = text[start:end]
        before = text[max(start - _REACH, 0) : start]
        for line in lines:
            if (
                (line.found is None or line.found.fullmatch(found) is not None)
                and (line.after is None or line.after.match(text, end) is not None)
                and (line.before is None or line.before.search(before) is not None)
            ):
                return True
    return kind in {"DIAGNOSIS", "WORD"} and _figure(text, start, end)


def thing(name: str) -> bool:
    """Is a name that of a program and of what clusters make of it, without a word that may be somebody's: `hl7-router`."""
    return of_thing(name) and all(
        LEXICON.flag(part) not in {"p", "n", "d", "m"}
        and (len(part) < _SPELT_OUT or LEXICON.flag(part) in SAFE or not part.isalpha())
        for part in re.split("[-.@/]", name)[:_MOST]
        if not _MADE_UP.fullmatch(part)
    )


def _released(text: str, start: int, end: int) -> bool:
    """Is it one of Helm's charts by name and version, of ordinary words or products: `chart eligibility-api@7.4.9`."""
    chart = _CHART.fullmatch(text, start, end)
    return (
        chart is not None
        and _OF_CHARTS.search(text, max(start - 12, 0), start) is not None
        and all(
            LEXICON.flag(part) in SAFE
            or part in PRODUCTS
            or part in _CHARTS
            or (len(part) < _SPELT_OUT + 1 and not part.isalpha())
            for part in re.split("[-_.]", chart[1])
        )
    )


_CHART: Final = re.compile(
    r"([a-z][a-z0-9]+(?:[-_.][a-z][a-z0-9]*){0,6})[-@]v?[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:[-+.][\w.+-]{1,40})?"
)
_CHARTS: Final = frozenset(
    "triton jaeger loki thanos falco argo linkerd istio cilium calico velero keda karpenter traefik harbor vault consul nomad minio kong dex "
    "grafana tempo mimir pyroscope flagger crossplane rook longhorn openebs metallb ray kubecost redis mysql mariadb kafka strimzi airflow dagster "
    "superset metabase milvus weaviate qdrant opensearch clickhouse cassandra scylla vitess zookeeper nats pulsar temporal camunda flink spark trino".split()
)
_OF_CHARTS: Final = re.compile(r"\bcharts?[=: ]{1,2}[\"']?$")
_MADE_UP: Final = re.compile("(?=[a-z]*[0-9])[0-9a-z]{5,10}")
_SPELT_OUT: Final = 4
_MOST: Final = 8
_OF_THINGS: Final = frozenset(
    {"MEDICATION", "ACCOUNT", "MEMBER_ID", "PATIENT_ID", "MRN", "IDENTIFIER", "WARD", "DIAGNOSIS"}
)


def made_up(value: str, path: tuple[str, ...]) -> bool:
    """Is it the address of an interface that a cloud made up, below a key of such interfaces."""
    return _LOCAL_MAC.fullmatch(value) is not None and not _INTERFACES.isdisjoint(path)


def keyed(kind: str, value: str, words: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Is the value of a key that names PHI something that a program has there: read it as any other text then."""
    if kind in {"PATIENT_ID", "IDENTIFIER", "USERNAME", "PERSON"} and _OF_AWS.fullmatch(value):
        return True
    if kind == "DEVICE_ID":
        return (
            (words[:1] == ("sensor",) and _AGENT.fullmatch(value) is not None)
            or (words[:1] == ("apns",) and words[-1] == "id" and value.count("-") == 4)  # noqa: PLR2004 - a UUID
        )
    if kind in {"ADDRESS", "GEO"}:
        return words[-1:] in _WHERE and not _STANDPOINTS.isdisjoint(map(str.lower, path[:-1]))
    if kind == "SECRET":
        return _DIGEST.fullmatch(value) is not None and words[-1:] != ("password",)
    if kind == "USERNAME":
        return (
            _BOT.fullmatch(value) is not None
            or (_HOST.fullmatch(value) is not None and any(map(str.isdigit, value)))
            or value in {"?0", "?1"}
            or (value.isdigit() and len(value) <= _UID and words[-1:] in {("uid",), ("auid",), ("suid",), ("euid",)})
        )
    if kind == "PERSON":
        return (words == ("name",) and "actor" in path and value.lower() in _ACTORS) or (
            words[-1:] == ("seen",) and _STAMP.match(value) is not None
        )
    return kind == "IP" and value.isdigit() and len(value) < _ADDRESS


_WHERE: Final = frozenset(
    {
        ("city",),
        ("town",),
        ("lat",),
        ("lon",),
        ("lng",),
        ("long",),
        ("latitude",),
        ("longitude",),
        ("country",),
        ("region",),
    }
)
_STANDPOINTS: Final = frozenset(
    {
        "probe",
        "probes",
        "pop",
        "edge",
        "datacenter",
        "data_center",
        "dc",
        "colo",
        "vantage_point",
        "test_location",
        "probe_location",
        "probelocation",
        "server",
        "nodeinfo",
        "checkpoint",
        "satellite",
        "poller",
    }
)
"""Keys of what checks are made from and systems stand in, of which a town and a place on the map say nothing of anybody."""
_OF_AWS: Final = re.compile("(?:AGPA|AIPA|ANPA|ANVA|ASCA|APKA|ABIA)[A-Z0-9]{12,20}")
"""What IAM calls groups, instance profiles, policies, certificates and keys (IAM identifiers, unique IDs)."""
_LOCAL_MAC: Final = re.compile("[0-9a-fA-F][26aAeE](?::[0-9a-fA-F]{2}){5}")
"""An address that a cloud made up: the bit for addresses of one's own is set (IEEE 802, section 8.2)."""
_INTERFACES: Final = frozenset(
    {"attachments", "networkInterfaces", "networkInterface", "network_interfaces", "networkInterfaceSet", "eni"}
)
_AGENT: Final = re.compile("[0-9a-f]{32}")
_DIGEST: Final = re.compile("sha(?:256|512):[0-9a-f]{64,128}")
_BOT: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,38}\[bot\]")
_HOST: Final = re.compile(
    r"(?=[a-z0-9]*-)[a-z0-9-]{3,63}(?:\.[a-z0-9-]{1,63}){1,5}\.(?:net|com|io|internal|local|lan|cloud|dev|app|svc|corp|intra)"
)
_UID: Final = 5
_ACTORS: Final = frozenset(
    "sentry datadog pagerduty grafana github gitlab opsgenie newrelic prometheus alertmanager terraform atlantis argocd flux bamboo octopus dependabot renovate snyk cloudflare zabbix nagios splunk dynatrace instana".split()
)
_STAMP: Final = re.compile("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:")
_ADDRESS: Final = 8


def _just_then(text: str, start: int, end: int) -> bool:
    """Is a moment with its seconds the one at which its own line was logged, to the minute: `upd_ts`, bound as it was written."""
    moment = _MOMENT.fullmatch(text, start, end)
    begin = text.rfind("\n", 0, start) + 1
    logged = _MOMENT.match(text, begin) if moment is not None else None
    return moment is not None and logged is not None and moment.group(1, 2) == logged.group(1, 2)


_MOMENT: Final = re.compile(
    r"(20[0-9]{2}-[01][0-9]-[0-3][0-9])[T ]([0-2][0-9]:[0-5][0-9]):[0-5][0-9](?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def _figure(text: str, start: int, end: int) -> bool:
    """Is the stretch part of a set phrase of engineers, and all of its words that are not are ordinary ones."""
    words = _WORD.findall(text[start:end].lower())
    if _STIRRED.isdisjoint(words):
        return False
    low = max(start - _REACH // 2, 0)
    return any(
        match.start() < end
        and match.end() > start
        and all(LEXICON.flag(word) in SAFE for word in _WORD.findall(text[match.end() : end].lower()))
        for match in _FIGURES.finditer(text, low, min(end + _REACH // 2, len(text)))
    )
