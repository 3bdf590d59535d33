"""What stands as an option, a subcommand, a variable or a placeholder in a command is the program's word, nobody's value.

`-ojson`, `oc get storageconsumer`, `${CONSUMERNAME}`, `{#SNMPVALUE}`: people's names and numbers are arguments, and
stand behind a blank or an equals sign of their own.
"""

# ruff: noqa: E501, SIM905 - expressions and lists of words read better whole
from __future__ import annotations

import re
from typing import Final

from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.spans import Span

_REACH: Final = 60
_OPTION: Final = re.compile(r"(?:^|[\s\"'`\[(,])-$")
_OPTIONS: Final = frozenset(
    """noout nodes trimpath subj addext servername showcerts signkey pubkey pubin pubout passin passout keyout newkey enddate startdate
    ldflags gcflags tags buildvcs race cover coverprofile timeout mod modfile bench benchmem vet failfast exec iname maxdepth mindepth mtime
    newer delete print printf prune regex type xdev classpath cp jar server client verbose version help ea esa agentlib agentpath javaagent
    nostdlib fpic shared static pthread dumpversion nographic enable-kvm daemonize smp netdev drive cdrom
    nologo noninteractive noprofile executionpolicy command file path force recurse filter include exclude erroraction confirm whatif
    computername credential scriptblock verbose wait passthru quiet silent batch offline""".split()
)
"""Options of one dash and a word: of openssl, go, find, java, qemu and PowerShell."""
_GIVEN_WITH: Final = frozenset("up")
"""`-uroot`, `-psecret`: options whose values are logins and passwords."""
_CLUSTER: Final = 5
_KUBE: Final = re.compile(
    r"\b(?:oc|kubectl|k|kubecolor|microk8s kubectl|k3s kubectl) (?:get|describe|delete|edit|patch|explain|create|apply|scale|label|annotate|wait|expose|autoscale|"
    r"logs|top|rollout (?:status|restart|undo|history|pause|resume)) $"
)
"""What is read or changed next is a kind of resource."""
_SPACE: Final = re.compile(
    r"\b(?:oc|kubectl|k|helm|flux|argocd|istioctl|linkerd|velero|kustomize|skaffold|stern|k9s|oc adm|virtctl|cilium|kubeseal)\b[^\n|;&`]{0,200}? (?:-n|--namespace|-c|--container)[ =]?$"
)
"""The namespace or the container that a command is about."""
_SUBCOMMANDS: Final = frozenset(
    """apply plan init run exec get set list ls status start stop restart reload enable disable logs log show describe delete create update upgrade
    install uninstall config version help flags scale rollout top tail watch check verify validate sync backup restore export import login
    drain cordon uncordon build push pull deploy rollback promote retry cancel approve unlock lock force-unlock import migrate repair info
    inspect monitor diagnose doctor failover switchover pause resume snapshot prune gc compact rebalance reassign consume produce query
    reindex vacuum analyze explain dump load replay seed flush purge clean reset retransfer freeze thaw notify addzone""".split()
)
_SHELL: Final = re.compile(
    r"(?:^|\n)[ \t]*(?:\$|#|>|%|sudo|\+) (?:sudo )?$|`{1,3}(?:sudo )?$|(?:\||&&|;|\$\() ?(?:sudo )?$|\bsudo (?:-[a-zA-Z]+ )*$"
)
"""Where a command begins: behind a prompt, a backtick, a pipe or `sudo`."""
_ARGUED: Final = re.compile(r" (?:(--?[a-zA-Z][\w-]{0,30})|([a-z][a-z-]{1,20}))(?=[ =`\n\"']|$)")
_BEHIND: Final = re.compile(r"(?:[$@%]\{?|\{#|\{\$|\{\{ ?[.$]?|\$\(|%\{|\bexport |\bunset |\bread (?:-[a-z]+ )*)$")
"""What stands before the name of a variable, a macro of Zabbix's or a field of a template."""
_ASSIGNED: Final = re.compile(r"=(?:\$\(|\$\{|\"?\$|`)")
_BEFORE_KEYS: Final = frozenset({"", " ", "\n", "\t", ";", "&", "?", ",", "(", "[", "|"})
_SHORT_KEY: Final = 4
_ESCAPED: Final = re.compile("x[0-9A-Fa-f]{2}[A-Za-z]{0,2}")
_PLACEHOLDER: Final = re.compile("[A-Z]{2,16}")


def of_commands(text: str, span: Span) -> bool:
    """Is what stands at `span` in `text` a word of a program's: an option, a resource, a variable, a command."""
    start, end, kind, rule, _ = span
    if kind not in {"WORD", "PERSON"} or rule not in {"unknown", "name", "untold"}:
        return False
    found = text[start:end]
    if not found.isalpha():
        return False
    before = text[max(start - _REACH, 0) : start]
    if before[-1:] == "-" and _OPTION.search(before) is not None:
        return _option(found)
    if _BEHIND.search(before) is not None:
        return kind == "WORD" or found.isupper()
    if before[-1:] == "\\":
        return _ESCAPED.fullmatch(found) is not None
    if found.isupper():
        if _ASSIGNED.match(text, end) is not None and before[-1:] in {"", "\n", " ", ";"}:
            return True
        if before[-1:] == "<" and text[end : end + 1] == ">":
            return _PLACEHOLDER.fullmatch(found) is not None and (
                kind == "WORD" or re.search(r" --[a-z][a-z-]+[ =]<$", before) is not None
            )
    if text[end : end + 1] == "=" and before[-1:] in _BEFORE_KEYS and _keyed(text, found, end, kind):
        return True
    if not found.islower():
        return False
    if _KUBE.search(before) is not None or (
        kind == "WORD" and _SPACE.search(text, max(start - 240, 0), start) is not None
    ):
        return True
    argued = _ARGUED.match(text, end)
    return (
        argued is not None
        and (argued[1] is not None or argued[2] in _SUBCOMMANDS)
        and _SHELL.search(before) is not None
    )


def _keyed(text: str, found: str, end: int, kind: str) -> bool:
    """Is a word a key of a line of keys and values: `auid=1000`, `DPT=54329`, `ver=4.26`. No list has it, or it is short and counts."""
    if kind == "WORD":
        return text[end + 1 : end + 2] not in {"", "=", " "}
    return found.islower() and len(found) <= _SHORT_KEY and text[end + 1 : end + 2].isdigit()


def _option(found: str) -> bool:
    """`json` of `-ojson`: a closed word, letters of options together, or the letter of an option and a word."""
    low = found.lower()
    if low in _OPTIONS or (LEXICON.flag(low) in SAFE and found.islower()):
        return True
    if found[0] in _GIVEN_WITH:
        return False
    rest = low[1:]
    if len(found) <= _CLUSTER and found.islower() and LEXICON.flag(low) != "p" and LEXICON.flag(rest) != "p":
        return True
    return LEXICON.flag(rest) in SAFE and LEXICON.trade(rest)
