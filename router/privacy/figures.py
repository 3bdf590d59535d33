"""What a figure in the text of a machine says: how many, how large, where, which of its own, by the word, column or mark beside it."""

# ruff: noqa: C901, E501, PLR2004, SIM905 - the tables read better as long lines of words; lengths mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy.shapes import npi_ok
from router.privacy.spans import Span

_SIZES: Final = frozenset(
    """offset offsets lsn xid xids xmin xmax tgid spid inode inodes byte bytes kb mb gb kib mib gib size sizes len length strlen reslen limit limits
    ulimit max maximum min minimum avg mean median count counts cnt total totals capacity threshold thresholds watermark quota usage allocated
    allocations alloc committed resident rss vsz vsize swap heap stack buffers buffer cache cached dirty pagetables hits misses retransmits retries attempts
    timeouts timeout failures succeeded warnings queued backlog inflight unacked unacknowledged depth lag latency delay duration elapsed took uptime
    downtime ttl interval throughput rps qps tps iops bps kbps mbps gbps ops cpu cpus cores threads thread workers goroutines goroutine connections conns
    sockets descriptors fds fd handles handle sectors sector blocks pages chunks segments extents tuples rows shards partitions partition replicas buckets nodes
    pods containers brokers consumers producers listeners watchers iterations epochs generation port ports sport dport spt srcport dstport lport
    rport oport window winsize mtu mss seqno cseq checksum crc errno exitcode percentile p50 p75 p90 p95 p99 p999 frames datapoints bits bandwidth baud
    freq mhz hz rpm log_pos logpos pos nice memory mem ram disk space gen oldgen permgen metaspace eden survivor parallelism concurrency prefetch
    backoff fanout cardinality maxconn backlogs somaxconn nofile nproc maxclients filesize blocksize pagesize stacksize keepalive wal_size
    fetches evictions compactions flushes checkpoints rollbacks deadlocks tombstones vacuums reads writes rowcount rows_sent rows_examined
    rows_affected batchsize hashpartitioning rangepartitioning mmap
    sample_rate nanos millis micros ns ms us msec usec jiffies ticks
    cursorid footprint virt shr swpd bi bo buff blks
    wpid workerid threadid processid lwp coreid cpuid portid nodeid brokerid taskid mapid reduceid stageid shuffleid executorid partitionid attemptid
    relation oid relfilenode filenode toast toastid dbid spcid databaseid relid objid classid
    qlen reqs conn_count bytes_sent bytes_received txbytes rxbytes tx rx sndbuf rcvbuf cwnd ssthresh rwnd rtt rto rttvar
    overhead mode umask perm perms ses rlimit fsize dirfd
    ulong uint uint32 uint64 int32 int64 ctx ctxid vlan vni vxlan asn spi ifindex ifname""".split()
)
"""Words of sizes, places in files, things of a process and of a network: in front of no number of a person's, however long."""
_FLAGGED: Final = frozenset(
    """errors error requests messages events entries items tasks jobs builds tests checks queries calls transactions operations commits
    inserts updates deletes upserts selects statements responses packets sessions files
    columns lines resources metrics series spans traces alerts alarms incidents notifications emails mails deliveries downloads uploads tables indexes
    databases hosts servers instances processes rules policies services endpoints routes models sources batches runs steps stages
    attempted processed received sent transmitted dropped skipped rejected accepted fetched scanned examined returned inserted updated deleted removed affected written
    failed passed pending active idle waiting running completed blocked used free available measured
    version build revision status level severity priority weight ratio rate sum
    loginuid auid euid suid fsuid egid sgid fsgid ouid ogid uids gids
    shared hit read readahead extend temp removed filter filtered""".split()
)
"""Words that count things or tell two figures apart: a number of seven digits and more behind one may still be an id."""
_COUNTABLES: Final = frozenset(
    """bytes octets rows tuples requests responses messages events records keys entries items tasks jobs builds runs tests checks assertions models
    sources macros seeds exposures metrics operations queries statements transactions commits rollbacks inserts updates deletes upserts selects
    reads writes fetches hits misses evictions lookups calls invocations executions retries attempts timeouts errors failures exceptions warnings alerts
    alarms incidents notifications mails deliveries files folders directories objects blobs documents docs lines words chars characters columns fields tables
    indexes indices partitions shards segments chunks blocks pages sectors extents buckets slots inodes nodes pods containers replicas instances hosts servers
    machines brokers consumers producers subscriptions topics queues channels connections sockets sessions threads goroutines processes workers cores cpus
    vcpus gpus descriptors handles locks latches waits deadlocks spans traces samples datapoints series points frames packets datagrams drops retransmits
    ops iops rps qps tps ticks cycles iterations epochs steps stages passes rounds allocs allocations mallocs frees objects classes methods functions modules packages
    dependencies vulnerabilities findings commits branches tags releases versions migrations changesets scripts resources volumes snapshots backups
    bits pixels watts volts hertz tokens parameters params weights gradients tombstones sstables memtables ledgers offsets watches znodes leases
    ms msec millis milliseconds us usec microseconds ns nanoseconds sec secs seconds mins minutes hrs hours days kb mb gb tb kib mib gib tib kbps mbps gbps
    inserts/s reqs/s req/s requests/s msgs/s msg/s messages/s events/s rows/s ops/s writes/s reads/s queries/s bytes/s records/s lines/s iops/s
    """.split()
)
"""What is counted or measured: a number before one says how many."""
_PURE_UNITS: Final = frozenset(
    """bytes octets ms msec millis milliseconds us usec microseconds ns nanoseconds secs seconds kb mb gb tb kib mib gib tib kbps mbps gbps bps iops rps qps
    tps datapoints sstables tombstones goroutines inodes sectors datagrams packets""".split()
)
"""What nothing but a measure stands before: however many digits it has and however well they check."""
_KINDS_OF_THINGS: Final = frozenset(
    """data active idle pending open new total stale dead unread concurrent queued running waiting unique distinct duplicate slow free used available healthy
    unhealthy ready unready internal external cross remaining consecutive incoming outgoing inbound outbound read write more other additional http https tcp udp sql api
    db input output heap log error client server backend upstream downstream worker background blocked orphaned temporary temp unprocessed unacked unacknowledged
    offline online dirty live wal disk page buffer index full partial minor major parallel active-active in-flight inflight under-replicated unassigned active/idle
    file kafka redis cache user system kernel network io swap memory gc async sync batch event message row column json xml csv text binary static dynamic
    database table schema object storage metric time audit test unit integration failed successful""".split()
)
"""What stands between a number and what it counts: `1836 data tests`."""
_NUMBERED: Final = frozenset(
    """thread query trx transaction process cursor connection conn handle lock task job build run pipeline worker stage executor partition segment relation database
    backend subprocess goroutine coroutine fiber correlation stream snapshot checkpoint commit changelist revision release deploy deployment
    workflow execution invocation span trace shard replica broker node table index tablespace page block chunk extent
    schema plugin panel dashboard rule monitor check probe alert incident problem issue pull installation integration webhook
    delivery hook cluster server socket pool queue topic consumer generation epoch ledger journal sequence batch migration
    signature event""".split()
)
"""Of what a machine numbers its own: `query id 181796284`, `trx id 622214415`."""
_VERBS: Final = frozenset(
    "calls reads writes updates deletes tests checks drops passes runs builds waits hits misses releases selects lookups locks watches changes returns retries attempts".split()
)
"""Of these, those that say what somebody does: `8841773 misses …`."""
_IDS: Final = frozenset({"id", "no", "number", "num", "nr", "#", "ids"})
_WORD_BEFORE: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9]*(?:[._-]+[A-Za-z0-9]+){0,8})[\"'`)\]]{0,2}(?P<gap>[ ]{0,2}=[ ]?[\"'\[(]?|:[ \t]{0,16}[\"'\[(]?| {1,24}[\[(\"'#]?|\[|#)-?$"
)
"""The word or compound that a number stands behind, and the marks between them."""
_SECOND: Final = re.compile(r"([A-Za-z][A-Za-z-]*)[ _-]+$")
_LINKED: Final = frozenset("is of was to at is: are now only exceeds than by reached = about over under".split())
_WORD_AFTER: Final = re.compile(r"[)\]]?[ -]([A-Za-z][A-Za-z/-]*)(?: ([A-Za-z][A-Za-z/]*))?")
_BUFFER: Final = 72
_ADDRESSED: Final = re.compile(
    r"(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}[\])]?(?:[(:#]| port )|\[?[0-9a-f]{0,4}::?[0-9a-f:.]{0,40}\](?::|#| port )"
    r"|(?<![A-Za-z])(?:redis-cli|psql|mysql|nc|ssh|scp|telnet)(?: [^ \n]{1,40}){0,5} -[pP] ?)$"
)
"""An address of the internet before a port, and a client's option."""
_BY_BLANK: Final = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3} $")
_AFTER_PORT: Final = re.compile(r"(?: #| @|\)|\n|$)")
"""Redis writes `master sessions 10.241.70.10 6379` at the end of a line or before a remark."""
_LAST_PORT: Final = 65_535
_IN_PARENTHESES: Final = re.compile(
    r"(?:(?<![A-Za-z])(?:auth-worker|(?:imap|pop3|managesieve|submission)-login|lmtp|imap|pop3|MainProcess|MainThread|(?:ForkPool|Spawn|Fork)?(?:Pool)?Worker-[0-9]{1,3}|Thread-[0-9]{1,4})"
    r"|(?:process|thread) '[A-Za-z][A-Za-z0-9_-]{2,30}' ?|\[(?:ALERT|WARNING|NOTICE)\] {1,8})\($"
)
"""A program or a thread before its number: `auth-worker(14864)`, `process 'MainProcess' (9116)`, `[ALERT]    (20411)`."""
_TWICE: Final = re.compile(r"([0-9]{1,7})#$")
_OF_TIME: Final = re.compile(
    r"(?:[?&](?:from|to|start|end|since|until|after|before|_|t|ts|time|begin|startTime|endTime|from_ts|to_ts)=|(?i:[\"'\s(,{\[]|^)[\"']?(?i:ts|time|timestamp|epoch|unixtime|clock|start|end|from|to|since|until|at|t|date|signal-handler|now|starttime|endtime|created|updated|lastseen|firstseen|starts_at|ends_at)[\"']?(?: ?[=:] ?|\())[\"']?$"
)
_SECONDS: Final = re.compile(r"1[4-9][0-9]{8}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?")
"""A moment as computers count it, of 2014 to 2033."""
_COMPARED_BEFORE: Final = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?[a-z%]{0,3} [<>]=? $")
_COMPARED_AFTER: Final = re.compile(r" [<>]=? [0-9]+(?:\.[0-9]+)?[a-z%]{0,3}(?![0-9A-Za-z])")
_GOES_ON: Final = re.compile("[-.,/][0-9]")
_FRACTION: Final = re.compile(r"/ ?[0-9]+(?:\.[0-9]+)?(?:[kmgt]i?b|b|ms|s)(?![A-Za-z0-9])", re.IGNORECASE)
_ARROW: Final = re.compile(r"(?P<head>.{2,40}?)[0-9]{1,20} (?:->|=>|→|to) $")
_DIGITS: Final = re.compile(r"[0-9]{2,20}")
_SHORT: Final = 6
_LONG: Final = 20
_SOFT: Final = 9
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HEADER_CELL: Final = re.compile(r"[^\s|│┃,;]+(?: [^\s|│┃,;]+)*")
_SINGLE_CELL: Final = re.compile(r"[^\s|│┃]+")
_HEADER_LINES: Final = 40
_LONGEST_LINE: Final = 400
_IN_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_%()./#-]*(?: [A-Za-z%()./#-]+){0,3}")


def _last(word: str) -> str:
    """The last word of a key or compound, in small letters: `partitions` of `spark.sql.shuffle.partitions`."""
    words = _WORDS.findall(word)
    return words[-1].lower() if words else ""


def sized(word: str, digits: int) -> bool:
    """Does a key, a column or a compound end with a word that makes a number of so many digits behind it a machine's."""
    last = _last(word)
    return (last in _SIZES and digits <= _LONG) or (last in _FLAGGED and digits <= _SHORT)


def of_things(path: tuple[str, ...]) -> bool:
    """Is an `id` that of a thing of the machine room by the key above it: `failed_job: {id: …}`, `builds: [{id: …}]`."""
    above = [part for part in path if part != "*"][-2:]
    if len(above) < 2 or above[-1].lower() not in {"id", "iid", "number"}:
        return False
    thing = _last(above[0])
    return thing in _NUMBERED or thing.removesuffix("s") in _NUMBERED


def _behind(text: str, start: int, digits: int) -> bool:
    """Does the word before a number make it a figure: `OS thread handle 1398…`, `Exec_Source_Log_Pos: 322063575`."""
    before = text[max(start - _BUFFER, 0) : start]
    found = _WORD_BEFORE.search(before)
    if found is None:
        return False
    word, gap = found[1], found["gap"]
    last = _last(word)
    if last in _SIZES:
        return digits <= _LONG and not (last in _VERBS and gap == " ")
    lead = before[: found.start()]
    if last in _IDS:
        head = _last(word[: -len(last)])
        if not head:
            second = _SECOND.search(lead)
            head = second[1].lower() if second is not None else ""
        return head in _NUMBERED and digits <= _LONG
    if last in _FLAGGED and gap.strip(" \"'[(") in {"=", ":"}:
        return digits <= _SHORT
    if last in _LINKED and gap == " ":
        second = _SECOND.search(lead)
        return second is not None and second[1].lower() in _SIZES and digits <= _SOFT
    return False


def _ahead(text: str, end: int, digits: int) -> bool:
    """Does what stands behind a number count or measure: `29073194027 bytes`, `1836 data tests`."""
    found = _WORD_AFTER.match(text, end)
    if found is None:
        return False
    word, second = found[1].lower(), (found[2] or "").lower()
    if word in _PURE_UNITS:
        return digits <= _LONG
    if word in _COUNTABLES:
        return digits <= (_SHORT if word in _VERBS else _SOFT)
    if word in _KINDS_OF_THINGS and second in _PURE_UNITS:
        return digits <= _LONG
    return word in _KINDS_OF_THINGS and (second in _COUNTABLES or second == "node") and digits <= _SHORT


def _column(text: str, start: int, end: int) -> bool:
    """Is the number in a column whose head says that it counts or measures, as consoles print tables."""
    at = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    line = text[at : stop if stop >= 0 else len(text)]
    if len(line) > _LONGEST_LINE or at == 0:
        return False
    below = at
    for _ in range(_HEADER_LINES):
        above = text.rfind("\n", 0, below - 1) + 1
        head = text[above : below - 1]
        below = above
        if 8 <= len(head) <= _LONGEST_LINE and not any(map(str.isdigit, head)):
            verdict = _headed(head, line, start - at, end - at)
            if verdict is not None:
                return verdict
        if not above:
            break
    return False


def _headed(head: str, line: str, start: int, end: int) -> bool | None:
    """Does the header `head` call the column of line[start:end] one of figures; None: `head` is no header of this line."""
    parted = "  " in head.strip() or "|" in head or "│" in head or "\t" in head
    cells = list((_HEADER_CELL if parted else _SINGLE_CELL).finditer(head))
    if len(cells) < 3 or not all(_IN_HEADER.fullmatch(cell[0]) for cell in cells):
        return None
    if not parted and not head.isupper():
        return None  # a sentence
    row = list((_HEADER_CELL if parted and "  " in line.strip() else _SINGLE_CELL).finditer(line))
    titles = [cell for cell in cells if cell.start() < end + 1 and start < cell.end() + 1] if parted else []
    if not titles and len(row) == len(cells):
        titles = [title for title, cell in zip(cells, row, strict=True) if cell.start() <= start and end <= cell.end()]
    if len(titles) != 1:
        return None
    title = _last(titles[0][0])
    return title in _SIZES or title in _FLAGGED or title in _COUNTABLES


def figure(text: str, span: Span) -> bool:
    """Is the number at `span` a count, a size, a place, a moment, a port or a machine's own id by what stands beside it."""
    start, end, kind, rule, sure = span
    found = text[start:end]
    if _DIGITS.fullmatch(found) is None or rule in {"pattern", "field", "column"}:
        return False
    digits = end - start
    if _FRACTION.match(text, end) is not None:
        return digits <= _LONG and not sure
    if _GOES_ON.match(text, end) is not None or text[end : end + 1] == "&":
        return _OF_TIME.search(text, max(start - 64, 0), start) is not None and _SECONDS.fullmatch(found) is not None
    if sure or kind != "NUMBER":
        unit = _WORD_AFTER.match(text, end) if rule == "shape" else None
        return unit is not None and unit[1].lower() in _PURE_UNITS
    if _behind(text, start, digits) or _ahead(text, end, digits):
        return True
    before = text[max(start - 64, 0) : start]
    last = before[-1:]
    if digits <= 5 and int(found) <= _LAST_PORT and _ADDRESSED.search(before) is not None:
        return True
    if (
        last == " "
        and digits <= 5
        and _BY_BLANK.search(before) is not None
        and _AFTER_PORT.match(text, end) is not None
    ):
        return True
    if last == "(" and digits <= 16 and text[end : end + 1] == ")" and _IN_PARENTHESES.search(before) is not None:
        return True
    if last == "#" and digits <= 7 and (twice := _TWICE.search(before)) is not None and twice[1] == found:
        return True
    if _SECONDS.fullmatch(found) is not None and not npi_ok(found) and _OF_TIME.search(before) is not None:
        return True
    if last == " " and before.endswith("TRANSACTION ") and text.startswith((", ACTIVE", ", not started"), end):
        return True  # InnoDB
    if _COMPARED_BEFORE.search(before) is not None or _COMPARED_AFTER.match(text, end) is not None:
        return digits <= _SOFT
    arrow = _ARROW.search(before) if last == " " else None
    if arrow is not None and _behind(text, start - len(before) + arrow.end("head"), digits):
        return True
    return _column(text, start, end)
