"""Names that tools coin by a fixed pattern: codes of errors, sizes of machines, jobs, migrations, packages, sums.

Each pattern is so much a tool's own that nothing of a person's is written so; what needs a word beside it stands in
`hardware` and `grammar`.
"""

from __future__ import annotations

import re
from typing import Final

from router.privacy.lexicon import LEXICON, PLAIN

_ERRORS: Final = (
    # Oracle's and its middleware's prefixes
    (
        r"(?:TNS|PLS|RMAN|UDI|UDE|KUP|LRM|NID|DRG|OSB|CRS|PRVF|PRVG|PRCR|PRCT|PRCD|PRCC|PRKO|PRKF|CLSR|ACFS|ASMCMD|DGM|DIA|OGG|FRM|SP2|PCC|NZE|EVM|OCI|"
        r"SQLJ|JDO|WLST|BEA|OHS|ODI|SOA|QSM|AMD|EXA|LFI|LCD|LPX|LSX|XQ|VID|SBL-[A-Z]{3})-[0-9]{4,6}"
    ),
    # IBM: MQ, App Connect, Db2, Storage Protect, z/OS, IMS, Cognos, OpenJ9, DataPower; BMC
    r"AMQ[0-9]{4}[A-Z]?|BIP[0-9]{4}[A-Z]?|SQL[0-9]{4,5}[NWC]|(?:ANR|ANS|ANE|FBM|FMM)[0-9]{4}[EWISDK]|DFS[0-9]{3,4}[EWIAX]?|JVM[A-Z0-9]{4}[0-9]{3}[EWI]",
    r"(?:CPF|CPI|CPD|CPA|CPE|CPC|MCH|RNX|RNQ|RPG)[0-9A-F]{4}|(?:ADM|DIA|DBA|DBI|ZRC)[0-9]{4}[A-Z]|LI[A-Z]{2}[0-9]{4}[EWI]",
    # SmallRye, Quarkus, Red Hat
    r"(?:SRMSG|SRCFG|SRFTL|SRGQL|SRJWT|SRHCK|SRROP|ISPN|JGRP|ARJUNA|HHH|HSEARCH|HV0|UT0|RESTEASY|WFLY[A-Z]{2,10}|JBAS|JBTHR|XNIO|ELY|TEIID|AMQ|KC-[A-Z]{3,12})0?[0-9]{4,6}",
    # StyleCop and its like, NuGet, Apple's App Store
    r"(?:SYSLIB|xUnit|NUnit|VSTHRD|MSTEST|NETSDK|NETANALYZERS|IDE|ITMS)-?[0-9]{4,5}|NG0[0-9]{3,4}",
    # PostgreSQL's and ODBC's states that have letters (appendix A of its manual; ISO 9075)
    (
        r"01P01|0A000|0B000|0F00[01]|0L000|0LP01|0P000|0Z00[02]|22P0[1-6]|2200[BCDFGHLMNPST]|2203[0-9A-G]|25P0[1-4]|28P01|2BP01|2[BDF]000|39P0[1-3]|3B00[01]|3[DF]000|40P01"
        r"|42P(?:0[1-9]|1[0-9]|2[0-2])|55P0[2-4]|57P0[1-5]|58P0[1-3]|XX00[0-2]|HV(?:00[0-9A-Z]|09[01]|02[14]|01[04])|(?:01S0[0-9]|07S01|08S0[12]|21S0[12]|25S0[1-3]|42S(?:0[12]|1[12]|2[12]))|HYT0[01]|HYC00|IM0(?:0[1-9]|1[0-9])"
    ),
    # Informatica, TIBCO, Veritas, SAP, Cisco, Splunk, VMware, AWS, Terraform's rules, Kubernetes' linters, MITRE
    r"(?:CMN|DBG|REP|WRT|BLKR|SORT|EXPR|JMSDF|HTTP)_[0-9]{4,5}|V-[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,6}|(?:BW|TIBCO-BW)-[A-Z]{2,12}(?:-[A-Z]{2,12})?-[0-9]{5,6}",
    r"%?[A-Z][A-Z0-9_]{1,24}(?:-[A-Z0-9]{1,10})?-[0-7]-[A-Z][A-Z0-9_]{2,40}|(?:CKV2?|BC|KSV|DS|AVD|KCV)_[A-Z0-9]{2,10}_[0-9]{1,4}|AVD-[A-Z]{2,5}-[0-9]{4}|T1[0-9]{3}\.[0-9]{3}",
    r"(?i:cve|ghsa|rhsa|rhba|rhea|dsa|dla|usn|elsa|alas2?|suse-su|zdi|edb|ghsl|pysec|rustsec|go)-(?:19|20)[0-9]{2}[-:][0-9]{3,7}(?:-[0-9]{1,2})?|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}",
    r"KERN_[A-Z_]{4,40}|EXC_[A-Z_]{3,40}|STATUS_[A-Z_]{4,60}|ERROR_[A-Z_]{4,60}|NT_STATUS_[A-Z_]{4,60}|FARGATE(?:_SPOT)?",
)
"""Codes of errors and rules by the prefix of who gives them."""
_SIZES: Final = (
    r"(?:db\.|cache\.|ml\.|dms\.|search\.|kafka\.)?[a-z]{1,4}[0-9]{1,2}[a-z]{0,5}(?:-[0-9a-z]{1,8})?\.(?:nano|micro|small|medium|large|[0-9]{0,3}xlarge|metal(?:-[0-9]{1,2}xl)?)(?:\.(?:search|elasticsearch))?",
    r"(?:Standard|Basic|GP|BC|HS|MO|GP_S|BC_Gen5|GP_Gen5)_(?:[A-Z]{1,3}[0-9]{1,3}(?:-[0-9]{1,3})?[a-z]{0,5}(?:_v[0-9]{1,2})?|Gen5_[0-9]{1,3}|[A-Z]{2,3}|RAGRS|GZRS)(?:_[A-Za-z0-9]{1,6}){0,2}",
    r"(?:[aceghmnt][1-4][adn]?|f1|g1)-(?:standard|highmem|highcpu|megamem|ultramem|hypermem|micro|small|medium|custom|highgpu|megagpu|ultragpu)(?:-[0-9]{1,4}(?:-[0-9]{3,6})?)?(?:-(?:lssd|metal|[0-9]g))?",
    r"[GZ]\.[0-9]{1,2}X|db-(?:custom-[0-9]{1,3}-[0-9]{3,7}|[fgn][1-4]-(?:standard|highmem|micro|small)(?:-[0-9]{1,3})?)",
)
"""Sizes of machines in AWS, Azure and Google Cloud."""
_JOBS: Final = (
    # YARN's and Spark's
    r"(?:application|job|appattempt|attempt|task|container)(?:_e[0-9]{1,4})?_[0-9]{12,14}_[0-9]{4,6}(?:_[mr])?(?:_[0-9]{1,6}){0,3}|app-20[0-9]{12}-[0-9]{4}|local-1[0-9]{12}|jr_[0-9a-f]{64}(?:_attempt_[0-9]{1,3})?",
    # Flyway, Liquibase, Rails, Django, Alembic
    r"[VURB][0-9]{1,14}(?:[._][0-9]{1,14}){0,5}__[A-Za-z][A-Za-z0-9_]{2,100}(?:\.(?:sql|java|conf))?",
    r"(?:20[0-9]{12}|0[0-9]{3})_[a-z][a-z0-9_]{2,100}(?:\.(?:rb|py|sql|js|ts|php|exs|go|up\.sql|down\.sql))?",
    # an index of a Beat's and a data stream's behind it
    r"(?:filebeat|metricbeat|heartbeat|packetbeat|winlogbeat|auditbeat|functionbeat|journalbeat|apm|logstash)-[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}(?:-[a-z]{3,12}){0,2}(?:-20[0-9]{2}\.[01][0-9](?:\.[0-3][0-9])?)?(?:-0[0-9]{5})?",
    # a mail of SES, a request of S3, a run of Argo, a SQL of Oracle's, a place in a WAL of Postgres
    r"0[0-9a-f]{15}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000",
    r"[0-9A-F]{1,8}/(?=[0-9]{0,7}[A-F])[0-9A-F]{6,8}",
    r"[0-9a-f]{32,64}(?:-[0-9]{1,3}|\.(?:png|jpe?g|svg|gif|webp|json|js|css|map|ts|bin|blob|gz|zst|lz4|parquet|avro|orc|sst|log|tmp))",
    r"(?=[0-9]*[A-F])(?=[A-F]*[0-9])(?:[0-9A-F]{24}|[0-9A-F]{32,34}|[0-9A-F]{40,41}|[0-9A-F]{64})",
    r"(?:[a-z0-9][a-z0-9_-]{0,40}\.){0,3}(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{6,20}(?:\.(?:chunk|bundle|min|module|esm|prod|hot-update)){0,2}\.(?:m?js|css|map|wasm|woff2?|js\.map|css\.map)",
    r"A(?:IPA|GPA|NPA|NVA|SCA|PKA|BIA|CCA)[A-Z0-9]{16,17}",
    r"CVSS:[23]\.[01](?:/[A-Z]{1,3}:[A-Z]{1,2}){4,20}",
    # slices and scopes in which systemd keeps pods and their containers; a field of HL7 by its place
    r"(?:cri-containerd|crio(?:-conmon)?|docker|libpod)-[0-9a-f]{64}\.scope|kubepods(?:-(?:burstable|besteffort|guaranteed))?(?:-pod[0-9a-f]{8}(?:[_-][0-9a-f]{4}){3}[_-][0-9a-f]{12})?\.slice",
    r"837[PID]|277(?:CA|RFI)",  # transactions of X12
    r"(?:PID|PV[12]|OB[RX]|ORC|NK1|IN[123]|GT1|DG1|MSH|MSA|EVN|AL1|PR1|TXA|SCH|MRG|NTE|FT1|RX[ADEO]|SPM|ERR)-[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}",
    r"sha(?:1|224|256|384|512):[0-9a-f]{40,128}",
)
"""What schedulers, migrations, logs and stores call their own."""
_PACKAGES: Final = (
    r"lib[a-z][a-z+_]{1,24}(?:[-.]?[0-9]{1,4}){0,3}(?:-(?:dev|dbg|bin|common|data|doc|perl|java|tools|utils|runtime|[0-9]{1,3}))?(?:t64|v5)?(?::(?:amd64|arm64|i386|armhf))?",
    r"(?:[0-9]{1,2}:)?[0-9]{1,4}(?:\.[0-9]{1,6}){1,4}(?:-[0-9]{1,3}|[+~.][0-9]{1,8}){0,2}[+~-]?(?:dfsg|deb|ds|really|ubuntu|rc|git|svn|bpo|nmu|el|fc|amzn|cm|azl|alpine|build|post|lp|mga|wolfi|rhel|[rpbug](?=[0-9]))[0-9a-z_.]{0,16}(?:[+~-][0-9a-z][0-9a-z.~+]{0,24}){0,3}",
    r"[0-9]{1,4}(?:\.[0-9]{1,6}){1,4}-[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}\.?(?:el|fc|amzn|cm|azl|mga|lp|rhel|ubuntu|deb|build)[0-9][0-9a-z_.]{0,16}",
)
"""Packages of Debian, Red Hat and Alpine, and their versions."""
_MODELS: Final = (
    r"(?:SM-[A-Z][0-9]{3}[A-Z0-9]{0,3}|GT-[A-Z][0-9]{4}[A-Z]{0,2}|S[CG]H-[A-Z][0-9]{3}[A-Z]{0,2}|SHV-E[0-9]{3}[A-Z]?|SPH-[A-Z][0-9]{3})|(?:CPH|RMX)[0-9]{4}|LG-[A-Z][0-9]{3}[a-z]{0,2}|LM-[A-Z][0-9]{3}[A-Z]{0,3}",
    r"(?:iPhone|iPad|iPod|Watch|AppleTV|Mac|MacBookPro|MacBookAir|MacBook|Macmini|iMac|iMacPro|MacPro|AudioAccessory|RealityDevice)[0-9]{1,2},[0-9]{1,2}",
    r"(?:PowerEdge|ProLiant|OptiPlex|Latitude|Catalyst|Nexus|FortiGate|ThinkSystem|UniServer|PRIMERGY)-?[A-Z]{0,2}[0-9]{2,5}[A-Za-z]{0,3}",
    # Cisco, Juniper, Arista, Fortinet, Palo Alto, MikroTik, Ubiquiti, NetApp
    r"WS-C[0-9]{4}[A-Z0-9+-]{0,16}|AIR-[A-Z]{2,4}[0-9]{3,4}[A-Z0-9-]{0,12}|C9[1-8][0-9]{2}[A-Z]{0,3}(?:-[0-9A-Z]{1,6}){1,4}|N[2-9]K-C?[0-9]{3,5}[A-Z0-9-]{0,12}|(?:ASR|ISR|NCS|CSR)-?[0-9]{3,5}[A-Z]{0,2}(?:-[A-Z0-9]{1,8})?",
    r"(?:EX|QFX|SRX|MX|PTX|ACX)[0-9]{2,5}-[0-9]{1,3}[A-Z]{1,4}(?:-[0-9A-Z]{1,4})?|QFX5[0-9]{3}|SRX[1-5][0-9]{2,3}|MX(?:80|104|150|204|240|304|480|960|20[012][0-9]|1000[348])|DCS-[0-9]{4}[A-Z0-9-]{1,12}",
    r"(?:FG|FGT|FWF|FAP|FSW|FAZ|FMG)-[0-9]{2,4}[A-F](?:-[A-Z]{2,5})?|PA-[0-9]{3,4}[A-Z]?|(?:CRS|CCR)[0-9]{3,4}-[0-9A-Z+-]{2,16}|(?:UAP|USW|UDM|USG|UBB|UXG)(?:-[A-Za-z0-9+]{2,10}){1,3}|FAS[0-9]{4}|AFF-?[ACF][0-9]{3}[A-Z]?|[A-Z]{1,2}[0-9]{3}x[ds][0-9]?",
    r"(?:P[0-9]-?|CPU[0-9]?[-_]?)?DIMM[-_]?[A-Z]{0,2}[0-9]{0,2}|(?:P[0-9]|CPU[0-9])[-_](?:DIMM|PCIE?|M2|NVME|SATA|FAN|VRM|VCORE|VDIMM|MEM|CH)[-_]?[A-Z]{0,2}[0-9]{0,2}",
)
"""Models of telephones, computers and servers whose makers are known by the pattern, and slots of a board."""
_TABLES: Final = (
    r"(?:[A-Za-z][A-Za-z0-9]{1,30}\.){0,2}(?:UQ|PK|FK|IX|IDX|CK|UK|AK|UX|USP|UDF|VW|TBL|TRG|CHK|uq|pk|fk|ix|idx|ck|uk|ak|ux|usp|udf|vw|tbl|trg|chk)_[A-Za-z]{2,40}(?:_[A-Za-z]{1,40}){0,8}(?:_?[0-9]{1,3})?",
    r"(?:dbo|public|pg_catalog|information_schema|INFORMATION_SCHEMA|sys)\.[A-Za-z_][A-Za-z_]{1,60}",
    r"[a-z]{2,30}(?:_[a-z]{1,30}){1,8}_(?:pkey|fkey|idx|uniq|seq|brin|gin|gist|pk|fk|uk)(?:_?[0-9]{1,3})?",
)
"""Keys, indexes, procedures and views, by how those who write databases begin or end their names."""
_TABLE: Final = re.compile("|".join(_TABLES))
_INTERFACES: Final = (
    # how systemd, Docker, Calico and Cilium call interfaces, and where a card stands in its bus
    r"en(?:s[0-9]{1,4}|p[0-9]{1,3}s[0-9]{1,3}|o[0-9]{1,4}|x[0-9a-f]{12})(?:f[0-9]{1,2})?(?:d[0-9]{1,2})?(?:np[0-9]{1,2})?(?:\.[0-9]{1,4})?|wl(?:p[0-9]{1,3}s[0-9]{1,3}|o[0-9]|x[0-9a-f]{12})|veth[0-9a-f]{7,8}|cali[0-9a-f]{11}|lxc[0-9a-f]{8,14}|tap[0-9a-f]{8}-[0-9a-f]{2}",
    r"(?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]|CAPEC-[0-9]{1,4}|process[0-9a-f]{6,16}|IP6[5-9]",
)
_PARTS: Final = (
    (
        r"(?:wrk|worker|node|pod|host|vm|task|job|run|build|exec|executor|agent|proc|thread|shard|part|seg|chunk|blk|block|pkg|img|vol|snap|disk|nic|net|subnet|rt|gw|lb|tg|asg|inst|srv|svc|app|api|"
        r"web|db|queue|mq|topic|grp|group|org|env|ns|ctx|req|corr|trace|span|txn|tx|evt|event|msg|log|err|alert|inc|chg|rel|rev|tag|cfg|fn|lambda|step|stage|pipe|wf|dag|flow|batch|rule|policy)"
        r"[-_](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{4,20}"
    ),
    r"RD[0-9A-F]{12}|(?:pd|lw|ln|pl|mw|dw)[0-9][a-z0-9]{2,5}wk[0-9A-Z]{6}|ip-(?:[0-9]{1,3}-){3}[0-9]{1,3}|org_[0-9]{4,12}",
)
"""Parts of systems with a sum behind their kind, and hosts that clouds name."""
_COINED: Final = re.compile("|".join((*_ERRORS, *_SIZES, *_JOBS, *_PACKAGES, *_MODELS, *_INTERFACES, *_PARTS)))


_NUMBERED: Final = re.compile(
    r"((?:[a-z][a-z0-9]{1,6}?)(?:pg|psql|mysql|maria|ora|orcl|mssql|sql|mongo|redis|kafka|elastic|rmq|rabbit|esx|esxi|kvm|web|app|srv|svr|dns|ntp|nfs|nas|smtp|xen|rds|iis|tomcat|jboss|"
    r"cass|k8s|kube|node|pacs|batch|etl|dwh|edw|proxy|vpn|rtr|core|spine|leaf|bkp))[0-9]{1,3}"
    r"|((?:[A-Z][A-Z0-9]{1,7}?)(?:SQL|DB|APP|WEB|SRV|SVR|ORA|PRD|PROD|TST|DEV|UAT|STG|MQ|ESX|DC|FS|VM|NODE|KAFKA|PACS|EDI|ETL|BATCH|PG)|ORA(?:PRD|TST|DEV|UAT|STG))[0-9]{1,3}"
)
"""A host by its site, its technology and its number: `vlpg171`, `ORAPRD07`."""


def _numbered(word: str) -> bool:
    found = _NUMBERED.fullmatch(word)
    if found is None:
        return False
    name = (found[1] or found[2]).lower()
    return all(LEXICON.flag(name[at:]) not in {"p", "n", "d", "m"} for at in ((0, 1, 2) if found[1] else (0,)))


def _of_tables(word: str) -> bool:
    """Is a word the name of a key, an index or a procedure: in capitals at its head, or with an ordinary word in it."""
    if _TABLE.fullmatch(word) is None:
        return False
    name = word.rpartition(".")[2]
    parts = re.findall("[A-Za-z][a-z]{2,}", name)[1:]
    return (
        name[:2].isupper()
        or word.startswith(("dbo.", "public.", "pg_catalog.", "information_schema.", "INFORMATION_SCHEMA.", "sys."))
        or name.startswith(("usp_", "udf_", "trg_", "tbl_", "vw_"))
        or any(LEXICON.flag(part.lower()) in PLAIN for part in parts)
    )


def coined(word: str) -> bool:
    """Is a whole code of a pattern that only a tool or a maker writes; a library's name is no login that is a name."""
    return (
        _numbered(word)
        or (("_" in word or "." in word) and _of_tables(word))
        or (
            _COINED.fullmatch(word) is not None
            and (not word.startswith("lib") or LEXICON.flag(word.rstrip("0123456789")) not in {"p", "n"})
        )
    )
