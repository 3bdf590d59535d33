"""The configuration file, read as a whole: every problem is found at once, with its line, and nothing half passes.

YAML is composed, not loaded: nodes know their lines, `off` stays the word `off`, and no tag makes an object. Secrets
never stand in the file; `<name>_env` and `<name>_file` say where each one is, and `parse` is given how to read them.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Protocol, get_args, get_origin

import msgspec
import re2
import yaml

from channels.contract import ChannelConfig, Spec
from router.core import retention, routing
from router.core.render import spoken
from router.core.routing import MatcherError, Route, parse_matcher

Privacy = Literal["detect", "strict", "sealed"]
Secret = Callable[[Literal["env", "file"], str], str]
"""Reads one secret: ("env", variable) or ("file", path). Raises LookupError or OSError when there is none."""
ChannelCheck = Callable[[Spec[Any], ChannelConfig, Mapping[str, str]], str]
"""Why nothing could be sent with these settings and secrets of a channel kind, as a sentence; '' when it could."""

RuleCheck = Callable[[Literal["pattern", "field", "word"], str, str], str]
"""Why the engine refuses one rule, as a sentence without its subject; '' when it takes it. ("pattern", type, regex),
("field", name, verdict) or ("word", word, "")."""

QUIET_AFTER: Final = timedelta(minutes=30)
SHORTEST_KEY: Final = 32
"""Characters of an ingest key: it is stored as a fast hash, so it must be too long to guess (ASVS 11.4.2)."""

LONGEST_NAME: Final = 200
"""Characters of what people call a tenant: it stands in the head of every page."""

_LONGEST_QUIET = timedelta(days=30)
_MAX_FILE = 512 * 1024
_MAX_NODES = 50_000  # counted after aliases, so that a few lines of anchors cannot stand for a billion
_MAX_DEPTH = 32
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TYPE = re.compile(r"[A-Z][A-Z_]{1,15}")
_DURATION = re.compile(r"(?=\d)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?", re.ASCII)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What no text of a file may hold: Postgres takes no NUL, and nobody half a character."""
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_LABEL = re.compile(r"[^\s\"\\{}]{1,128}")
_MAX_PATTERN = 1000
_MAX_WORD = 64
_MAX_FIELDS = 500
_MAX_FIELD = 200
_OWN_VENDOR = frozenset({"slack", "pagerduty"})  # design §8: these default to themselves

_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "value", "map", "seq"})

Path = tuple[str | int, ...]


class ConfigError(Exception):
    """The file cannot be used. `problems` holds every one as (line, sentence), by line; none repeats a secret."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(f"line {line}: {sentence}" for line, sentence in self.problems))


class SourceFormat(Protocol):
    """What the file's check needs to know of a source format (sources.contract.Format has it)."""

    @property
    def explicit_resolve(self) -> bool: ...
    @property
    def repeats_every(self) -> float | None: ...
    @property
    def mapping_keys(self) -> frozenset[str]: ...
    @property
    def secret(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, SourceSetting]: ...


class SourceSetting(Protocol):
    """A word that the file may say of a source of one format (sources.contract.Setting has it)."""

    @property
    def shape(self) -> re.Pattern[str]: ...
    @property
    def says(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A way in. `quiet_after` is None when the source's own resolve is waited for.

    `settings` are what only its format knows; `signing` is the secret that its sender signs with, empty for none.
    """

    name: str
    format: str
    key: str = field(repr=False)
    quiet_after: timedelta | None
    mapping: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    signing: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChannelConfigEntry:
    """A way out. `shown` is Spec.describe's line for people; `vendor` is empty when the file names none."""

    name: str
    kind: str
    vendor: str
    config: ChannelConfig
    secrets: Mapping[str, str] = field(repr=False)
    shown: str


@dataclass(frozen=True, slots=True)
class PatternConfig:
    """A tenant's own shape of PHI: what matches becomes a token of this type."""

    type: str
    regex: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what has ended is kept: `values` are the ciphertexts behind tokens, `incidents` all the rest."""

    values: timedelta = retention.VALUES
    incidents: timedelta = retention.INCIDENTS


@dataclass(frozen=True, slots=True)
class TenantConfig:
    """One tenant's part of the file."""

    slug: str
    name: str
    privacy: Privacy
    sources: tuple[SourceConfig, ...]
    channels: tuple[ChannelConfigEntry, ...]
    routes: tuple[Route, ...]
    patterns: tuple[PatternConfig, ...]
    safe_words: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    retention: Retention = Retention()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `warnings` are (line, sentence): it can be used, and something in it will surprise somebody."""

    tenants: tuple[TenantConfig, ...]
    warnings: tuple[tuple[int, str], ...] = ()


def parse(
    text: str,
    kinds: Mapping[str, Spec[Any]],
    formats: Mapping[str, SourceFormat],
    secret: Secret,
    *,
    looks_like_phi: Callable[[str], bool],
    refused: RuleCheck = lambda _what, _name, _value: "",
    unusable: ChannelCheck = lambda _spec, _config, _secrets: "",
) -> Config:
    """The configuration in `text`.

    `kinds` are the channel kinds and `formats` the source formats by name. `looks_like_phi` is the detector's opinion
    of a word that the file would let pass untouched: a matcher's literal or a safe word. `refused` is the engine's
    opinion of each rule by itself, so that a refusal is told with the rule's line. `unusable` says why a channel could
    not send with these settings and secrets, or '': a warning, since a secret may come to where it belongs later.

    Raises:
        ConfigError: with every problem found.
    """
    reader = _Reader(kinds, formats, secret, looks_like_phi, refused, unusable)
    tree = reader.tree(text)
    tenants = reader.tenants(tree) if tree is not None else ()
    if reader.problems:
        raise ConfigError(reader.problems)
    return Config(tenants, tuple(sorted(reader.warnings)))


def part(
    given: Mapping[str, Any],
    formats: Mapping[str, SourceFormat],
    secret: Secret,
    *,
    channels: Sequence[str],
    looks_like_phi: Callable[[str], bool],
    refused: RuleCheck,
) -> tuple[TenantConfig, tuple[str, ...]]:
    """What a person changes of a tenant by hand, read as the file's check reads it, and what in it will surprise.

    `given` has `sources`, `routes`, `patterns` or `safe_words` as the file would; `channels` are the names that routes
    may lead to. The rest of the answer is empty.

    Raises:
        ConfigError: with every problem found; the lines say nothing.
    """
    reader = _Reader({}, formats, secret, looks_like_phi, refused)
    found = reader.part(given, channels)
    if reader.problems:
        raise ConfigError(reader.problems)
    return found, tuple(sentence for _, sentence in reader.warnings)


def slow(known: SourceFormat, name: str, quiet_after: timedelta | None) -> str:
    """What to know when a tool repeats more slowly than this is quiet: it would be closed while it fires; '' if not."""
    if quiet_after is None or not known.explicit_resolve:
        return ""
    every = known.repeats_every
    if every is not None and timedelta(seconds=every) < quiet_after:
        return ""
    pace = "repeats nothing" if every is None else f"repeats every {spoken(timedelta(seconds=every))}"
    return (
        f"{name} {pace} unless it is told otherwise, so an incident that still fires is closed as quiet after"
        f" {spoken(quiet_after)}; let it repeat sooner, or set `quiet_after` higher or `off`"
    )


def duration(text: str) -> timedelta | None:
    """`8s`, `30m`, `4h`, `1h30m`, `2d`; None for anything else."""
    parts = _DURATION.fullmatch(text)
    if parts is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class _Reader:
    """Walks the tree once and notes problems instead of stopping at the first."""

    def __init__(
        self,
        kinds: Mapping[str, Spec[Any]],
        formats: Mapping[str, SourceFormat],
        secret: Secret,
        looks_like_phi: Callable[[str], bool],
        refused: RuleCheck,
        unusable: ChannelCheck = lambda _spec, _config, _secrets: "",
    ) -> None:
        self.problems: list[tuple[int, str]] = []
        self.warnings: list[tuple[int, str]] = []
        self._kinds = kinds
        self._formats = formats
        self._secret = secret
        self._looks_like_phi = looks_like_phi
        self._refused = refused
        self._unusable = unusable
        self._lines: dict[Path, int] = {}
        self._nodes = 0
        self._keys: dict[str, str] = {}  # ingest key -> whose, across tenants: it alone may name the source

    # The tree

    def tree(self, text: str) -> Any:  # noqa: ANN401 - YAML
        """The file as plain values; their lines are kept by path."""
        if len(text) > _MAX_FILE:
            return self._add(1, f"the file is longer than {_MAX_FILE // 1024} KiB; split it by tenant")
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            return self._add(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}")
        except yaml.YAMLError:
            return self._add(1, "this is not YAML: the file holds characters that YAML does not allow")
        except RecursionError:
            return self._add(1, f"the file nests deeper than {_MAX_DEPTH} levels")
        if node is None:
            return self._add(1, "the file is empty; it starts with `tenants:`")
        return self._value(node, (), node.start_mark.line + 1)

    def _value(self, node: yaml.Node, path: Path, line: int) -> Any:  # noqa: ANN401 - YAML
        self._lines[path] = line
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise ConfigError([(line, f"the file stands for more than {_MAX_NODES} values; use fewer aliases")])
        if len(path) > _MAX_DEPTH:
            raise ConfigError([(line, f"the file nests deeper than {_MAX_DEPTH} levels")])
        if node.tag.removeprefix(_STANDARD) not in _TAGS:
            self._add(line, "tags (`!…`) are not taken here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return [self._value(item, (*path, index), item.start_mark.line + 1) for index, item in items]
        value = _scalar(node)
        if isinstance(value, str) and _NO_TEXT.search(value):
            self._add(line, "a text holds a control character, which is kept nowhere and shown to nobody")
            return _NO_TEXT.sub(" ", value)
        return value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == _STANDARD + "merge":
                here = self._lines[path]
                for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    inner = self._value(each, path, line)
                    merged = (inner | merged) if isinstance(inner, dict) else merged
                self._lines[path] = here
                continue
            if not isinstance(key, yaml.ScalarNode):
                self._add(line, "a key must be a word")
                continue
            if _NO_TEXT.search(key.value):
                self._add(line, "a key holds a control character")
                continue
            if key.value in found:
                self._add(line, f"`{key.value}` stands here twice")
            found[key.value] = self._value(value, (*path, key.value), line)
        return merged | found

    # Small parts

    def _add(self, line: int, sentence: str) -> None:
        self.problems.append((line, sentence))

    def _at(self, path: Path, sentence: str) -> None:
        """A problem at the nearest place that has a line."""
        while path not in self._lines:
            path = path[:-1]
        self._add(self._lines[path], sentence)

    def _warn(self, path: Path, sentence: str) -> None:
        while path not in self._lines:
            path = path[:-1]
        self.warnings.append((self._lines[path], sentence))

    def _object(self, value: Any, path: Path, what: str, known: Iterable[str]) -> dict[str, Any]:  # noqa: ANN401 - YAML
        """A mapping whose keys are all known; {} for anything else, with a problem."""
        if not isinstance(value, dict):
            self._at(path, f"{what}: expected keys and values")
            return {}
        names = list(known)
        for key in value:
            if key not in names:
                self._at((*path, key), f"{what} has no key `{key}`{_suggest(key, names)}")
        return value

    def _list(self, parent: Mapping[str, Any], key: str, path: Path, what: str) -> list[Any]:
        value = parent.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._at((*path, key), f"{what}: `{key}` is a list")
            return []
        return value

    def _text(self, parent: Mapping[str, Any], key: str, path: Path, what: str, default: str | None = None) -> str:
        value = parent.get(key, default)
        if isinstance(value, str) and value.strip():
            return value
        if value is None and key not in parent:
            self._at(path, f"{what} needs `{key}`")
        else:
            self._at((*path, key), f"{what}: `{key}` is text; put it into quotes if it looks like something else")
        return ""

    def _choice(
        self,
        parent: Mapping[str, Any],
        key: str,
        path: Path,
        what: str,
        known: Sequence[str],
        default: str | None = None,
    ) -> str | None:
        value = self._text(parent, key, path, what, default)
        if value and value not in known:
            self._at((*path, key), f"{what}: `{key}` is one of {', '.join(known)}{_suggest(value, known)}")
        return value if value in known else None

    def _name(self, parent: Mapping[str, Any], path: Path, what: str, shape: re.Pattern[str] = NAME) -> str:
        key = "slug" if shape is _SLUG else "name"
        value = self._text(parent, key, path, what)
        if value and not shape.fullmatch(value):
            letters = "lower-case letters, digits and -" if shape is _SLUG else "letters, digits, . _ and -"
            self._at((*path, key), f"{what}: `{key}` is up to 63 {letters}, since it stands in addresses")
        return value

    def _unique(self, names: Sequence[str], path: Path, what: str) -> None:
        counted = Counter(names)
        for index, name in enumerate(names):
            if name and counted[name] > 1 and name in names[:index]:
                self._at((*path, index), f"there are two {what}s named `{name}`")

    def _read_secret(self, parent: Mapping[str, Any], name: str, path: Path, what: str) -> str | None:
        """The secret that `<name>_env` or `<name>_file` leads to; None when neither is there or it cannot be read."""
        ways = [way for way in ("env", "file") if f"{name}_{way}" in parent]
        if len(ways) > 1:
            self._at((*path, f"{name}_file"), f"{what} has both `{name}_env` and `{name}_file`; keep one")
        for way in ways[:1]:
            key = f"{name}_{way}"
            place = self._text(parent, key, path, what)
            if not place:
                return None
            try:
                value = self._secret("env" if way == "env" else "file", place).rstrip("\r\n")
            except (LookupError, OSError, UnicodeDecodeError):
                value = ""
            if value:
                return value
            missing = f"the environment has no {place}" if way == "env" else f"the file {place} is missing or empty"
            self._at((*path, key), f"{what}: {missing}; it should hold the secret `{name}`")
        return None

    # Tenants

    def tenants(self, tree: Any) -> tuple[TenantConfig, ...]:  # noqa: ANN401 - YAML
        top = self._object(tree, (), "the file", ["tenants"])
        given = self._list(top, "tenants", (), "the file")
        if not given and not self.problems:
            self._at((), "the file has no tenants; it starts with `tenants:` and a list")
        found = tuple(self._tenant(each, ("tenants", index)) for index, each in enumerate(given))
        self._unique([tenant.slug for tenant in found], ("tenants",), "tenant")
        return found

    def part(self, given: Mapping[str, Any], channels: Sequence[str]) -> TenantConfig:
        """The parts of a tenant that are there, without a file around them."""
        self._lines[()] = 0
        sources = tuple(self._source(each, ("sources", at), "") for at, each in enumerate(given.get("sources", ())))
        patterns = [self._pattern(each, ("patterns", at)) for at, each in enumerate(given.get("patterns", ()))]
        routes = self._routes(given, (), "the tenant", channels) if "routes" in given else ()
        words = self._safe_words(given, (), "the tenant") if "safe_words" in given else ()
        return TenantConfig("", "", "strict", sources, (), routes, tuple(patterns), words)

    def _tenant(self, value: Any, path: Path) -> TenantConfig:  # noqa: ANN401 - YAML
        known = ["slug", "name", "privacy", "sources", "channels", "routes"]
        known += ["patterns", "safe_words", "fields", "retention"]
        tenant = self._object(value, path, "a tenant", known)
        slug = self._name(tenant, path, "a tenant", _SLUG)
        what = f"tenant `{slug}`"
        levels: tuple[Privacy, ...] = get_args(Privacy)
        level = self._choice(tenant, "privacy", path, what, levels, "strict")
        privacy: Privacy = next((each for each in levels if each == level), "strict")
        sources = tuple(
            self._source(each, (*path, "sources", index), slug)
            for index, each in enumerate(self._list(tenant, "sources", path, what))
        )
        channels = tuple(
            self._channel(each, (*path, "channels", index))
            for index, each in enumerate(self._list(tenant, "channels", path, what))
        )
        self._unique([source.name for source in sources], (*path, "sources"), "source")
        self._unique([channel.name for channel in channels], (*path, "channels"), "channel")
        return TenantConfig(
            slug=slug,
            name=self._named(tenant, path, what, slug or "unnamed"),
            privacy=privacy,
            sources=sources,
            channels=channels,
            routes=self._routes(tenant, path, what, [channel.name for channel in channels]),
            patterns=tuple(
                self._pattern(each, (*path, "patterns", index))
                for index, each in enumerate(self._list(tenant, "patterns", path, what))
            ),
            safe_words=self._safe_words(tenant, path, what),
            fields=self._fields(tenant, path, what),
            retention=self._retention(tenant, path, what),
        )

    def _named(self, tenant: Mapping[str, Any], path: Path, what: str, default: str) -> str:
        name = self._text(tenant, "name", path, what, default)
        if len(name) > LONGEST_NAME or "\n" in name or "\r" in name:
            self._at((*path, "name"), f"{what}: `name` is one line of at most {LONGEST_NAME} characters")
        return name

    def _retention(self, tenant: Mapping[str, Any], path: Path, what: str) -> Retention:
        if tenant.get("retention") is None:
            return Retention()
        path = (*path, "retention")
        given = self._object(tenant["retention"], path, f"the retention of {what}", ["values", "incidents"])
        spans = {"values": retention.VALUES, "incidents": retention.INCIDENTS}
        for key in spans:
            if key not in given:
                continue
            span = duration(given[key]) if isinstance(given[key], str) else None
            if span is None or not retention.SHORTEST <= span <= retention.LONGEST:
                longest = retention.LONGEST.days
                self._at((*path, key), f"{what}: `{key}` is kept for whole days, like 30d, from 1d to {longest}d")
            else:
                spans[key] = span
        if "incidents" in given and spans["values"] > spans["incidents"]:
            self._at((*path, "incidents"), f"{what}: incidents are kept at least as long as their `values`")
        return Retention(spans["values"], max(spans["values"], spans["incidents"]))

    def _source(self, value: Any, path: Path, slug: str) -> SourceConfig:  # noqa: ANN401 - YAML
        form = value.get("format") if isinstance(value, dict) else None
        own = self._formats.get(form) if isinstance(form, str) else None
        known = ["name", "format", "key_env", "key_file", "quiet_after", "mapping", "fields"]
        if own is not None:
            known += [*own.settings, *(f"{own.secret}_{way}" for way in ("env", "file") if own.secret)]
        source = self._object(value, path, "a source", known)
        name = self._name(source, path, "a source")
        what = f"source `{name}`"
        form = self._choice(source, "format", path, what, list(self._formats))
        quiet_after = self._quiet_after(source, path, what)
        if form is not None:
            self._check_quiet(form, quiet_after, path, what)
        return SourceConfig(
            name=name,
            format=form or "",
            key=self._key(source, path, what, f"{slug}/{name}"),
            quiet_after=quiet_after,
            mapping=self._mapping_of(source, path, what, form),
            fields=self._fields(source, path, what),
            settings=self._settings(source, path, what, own),
            signing=(self._read_secret(source, own.secret, path, what) or "") if own and own.secret else "",
        )

    def _settings(self, source: Mapping[str, Any], path: Path, what: str, own: SourceFormat | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, setting in own.settings.items() if own is not None else ():
            if name not in source:
                continue
            value = source[name]
            if isinstance(value, str) and setting.shape.fullmatch(value):
                found[name] = value
            else:
                self._at((*path, name), f"{what}: `{name}` is {setting.says}")
        return found

    def _key(self, source: Mapping[str, Any], path: Path, what: str, whose: str) -> str:
        if "key_env" not in source and "key_file" not in source:
            self._at(path, f"{what} needs `key_env` or `key_file`")
        key = self._read_secret(source, "key", path, what) or ""
        if key and (len(key) < SHORTEST_KEY or not key.isascii() or any(each.isspace() for each in key)):
            self._at(path, f"{what}: its key must be {SHORTEST_KEY} ASCII characters or more, without spaces")
        if key and self._keys.setdefault(key, whose) != whose:
            self._at(path, f"{what} has the key of {self._keys[key]}; each source needs its own")
        return key

    def _quiet_after(self, source: Mapping[str, Any], path: Path, what: str) -> timedelta | None:
        given = source.get("quiet_after", "30m")
        if given == "off":
            return None
        span = duration(given) if isinstance(given, str) else None
        if span is None or not timedelta(0) < span <= _LONGEST_QUIET:
            self._at((*path, "quiet_after"), f"{what}: `quiet_after` reads like 30m or 4h, at most 30d, or `off`")
        return span

    def _check_quiet(self, form: str, quiet_after: timedelta | None, path: Path, what: str) -> None:
        """Design §4: a tool that repeats more slowly than this goes quiet while it still fires."""
        if sentence := slow(self._formats[form], form, quiet_after):
            self._warn(path, f"{what}: {sentence}")

    def _mapping_of(self, source: Mapping[str, Any], path: Path, what: str, form: str | None) -> dict[str, str]:
        if source.get("mapping") is None or form is None:
            return {}
        known = self._formats[form].mapping_keys
        if not known:
            self._at((*path, "mapping"), f"{what}: the format {form} takes no `mapping`")
            return {}
        path = (*path, "mapping")
        free = {key[:-1] for key in known if key.endswith(".*")}
        given = source["mapping"] if isinstance(source["mapping"], dict) else {}
        own = [key for key in given if any(key.startswith(each) and key != each for each in free)]
        mapping = self._object(source["mapping"], path, f"the mapping of {what}", [*sorted(known), *own])
        for key, pointer in mapping.items():
            if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer):
                self._at((*path, key), f"{what}: `{key}` needs a JSON pointer, like /event/title")
        return {key: pointer for key, pointer in mapping.items() if isinstance(pointer, str)}

    # Channels

    def _channel(self, value: Any, path: Path) -> ChannelConfigEntry:  # noqa: ANN401 - YAML
        channel = value if isinstance(value, dict) else self._object(value, path, "a channel", ())
        name = self._name(channel, path, "a channel")
        what = f"channel `{name}`"
        kind = self._choice(channel, "kind", path, what, list(self._kinds))
        vendor = self._text(channel, "vendor", path, what) if "vendor" in channel else ""
        if kind is None:
            return ChannelConfigEntry(name, "", vendor, ChannelConfig(), {}, "")
        spec = self._kinds[kind]
        own = {"name", "kind"} | ({"vendor"} - {each.encode_name for each in msgspec.structs.fields(spec.config)})
        given = {key: each for key, each in channel.items() if key not in own}
        secrets: dict[str, str] = {}
        plain = self._take_secrets(given, path, what, spec, secrets, "")
        for missing in (each for each in spec.secrets if each not in secrets):
            self._at(path, f"{what} needs `{missing}_env` or `{missing}_file`")
        ways = [f"{each}_{way}" for each in (*spec.secrets, *spec.optional_secrets) for way in ("env", "file")]
        config = self._struct(plain, spec.config, path, what, ways)
        complete = isinstance(config, ChannelConfig) and all(secrets.get(each) for each in spec.secrets)
        if complete and (fault := self._unusable(spec, config, secrets)):
            self._warn(path, f"{what} cannot send as it is: {fault}")
        if complete and (caution := spec.caution(config, secrets)):
            self._warn(path, f"{what} {caution}")
        return ChannelConfigEntry(
            name=name,
            kind=kind,
            vendor=vendor or (kind if kind in _OWN_VENDOR else ""),
            config=config if isinstance(config, ChannelConfig) else ChannelConfig(),
            secrets=secrets,
            shown=spec.describe(config) if config is not None else "",
        )

    def _take_secrets(
        self,
        given: Mapping[str, Any],
        path: Path,
        what: str,
        spec: Spec[Any],
        secrets: dict[str, str],
        prefix: str,
    ) -> dict[str, Any]:
        """`given` without its `…_env` and `…_file`, which are read: `smtp: {password_env}` fills `smtp_password`."""
        known = {*spec.secrets, *spec.optional_secrets}
        rest: dict[str, Any] = {}
        for key, value in given.items():
            base = key.removesuffix("_env").removesuffix("_file")
            if prefix + key in known:
                self._at((*path, key), f"{what}: a secret never stands here; use `{key}_env` or `{key}_file`")
                secrets[prefix + key] = ""
            elif base != key and prefix + base in known:
                if prefix + base not in secrets:
                    secrets[prefix + base] = self._read_secret(given, base, path, what) or ""
            elif isinstance(value, dict):
                rest[key] = self._take_secrets(value, (*path, key), what, spec, secrets, f"{prefix}{key}_")
            else:
                rest[key] = value
        return rest

    def _struct(
        self,
        given: Mapping[str, Any],
        shape: type[msgspec.Struct],
        path: Path,
        what: str,
        ways: Sequence[str],
    ) -> Any:  # noqa: ANN401 - any struct
        """`given` as the channel kind's own model, each field checked by itself; None with problems.

        `ways` are the `…_env` and `…_file` that may stand here too: they are gone by now, but may be meant.
        """
        fields = {each.encode_name: each for each in msgspec.structs.fields(shape)}
        before = len(self.problems)
        for key in given:
            if key not in fields:
                self._at((*path, key), f"{what} has no key `{key}`{_suggest(key, [*fields, *ways])}")
        values: dict[str, Any] = {}
        for name, each in fields.items():
            inner = _bare(each.type)
            place = (*path, name)
            if name not in given:
                if each.required:
                    self._at(path, f"{what} needs `{name}`")
            elif isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(given[name], dict):
                below = [way.removeprefix(f"{name}_") for way in ways if way.startswith(f"{name}_")]
                values[each.name] = self._struct(given[name], inner, place, f"{what}: `{name}`", below)
            else:
                values[each.name] = self._field(given[name], each.type, place, f"{what}: `{name}`")
        if len(self.problems) > before:
            return None
        try:
            return shape(**values)
        except (ValueError, TypeError) as error:
            self._at(path, f"{what}: {error}")
            return None

    def _field(self, value: Any, shape: Any, path: Path, what: str) -> Any:  # noqa: ANN401 - any type a model uses
        try:
            return msgspec.convert(value, shape)
        except msgspec.ValidationError as error:
            words, _, place = str(error).partition(" - at `$")
            if words.startswith("Invalid enum value"):  # msgspec repeats the value here
                words = "expected one of " + ", ".join(map(str, get_args(_bare(shape))))
            self._at(path, f"{what}{place.rstrip('`')}: {words[:1].lower()}{words[1:]}")
            return None

    # Routes

    def _routes(self, tenant: Mapping[str, Any], path: Path, what: str, channels: Sequence[str]) -> tuple[Route, ...]:
        given = self._list(tenant, "routes", path, what)
        path = (*path, "routes")
        routes = tuple(self._route(each, (*path, index), channels) for index, each in enumerate(given))
        for index, route in enumerate(routes[:-1]):
            if not route.matchers and not route.go_on:
                self._warn(
                    (*path, index + 1), f"route {index + 2} is never reached: route {index + 1} takes everything"
                )
                break
        if channels and (not routes or routes[-1].matchers):
            self._warn(
                path if given else path[:-1],
                f"{what}: an alert that matches no route is told to nobody; end with a route without `match`",
            )
        return routes

    def _route(self, value: Any, path: Path, channels: Sequence[str]) -> Route:  # noqa: ANN401 - YAML
        what = f"route {int(path[-1]) + 1}"
        route = self._object(value, path, what, ["match", "channels", "group_by", "continue"])
        matchers = []
        for index, text in enumerate(self._list(route, "match", path, what)):
            try:
                matchers.append(parse_matcher(text if isinstance(text, str) else ""))
            except MatcherError as error:
                self._at((*path, "match", index), f"{what}: {error}")
        names = self._words(route, "channels", path, what)
        if not names:
            self._at(path, f"{what} names no channel")
        for index, name in enumerate(names):
            if name not in channels:
                self._at((*path, "channels", index), f"{what}: there is no channel `{name}`{_suggest(name, channels)}")
        group_by = self._words(route, "group_by", path, what)
        if any(not _LABEL.fullmatch(name) for name in group_by) or len(set(group_by)) < len(group_by):
            self._at((*path, "group_by"), f"{what}: `group_by` is a list of label names, each once")
        go_on = route.get("continue", False)
        if not isinstance(go_on, bool):
            self._at((*path, "continue"), f"{what}: `continue` is true or false")
        found = Route(tuple(matchers), tuple(names), tuple(group_by) or None, go_on is True)
        for label, values in routing.literals([found]).items():
            if any(map(self._looks_like_phi, values)):
                self._at(
                    (*path, "match"),
                    f"{what}: a matcher on `{label}` names a value that looks like PHI, and what a route names passes"
                    " unchanged; match on another label",
                )
        return found

    def _words(self, parent: Mapping[str, Any], key: str, path: Path, what: str) -> list[str]:
        words = self._list(parent, key, path, what)
        for index, word in enumerate(words):
            if not isinstance(word, str) or not word.strip():
                self._at((*path, key, index), f"{what}: `{key}` is a list of words; put numbers into quotes")
        return [word for word in words if isinstance(word, str) and word.strip()]

    # Privacy

    def _pattern(self, value: Any, path: Path) -> PatternConfig:  # noqa: ANN401 - YAML
        pattern = self._object(value, path, "a pattern", ["type", "regex"])
        kind = self._text(pattern, "type", path, "a pattern")
        if kind and not _TYPE.fullmatch(kind):
            self._at((*path, "type"), "a pattern's type is 2 to 16 capital letters and _, like MEMBER_ID")
        text = self._text(pattern, "regex", path, "a pattern")
        if len(text) > _MAX_PATTERN:
            self._at((*path, "regex"), f"a pattern's regex is at most {_MAX_PATTERN} characters long")
        elif text and self._check_regex(text, (*path, "regex")) and _TYPE.fullmatch(kind):
            self._rule("pattern", kind, text, path, "this pattern")
        return PatternConfig(kind, text)

    def _rule(self, what: Literal["pattern", "field", "word"], name: str, value: str, path: Path, subject: str) -> None:
        """A problem when the engine refuses the rule."""
        if reason := self._refused(what, name, value):
            self._at(path, f"{subject} {reason}")

    def _fields(self, parent: Mapping[str, Any], path: Path, what: str) -> dict[str, str]:
        """Field rules: a key, or a dotted path with `*`, and what stands there."""
        given = parent.get("fields")
        if given is None:
            return {}
        path = (*path, "fields")
        if not isinstance(given, dict):
            self._at(path, f"{what}: `fields` maps a key or a path to a token type, safe, free, seal or drop")
            return {}
        if len(given) > _MAX_FIELDS:
            self._at(path, f"{what}: `fields` has at most {_MAX_FIELDS} entries")
            return {}
        for name, verdict in given.items():
            if not isinstance(verdict, str) or not name or len(name) > _MAX_FIELD:
                self._at((*path, name), f"{what}: a field rule is a key or a path, and one word")
            elif verdict != "drop":
                self._rule("field", name, verdict, (*path, name), f"{what}: this field rule")
        return {name: verdict for name, verdict in given.items() if isinstance(verdict, str)}

    def _check_regex(self, text: str, path: Path) -> bool:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 20
        try:
            empty = re2.compile(text, options).fullmatch("") is not None
        except re2.error:
            self._at(path, "a pattern's regex must be one that RE2 takes: no look-around, no back-references")
            return False
        if empty:
            self._at(path, "a pattern's regex matches the empty text, so it would match everywhere")
        return not empty

    def _safe_words(self, tenant: Mapping[str, Any], path: Path, what: str) -> tuple[str, ...]:
        words = self._words(tenant, "safe_words", path, what)
        for index, word in enumerate(words):
            place = (*path, "safe_words", index)
            if len(word) > _MAX_WORD or len(word.split()) > 1:
                self._at(place, f"{what}: a safe word is one word of at most {_MAX_WORD} characters")
            elif self._looks_like_phi(word):
                self._at(place, f"{what}: this safe word looks like PHI, and safe words pass unchanged")
            else:
                self._rule("word", word, "", place, f"{what}: this safe word")
        return tuple(words)


def _scalar(node: yaml.Node) -> Any:  # noqa: ANN401 - YAML
    """A number or truth value only where YAML 1.2 sees one: `off`, `0123`, `1:30` and dates stay text."""
    text: str = node.value
    kind = node.tag.removeprefix(_STANDARD)
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _bare(shape: Any) -> Any:  # noqa: ANN401 - any type a model uses
    """A type without what is annotated to it."""
    return get_args(shape)[0] if get_origin(shape) is Annotated else shape


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a diff: `+` added, `-` removed, `~` changed."""

    sign: Literal["+", "-", "~"]
    tenant: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.tenant}: {self.text}"


def diff(old: Config | None, new: Config) -> list[Difference]:
    """What applying `new` over `old` changes, in words without a secret. A tenant that `new` leaves out is left alone.

    Secrets and keys are compared as they stand in both, so both sides must hold them in the same form.
    """
    before = {tenant.slug: tenant for tenant in old.tenants} if old else {}
    found: list[Difference] = []
    for tenant in new.tenants:
        found += _tenant_differences(before.get(tenant.slug), tenant)
    return found


def _tenant_differences(old: TenantConfig | None, new: TenantConfig) -> list[Difference]:
    def line(sign: Literal["+", "-", "~"], text: str) -> Difference:
        return Difference(sign, new.slug, text)

    if old is None:
        found = [line("+", f"tenant {new.name} (privacy {new.privacy})")]
        old = TenantConfig(new.slug, new.name, new.privacy, (), (), (), (), ())
    else:
        found = [
            line("~", f"{what}: {was} → {now}")
            for what, was, now in (
                ("name", old.name, new.name),
                ("privacy", old.privacy, new.privacy),
                ("values are kept", spoken(old.retention.values), spoken(new.retention.values)),
                ("incidents are kept", spoken(old.retention.incidents), spoken(new.retention.incidents)),
            )
            if was != now
        ]
    for what, was_all, now_all in (
        ("source", {each.name: each for each in old.sources}, {each.name: each for each in new.sources}),
        ("channel", {each.name: each for each in old.channels}, {each.name: each for each in new.channels}),
    ):
        for name in [*now_all, *(each for each in was_all if each not in now_all)]:
            was, now = was_all.get(name), now_all.get(name)
            if was is None and now is not None:
                found.append(line("+", f"{what} {name} ({_shown(now)})"))
            elif was is not None and now is None:
                found.append(line("-", f"{what} {name} ({_shown(was)})"))
            elif was is not None and now is not None and (changed := _changes(was, now)):
                found.append(line("~", f"{what} {name}: {'; '.join(changed)}"))
    found += [line(sign, text) for sign, text in _route_differences(old.routes, new.routes)]
    for what, was_words, now_words in (
        ("pattern", [_pattern_text(each) for each in old.patterns], [_pattern_text(each) for each in new.patterns]),
        ("safe word", list(old.safe_words), list(new.safe_words)),
        ("field", _field_texts(old.fields), _field_texts(new.fields)),
    ):
        found += [line("+", f"{what} {each}") for each in now_words if each not in was_words]
        found += [line("-", f"{what} {each}") for each in was_words if each not in now_words]
    return found


def _field_texts(fields: Mapping[str, str]) -> list[str]:
    return [f"{name}: {verdict}" for name, verdict in fields.items()]


def _pattern_text(pattern: PatternConfig) -> str:
    return f"{pattern.type} {pattern.regex}"


def _quiet(span: timedelta | None) -> str:
    return "never quiet" if span is None else f"quiet after {spoken(span)}"


def _shown(entry: SourceConfig | ChannelConfigEntry) -> str:
    if isinstance(entry, SourceConfig):
        return f"{entry.format}, {_quiet(entry.quiet_after)}"
    return f"{entry.kind}: {entry.shown}"


def _changes(was: SourceConfig | ChannelConfigEntry, now: SourceConfig | ChannelConfigEntry) -> list[str]:
    if isinstance(was, SourceConfig) and isinstance(now, SourceConfig):
        found = [f"{_shown(was)} → {_shown(now)}"] if _shown(was) != _shown(now) else []
        if was.mapping != now.mapping:
            found.append("mapping changed")
        if was.fields != now.fields:
            found.append("fields changed")
        found += [
            f"{name} changed"
            for name in sorted({*was.settings, *now.settings})
            if was.settings.get(name) != now.settings.get(name)
        ]
        if was.signing != now.signing:
            found.append("signing secret changed")
        return found + (["key changed"] if was.key != now.key else [])
    if isinstance(was, ChannelConfigEntry) and isinstance(now, ChannelConfigEntry):
        return _channel_changes(was, now)
    return []


def _channel_changes(was: ChannelConfigEntry, now: ChannelConfigEntry) -> list[str]:
    """Names of what changed; values only as the kind describes itself, since a URL's path may hold a key."""
    found = [f"{_shown(was)} → {_shown(now)}"] if _shown(was) != _shown(now) else []
    if was.vendor != now.vendor:
        found.append(f"vendor {was.vendor or 'none'} → {now.vendor or 'none'}")
    if type(was.config) is type(now.config):
        names = [
            each.encode_name
            for each in msgspec.structs.fields(now.config)
            if getattr(was.config, each.name) != getattr(now.config, each.name) and each.name != "vendor"
        ]
        found += [f"{name} changed" for name in names]
    names = sorted({*was.secrets, *now.secrets})
    return found + [f"{name} changed" for name in names if was.secrets.get(name) != now.secrets.get(name)]


def route_text(route: Route) -> str:
    """A route as one reads it: `severity=~"critical|error" → pager, hook by alertname, continue`."""
    matchers = " ".join(map(str, route.matchers)) or "everything"
    grouped = f" by {', '.join(route.group_by)}" if route.group_by else ""
    return f"{matchers} → {', '.join(route.channels)}{grouped}{', continue' if route.go_on else ''}"


def _route_differences(old: Sequence[Route], new: Sequence[Route]) -> list[tuple[Literal["+", "-", "~"], str]]:
    """By position, since a route's place decides what it does."""
    was, now = [route_text(route) for route in old], [route_text(route) for route in new]
    found: list[tuple[Literal["+", "-", "~"], str]] = []
    for index in range(max(len(was), len(now))):
        if index >= len(was):
            found.append(("+", f"route {index + 1}: {now[index]}"))
        elif index >= len(now):
            found.append(("-", f"route {index + 1}: {was[index]}"))
        elif was[index] != now[index]:
            found.append(("~", f"route {index + 1}: {was[index]} is now {now[index]}"))
    return found
