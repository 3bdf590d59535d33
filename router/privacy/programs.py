"""What programs, services and jobs are called, by what their names end with: `ward-dashboard`, `member-portal@6.2.1`.

What such a name has of the words of care says what the program is for, and nothing of the value beside it.
"""

# ruff: noqa: E501, PLR2004, SIM905 - the tables read better as long lines of words; lengths mean something
from __future__ import annotations

import re
from typing import Final

_ROLES: Final = frozenset("checker collector editor fn ms publisher sender uploader verifier viewer".split())
"""What a program ends with, and a key that names who did something, too: `specimen-collector`, `pt-fn`."""
_ENDS: Final = _ROLES | frozenset(
    """anonymizer api apis app application apps archiver backend batch bff board bot bridge broker bucket builder bus cache catalog chatbot check
    class cleaner cli cluster column columns connector console constraint consumer consumers controller converter crawler cron cronjob daemon
    dashboard database db deduper deployment dispatcher dlq downloader egress endpoint engine enricher etl events exchange executor export exporter
    extractor feed fetcher field fields forwarder frontend function gateway generator gw handler host hostname hub import importer inbox index
    indexer ingest ingester ingestion ingestor ingress intake integration interface job jobs kafka lake lambda lib listener loader lookup mailer
    mapper matcher merger mesh method mfe microservice migrator mock model module monitor namespace node nodepool nodes normalizer notifier
    operator orchestrator outbox parser pg pipeline planner pod poller portal primary processor producer projector proxy queue reconciler redis
    registry relay remit renderer replica replicator repo repository resolver retry route router runner scanner schema scheduler scrubber sdk
    search server servers service services sidecar simulator spa splitter standby store stream stub svc sync syncer system table task template
    templates tokenizer topic transformer ui userpool validation validator warehouse watcher web webapp webhook webhooks worker workers adapter
    agent aggregator""".split()
)
"""What the name of a program, a queue or a table ends with: `ward-dashboard`, `member-portal`, `mpi-matcher`."""
_OF_THINGS: Final = (_ENDS - _ROLES) | {"it", "e2e", "tls", "tg", "lb", "alb", "nlb", "asg", "config", "migrate"}
ENVIRONMENTS: Final = frozenset(
    "prod production prd stg staging stage dev develop development test tst uat qa sandbox sbx nonprod preprod pre shared dr sit perf demo "
    "int ci live lab ops mgmt infra platform common hub".split()
)
"""What a copy of a system is for; stands in the names of its projects, clusters and buckets."""
_PROGRAM: Final = re.compile(
    r"[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){1,7}(?:[-@][0-9v][0-9a-f]{0,9}(?:\.[0-9]{1,4}){0,3}(?:[-+][0-9a-z.]{1,12})?)?"
)
_THING: Final = re.compile(r"(?:[\w.@-]+/)*[a-z][a-z0-9]*(?:[-.][a-z0-9]+){1,12}")
_OF_ITS_MAKING: Final = re.compile(
    r"(?:-(?=[a-z]*[0-9])[0-9a-z]{8,10}-[a-z0-9]{5}|-[0-9]{1,5}|-(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{5,10}|-(?:prod|production|staging|stage|dev|test|qa|uat|blue|green|canary|main|v[0-9]{1,2}))$"
)
"""What a cluster, a host or a stage adds to the name of a program."""


def program(word: str) -> bool:
    """Is `word` what a program is called: `ward-dashboard`, `member-portal@6.2.1`, by what it ends with."""
    if not word.islower() or ("-" not in word and "_" not in word) or _PROGRAM.fullmatch(word) is None:
        return False
    parts = [part for part in re.split(r"[-_@]", word) if part[0].isalpha()]
    last = parts[-1].rstrip("0123456789")
    return len(parts) > 1 and (last in _ENDS or (last in ENVIRONMENTS and len(parts) > 2 and parts[-2] in _ENDS))


def of_thing(name: str) -> bool:
    """Is a name in small letters, joined by dashes, that of a program, a queue or a host: `ward-dashboard`, `rx-router-7`.

    Asked of keys and of words before a value; what may be a person's role in a key is none.
    """
    if ("-" not in name and "." not in name) or _THING.fullmatch(name) is None:
        return False
    bare = name.rsplit("/", 1)[-1].partition(".")[0] if "-" in name.rsplit("/", 1)[-1].partition(".")[0] else name
    for _ in range(3):
        shorter = _OF_ITS_MAKING.sub("", bare)
        if shorter == bare:
            break
        bare = shorter
    return re.split("[-.]", bare)[-1] in _OF_THINGS
