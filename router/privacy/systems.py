"""What machine rooms call their things: hosts, resources of clouds, regions, and numbers by a tool's grammar."""

# ruff: noqa: E501, PLR2004, SIM905 - the tables read better as long lines of words; lengths mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy.lexicon import LEXICON
from router.privacy.programs import ENVIRONMENTS

_SURELY_COPIES: Final = frozenset("prod prd stg staging uat nonprod preprod".split())
_COPIES: Final = _SURELY_COPIES | {"production", "dr"}
_OF_CLOUDS: Final = frozenset({"rds", "aws", "mysql", "postgresql", "postgres", "pg", "serverless", "gcp", "azure"})
_PRODUCTS: Final = frozenset({"aurora", "neptune", "athena", "eden", "aurora-mysql", "davis", "falco", "artemis"})
"""Products that are called as people are, in the names of what runs on them: `lab-aurora-prod-replica-1`."""
_SITES: Final = frozenset(
    """mel lon syd fra phx ash iad sfo lax dub ams par cdg lhr mad mil mxp arn sto hel osl cph waw prg vie zrh gva bru dus muc ham ber txl
    sin hkg nrt hnd kix icn bom blr maa hyd jnb cpt dxb doh gru eze scl bog mex yyz yul yvr ord atl dfw mia sea pdx den slc bos nyc ewr
    jfk lga dca bwi clt iah hou las sjc phl dtw msp stl cmh ind pit cle cvg tpa mco aus per bne akl tlv mnl bkk kul cgk tpe nyc1 lon1
    london sydney melbourne dublin frankfurt leeds amsterdam paris madrid milan stockholm oslo copenhagen helsinki warsaw zurich munich berlin
    vienna prague lisbon brussels ashburn reston sterling phoenix dallas chicago denver seattle portland atlanta boston miami houston austin
    toronto montreal vancouver calgary slough manchester edinburgh singapore tokyo osaka seoul mumbai hyderabad pune jakarta auckland perth
    brisbane canberra johannesburg paulo santiago bogota queretaro bahrain dubai doha hamina eemshaven belgium oregon virginia ohio iowa
    columbus council bluffs""".split()
)
"""Towns of data centres, and how airports spell them: `mel`, `lon`, `fra`."""
_INTERNAL: Final = frozenset(
    {"internal", "local", "lan", "corp", "intra", "localdomain", "svc", "cluster", "compute", "infra", "mgmt"}
)
"""How the name of a host ends that only its own network knows."""
_NUMBERED_HOST: Final = re.compile("[a-z]+[0-9a-z]*(?:[-_][a-z0-9]+)*")
_MADE: Final = re.compile(
    r"aks-([a-z0-9]{1,12})-[0-9]{8}-vmss[0-9a-z]{6}"
    r"|gke-([a-z0-9-]{2,60})-[0-9a-f]{8}-[a-z0-9]{4}"
    r"|([a-z][a-z0-9-]{2,60})\.[0-9a-f]{14,16}"
    r"|([a-z][a-z0-9_-]{2,60})-20[0-9]{2}\.(?:0[1-9]|1[0-2])(?:\.[0-3][0-9])?(?:-[0-9]{6})?"
    r"|([a-z][a-z0-9-]{2,60})-20[1-3][0-9](?:0[1-9]|1[0-2])[0-3][0-9][0-2][0-9][0-5][0-9][0-5][0-9]"
    r"|(runner)-[a-z0-9_-]{8,12}-project-[0-9]{1,9}-concurrent-[0-9]{1,4}(?:-[a-z0-9]{6,10})?"
    r"|([a-z][a-z0-9.-]{2,60})-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:-[A-Za-z]{2,24}){0,3}(?:-[0-9]{1,4})?"
    r"|([a-z][a-z0-9-]{2,60})-(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,10}"
    r"|((?:[a-z]{2,20}-){0,2}(?:keycloak|infinispan|wildfly|jboss|datagrid|rhsso|payara|artemis|activemq)(?:-[a-z]{2,20}){0,2})-[0-9]{1,3}-[0-9]{3,5}"
    r"|(?:PJSIP|SIP|IAX2|DAHDI|SCCP)/([a-z][a-z0-9]*(?:-[a-z][a-z0-9]*){1,4})-[0-9a-f]{8}"
    r"|([a-z0-9][a-z0-9.-]{2,100}\.[a-z]{2,12})-[1-9][0-9]{0,2}-[0-9]{8,10}-[0-9]{7,10}"
    r"|(b|broker)-[0-9]{1,3}\.[a-z0-9-]{2,60}\.[0-9a-z]{6}\.c[0-9]{1,2}\.kafka\.[a-z0-9-]{5,20}\.amazonaws\.com"
)
"""What clouds, clusters and logs make of a name: a node, an event, an index or a backup of a day, a runner, a thread, a set,
a member of a JGroups cluster, a channel of Asterisk's, an order of cert-manager's."""
_CLOUD: Final = re.compile(
    r"(?:dxvif|dxcon|dxlag|dx|vgw|cgw|pcx|vpn|tgw-attach|tgw-rtb|tgw|eipassoc|aclassoc|rtbassoc|eigw|nat|bastion|spotfleet|sir|sfr|fleet|mi|"
    r"vpce-svc|ipam|fsap|fsmt|fsvol|backup|stack|pl|lb|cluster|key|capture|import|export|flow|fl|ela|eni-attach|dopt|cvpn|r|o|ou|ls)"
    r"-(?=[0-9]*[a-f])[0-9a-f]{8}(?:[0-9a-f]{9})?"
    r"|(?:run|ws|wsout|sv|plan|apply|cv|var|prj|org|sq|pol|tfe)-[0-9A-Za-z]{16}"
    r"|snap-(?=[0-9]*[a-f])[0-9a-f]{8,20}"
    r"|0000000[0-9A-F]{17}|0[xX](?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})"
    r"|-?X(?:m[sxn]|ss)[0-9]{1,7}[kKmMgGtT]?|T-[0-9]{1,4}\.S-[0-9]{1,9}|[a-z]{4,14}(?:_[0-9]{1,4})?\.[0-9]{3,6}\.[0-9]{9,10}"
    r"|(?:IEF|IEC|IEA|IEE|IGD|IGW|IKJ|ICH|IRR|IXC|IXG|IOS|IST|ISG|IWM|ICE|IDC|CSV|DFH[A-Z]{2}|DSN[A-Z]|CSQ[A-Z]|BPX[A-Z]|EZ[A-Z]|\$?HASP|BMC|CTM)[0-9]{2,6}[A-Z]?"
    r"|[ABDE]37-[0-9]{2}"
    r"|(?:ISPN|ARJUNA|JGRP|HSEARCH|HHH|WELD-?|RESTEASY|JBTHR|JBREM|JBAS|JBWS|ELY|XNIO|SRCFG|SRMSG|TEIID|AMQ|MODCLUSTER|EJBCLIENT|BEA-)0[0-9]{5}"
    r"|HV000[0-9]{3}|UT00[0-9]{4}|IJ000[0-9]{3}|WFLY[A-Z]{2,10}[0-9]{4}|KC-[A-Z]{3,12}[0-9]{4}|AMQ[12][0-9]{5}"
    r"|(?:CWW[A-Z]{2}|CWN[A-Z]{2}|CWS[A-Z]{2}|SRVE|DSRA|WTRN|TRAS|SESN|SECJ|WSVR|J2CA|HMGR|DCSV|CNTR|ADMA|ADMN|CHFW|TCPC)[0-9]{4}[EWIAFO]"
    r"|C-(?=[0-9]*[a-f])[0-9a-f]{8}"
    r"|(?:scheduled|manual|backfill|dataset_triggered|asset_triggered)__20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]"
    r"|[A-Za-z]{2,3}[0-9]{5}\.[a-z]{2}-(?:(?:north|south|east|west|central)(?:east|west)?-[1-9])(?:\.(?:aws|gcp|privatelink))?"
)
"""Ids that AWS and HCP Terraform make up; what Postgres, pgBackRest, pt-query-digest, the JVM, Oracle's ASM and z/OS call their files,
settings, messages and abends; the messages of JBoss, WebLogic and WebSphere by their project; a call of Asterisk's, an account of Snowflake's,
a run of Airflow's."""
_ACCOUNT: Final = re.compile(r"([a-z][a-z0-9-]{3,50})-[0-9]{12}(?:-[a-z]{2}-[a-z]{4,9}-[1-9])?")
"""A bucket that is called after its account: `tfstate-972035619685`."""
_BUCKETS: Final = frozenset(
    "tfstate terraform tf state logs log backup backups bucket artifact artifacts config cloudtrail cdk assets lambda deploy archive archives "
    "data datalake lake exports uploads pgbackrest barman wal velero snapshots images static web cfn cf templates codepipeline athena results "
    "inventory flowlogs elb alb waf access audit landing raw curated trail guardduty cur".split()
)
"""What buckets hold."""
_PROJECT: Final = re.compile(r"([a-z][a-z0-9-]{1,24})-[0-9]{5,6}")
_SETS: Final = frozenset("270 271 275 276 277 278 820 824 834 835 837 997 999".split())
"""Transaction sets of X12 that HIPAA names (45 CFR 162), as they stand in the names of feeds and topics."""
_OF_SETS: Final = re.compile("[0-9]{3}[pid]?")
_REGION: Final = re.compile(
    r"(?:US|EU|Europe|Asia Pacific|Canada|South America|Africa|Middle East|China|Israel|Mexico|AWS GovCloud)(?: (?:East|West|North|South|Central|"
    r"Northeast|Southeast|Government|Gov-East|Gov-West))? \((?:Sydney|Melbourne|Singapore|Tokyo|Osaka|Seoul|Mumbai|Hyderabad|Jakarta|Hong Kong|"
    r"Malaysia|Thailand|Taipei|New Zealand|Auckland|Bangkok|Kuala Lumpur|S[a\xe3]o Paulo|Sao Paulo|London|Ireland|Frankfurt|Paris|Stockholm|"
    r"Milan|Spain|Zurich|Central|Calgary|Montreal|Cape Town|Bahrain|UAE|Tel Aviv|Beijing|Ningxia|N\. Virginia|Ohio|N\. California|Oregon|"
    r"Quer[e\xe9]taro|US-East|US-West)\)"
)
"""A region as the console of AWS writes it, with the towns it has."""
_COUNTED_BEFORE: Final = re.compile(
    r"(?:(?<![A-Za-z])GC\(|(?<![a-z])failcnt |\[[a-z]{4,6}\] [0-9]{1,7}#[0-9]{1,7}: \*"
    r"|(?<![A-Za-z])(?:[Pp]ipeline|[Jj]ob|[Bb]uild|[Rr]un|[Ww]orkflow|[Dd]eployment|[Ee]xecution|[Mm]erge [Rr]equest|[Pp]ull [Rr]equest) #"
    r"|(?<![A-Za-z])(?:[Oo]ffsets?|at byte|scn|SCN|SCN:|cutoff:|maxlength|lsn|LSN|segno|xmin|xmax|relfilenode|oid|OID) "
    r"|(?<![A-Za-z])(?:LSN|lsn)(?: =|:)? (?:[0-9A-F]{1,8}/)?|(?<![A-Za-z])schema id |--exec-id=(?:[0-9]{1,8}-[0-9]{0,8})?"
    r"|(?<![a-z])(?:last|past|in|per) [0-9]{1,3} ?(?:s|m|h|d|min|mins|minutes?|hours?|days?): "
    r"|, status: [A-Z]{5,9}, id: |(?:[Dd]ump )?file created \[|would be \[|limit of \[|real usage: \[|reserved: \[|"
    r"\(incident=|Archived Log entry |"
    r"# (?:Count|Exec time|Lock time|Rows sent|Rows examine|Query size) {1,12}[0-9]{1,3} {1,8}"
    r"|(?<![A-Za-z])(?:high ?water ?mark |triggerid=|eventid=|actionid=|itemid=|formatId=)|[0-9] (?:FAIL|WARN|ERROR) |\[(?:FAIL|WARN) "
    r"|(?<![A-Za-z])ABEND[= ](?:[SU][0-9A-F]{3,4} )?)$"
)
_OF_REDIS: Final = re.compile(
    r"(?<![A-Za-z])(?:in|qs|qu|aw|ws|in-pipe|out-pipe|last-in|cur-in|sync-ops|async-ops|conn-sec|mc): $"
)
_OF_RABBIT: Final = re.compile("(?:received|but current is) '$")
"""What stands before a number that the grammar of a tool's line makes a count: JVM, kernel, nginx, CI, Kafka, Oracle, Postgres, BIND,
RabbitMQ, Elasticsearch, pt-query-digest, StackExchange.Redis."""
_DATAPOINTS: Final = re.compile(r" datapoints? \[(?:[0-9.E+-]{1,24} \([0-9/]{8} [0-9:]{8}\), ){0,8}$")
_THRESHOLD: Final = re.compile(r"(?:greater|less|lower) than (?:or equal to )?the threshold \($")
"""How CloudWatch writes the reason of a state: samples of a metric, and what they passed."""
_LABEL: Final = re.compile(
    r"(?<![0-9A-Za-z])20[1-3][0-9]{5}-[0-9]{6}F(?:_20[1-3][0-9]{5}-[0-9]{6}[DI])?(?![0-9A-Za-z])"
)
"""A backup of pgBackRest's."""
_PROCESS: Final = re.compile(r"[0-9]{1,5}\.[0-9]{1,9}\.[0-9]{1,4}")
"""A process of Erlang's: `<0.9321.0>`."""
_TALLY: Final = re.compile(r"(?<![0-9A-Za-z.])[0-9]{1,12} [a-z]{3,12}(?: [a-z]{3,12}){0,2},? (?:and )?$")
_TALLIED: Final = re.compile(
    r" (?:removed|remain(?:ing)?|scanned|dirtied|hits|misses|records|full page|reads?|writes?|written|are dead|XIDs|pages|tuples|rows|bytes)(?![A-Za-z=:])"
)
_SHORT_COUNT: Final = 6
_BEFALLEN: Final = re.compile(
    r" (?:failed|passed|skipped|total|succeeded|processed|rejected|accepted|deleted|inserted|updated|dropped|pending)(?![A-Za-z=:])"
)
_LIMIT: Final = re.compile(
    r"(?:(?<![A-Za-z])RFC |\((?:default|defaults to) "
    r"|(?<![A-Za-z])(?:[Mm]ax(?:imum)?|[Mm]in(?:imum)?|[Tt]hreshold|[Tt]imeout|[Bb]ackoff|[Ii]nterval)(?: [a-z]{2,12}){0,3} (?:is|of|was|to) "
    r"|(?<![A-Za-z])(?:greater|less|more|lower|higher|larger|longer|fewer) than (?:or equal to )?"
    r"|(?<![A-Za-z])(?:exceeds|exceeded|exceeding|above|below) |(?<![A-Za-z])[Rr]etry(?:ing)? in "
    r"|must be [a-z0-9, ]{0,24}between (?:[0-9]{1,7} and )?|must be either )$"
)
"""What makes a number a limit, a bound or a default: `maximum length allowed is 1024`; nobody's number is compared so."""
_LIMIT_WORDS: Final = frozenset(
    "RFC default (default is of was to than exceeds exceeded exceeding above below in between and either".split()
)
_OR_LESS: Final = (" or less", " or more", " or greater", " or fewer", " or higher", " or lower")
_LONGEST_LIMIT: Final = 7
_STANDARDS: Final = frozenset(
    "X.509 X509 X.500 X.400 X.25 H.323 H.264 H.265 G.711 E.164 N1QL R2DBC I18n I18N L10n A11y CDMA2000".split()
)
"""Standards and interfaces that are written as codes are."""
_OF_SOMEBODY: Final = re.compile(
    r"(?i:charts?|patients?|members?|mrns?|subscribers?|encounters?|referrals?|ids?|accounts?)(?![A-Za-z])"
)
"""One of several counts of a line: `12 removed, 7069669 remain, 49824 scanned`."""
_SPOKEN: Final = re.compile(
    r"(?<![A-Za-z])(?:Eden (?=regions|space|Space|size)|Max (?=retries|attempts|connections|clients|allowed|number|size|length|depth|wait|"
    r"concurrent|open|heap|memory|threads|pool|rate|requests|latency|lag|value|file|files|buffer|message|packet|time)"
    r"|(?:Max|Eden)(?=[=:] ?[0-9])|Cloud Pub/Sub|Direct Connect|Dead [Mm]an'?s (?=[Ss]witch|[Ss]nitch)|Cron Daemon|Golden Signals?"
    r"|Kubernetes Engine|Compute Engine|App Engine|Cloud (?:SQL|Run|Storage|Functions|Build|Spanner|Tasks|Scheduler|Composer|Armor|DNS|NAT|CDN)"
    r"|(?:Application|Network|Classic) Load Balancer|Elastic (?:Load Balancing|Beanstalk|File System)|Transit Gateway|Front Door|Key Vault"
    r"|Azure (?:Active|AD|App(?= Service| Gateway| Config| Insights)|Cosmos|Service|Functions?|SQL|Blob|Storage|Key Vault|Kubernetes|Monitor|DevOps|Event|Cache|Databricks|Data Factory|Data Lake|Front Door|Synapse|OpenAI"
    r"|Container|Firewall|Pipelines|Policy|Portal|Backup|Files|Queue|Redis)(?: (?:Service|Hub|Bus|Directory))?(?![A-Za-z])"
    r"|Azure (?=config|credential|token|blob|storage|subscription|resource|portal|region)"
    r"|(?<=SAP )HANA|HANA (?=database|DB|backup|system|tenant|index)|(?<=matching )SANs?(?![A-Za-z])"
    r"|SANs? (?=entry|entries|extension|storage|array|volume|fabric|switch|mismatch)"
    r"|(?<=record )MAC(?![A-Za-z])|MAC (?=verif|mismatch|check|algorithm|table|flap)"
    r"|PAM (?=error|auth|module|service|session|conversation|adding|unable)|PAM: (?=error|auth|unable)"
    r"|Spring (?:Boot|Cloud|Security|Data|Batch|Framework|MVC|Integration|WebFlux|Kafka|AMQP)(?![A-Za-z])"
    r"|(?:Key|Trust) Store(?![A-Za-z])|Fields Too Large|(?:Stack Trace|STACK TRACE)(?![A-Za-z])|(?<=set to )True(?![A-Za-z])"
    r"|(?:Tencent|Alibaba|IBM|Netdata|Oracle) Cloud(?![A-Za-z])|Hewlett Packard(?! [A-DF-Z])(?: Enterprise)?"
    r"|Service Bus|Event (?:Hub|Grid)s?|Traffic Manager|Logic Apps?|Digital Realty|Equinix(?: [A-Z]{2}[0-9]{1,2})?|Smart-UPS(?: [A-Z]{2,4})?(?: [0-9]{3,5})?|DigiCert)"
)
"""Names of products and sentences of tools that are made of words which are names, wards or places too."""
_AISLES: Final = frozenset({"rack", "row", "cage", "zone", "cell", "shard", "ring"})
_SPELLED: Final = frozenset(
    "Alpha Bravo Charlie Delta Echo Foxtrot Golf Juliet Juliett Lima Mike Oscar Papa Quebec Romeo Sierra Tango Victor Yankee".split()
)
"""Letters as they are spelled aloud, which racks are called after."""
_AZURE: Final = re.compile(
    r"(?:East US|West US|Central US|North Central US|South Central US|West Central US|North Europe|West Europe|UK South|UK West|"
    r"Australia East|Australia Southeast|Australia Central|Canada Central|Canada East|Brazil South|Germany West Central|France Central|"
    r"Norway East|Sweden Central|Switzerland North|Italy North|Poland Central|Spain Central|Japan East|Japan West|Korea Central|Central India|"
    r"South India|Southeast Asia|East Asia|South Africa North|UAE North|Qatar Central|Israel Central|Mexico Central)(?: [23])?(?![A-Za-z])"
)
_COLOCATED: Final = re.compile(
    r"(?<![A-Za-z])(?:[A-Z]{2}[0-9]{1,2}|Equinix|Interxion|Digital Realty|CoreSite|Telehouse)[, ]{1,2}$"
)
_TALLIED_NEXT: Final = re.compile(r" [a-z]{3,12}(?: [a-z]{3,12}){0,2}, (?:and )?[0-9]{1,12} ")
_TOWNS: Final = _SITES | frozenset(
    "sao paulo;new york;san francisco;san jose;los angeles;hong kong;cape town;tel aviv;las vegas;salt lake city;kansas city;council bluffs;"
    "santa clara;st. louis;kuala lumpur;buenos aires;northern virginia;n. virginia;ho chi minh city;new delhi;abu dhabi".split(
        ";"
    )
)
_STATE: Final = re.compile(
    "[A-Z]{2}|UK|USA|US|Germany|France|Australia|Japan|India|Brazil|Canada|Ireland|Netherlands|Singapore|Sweden|Italy|Spain|Poland"
)
_ACCOUNTS: Final = frozenset(
    "root rabbit ejabberd emqx vernemq riak couchdb mongooseim postgres daemon cron nagios zabbix postmaster noreply no-reply donotreply "
    "do-not-reply hostmaster mailer-daemon www-data jenkins alertmanager prometheus grafana monitoring oracle mysql kafka etcd git ubuntu "
    "ec2-user nobody apache nginx logstash vault consul".split()
)
_LOGINS: Final = _ACCOUNTS | frozenset(
    """runner ubuntu centos debian fedora rocky admin core opc node app appuser application circleci gitlab-runner buildkite-agent teamcity bamboo actions-runner github-runner vsts
    azureuser azagent vcap vagrant ansible deploy deployer airflow hadoop hdfs yarn hive spark zeppelin jovyan tomcat jboss wildfly payara glassfish weblogic wasadmin db2inst1 grid
    redis mongodb mongod cassandra elasticsearch kibana solr rabbitmq splunk sonar sonarqube nexus artifactory www web webapp odoo frappe container nonroot user coder vscode codespace
    builder build ci cicd builduser packer terraform atlantis flux argocd argo spinnaker rundeck awx sftp ftp mirth rhapsody oracle19c sapadm sap pi rails django laravel forge""".split()
)
"""Accounts that programs run under, by which their homes are called."""
"""Accounts of programs, in which no person has mail."""
_HARDWARE: Final = frozenset(
    """srv svr gke eks aks kube dc sql mssql esx esxi hv pve kvm xen nas san netapp filer stor ceph osd kafka zk zookeeper rmq rabbit rabbitmq redis
    mongo mongodb pg pgsql postgres mysql mariadb ora oracle edw dwh hadoop spark vcsa vcenter vc ns dns dhcp ntp fw sw swi rtr rt spine leaf tor lb ltm
    mq sftp veeam rubrik cohesity commvault datadomain dd sobr ilo idrac bmc ipmi ups pdu wlc switch router firewall mirth rhap rhapsody cloverleaf
    elastic elasticsearch opensearch kibana graylog splunk ctx citrix vdi exch smtp bastion jumphost hypervisor nutanix cvm aggr svm vsvr aag rac exa
    cass scylla druid pinot clickhouse db2 hana sap tsm nbu avamar zerto isilon powerscale vplex vmax xtremio qumulo gluster minio jfrog harbor
    f5 bigip netscaler adc paloalto forti fgt aruba meraki tape lto vtl hmc lpar zos mvs cics wsus sccm adfs pki sip pbx sbc cucm mon prom grafana loki tempo
    cassandra cockroach vault consul etcd nomad haproxy traefik nginx solr memcached influx prometheus proxmox proxysql pgbouncer dmz asa edge core
    border wan hci r720 r730 r740 r750 r760 dl360 dl380 ptx qfx srx nx n9k c9k ucs""".split()
)
"""What hosts, clusters, switches and stores are called after what they are."""
_LONG_RUN: Final = re.compile("[0-9]{5}")
_NAMED_MACHINE: Final = re.compile(
    "[a-z]{2,12}[0-9]{1,4}(?:[.][a-z0-9-]{2,24}){2,4}|[a-z][a-z0-9]*(?:[-_][a-z0-9]+){1,4}(?:(?:[.][a-z0-9-]{2,24}){2,4})?|[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+){1,4}"
)
_MANAGED: Final = re.compile("[a-z0-9-]{2,24}[.](?:mgmt|oob|ipmi|ilo|idrac|bmc|san|esx|k8s)(?:[.][a-z0-9-]{2,24}){1,4}")
"""In a network for the management of machines no person's device stands."""


def machine(word: str) -> bool:
    """Is a word with one name in it the name of a machine by its form: `gke-paris`, `kafka-lima-0`, `MADISON-DC08`.

    What it is stands first, as in no login or document of a person's, or last with a number. A copy stands first only
    where it is no developer's own (`prod-lima`, not `dev-anna`).
    """
    if _MANAGED.fullmatch(word) is not None:
        return True
    if _NAMED_MACHINE.fullmatch(word) is None or _LONG_RUN.search(word) is not None:
        return False
    parts = re.split("[-_]", word.partition(".")[0].lower())
    first, last = parts[0], parts[-1]
    return (
        first in _HARDWARE
        or word.startswith("AG_")
        or first in _SURELY_COPIES
        or first.rstrip("0123456789") in _HARDWARE
        or (last[-1].isdigit() and last.rstrip("0123456789") in _HARDWARE)
        or (len(parts) > 2 and first in _SITES and parts[1].rstrip("0123456789") in _HARDWARE)
    )


def made_of(word: str) -> str:
    """The name that a cloud, a cluster or a log made `word` of by numbers of its own; '' when it is none, `-` when all is made up."""
    found = _MADE.fullmatch(word)
    if found is not None:
        return next(group for group in found.groups() if group)
    if _CLOUD.fullmatch(word) is not None:
        return "-"
    account = _ACCOUNT.fullmatch(word)
    if account is not None and not _BUCKETS.isdisjoint(account[1].split("-")):
        return account[1]
    project = _PROJECT.fullmatch(word)
    if project is not None and project[1].rpartition("-")[2] in ENVIRONMENTS:
        return project[1]
    return ""


_CLUSTERED: Final = re.compile(
    r"(?:keycloak|infinispan|wildfly|jboss|datagrid|rhsso|payara|artemis|activemq)-[0-9]{1,3}-[0-9]{3,5}"
)


def clustered(word: str) -> bool:
    """Is `word` what JGroups calls a member: a pod of a server's and a number by chance, `keycloak-0-43785`."""
    return _CLUSTERED.fullmatch(word) is not None


def dated(word: str) -> bool:
    """Is `word` an index or a backup of a day, or a bucket of an account, which number nobody whatever they are called after."""
    return (
        _ACCOUNT.fullmatch(word) is not None
        or re.search(r"-20[0-9]{2}\.(?:0[1-9]|1[0-2])(?:\.[0-3][0-9])?(?:-[0-9]{6})?$", word) is not None
    )


def sited(word: str) -> frozenset[str]:
    """The parts of a machine's name that say where it stands: `mel` of `hl7-wrk25.mel.corp.internal` and of `prod-mel-5`."""
    if not word.islower():
        return frozenset()
    parts = re.split(r"[-_.:/]", word)
    if len(parts) == 2 and parts[0] in ENVIRONMENTS:
        return _SITES.intersection(parts[1:])
    if len(parts) < 3 or not (
        parts[-1] in _INTERNAL
        or not ENVIRONMENTS.isdisjoint(parts)
        or not {"dc", "site", "region", "zone", "node", "cluster"}.isdisjoint(parts)
    ):
        return frozenset()
    return _SITES.intersection(parts[1:])


def copy(word: str, known: int) -> bool:
    """Is the one name in `word` an organisation's, of whose system it names a copy: `medora-prod`, `medora_claims_edi_inbound_dr`.

    `known`: how many of its other parts are ordinary words.
    """
    if (
        "-" in word
        and not _PRODUCTS.isdisjoint(word.split("-"))
        and (known > 1 or not _OF_CLOUDS.isdisjoint(word.split("-")))
    ):
        return True
    if not word.islower():
        return False
    parts = [part for part in re.split(r"[-_]", word.rpartition(".")[2]) if part.isalpha()]
    return (
        len(parts) > 1
        and parts[-1] in _COPIES
        and LEXICON.flag(parts[0]) == "p"
        and (known > 1 or (known == 1 and len(parts) == 2 and parts[-1] in _SURELY_COPIES))
    )


def transaction_set(digits: str) -> bool:
    """Do digits name a transaction set of X12: `835` of `claims-835-remit`."""
    return digits in _SETS


_LAST_WORDS: Final = frozenset(
    "failcnt offset Offset offsets Offsets byte scn SCN SCN: cutoff: maxlength lsn LSN lsn: LSN: segno xmin xmax relfilenode oid OID = id id: entry "
    "ABEND mark FAIL WARN ERROR [FAIL [WARN".split()
)
_LAST_MARKS: Final = {
    "(": ("GC(",),
    "=": ("incident=", "exec-id=", "ABEND=", "triggerid=", "eventid=", "actionid=", "itemid=", "formatId="),
    "[": (" created [", "be [", "of [", "usage: [", "reserved: ["),
    "#": ("ipeline #", "ob #", "uild #", "un #", "orkflow #", "eployment #", "xecution #", "equest #"),
}


_OWN_WORDS: Final = frozenset("end_log_pos spid SPID LBA lba inode blkno pid tid xid Xid".split())
_OWN_KEYS: Final = frozenset(
    "flushed evicted tables chain dirty delays RecordId maxpdu max_pdu blksz sector sectors lba inode nr_dirty queued backlog depth anon-rss "
    "file-rss shmem-rss total-vm pgtables seqno seq epoch redo_queue_size log_send_queue_size txid xlog walpos".split()
)
_LAST_KEY: Final = re.compile("(?<![A-Za-z_-])[A-Za-z_-]{2,24}(?==$)")
_OWN: Final = re.compile(
    r"\[(?:emerg|alert|crit|error|warn|notice|info|debug)\] $|(?:[Aa]borted|TCP|UDP|ICMP|GRE|ESP) connection $|log (?:start|position) $"
    r"|^[IWEF][01][0-9][0-3][0-9] [0-9:]{8}\.[0-9]{6} {1,7}$|[0-9a-f]{4}-[0-9a-f]{12}:$|; AS $|remote AS $|(?:PagerDuty|Opsgenie|exec) #$"
)
_ENDS_OF_OWN: Final = frozenset({"connection", "start", "position", "AS"})
_OWN_MARKS: Final = frozenset({"=", " ", ":", "#"})
_A_PORT: Final = re.compile("#[0-9]")


def _own(text: str, before: str, end: int) -> bool:
    """Does what stands before a number make it one of a program's own: a process, a block, a place in a log, a queue's length.

    nginx, klog, MySQL, the kernel, Cisco, WSFC. None of these words stands before a number of somebody's.
    """
    last = before[-1:]
    if last not in _OWN_MARKS:
        return False
    if last == "=":
        key = _LAST_KEY.search(before)
        return key is not None and key[0] in _OWN_KEYS
    if last == " ":
        word = before[:-1].rpartition(" ")[2]
        if word in _OWN_WORDS:
            return True
        if word and word[-1] != "]" and word not in _ENDS_OF_OWN:
            return False
        found = _OWN.search(before)
        return found is not None and (word[-1:] != "]" or _A_PORT.match(text, end) is not None)
    return _OWN.search(before) is not None


def _announced(before: str) -> bool:
    """Can `_COUNTED_BEFORE` match the end of `before`: told by its last word, as most numbers stand behind others."""
    last = before[-1:]
    if last == " ":
        word = before[:-1].rpartition(" ")[2]
        return (
            not word
            or word in _LAST_WORDS
            or (word[-1] == ":" and word[-2:-1] in "smhdnes")
            or word.startswith("ABEND=")
        )
    if last == "*":
        return "#" in before
    if last == "/":
        return "LSN" in before or "lsn" in before
    if last == "-":
        return "exec-id=" in before
    ends = _LAST_MARKS.get(last)
    return ends is not None and before.endswith(ends)


def _limits(before: str, text: str, end: int) -> bool:
    """Does `before` make of the number behind it, which ends at `end`, a limit."""
    if before[-1:] != " ":
        return False
    if before[:-1].rpartition(" ")[2] in _LIMIT_WORDS and _LIMIT.search(before) is not None:
        return True
    return before.endswith(("must be ", "should be ")) and text.startswith(_OR_LESS, end)


def counted(text: str, start: int, end: int) -> bool:
    """Does the grammar of the tool that wrote a text make the number between `start` and `end` a count or an id of its own."""
    if text[start - 1 : start] == "<" and text[end : end + 1] == ">":
        return _PROCESS.fullmatch(text, start, end) is not None
    if text.startswith((".dkr.ecr.", " XIDs", "\xb5s"), end) or text[start:end] in _STANDARDS:
        return True
    label = _LABEL.search(text, max(start - 25, 0), end + 25)
    if label is not None and label.start() <= start and end <= label.end():
        return True
    while start and text[start - 1] in "0123456789." and end - start < 24:
        start -= 1  # the digits behind a point
    before = text[max(start - 48, 0) : start]
    if _own(text, before, end):
        return True
    if (_announced(before) and _COUNTED_BEFORE.search(before) is not None) or _THRESHOLD.search(before) is not None:
        return True
    if end - start <= _LONGEST_LIMIT and text[start:end].isdigit() and _limits(before, text, end):
        return _OF_SOMEBODY.search(before) is None
    if (_OF_REDIS.search(before) is not None and ", qs: " in text) or (
        _OF_RABBIT.search(before) is not None and "inequivalent arg" in text
    ):
        return True
    if before.endswith(("[", "), ")):
        return _DATAPOINTS.search(text, max(start - 260, 0), start) is not None
    counts = _TALLIED.match(text, end) is not None or (
        end - start <= _SHORT_COUNT and _BEFALLEN.match(text, end) is not None
    )
    if not counts or _OF_SOMEBODY.search(before) is not None:
        return False
    return _TALLY.search(before) is not None or (
        before.endswith((": ", "\t")) and _TALLIED_NEXT.match(text, end) is not None
    )


def product(text: str, start: int, end: int) -> bool:
    """Is what stands between `start` and `end` the name of a product, or of a town that says where machines stand."""
    found = _SPOKEN.match(text, start)
    if found is not None and found.end() >= end:
        return True
    if (
        text[start:end] in _SPELLED
        and text[max(start - 24, 0) : start].rpartition(" ")[0].rpartition(" ")[2].lower() in _AISLES
    ):
        return True
    found = _AZURE.match(text, start)
    if found is not None and found.end() >= end:
        return True
    return text[start:end].lower() in _SITES and _COLOCATED.search(text, max(start - 24, 0), start) is not None


def regions(text: str) -> list[tuple[int, int]]:
    """Where a text names a region as AWS's console does: `Asia Pacific (Sydney)`."""
    return [match.span() for match in _REGION.finditer(text)]


def town(value: str) -> bool:
    """Is a value the town of a data centre, perhaps with its state or country: `Sydney`, `Ashburn, VA`."""
    head, _, tail = value.partition(", ")
    return (head.lower().replace("\xe3", "a") in _TOWNS) and (not tail or _STATE.fullmatch(tail) is not None)


def system_account(address: str) -> bool:
    """Is an email address the account of a program on a host: `root@edi02.lon.internal`, `rabbit@mq2`."""
    return address.partition("@")[0].lower() in _ACCOUNTS


def system_login(login: str) -> bool:
    """Is a login the account that a program runs under: the last part of `/home/runner`."""
    return login in _LOGINS
