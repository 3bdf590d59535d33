"""A text as the detector reads it: decoded and in one alphabet, each character still knowing where it came from."""

from __future__ import annotations

import html
import quopri
import re
from typing import Final, NamedTuple

from router.privacy import shapes

ROUNDS: Final = 4
"""Layers of percent, entity and backslash encoding that are read; more makes the whole text one token."""

_ESCAPE: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});|"
    r"(?:\\+u[0-9a-fA-F]{4})+|(?:\\+x[0-9a-fA-F]{2})+|(?:=[0-9A-F]{2}){2,}|\\+[\"'/]|(?:\\+[0-3][0-7]{2}){2,}|\\+033(?=\[)|"
    r"(?:\\+U000[0-9a-fA-F]{5})+|(?:\\+u\{[0-9a-fA-F]{1,6}\})+|=\?[A-Za-z0-9-]{2,20}\?[Qq]\?[^?\s]{1,300}\?="
)

escaped: Final = re.compile(
    r"[%&=\\](?:(?<=%)[0-9A-Fa-f]{2}|(?<==)(?:[0-9A-F]{2}=[0-9A-F]{2}|\?[A-Za-z0-9-]{2,20}\?[Qq]\?)|"
    r"(?<=\\)(?:u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F])|x[0-9a-fA-F]{2}|[\"'/]|[0-3][0-7]{2}[\\\[]|U000[0-9a-fA-F]{5})|"
    r"(?<=&)(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});)"
).search
"""Whether an escape stands in a text: where _ESCAPE finds one, sought by its mark."""


_CONTROL: Final = re.compile(r"(?:\x1b|#033)\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0e-\x1b\x7f]")
"""What a terminal does not show: colours (`#033[`: as rsyslog writes them) and control characters."""
_WORDS: Final = re.compile(r"\S+")
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_MOST_TIMES: Final = 3
"""A text may be so many times longer as it is read than as it is written: `½` is three characters, `ﷺ` is eighteen."""
_ROOM: Final = 200


class TooDeep(Exception):  # noqa: N818 - a budget, not a fault
    """More layers of encoding than ROUNDS, or a text that is far longer when it is read."""


class Shadow(NamedTuple):
    """`text`: Latin-1 only. `starts`, `ends`: per character its place in the original; None when it is the original.

    `letters`: as long as `text`, each character as it was written; '' when all of them are ASCII.
    """

    text: str
    starts: list[int] | None
    ends: list[int] | None
    letters: str = ""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the shadow stands in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def cast(text: str) -> Shadow:
    """The shadow of `text`. Raises TooDeep."""
    shadow = Shadow(text, None, None)
    if "%" in text or "&" in text or "\\" in text or "=" in text:
        shadow = _decode(text)
    if (not shadow.text.isprintable() or "#033[" in text) and _CONTROL.search(shadow.text) is not None:
        shadow = _shown(shadow)
    if shadow.text.isascii():
        return shadow
    seen = shadow.text.translate(_LOOKS)
    if len(seen) == len(shadow.text) and _EXPANDED not in seen:
        if "\xc9" not in seen and "\xe9" not in seen:
            return Shadow(seen, shadow.starts, shadow.ends)
        return Shadow(seen, shadow.starts, shadow.ends, shadow.text.translate(_LETTERS))
    return _spread(shadow)


_EXPANDED: Final = "\x00"
_REMEMBERED: Final = 4_096


class _Looks(dict[int, str]):
    """What each character is read as, remembered; `letters`: but a letter stays as it was written.

    A character that is read as none or several is marked, since every one behind it then stands at another place.
    """

    def __init__(self, *, letters: bool) -> None:
        super().__init__()
        self._letters = letters

    def __missing__(self, code: int) -> str:
        char = chr(code)
        seen = shapes.shadow_char(char)
        if len(seen) != 1:
            seen = _EXPANDED
        elif self._letters and (seen in "\xc9\xe9" or (char > "\u036f" and char.isalpha())):
            seen = char  # also what looks like a Latin letter: `полис` is a word of its own alphabet
        if len(self) < _REMEMBERED:
            self[code] = seen
        return seen


_LOOKS: Final = _Looks(letters=False)
_LETTERS: Final = _Looks(letters=True)


class _Shown(dict[str, str]):
    """What each character is read as, which may be none or several, remembered; `letters`: as long, but as written."""

    def __init__(self, *, letters: bool) -> None:
        super().__init__()
        self._letters = letters

    def __missing__(self, char: str) -> str:
        seen = shapes.shadow_char(char)
        if self._letters:
            alone = len(seen) == 1 and char > "\u036f" and char.isalpha()
            seen = "".join(char if alone or one in "\xc9\xe9" else one for one in seen)
        if len(self) < _REMEMBERED:
            self[char] = seen
        return seen


_SHOWN: Final = _Shown(letters=False)
_SHOWN_LETTERS: Final = _Shown(letters=True)


def _spread(shadow: Shadow) -> Shadow:
    """A shadow some of whose characters are read as none or several. Raises TooDeep when it would be far longer."""
    shown = [_SHOWN[char] for char in shadow.text]
    if sum(map(len, shown)) > _MOST_TIMES * len(shown) + _ROOM:
        raise TooDeep
    letters = "".join([_SHOWN_LETTERS[char] for char in shadow.text])
    if shadow.starts is None or shadow.ends is None:
        starts = [at for at, seen in enumerate(shown) for _ in seen]
        ends = [at + 1 for at in starts]
    else:
        starts = [at for at, seen in zip(shadow.starts, shown, strict=True) for _ in seen]
        ends = [at for at, seen in zip(shadow.ends, shown, strict=True) for _ in seen]
    return Shadow("".join(shown), starts, ends, letters)


def _shown(shadow: Shadow) -> Shadow:
    """A shadow without what a terminal does not show; a lone NUL is the blank it is between two arguments.

    A NUL that comes with every character is half of a UTF-16 one.
    """
    text = shadow.text
    pairs = "\x00" in text and any(text[at] == text[at + 2] == "\x00" for at in range(min(len(text) - 2, 64)))
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for gone in [*(match.span() for match in _CONTROL.finditer(text)), (len(text), len(text))]:
        places = [shadow.place(index, index + 1) for index in range(at, gone[0])]
        chars.append(text[at : gone[0]])
        if text[gone[0] : gone[1]] == "\x00" and not pairs:
            chars.append(" ")
            places.append(shadow.place(*gone))
        starts += [start for start, _ in places]
        ends += [end for _, end in places]
        at = gone[1]
    return Shadow("".join(chars), starts, ends)


def _decode(text: str) -> Shadow:
    if "+" in text and "%" in text:  # a form's blanks
        text = _WORDS.sub(lambda word: word[0].replace("+", " ") if _PERCENT.search(word[0]) else word[0], text)
    current = Shadow(text, None, None)
    for _ in range(ROUNDS):
        if escaped(current.text) is None:
            return current
        following = _round(current)
        if following is None:
            return current
        current = following
    if _round(current) is not None:
        raise TooDeep
    return current


def _round(shadow: Shadow) -> Shadow | None:
    """One layer less, or None when nothing that looks like an escape is one."""
    text = shadow.text
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    changed = False
    at = 0

    def copy(start: int, end: int) -> None:
        pieces.append(text[start:end])
        if shadow.starts is None or shadow.ends is None:
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend(shadow.starts[start:end])
            ends.extend(shadow.ends[start:end])

    for match in _ESCAPE.finditer(text):
        plain = _plain(match[0])
        if plain is None:
            continue
        begin, stop = match.span()
        if at < begin:
            copy(at, begin)
        start, end = shadow.place(begin, stop)
        pieces.append(plain)
        starts.extend([start] * len(plain))
        ends.extend([end] * len(plain))
        at = stop
        changed = True
    if not changed:
        return None
    copy(at, len(text))
    return Shadow("".join(pieces), starts, ends)


def _plain(escape: str) -> str | None:
    """What an escape stands for; None when it stands for nothing readable."""
    if escape[0] == "&":
        plain = html.unescape(escape)
        if plain.isspace():
            return " "  # `Dr&nbsp;Khan`
        return plain if plain != escape and plain.isprintable() else None
    if escape[:2] == "=?":
        return _plain_word(escape)
    if escape[0] == "=":
        raw = bytes.fromhex(escape.replace("=", ""))
    elif escape[0] == "%":
        raw = bytes.fromhex(escape.replace("%", ""))
    elif escape[-1] in "\"'/":
        return escape[-1]
    elif "{" in escape or "U" in escape or escape.lstrip("\\")[0].isdigit():
        return _spelled_out(escape)
    elif "u" in escape[: escape.rfind("\\") + 2]:
        parts = [part for part in escape.replace("\\", "").split("u") if part]
        plain = "".join(chr(int(part, 16)) for part in parts)
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    else:
        raw = bytes.fromhex(escape.replace("\\", "").replace("x", ""))
    try:
        plain = raw.decode("utf-8")
    except UnicodeDecodeError:
        plain = raw.decode("latin-1")
    return plain if all(char.isprintable() or char in "\t\n\r\x1b" for char in plain) else None


def _plain_word(escape: str) -> str | None:
    """A header's encoded word (RFC 2047, section 4.2): `=?utf-8?Q?Jos=C3=A9?=`."""
    _, charset, _, word, _ = escape.split("?", 4)
    try:
        return quopri.decodestring(word.encode(), header=True).decode(charset)
    except (LookupError, UnicodeDecodeError):
        return None


def _spelled_out(escape: str) -> str | None:
    r"""`\101`, `\U00000041` and `\u{41}`, several of them."""
    parts = [part.strip("uU{}") for part in escape.split("\\") if part]
    octal = escape.lstrip("\\")[0].isdigit()
    try:
        plain = (
            bytes(int(part, 8) for part in parts).decode("utf-8", "replace")
            if octal
            else "".join(chr(int(part, 16)) for part in parts)
        )
    except ValueError:
        return None
    return plain if all(char.isprintable() or char in "\t\n\r\x1b" for char in plain) else None
