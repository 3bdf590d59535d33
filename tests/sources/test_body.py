"""The body reader: what two JSON readers could understand differently is refused, and nothing of it is repeated."""

import json
import traceback

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sources.body import MAX_DEPTH, MAX_NAMES, MAX_VALUES, read
from router.sources.contract import Malformed
from tests.effort import calls

CANARY = "Zebulon Quackenbush"

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from([":", "a:b", '{"a":1}', "\\u003a", "\\", '"', "\\u0000"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(value=json_values, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_a_value_survives_however_it_was_written(value: object, *, ascii_only: bool, indent: int | None) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@given(json_values, st.sampled_from(["key", "a:b", "", "é", "\\"]), json_values, st.data())
def test_a_key_sent_twice_is_refused_at_any_depth(first: object, key: str, second: object, data: st.DataObject) -> None:
    def written(text: str) -> str:
        if data.draw(st.booleans()):
            return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'
        return json.dumps(text)

    pair = f"{{{written(key)}:{json.dumps(first)},{written(key)}:{json.dumps(second)}}}"
    wrapped = data.draw(st.sampled_from(["%s", "[1,%s]", '{"x":{"y":[%s]}}', '{"a:b":"c:\\u003ad","x":%s}']))
    with pytest.raises(Malformed, match="same key twice"):
        read((wrapped % pair).encode())


@given(json_values)
def test_escaped_colons_hide_no_duplicate_and_make_none(value: object) -> None:
    escaped = json.dumps({"a": value, "b": "x:y"}).replace("x:y", "x\\u003Ay")
    assert read(escaped.encode()) == {"a": value, "b": "x:y"}
    with pytest.raises(Malformed, match="same key twice"):
        read(f'{{"c":{escaped},"c":"\\u003a"}}'.encode())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"name":"Zebulon Quackenbush"', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush"}}', "not valid JSON"),
        (b"{'name':'Zebulon Quackenbush'}", "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush","n":NaN}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush","n":-Infinity}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush","n":1e400}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush","n":' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush","n":01}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush",}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush \\ud800"}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush \\udc00\\ud800"}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush \x00"}', "not valid JSON"),
        (b'{"name":"Zebulon Quackenbush \\u0000"}', "NUL"),
        (b'{"Zebulon Quackenbush \\\\\\u0000":1}', "NUL"),
        (b'{"name":"Zebulon Quackenbush \xff"}', "not UTF-8"),
        (b'{"name":"Zebulon Quackenbush \xed\xa0\x80"}', "not UTF-8"),
        ('{"name":"Zebulon Quackenbush"}'.encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"name":"Zebulon Quackenbush"}', "byte order mark"),
        (b'{"name":"Zebulon Quackenbush","name":"Zebulon Quackenbush"}', "same key twice"),
        (b"\x1f\x8b\x08Zebulon Quackenbush", "not UTF-8"),
    ],
)
def test_what_is_no_strict_json_is_refused_and_not_repeated(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        read(body)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "orjson's exception carries the body"
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in repr(vars(caught.value))


def test_the_text_of_an_escape_is_no_escape() -> None:
    assert read(b'{"a":"\\\\u0000","b":"\\\\\\\\u0000"}') == {"a": "\\u0000", "b": "\\\\u0000"}


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_bounded_exactly(opening: bytes, closing: bytes) -> None:
    read(opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 300, 2000):
        with pytest.raises(Malformed, match="deeper"):
            read(opening * depth + b"1" + closing * depth)


def test_depth_is_found_beside_many_flat_values() -> None:
    flat = [{"a": [1]}] * 200
    assert read(orjson.dumps(flat)) == flat
    with pytest.raises(Malformed, match="deeper"):
        read(b'[{"a":[1]},' * 1 + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]")


def test_the_number_of_different_keys_is_bounded_exactly() -> None:
    """Each is read as a text: twenty thousand of them, in 310 kB, held a web process for twelve seconds."""
    names = [f"k{number}" for number in range(MAX_NAMES)]
    assert len(read(orjson.dumps(dict.fromkeys(names, 1)))) == MAX_NAMES
    apart = [{name: 1} for name in names]
    assert read(orjson.dumps(apart * 2)) == apart * 2, "one that comes again is the same"
    for more in (dict.fromkeys([*names, "k"], 1), [*apart, {"k": 1}], {"a": [dict.fromkeys(names, 1)]}):
        with pytest.raises(Malformed, match=f"more than {MAX_NAMES} different keys"):
            read(orjson.dumps(more))


def test_the_number_of_values_is_bounded_exactly() -> None:
    assert len(read(orjson.dumps([0] * (MAX_VALUES - 1)))) == MAX_VALUES - 1
    with pytest.raises(Malformed, match="more than"):
        read(orjson.dumps([0] * MAX_VALUES))
    commas = "," * 2 * MAX_VALUES
    assert read(orjson.dumps({"text": commas})) == {"text": commas}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b"[]," * 300_000 + b"[]]",
        b'"' + b"\\\\" * 500_000 + b'\\u0000"',
        b'{"a":"' + b"\\u003a" * 150_000 + b'","a":1}',
        b"9" * 1_000_000,
    ],
    ids=["open", "open objects", "deep", "wide", "backslashes", "escaped colons", "long number"],
)
def test_a_hostile_body_of_a_megabyte_is_refused_with_little_work(body: bytes) -> None:
    def refused() -> None:
        with pytest.raises(Malformed):
            read(body)

    assert calls(refused) < len(body) * 4


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    try:
        value = read(body)
    except Malformed:
        return
    assert value == json.loads(body) or isinstance(value, float)
