r"""What consoles print in a grammar of their own: z/OS, MQ, WebSphere, Cloverleaf, IRIS, DICOM, switches, arrays, schedulers.

A stretch of such a line is a code, a count, a moment or a name that the console gave, by the place in which it stands;
nobody's value can stand there. Names that such a place gives (a job, a queue manager, a host) are nobody's elsewhere in
the same text either.
"""

# ruff: noqa: E501 - expressions read better whole
from __future__ import annotations

import re
from typing import Final

import re2

from router.privacy.lexicon import LEXICON
from router.privacy.shapes import UUID
from router.privacy.spans import Span

_LINE: Final = r"(?:(?<=\n)|(?<=\\n)|^)"
_JOB: Final = r"[A-Z$#@][A-Z0-9$#@]{1,7}"
_HEX: Final = "[0-9A-F]{8}"
_COMPONENTS: Final = (
    r"(?:AMQ|CSQ|BIP|DFH|DFS|DSN|IEC|IEE|IEF|IEA|IEW|IXC|IXL|IXG|IOS|IRA|IGD|ICH|IKJ|IST|EZA|EZZ|EZY|EZD|BPX|ARC|ADR|ANR|ANS|HWI|HZS|ICE|IDC|IEB|IGF|ISG|"
    r"ISPF?|ATR|BBO|CWW|CWP|CWS|CWX|CWO|CWR|CWL|CWZ|DCS|HMG|WSV|CHF|SRV|TRA|SEC|J2C|DSR|WTR|ADM|PLG|SSL|WAS|WLT|FFD|CNT|NMS|XDP|ISN|EQQ|OPS|CMM|CAU|SQL|EVM|HSE|"
    r"UTE|WSW|WSS|WSX|PMR|CPF|CPI|CPC|CPA|RNX|MCH|TCP|GPF|LDAP|HPD|GLPA)"
)
_MQ_COUNTS: Final = (
    "CURDEPTH|MAXDEPTH|IPPROCS|OPPROCS|MSGAGE|QDEPTHHI|QDEPTHLO|BOTHRESH|MAXMSGL|MAXMSGS|BATCHSZ|BATCHINT|HBINT|KAINT|DISCINT|SHORTRTY|SHORTTMR|LONGRTY|LONGTMR|"
    "SHORTRTS|LONGRTS|CURMSGS|CURSEQNO|LSTSEQNO|MSGS|BYTSSENT|BYTSRCVD|BUFSSENT|BUFSRCVD|TRIGDPTH|TRIGMPRI|SEQWRAP|DEFPRTY|QSVCINT|RETINTVL|CONNS|NPMSPEED|PORT|PID|TID|UOWLOG|LPUT|LGET"
)
_MQ_NAMES: Final = "QMNAME|QMGR|QMgr|CHANNEL|QUEUE|QLOCAL|QREMOTE|QALIAS|QMODEL|QSTATUS|CHS|CHSTATUS|XMITQ|RQMNAME|RNAME|CLUSTER|LISTENER|SERVICE|TOPIC|SUB|NAMELIST|PROCESS|DEADQ|BOQNAME|INITQ|CLUSQMGR|VRMF|Installation|Program|Host|CommentInsert[1-5]|ArithInsert[1-5]|Process"
_TABLE: Final[tuple[tuple[str, str], ...]] = (
    # z/OS: JES2's log, messages, abends (MVS System Messages; MVS System Codes)
    ("JOB", rf"{_LINE}(?:[0-9]{{5}} )?[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9] [ ]?(?:JOB|STC|TSU)[0-9]{{5,7}}(?![A-Za-z0-9])"),
    ("STC", rf"{_LINE}(?:[0-9]{{5}} )?[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9] [ ]?(?:JOB|STC|TSU)[0-9]{{5,7}}(?![A-Za-z0-9])"),
    ("TIME=", r"(?<![A-Za-z])TIME=[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9](?![0-9.])"),
    ("REASON", rf"(?<![A-Za-z])REASON(?: CODE)?(?:=| (?=0000|00[A-F][0-9]|[0-9]*[A-F]))(?:X')?{_HEX}(?![A-Za-z0-9])(?:, TYPE OF RESOURCE {_HEX}(?![A-Za-z0-9]))?"),
    ("ABEND=", r"(?<![A-Za-z])ABEND=S[0-9A-F]{3}(?: U[0-9]{4})?(?: REASON=[0-9A-F]{8})?(?![A-Za-z0-9])"),
    ("PSW", rf"(?<![A-Za-z])PSW AT TIME OF ERROR {{1,4}}{_HEX} {{1,4}}{_HEX} {{1,4}}ILC [0-9] {{1,4}}INTC [0-9A-F]{{2}}(?![A-Za-z0-9])"),
    ("z/OS", r"z/OS (?:V?[0-9]{1,2}[.R][0-9]{1,2}(?:\.[0-9]{1,2})?)(?![0-9.])"),
    ("IEF", rf"(?<![A-Za-z])IEF[0-9]{{3}}[IEAD] (?P<n1>{_JOB})(?: [A-Z0-9]{{1,8}}){{0,2}} -"),
    ("$HASP", rf"\$HASP[0-9]{{3,4}} (?P<n2>{_JOB})(?![A-Za-z0-9.])"),
    ("IXC", r"(?<![A-Za-z])IXC[0-9]{3}[IEAD] GROUP (?P<n3>[A-Z0-9$#@]{1,8}) MEMBER (?P<n4>[A-Z0-9$#@]{1,16})(?![A-Za-z0-9])"),
    ("DFH", r"(?<![A-Za-z])DFH[A-Z]{2}[0-9]{4}[IWESA]? (?:[0-9/:. ]{8,20})?(?P<n5>[A-Z][A-Z0-9]{1,7}) (?=[A-Z])"),
    ("*ABND", r"\*ABND +[0-9]{1,8}(?: +[0-9]*\.?[0-9]+){1,6}"),
    (" EXCP ", r"\nSTEPNAME +PROCSTEP +RC +EXCP [^\n]{0,80}(?:\n[A-Z$#@][A-Z0-9$#@]{0,7} +(?:[A-Z$#@][A-Z0-9$#@]{0,7} +)?[0-9]{1,4}(?: +[0-9]*\.?[0-9]+){2,7}){1,30}"),
    # message ids with a severity, of a component of IBM's wherever, of any product at the head of a message
    ("", rf"(?<![A-Za-z0-9])\+?{_COMPONENTS}[A-Z]{{0,3}}[0-9]{{3,5}}[IWESADTCRFO](?![A-Za-z0-9_-])"),
    ("", r"(?<![A-Za-z0-9])(?:AMQ[0-9]{4}|CSQ[A-Z][0-9]{3}|DFH[A-Z]{2}[0-9]{4}|DFS[0-9]{3,4}|CPF[0-9]{4}|BIP[0-9]{4})(?![A-Za-z0-9_-])"),
    ("_", r"(?<![A-Za-z0-9])[A-Z]{3,8}_[IWEFS]_[0-9]{4,6}(?![A-Za-z0-9])"),
    ("HSEARCH", r"(?<![A-Za-z0-9])(?:HSEARCH|HHH|ISPN|ARJUNA|WFLY[A-Z]{2,8}|UT|ELY|KC-SERVICES|AMQ|IJ|EJBCLIENT|JBAS|PBOX|RESTEASY|HV|TRACE|XNIO|MSC|HAPI-)[0-9]{4,6}(?=[:)\]])"),
    ("HAPI-", r"(?<![A-Za-z0-9])HAPI-[0-9]{4}(?=:)"),
    # MQ: attributes of MQSC and of its log of errors (IBM MQ reference)
    ("(", rf"(?<![A-Za-z])(?:{_MQ_COUNTS})\([0-9]{{1,12}}(?:,[0-9]{{1,12}})?\)"),
    ("(", rf"(?<![A-Za-z])(?:{_MQ_NAMES})\((?P<n6>[A-Za-z0-9._/%-]{{1,48}})\)"),
    ("Program(", r"Process\([0-9]{1,8}\.[0-9]{1,6}\) User\((?:mqm|root|MUSR_MQADMIN)\) Program\([a-z0-9]{1,16}\)"),
    ("QMgr(", r"(?<=[ (])Time\(20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z?\)"),
    ("runmqsc", r"(?<![A-Za-z])(?:runmqsc|strmqm|endmqm|dspmq -m|runmqlsr) (?:-[a-z] )?(?P<n7>[A-Z][A-Z0-9._]{1,47})(?![A-Za-z0-9])"),
    ("amq", r"(?<=-)(?: amq[a-z0-9]{3,6}\.c : [0-9]{1,5} )(?=-)"),
    ("Remote host", r"Remote host '[a-z0-9.-]{2,80} \([0-9]{2,5}\)'"),
    # WebSphere: SystemOut.log (its basic format), and what a server is called
    ("] ", r"(?<=[A-Z]{3}\] )[0-9a-f]{8} [A-Za-z0-9_.]{2,13} +[AIWEFODZCR] {1,3}"),
    ("[ND ", r"\[(?:ND|BASE|EXPRESS|NDDMZ|XD) [0-9]{1,2}(?:\.[0-9]{1,2}){2,3} [a-z]{2}[0-9.]{1,12}\]"),
    ("process name", r"process name (?P<n20>[A-Za-z0-9_.-]{1,40}\\{1,2}[A-Za-z0-9_.-]{1,40}\\{1,2}[A-Za-z0-9_.-]{1,40})"),
    ("/ffdc/", r"/logs/ffdc/[A-Za-z0-9_]{1,40}_[0-9a-f]{6,8}_[0-9]{2}\.[0-9]{2}\.[0-9]{2}_[0-9.]{8,16}\.txt"),
    # Cloverleaf and IRIS
    ("[", r"\[[a-z]{2,5} {0,3}:[a-z]{2,5} {0,3}:(?:ERR|WARN|INFO|DBUG|DBG) {0,2}/[0-9]{1,2}: {0,12}[A-Za-z0-9_]{1,30}:[01][0-9]/[0-3][0-9]/20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-5][0-9]\]"),
    ("HCI", r"HCI(?:ROOT|SITE|SITEDIR)=[A-Za-z0-9_./-]{1,80}"),
    (") ", r"(?<![0-9])[01][0-9]/[0-3][0-9]/[0-9]{2}-[0-2][0-9]:[0-5][0-9]:[0-5][0-9]:[0-9]{3} \([0-9]{1,7}\) [0-4] (?=\[)"),
    ("(Build ", r"(?:20[0-9]{2}\.[0-9]{1,2}(?:\.[0-9]{1,2})? )?\(Build [0-9]{1,5}(?:\.[0-9]{1,5}){0,4}[A-Z]{0,2}\)"),
    ("Red Hat", "Red Hat(?: Enterprise Linux)?(?![A-Za-z])"),
    # DICOM: DCMTK's codes, associations of dcm4che, names of transfer syntaxes (PS3.6, table A-1)
    (":0", r"(?<![0-9A-Za-z])0(?:00[0-9a-f]|[0-9a-f]{3}):[0-9a-f]{4}(?= [A-Z])"),
    ("(", r"(?<![A-Za-z0-9])(?P<n14>[A-Z0-9_.-]{1,16})(?:<-|->)(?P<n15>[A-Z0-9_.-]{1,16})\([0-9]{1,7}\)"),
    ("AET", r"(?:(?:calling|called|remote|local|move|to|from) AETs? |AET |AETitle ?[=:] ?|AET ?[=:] ?)[\"']?(?P<n8>[A-Z][A-Z0-9_.-]{1,15})[\"']?(?![A-Za-z0-9])"),
    ("1.2.840.10008.1.2", r"1\.2\.840\.10008\.1\.2(?:\.[0-9]{1,3}){0,3} - (?:Implicit VR|Explicit VR|JPEG|RLE|Deflated|MPEG|HEVC|HTJ|High-Throughput|JPIP)[A-Za-z0-9 .,-]{0,60}"),
    ("Endian", r"(?:Implicit|Explicit|Deflated Explicit) VR (?:Little|Big) Endian"),
    ("AE Title", r"C(?:alled|alling) AE Titles? (?:[Nn]ot [Rr]ecogni[sz]ed)"),
    ("HL7", r"(?<![A-Za-z0-9])HL7[0-9]{4,5}(?![A-Za-z0-9])"),
    # Windows: results, machine accounts, time zones
    ("result", r"(?:result|status|error|Error|code) -?[0-9]{1,10} \(0x[0-9a-fA-F]{1,8}\)"),
    ("Time)", r"\((?:Coordinated Universal|Greenwich Mean|(?:Eastern|Central|Mountain|Pacific|GMT|W\. Europe|Central Europe(?:an)?|Alaskan|Hawaiian|Atlantic) (?:Standard|Daylight|Summer)) Time\)"),
    ("(Native", r"\(Native Method\)"),
    ("naa.", r"(?<![A-Za-z0-9])(?:naa|eui|t10)\.[0-9a-f]{12,32}(?![A-Za-z0-9])"),
    # NetScaler, F5, PAN-OS, IOS
    ("-PPE-", r"(?:[0-9]{2}/[0-9]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} GMT )?(?P<n9>[A-Za-z][A-Za-z0-9._-]{0,62}) [0-9]-PPE-[0-9]{1,3} : (?:default|[a-z_]{1,20}) [A-Z_]{2,20} [A-Z_]{2,40} [0-9]{1,12} [0-9]{1,6} :"),
    ("SPCBId", r"SPCBId [0-9]{1,12}"),
    (": ", r"(?<![0-9A-Za-z])0[01][0-9a-f]{6}:[0-7]: (?=[A-Z])"),
    ("0x", r"(?<=[\",])[0-9]{4,20}(?=,0x[0-9a-f]{1,16},)"),
    ("%", r"%[A-Z][A-Z0-9_]{1,40}(?:-[A-Z][A-Z0-9_]{0,40})?-(?:SP-|STBY-)?[0-7]-[A-Z][A-Z0-9_]{1,50}(?![a-z])"),
    (": ", r"(?:<[0-9]{1,3}>)?[0-9]{1,10}: (?:(?P<n10>[A-Za-z][A-Za-z0-9._-]{0,62}): )?[.*]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3][0-9](?: 20[0-9]{2})? [0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"),
    ("PWR-", r"(?<![A-Za-z0-9])PWR-[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,10}){0,3}(?: +(?:ok|OK|[Ff]ail(?:ed)?|bad|No Input Power)(?: +(?:Good|Bad|Unknown|ok|n\.a\.)){0,2}(?: +[0-9]{2,5})?)?(?![A-Za-z0-9])"),
    ("VLAN0", r"(?<![A-Za-z0-9])VLAN[01][0-9]{3}(?![A-Za-z0-9])"),
    ("bgp-", r"(?<![A-Za-z0-9])(?:bgp|ospf|isis|eigrp)-[0-9]{1,10}(?: \[[0-9]{1,6}\])?(?![A-Za-z0-9])"),
    # monitors: PRTG, Orion, plug-ins of Nagios, traps of SNMP
    (".htm?id=", r"(?:sensor|device|group|probenode|map)\.htm\?id=[0-9]{1,9}(?![0-9])"),
    ("Orion", r"/Orion/[A-Za-z]{2,30}/[A-Za-z]{2,30}\.aspx\?[A-Za-z]{2,20}=[0-9A-Za-z:-]{1,40}(?:&[A-Za-z]{2,20}=[0-9A-Za-z:-]{1,40}){0,4}"),
    ("NodeID", r"NodeID [0-9]{1,9}(?![0-9])"),
    ("=", r"(?<![A-Za-z0-9])'?[A-Za-z][A-Za-z0-9_./ :%-]{0,40}'?=-?[0-9]{1,15}(?:\.[0-9]{1,9})?(?:[kMGTP]?i?[Bb]|us|ms|s|c|%)?(?:;[0-9.:~@-]{0,24}){2,4}(?![A-Za-z0-9])"),
    ("Timeticks", r"Timeticks: \([0-9]{1,12}\)"),
    # schedulers: Control-M's log, AutoSys' report
    ("ED AT ", r"(?:STARTED|ENDED) AT 20[0-9]{12}(?:\. OSCOMPSTAT [0-9]{1,10}\. RUNCNT [0-9]{1,6})?(?![0-9])"),
    ("OSCOMPSTAT", r"OSCOMPSTAT [0-9]{1,10}(?![0-9])"),
    ("ODATE", r"%%\$?ODATE resolved to 20[0-9]{6}(?![0-9])"),
    ("MACHINE: ", r"(?<![A-Za-z])JOB: (?P<n11>[A-Za-z0-9_.#-]{2,64}) +MACHINE: (?P<n12>[A-Za-z0-9._-]{2,80})"),
    # claims switches: whose plan it is says a BIN (ANSI INCITS 284) as little as a route
    ("BIN ", r"BIN [0-9]{6}(?: PCN [A-Z0-9]{1,10})?(?![A-Za-z0-9])"),
    # words of hospitals and of households in what machines stand in, run on and are told
    (" bay ", r"(?i:node|drive|disk|ssd|hdd|psu|fan|power supply|blade|module|sled|controller|canister|iom|enclosure|shelf|slot|chassis|cage|magazine|rack|frame|tape|carrier)s?(?: [0-9][0-9A-Za-z.:]{0,6})?,?(?: in| at)? bay [0-9]{1,3}(?![0-9A-Za-z])"),
    ("unit ", r"(?i:modbus |slave )?[Uu]nit(?: ?id)? [0-9]{1,3},? (?:register|coil|holding|input)s? [0-9]{1,6}(?![0-9])"),
    ("unit of work", r"(?:long(?:-running)? )?units? of work"),
    ("olicy ", r"(?i:life ?cycle|retention|backup|firewall|security|group|storage|placement|ilm|snapshot|qos|routing|update|password|access|boot|failover|scaling|escalation|export|prefetch|archive|replication|protection|tiering|naming|lockout|audit|rate limit|queue|update|compliance) [Pp]olicy [\"'\[]?(?=[^\s\"']{0,60}[A-Za-z]{2})(?P<n18>[A-Za-z0-9][A-Za-z0-9._-]{1,60})[\"'\]]?"),
    (" TLS ", r"(?<![A-Za-z])[Aa]n? (?:TLS|SSL|DTLS) [0-9](?:\.[0-9])?(?![0-9])"),
    ("cipher suite", "cipher suites?"),
    (" via ", r"[0-9]{0,3} via (?:RPC|SMTP|SSH|HTTPS?|API|VPN|MPLS|BGP|OSPF|LDAPS?|SNMP|IPMI|WMI|WinRM|NFS|SMB|iSCSI|FC|MLLP|SFTP|FTPS?|DIMSE|DICOM|REST|SOAP|MQ|JMS|AMQP|JDBC|ODBC|TCP|UDP|IP|SAN|LAN|WAN|HBA|nbd|hotadd|NBD)(?![A-Za-z])"),
    ("cmk ", r"cmk (?:-{1,2}[A-Za-z-]{1,30}(?:=[A-Za-z0-9_,]{1,80})? ){1,5}(?P<n13>[A-Za-z0-9][A-Za-z0-9._-]{1,62})"),
    ("ame: [", r"(?:Storage|Datastore|Host|Service|Volume|Cluster|Device|Printer|Queue|Job|Policy|Rule|Monitor|Object|Adapter|Interface|Connection|Product) (?:display )?[Nn]ame: \[(?=[^\]\n]{0,60}[0-9_-])(?P<n19>[A-Za-z0-9_.-]{2,60})\]"),
    ("$", r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9-]{0,14}\\{1,2}[A-Za-z0-9_-]{1,20}\$(?![A-Za-z0-9{(])"),
    ("<th", r"<th(?: [^>]{0,80})?>(?:Status|State|Start|Start [Tt]ime|End|End [Tt]ime|Size|Read|Transferred|Duration|Details|Result|Type|Value|Severity|Host|Server|Service|Object|Time|Backup [Ss]ize|Total|Progress|Count|Message|Error|Level|Source|Target|Job|Queue|Port|Version)</th>"),
    ("to handle: [", r"to handle: \[[A-Z][A-Za-z]{2,40}(?:, [A-Z][A-Za-z]{2,40}){0,200}\]"),
    ("ember ", r"member (?P<n16>[A-Z][A-Z0-9$#@]{0,7}(?:\.[A-Z][A-Z0-9$#@]{0,7}){0,5})\((?P<n17>[A-Z$#@][A-Z0-9$#@]{0,7})\)"),
    ("under stress", "CICS is under stress"),
    ("83", r"(?<![A-Za-z0-9])(?:27[01678]|82[04]|83[457]|997|999)[A-Z]{0,2}(?:_[A-Z]{1,12}){1,4}(?:_20[0-9]{6,12})?(?:\.[0-9a-z]{2,4})?(?![A-Za-z0-9])"),
    ("edside", r"[Bb]edside (?:[Cc]arts?|[Mm]onitors?|[Dd]evices?|[Tt]erminals?|[Ww]orkstations?|[Tt]ablets?|[Ss]canners?|[Gg]ateways?|[Pp]rinters?|[Pp][Cc]s?)(?: (?:fall|fell|go|went|are|were|lose|lost) (?:back|over|offline|down|out))?"),
    ("", (r"(?<![A-Za-z])(?:(?:Ambulatory|Inpatient|Outpatient|Clinical|Imaging|Pharmacy|Radiology|Cardiology|Oncology|Laboratory|Lab|Perioperative|Surgical|Emergency|Bedside|Nursing|Patient|Revenue|Cycle|Access|Care|Health|Medical|Pathology|Anesthesia|Rehab|Dental|Behavioral|Physician|Pop|Population|Registration|Scheduling|Enterprise|Device|Biomed|Biomedical|Provider|Digital|Community|Acute|Critical|EHR|Epic|Cerner|PACS|Billing|Claims|Integration|Interface) ){1,3}"
     r"(?:Apps|Applications?|Informatics|Systems|Support|Interfaces?|Integrations?|Engineering|Ops|Operations|Analysts?|Infrastructure|IT|Tools|Platform|Development|Analytics|Reporting)(?: (?:Team|Support|Group|Desk|L[123]|Tier [123]|On-?[Cc]all|Queue))?(?![A-Za-z])")),
    # ids and counts of what arrays, directories and databases number themselves
    ("Gen Num", r"(?:Kernel )?Gen Num: [0-9]{1,12}-[0-9]{1,12}"),
    (" case ", r"(?:AutoSupport|[Ss]upport|[Cc]all[- ]?home|SupportAssist|TAC|Proactive) case (?:opened|created|logged|number|no\.?|ID)?:? ?(?:SR-?)?[0-9]{6,12}(?![0-9])"),
    ("regexp = ", r"match regexp = [0-9]{1,9}"),
    (" event ", r"(?:triggered by|by|[Bb]roker|, |[Vv]Center|DFSR:|NTDS:) ?event [0-9]{3,12}(?:, [0-9]{3,5})*(?![0-9])"),
    (".exe (", r"\.exe \([0-9]{1,7}\)"),
    ("SQL_ID", r"(?:SQL_ID|sql_id)[ =:']{1,3}[0-9a-z]{13}(?![0-9A-Za-z])"),
    ("database '", r"(?:show|edit|switchover to|failover to|reinstate|enable|disable|remove|convert|validate) (?:database|configuration|instance) '(?P<n21>[A-Za-z0-9_$#]{2,30})'"),
    ("  (", r"/ {1,3}[0-9]{1,6} {1,6}[0-9]{1,3} {2}\([0-9]{1,5}\) (?=[A-Z])"),
    ("DSA", r"(?:\n|\\n|^) ?(?P<n22>[A-Za-z0-9-]{1,15}) {2,20}(?:[0-9]{1,3}d\.)?(?:[0-9]{1,2}h:)?[0-9]{1,2}m:[0-9]{2}s {2,6}[0-9]{1,6} */ +[0-9]{1,6}"),
    ("bject ID", r"(?:Alert )?[Oo]bject ID ?: ?[0-9]{1,12}"),
    ("refused it", r"actively refused it\.? \(?1006[01]\)?"),
    ("incdir_", r"incdir_[0-9]{1,10}(?![0-9])"),
    ("_ora_", r"(?<![A-Za-z0-9])(?P<n23>[A-Za-z][A-Za-z0-9]{1,15})_(?:ora|pmon|smon|mmon|lgwr|dbw[0-9a-z]|ckpt|arc[0-9a-z]|lns|lms[0-9]|lmd0|j00[0-9]|p00[0-9])_[0-9]{1,9}\.tr[cm]"),
    (" on 20", r"[0-2][0-9]:[0-5][0-9]:[0-5][0-9] on 20[0-9]{2}\.[01][0-9]\.[0-3][0-9](?![0-9])"),
    ("NETAPP", r"NETAPP {1,3}X[0-9A-Z_]{4,20} {1,3}[A-Z]{2}[0-9]{2}"),
    ("unctional group", r"[Ff]unctional group [0-9]{1,9}(?![0-9])"),
    ("rejects ", r"requests {1,4}[0-9]{1,9} {1,4}rejects {1,4}[0-9]{1,9}(?: {1,4}(?:timeouts|reversals|paid|duplicates) {1,4}[0-9]{1,9}){0,4}"),
    ("  Prior Auth", r"\n {0,4}[0-9A-Z]{2} {2,8}[0-9]{1,7} {2}(?=[A-Z])"),
    ("  Refill ", r"\n {0,4}[0-9A-Z]{2} {2,8}[0-9]{1,7} {2}(?=[A-Z])"),
    ("ists ", r"(?:waits|exists|lists) [0-9]{1,9}(?= )"),
    (" world ", r"from world [0-9]{1,9} to dev"),
    ("ResultSet", r"[0-9]{1,7} ResultSet\(s\) and [0-9]{1,7} Statement\(s\)"),
    ("bytes", r"has [0-9]{1,15} remaining bytes"),
    ("lsn is (", r"lsn is \([0-9]{1,9}:[0-9]{1,9}:[0-9]{1,6}\)"),
    ("SPI 0x", r"DP Handle [0-9]{1,9}, SPI 0x[0-9a-f]{1,8}"),
    ("base/", r"\"?base/[0-9]{1,10}/[0-9]{1,10}(?:_(?:fsm|vm|init))?(?:\.[0-9]{1,5})?"),
    ("QLState: (", r"SQLState: \([0-9A-Z]{5}\)"),
    ("/Federation", r"/FederationMetadata/2007-06/"),
    ("IEC030I", r"IEC0[23][0-9]I [0-9A-Z]{3}-[0-9A-Z]{2}(?:,[A-Z0-9$#@.]{1,44}){1,8}"),
    ("MODULE ", r"MODULE [A-Z$#@][A-Z0-9$#@]{0,7} NOT FOUND"),
    ("OPS", r"\+OPS[0-9]{4}[A-Z]"),
    ("olling engine", r"polling engine (?P<n24>[A-Za-z0-9-]{2,63})"),
    ("(NodeID", r"(?P<n25>[A-Za-z0-9.-]{2,63}) \(NodeID"),
    ("COM", r"COM[0-9]{1,3}/TCP[0-9]{1,5}"),
    ("onnection: ", r"Connection: (?P<n26>[A-Z0-9_]{2,20}) {2,6}Driver:"),
    ("$ORACLE", r"\$ORACLE_(?:SID|HOME)=[A-Za-z0-9_/.]{1,60}"),
    ("CLI", r"calc [0-9A-F]{2} recv [0-9A-F]{2}"),
    ("checksum", r"calc [0-9A-F]{2} recv [0-9A-F]{2}"),
    # mails of monitors and backups to the second, and what was triggered when
    ("day, ", r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?:January|February|March|April|May|June|July|August|September|October|November|December) [0-3]?[0-9], 20[0-9]{2}(?: at)? [0-2]?[0-9]:[0-5][0-9]:[0-5][0-9](?: [AP]M)?"),
    ("riggered at", r"triggered at (?:[A-Z][a-z]{5,8}, )?[A-Z][a-z]{2,8} [0-3]?[0-9], 20[0-9]{2} [0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?: [AP]M)?"),
)  # fmt: skip
_GRAMMARS: Final = tuple((gate, re.compile(pattern)) for gate, pattern in _TABLE)
_GATE: Final = re2.compile(
    r"(?:JOB|STC|TSU)[0-9]{5}|TIME=|REASON|ABEND|ABND| EXCP |PSW |z/OS|[A-Z]{3,8}[0-9]{3,6}|[A-Z]_[IWEFS]_|HAPI-|[A-Za-z0-9]\([A-Za-z0-9._/%-]{1,48}\)|runmqsc|mqm|amq|"
    r"[A-Z]{3}\] [0-9a-f]{8} |\[ND |process name|/ffdc/|:[A-Z]{3,4} {0,2}/[0-9]|HCI[RS]|\) [0-4] \[|\(Build |Red Hat|:[0-9a-f]{4} [A-Z]|AET|1\.2\.840\.10008|Endian|AE Title|"
    r"\(0x|Time\)|\(Native|naa\.|eui\.|-PPE-|SPCBId|:[0-7]: |,0x|%[A-Z]|[0-9]{2}\.[0-9]{3}|PWR-|VLAN0|bgp-|ospf-|\.htm\?id=|/Orion/|NodeID|;[0-9.:~@]{0,24};|Timeticks|ED AT |"
    r"OSCOMPSTAT|ODATE|MACHINE: |BIN [0-9]|day, [A-Z]|triggered at|"
    r"Gen Num| case |regexp = | event [0-9]|\.exe \(|SQL_ID|sql_id|database '|  \([0-9]|m:[0-9]{2}s|bject ID|refused it|incdir_|_[a-z0-9]{3,4}_[0-9]+\.tr|NETAPP|unctional group|rejects |Prior Auth|Refill |"
    r"from world|ResultSet|remaining bytes|lsn is|SPI 0x|base/[0-9]|QLState|/Federation|IEC0|MODULE |\+OPS|olling engine|NodeID|/TCP|Connection: |calc [0-9A-F]|HL7[0-9]{4}|"
    r" bay [0-9]|[Uu]nit [0-9]+,? |unit of work|olicy |TLS [0-9]|cipher suite| via [A-Zn]|cmk |ame: \[|[A-Za-z0-9]\$|<th|to handle: \[|ember [A-Z]|under stress|[0-9]{3}[A-Z]{0,2}_[A-Z]|edside |"
    r"[a-z] (?:Apps|Applications?|Informatics|Systems|Support|Interfaces?|Integrations?|Engineering|Ops|Operations|Analysts?|Infrastructure|IT|Tools|Platform|Development|Analytics|Reporting)"
)
"""What one of the grammars needs: most texts have none of it."""
_MODELS: Final = re.compile(
    r"(?<![A-Za-z])(?:(?:FortiGate|FortiSwitch|FortiWiFi|FortiManager|FortiAnalyzer|Catalyst|Nexus|ISR|ASR|CSR|ASA|Firepower|FPR|Meraki|Aironet|UCS|HyperFlex|"
    r"PowerEdge|PowerVault|PowerStore|PowerScale|PowerMax|PowerProtect|Isilon|VNX|VMAX|XtremIO|Data Domain|FlashArray(?://)?|FlashBlade(?://)?|Primera|3PAR|Nimble|Alletra|StoreOnce|StoreServ|"
    r"ProLiant|Superdome|FlashSystem|Storwize|FAS|AFF|NetApp|VSP|HNAS|QFX|SRX|BIG-IP|VIPRION|NetScaler|MPX|SDX|VPX|Smart-UPS|Symmetra|"
    r"cobas|VITEK|Alinity|ARCHITECT|Sysmex|XN-|Advia|ADVIA|Atellica|Immulite|IMMULITE|Vitros|VITROS|BACTEC|DxH|DxI|ACL TOP|GeneXpert|"
    r"PowerScribe|IntelliSpace|IntelliVue|CARESCAPE|Centricity|Syngo|syngo|ZT|ZD|LaserJet|NPort|Digi One|PortServer)"
    r" ?(?:[A-Z]{1,4}-?)?[0-9]{1,5}(?![0-9]|[./-][0-9])(?:[A-Za-z]{1,4}[0-9]{0,2}|-[A-Z0-9]{1,6})?(?: M[0-9])?"
    r"|(?:BIG-IP|OneFS|PowerStoreOS|PurityFA|Purity//FA|Purity|Purity//FB|ONTAP|DD OS|DDOS|PAN-OS|FortiOS|NX-OS|IOS XE|IOS-XE|IOS XR|JunosOS|Junos OS|ArubaOS|EOS|Fabric OS|FOS|NetBackup|Commvault|Veeam Backup (?:&amp;|&|and) Replication|"
    r"Rubrik CDM|Cohesity DataProtect|NetWorker|Avamar|Spectrum Protect|WebSphere(?: Platform| Application Server)?|IBM MQ|Mirth Connect|NextGen Connect|Rhapsody|Cloverleaf|Corepoint|Iguana|"
    r"HAPI FHIR|Smile CDR|Orthanc|dcm4chee-arc|VMware ESXi|VMware vCenter Server|vCenter Server|ESXi|vSAN|NetScaler NS|Citrix ADC NS|Oracle Database|Oracle|InterSystems IRIS|IRIS|Instrument Manager|"
    r"SolarWinds Platform|PRTG|Checkmk(?: version)?|Icinga|Nagios(?: XI| Core)?|Zabbix|Control-M|AutoSys|version:?|Version:?|FIRMWARE|[Ff]irmware(?: version)?)[ -]?(?:NS)?[0-9]{1,4}(?:\.[0-9]{1,4}){1,4}(?:[a-z][0-9]{0,3}|-[0-9A-Za-z.]{1,12})?(?![0-9])(?:[, ]{1,2}(?:[Bb]uild )?[0-9]{4,9}(?![0-9]))?)"
)
"""A machine by its maker's name and model, and a product with its version, which four numbers with points are there."""
_FOUR: Final = re.compile(r"(?<![0-9.])([0-9]{1,4})(?:\.[0-9]{1,3}){3}(?![0-9.])")
_VENDOR: Final = re2.compile(
    r"Forti|Catalyst|Nexus|ISR|ASR|ASA|Firepower|UCS|Power[A-Z]|Unity|Isilon|VNX|VMAX|Data ?Domain|Flash[ABS]|Primera|3PAR|Nimble|Alletra|Store|Storwize|FAS|AFF|VSP|QFX|SRX|BIG-IP|NetScaler|MPX|SDX|VPX|"
    r"Smart-UPS|cobas|VITEK|Alinity|ARCHITECT|Sysmex|ADVIA|Atellica|VITROS|ProLiant|OneFS|Purity|ONTAP|OS |NetBackup|Commvault|Veeam|WebSphere|MQ|Connect|Rhapsody|Cloverleaf|HAPI|Orthanc|ESXi|vCenter|vSAN|"
    r"Oracle|IRIS|Instrument|SolarWinds|PRTG|Checkmk|Icinga|Nagios|Zabbix|[Vv]ersion|[Ff]irmware"
)
_KEPT: Final = frozenset({"pattern", "field", "budget"})
_NEVER: Final = frozenset({"ZIP", "EMAIL", "SECRET", "SSN", "CREDIT_CARD", "BIOMETRIC", "DOB"})
_NAMED_KINDS: Final = frozenset({"WORD", "CODE", "MEMBER_ID", "USERNAME", "IDENTIFIER", "PERSON"})
_PARTS: Final = re.compile("[A-Z]?[a-z]{2,}|[A-Z]{3,}")
_SHORTEST: Final = 3
_LARGEST: Final = 26
"""The first number of a version of four: what stands behind a product and is larger is an address."""


def _nameless(name: str) -> bool:
    """Has `name` no part that only people are called, and not only parts that people are called too."""
    flags = [LEXICON.flag(part.lower()) for part in _PARTS.findall(name)]
    return "p" not in flags and (not flags or set(flags) != {"n"})


def _a_name(name: str) -> bool:
    """Is `name` one that only a machine has: with a digit, a mark, or of capitals that are no person's name."""
    return len(name) >= _SHORTEST and (
        any(map(str.isdigit, name))
        or not name.isalpha()
        or (name.isupper() and LEXICON.flag(name.lower()) not in {"p", "n"})
    )


def stretches(text: str) -> tuple[list[tuple[int, int]], set[str]]:
    """Where consoles' grammars stand in `text`, and the names that they give to machines, jobs, queues and channels."""
    found: list[tuple[int, int]] = []
    names: set[str] = set()
    if _GATE.search(text) is not None:
        for gate, grammar in _GRAMMARS:
            if gate not in text:
                continue
            for match in grammar.finditer(text):
                given = [name for name in match.groups() if name]
                if all(map(_nameless, given)):
                    found.append(match.span())
                    names.update(name for name in given if _a_name(name))
    if _VENDOR.search(text) is not None:
        for match in _MODELS.finditer(text):
            number = _FOUR.search(match[0])
            if number is None or int(number[1]) <= _LARGEST:
                found.append(match.span())
    return found, names


def _end(text: str, span: Span) -> int:
    """Where a stretch ends without the marks of its sentence."""
    return span.start + len(text[span.start : span.end].rstrip(".,:;"))


def of_consoles(text: str, spans: list[Span]) -> list[Span]:
    """The spans without what a console's grammar says is its own."""
    found, names = stretches(text)
    if not found:
        return spans
    return [
        span
        for span in spans
        if span.kind in _NEVER
        or span.rule in _KEPT
        or not (
            any(start <= span.start and _end(text, span) <= end for start, end in found)
            or (span.kind in _NAMED_KINDS and text[span.start : _end(text, span)] in names)
        )
    ]


_ROOMS: Final = re.compile(
    r"(?:[A-Z0-9]{1,6}[- ])?(?:(?:MDF|IDF|MPOE)(?:[- ]?[A-Z0-9]{1,4})|DC-[A-Z0-9]{1,3})(?:[,/ ]{1,3}(?:(?:cold|hot) )?(?:row|aisle|rack|cage|pod|cabinet|hall|zone|suite|panel)[- ]?[A-Z]?[0-9]{0,3}){0,3}"
    r"|(?i:(?:rack|row|aisle|cage|cabinet|data hall|(?:cold|hot) aisle|hall) ?-?[A-Z]?[0-9]{1,4}[A-Z]?(?:[,/ ]{1,3}(?:u|ru|rack|row|slot|pos) ?[0-9]{1,4})*)"
    r"|(?i:(?:[a-z]+ )?(?:switchgear|generator (?:yard|room)|comms? room|server room|machine room|data (?:centre|center|hall)|ups room|battery room|network closet|telecom(?:s|munications)? (?:room|closet)|plant room|electrical room|mechanical room|switch room|meet-?me room|riser|computer room|cable vault)(?: ?-?[A-Z0-9]{1,3})?)"
)
"""Rooms of machines, and places in them."""
_FAMILIES: Final = frozenset(
    [
        "windows",
        "linux",
        "debian",
        "redhat",
        "rhel",
        "suse",
        "sles",
        "darwin",
        "ubuntu",
        "fedora",
        "centos",
        "amazon",
        "aix",
        "solaris",
        "freebsd",
        "bsd",
        "unix",
        "macos",
        "alpine",
        "arch",
        "oracle",
        "rocky",
        "almalinux",
        "ios",
        "android",
        "nxos",
        "junos",
        "esxi",
        "vmware",
    ]
)
"""Families of operating systems, as ECS, Ansible and Chef write them."""
_ACTORS: Final = frozenset(
    [
        "SystemPrincipal",
        "AppInstance",
        "System",
        "Machine",
        "Device",
        "Service",
        "Policy",
        "PolicyEntity",
        "PolicyRule",
        "Rule",
        "ServiceAccount",
        "ServicePrincipal",
        "ManagedIdentity",
        "Application",
        "App",
        "Network",
        "ZONE",
        "NetworkZone",
        "AD_AGENT",
        "LDAP_AGENT",
        "IWA_AGENT",
        "DirectoryAgent",
        "Agent",
        "OrgSetting",
        "Org",
        "Group",
        "UserGroup",
        "Connector",
        "EventHook",
        "InlineHook",
        "LogStream",
        "AuthServer",
        "AuthorizationServer",
        "IdP",
        "IdentityProvider",
        "Bot",
        "Workflow",
    ]
)
"""What an actor or target of a log of identities is that nobody is (Okta's System Log, Entra's audit)."""
_SOURCE: Final = re.compile(r"Microsoft-[A-Za-z0-9-]{3,80}|(?:[A-Z][A-Za-z0-9.]{1,30}[ -]?){1,6}|[a-z][a-z0-9_]{2,20}")
_POLICY: Final = re.compile(
    r"[A-Za-z]{2,12}(?:[-_ ][A-Za-z]{2,20}[0-9]{0,4}){1,6}|[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){1,5}"
)
_WORDS: Final = re.compile("[A-Za-z]{4,}")
_SERIAL: Final = 10
_JOBS: Final = frozenset(
    {
        "JobName",
        "jobName",
        "job_name",
        "job",
        "Job",
        "JobType",
        "jobType",
        "job_type",
        "BackupServer",
        "Repository",
        "PolicyName",
        "vm_name",
        "VMName",
    }
)
"""Keys beside the session of a job."""


def of_machines(kind: str, value: str, key: str, words: tuple[str, ...], siblings: object) -> bool:
    """Is the value of a key that has another meaning in machine rooms what stands there: `room: MDF-2`, `os.family: windows`.

    `words`: those of `key`; `siblings`: the object that the key stands in.
    """
    last = words[-1:]
    if kind == "WARD":
        return (
            last in {("room",), ("location",), ("place",), ("zone",), ("site",), ("unit",)}
            and _ROOMS.fullmatch(value) is not None
        )
    if kind == "MEMBER_ID":
        return (
            words == ("policy",)
            and _POLICY.fullmatch(value) is not None
            and all(LEXICON.flag(word.lower()) in {"w", "r"} for word in _WORDS.findall(value))
        )
    if not isinstance(siblings, dict):
        return False
    if (
        kind == "SECRET"
    ):  # a number in a row is guessed too easily to open anything; a backup's or a job's run is no login
        return words == ("session", "id") and (
            (value.isdigit() and len(value) <= _SERIAL)
            or (UUID.fullmatch(value) is not None and not _JOBS.isdisjoint(siblings))
        )
    actor = siblings.get("type")
    if kind in {"PERSON", "PATIENT_ID", "USERNAME"} and isinstance(actor, str) and actor in _ACTORS:
        return _nameless(value)
    if kind == "PERSON" and key == "family":
        return value.lower() in _FAMILIES and not {"kernel", "platform", "version", "name", "type"}.isdisjoint(siblings)
    if kind == "PERSON" and words == ("provider", "name"):
        return (
            not {"event_id", "record_id", "channel", "provider_guid", "EventID", "eventId"}.isdisjoint(siblings)
            and _SOURCE.fullmatch(value) is not None
        )
    return False
