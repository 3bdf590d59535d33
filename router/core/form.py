"""A channel kind's own model as a form, and what was typed into the form as the model again.

The model in `channels/<kind>.py` is the one place where fields, labels, help and rules stand; nothing here knows a
kind. What is wrong is said of each field by itself, with what to do, and never with what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

from channels.contract import ChannelConfig, Spec
from router.core.config import NAME

Sort = Literal["text", "lines", "number", "choice", "tick", "secret"]

ON: Final = "yes"
"""What a ticked box sends."""

LONGEST_SECRET: Final = 4_096
"""Characters of a credential that are taken from a form or a request; real ones have a tenth of it."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is where it stands in the configuration file, as `smtp.port`; a secret has its own name.

    `group` is the title of the mapping it is part of. `default` is what the form holds before anybody typed. `least`
    and `most` bound a number, or how many lines there may be. `key_in_path`: an address whose path may hold a key.
    """

    name: str
    title: str
    help: str
    sort: Sort
    required: bool
    default: str = ""
    group: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    key_in_path: bool = False

    @property
    def rule(self) -> str:
        """What is expected here, as one sentence."""
        match self.sort:
            case "choice":
                return f"Choose one of {', '.join(self.choices)}."
            case "number":
                return f"Write a whole number from {self.least} to {self.most}."
            case "lines":
                return f"Write {self.least or 1} to {self.most}, each on a line of its own."
        like = f" like {self.example}" if self.example else ""
        return f"Write it{like}: {self.help}." if self.help else f"Write a text{like}."


class Change(NamedTuple):
    """One field's change, for people: values as they may be shown. Of a secret only what was done to it."""

    field: str
    title: str
    was: str
    now: str
    secret: bool = False


def fields(spec: Spec[Any]) -> tuple[Field, ...]:
    """Every field of the kind's model and every credential, in the order in which a form asks for them.

    A credential whose name starts with a mapping's (`smtp_password`) stands in that mapping's group.
    """
    found = list(_of_model(spec.config))
    groups = {each.name.partition(".")[0]: each.group for each in found if each.group}
    for name in (*spec.secrets, *spec.optional_secrets):
        asked = spec.asks[name]
        group = groups.get(name.partition("_")[0], "")
        secret = Field(name, asked.title, asked.help, "secret", name in spec.secrets, group=group)
        found.insert(_end_of(found, group), secret)
    return tuple(found)


def read(spec: Spec[Any], given: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as the model's JSON; a field left empty is left out. Nothing is checked here: see `build`."""
    found: dict[str, Any] = {}
    for each in _of_model(spec.config):
        text = given.get(each.name, "").strip()
        value: Any = text
        if each.sort == "tick":
            value = text == ON
        elif not text:
            continue
        elif each.sort == "lines":
            value = [line.strip() for line in text.splitlines() if line.strip()]
        elif each.sort == "number":
            value = int(text) if re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII) else text
        place = found
        *above, last = each.name.split(".")
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    for name in {each.name.partition(".")[0] for each in _of_model(spec.config) if "." in each.name}:
        found.setdefault(name, {})  # so that each field inside is asked for, not the whole
    return found


def build(spec: Spec[Any], given: Mapping[str, Any], faults: dict[str, str]) -> ChannelConfig | None:
    """The model out of its JSON; None with a sentence in `faults` for each field that is not right ('': the whole)."""
    known = {each.name: each for each in _of_model(spec.config)}
    made = _struct(spec.config, given, known, faults, "")
    return made if isinstance(made, ChannelConfig) else None


def shown(spec: Spec[Any], config: ChannelConfig) -> dict[str, str]:
    """The model's values as the form holds them, by field."""
    found = {}
    for each in _of_model(spec.config):
        value = _value(config, each.name)
        if each.sort == "tick":
            found[each.name] = ON if value else ""
        elif each.sort == "lines":
            found[each.name] = "\n".join(value)
        else:
            found[each.name] = "" if value is None else str(value)
    return found


def changes(
    spec: Spec[Any],
    was: tuple[ChannelConfig, Mapping[str, str]] | None,
    now: tuple[ChannelConfig, Mapping[str, str]],
) -> list[Change]:
    """What differs between two (settings, secrets) of a kind, field by field; `was` is None for a new channel."""
    before = shown(spec, was[0]) if was else {}
    after = shown(spec, now[0])
    found = []
    for each in fields(spec):
        if each.sort == "secret":
            held, given = (was[1].get(each.name, "") if was else ""), now[1].get(each.name, "")
            if held != given:
                word = "replaced" if held and given else "set" if given else "taken away"
                found.append(Change(each.name, each.title, "set" if held else "", word, secret=True))
        elif (old := before.get(each.name, "")) != (new := after[each.name]):
            was_told, now_told = veiled(each, old), veiled(each, new)
            same = " (another path)" if was_told == now_told else ""
            found.append(Change(each.name, each.title, was_told, now_told + same))
    return found


def veiled(field: Field, text: str) -> str:
    """A value as anybody may see it: of an address whose path may hold a key, only where it leads."""
    if field.sort == "lines":
        return ", ".join(text.splitlines())
    if not field.key_in_path or not text:
        return text
    parts = urlsplit(text)
    rest = "/…" if (parts.path.strip("/") or parts.query) else ""
    return f"{parts.scheme}://{parts.netloc}{rest}"


def name_fault(name: str) -> str:
    """Why this is no name for a channel, as what to do; '' when it is one."""
    if not NAME.fullmatch(name):
        return (
            "Write 1 to 63 letters, digits, dots, - or _, a letter or digit first: it stands in routes and addresses."
        )
    if _UUID.fullmatch(name):
        return "Write a name that does not look like an id: addresses take either."
    return ""


# -- the model ----------------------------------------------------------------------------------------------------


def _of_model(shape: type[msgspec.Struct], above: str = "", group: str = "") -> Iterator[Field]:
    for each in msgspec.structs.fields(shape):
        bare, meta, optional = _unwrapped(each.type)
        name = f"{above}{each.encode_name}"
        title = (meta.title if meta else None) or each.encode_name.replace("_", " ").capitalize()
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            yield from _of_model(bare, f"{name}.", title)
            continue
        sort = _sort(bare)
        default = "" if each.required or each.default in (None, msgspec.NODEFAULT) else each.default
        examples = (meta.examples if meta else None) or [""]
        example = examples[0]
        yield Field(
            name=name,
            title=title,
            help=(meta.description if meta else None) or "",
            sort=sort,
            required=each.required and not optional,
            default=(ON if default else "") if sort == "tick" else str(default),
            group=group,
            example="\n".join(example) if isinstance(example, list) else str(example),
            choices=tuple(map(str, get_args(bare))) if sort == "choice" else (),
            least=_whole((meta.min_length if sort == "lines" else meta.ge) if meta else None),
            most=_whole((meta.max_length if sort == "lines" else meta.le) if meta else None),
            key_in_path=bool(meta and (meta.extra or {}).get("key_in_path")),
        )


def _unwrapped(shape: Any) -> tuple[Any, msgspec.Meta | None, bool]:  # noqa: ANN401 - any type a model uses
    """(the type itself, what is annotated to it, may it be None)."""
    meta = None
    if get_origin(shape) is Annotated:
        shape, *more = get_args(shape)
        meta = next((each for each in more if isinstance(each, msgspec.Meta)), None)
    optional = get_origin(shape) in (Union, UnionType) and NoneType in get_args(shape)
    if optional:
        (inner,) = [each for each in get_args(shape) if each is not NoneType]
        shape = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return shape, meta, optional


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _sort(bare: Any) -> Sort:  # noqa: ANN401 - any type a model uses
    if get_origin(bare) is Literal:
        return "choice"
    if get_origin(bare) in (list, tuple):
        return "lines"
    if bare is bool:
        return "tick"
    return "number" if bare is int else "text"


def _struct(
    shape: type[msgspec.Struct],
    given: Mapping[str, Any],
    known: Mapping[str, Field],
    faults: dict[str, str],
    above: str,
) -> msgspec.Struct | None:
    before = len(faults)
    values: dict[str, Any] = {}
    names = [each.encode_name for each in msgspec.structs.fields(shape)]
    if any(key not in names for key in given):
        faults[above.rstrip(".")] = f"There is a setting too many here; these are known: {', '.join(names)}."
    for each in msgspec.structs.fields(shape):
        name = f"{above}{each.encode_name}"
        bare, _, _ = _unwrapped(each.type)
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            inner = given.get(each.encode_name, {} if each.required else None)
            if isinstance(inner, Mapping):
                values[each.name] = _struct(bare, inner, known, faults, f"{name}.")
            elif inner is not None:
                faults[name] = "Settings by name are expected here."
        elif each.encode_name in given:
            try:
                values[each.name] = msgspec.convert(given[each.encode_name], each.type)
            except msgspec.ValidationError:
                faults[name] = known[name].rule
        elif each.required:
            faults[name] = f"It is needed. {known[name].rule}"
    if len(faults) > before:
        return None
    try:
        return shape(**values)
    except ValueError as error:
        name = getattr(error, "field", "")
        faults[name] = f"{error} {known[name].rule}" if name in known else str(error)
        return None


def _value(config: Any, name: str) -> Any:  # noqa: ANN401 - a model and what it holds
    for part in name.split("."):
        field = next(each.name for each in msgspec.structs.fields(config) if each.encode_name == part)
        config = getattr(config, field)
    return config


def _end_of(found: Sequence[Field], group: str) -> int:
    """Where a group ends; the end of all without one."""
    places = [place for place, each in enumerate(found) if each.group == group]
    return places[-1] + 1 if group and places else len(found)
