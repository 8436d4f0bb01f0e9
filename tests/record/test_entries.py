"""An entry is read strictly, and the same on every machine; nothing but VerificationError comes out."""

import json
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visitsafe.errors import VerificationError
from visitsafe.record.entry import (
    MOST_AFTER,
    MOST_BYTES,
    MOST_DEPTH,
    MOST_NUMBER,
    Entry,
    body_of,
    compose,
    read,
)
from visitsafe.text.clock import from_text, to_text

AT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
BY = "SHA256:" + "a" * 43
PLAN = "K7Q2M9ABCDEFGHJK"
WHOLE = {
    "v": 1,
    "plan": PLAN,
    "kind": "decided",
    "at": "2026-11-23T15:30:00Z",
    "by": BY,
    "after": [],
    "body": {},
}


class Body(msgspec.Struct, forbid_unknown_fields=True):
    rationale: str
    minutes: int = 30


def payload(**changes: Any) -> bytes:
    return json.dumps(WHOLE | changes, ensure_ascii=False, separators=(",", ":")).encode()


def with_body(text: str) -> bytes:
    """A payload whose body holds this JSON text."""
    return payload(body={"x": "HERE"}).replace(b'"HERE"', text.encode("utf-8", "surrogatepass"))


def nested(depth: int) -> str:
    """JSON that makes a payload of `depth` levels in its body."""
    return "[" * (depth - 1) + "]" * (depth - 1)


@given(
    rationale=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    minutes=st.integers(-MOST_NUMBER, MOST_NUMBER),
    at=st.datetimes(timezones=st.timezones()),
    after=st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=4),
)
def test_what_is_composed_is_read_again(rationale: str, minutes: int, at: datetime, after: list[str]) -> None:
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        at = AT
    content = read(compose(PLAN, "decided", at, BY, after, Body(rationale, minutes)))
    assert body_of(content, Body) == Body(rationale, minutes)
    assert from_text(content.at) == at.replace(microsecond=0)
    assert content.after == tuple(sorted(after))


def test_an_entry_s_id_is_what_sha256sum_prints() -> None:
    entry = Entry(payload=compose("team", "added", AT, BY, [], Body("é\n")), signature="")
    printed = subprocess.run(["sha256sum"], input=entry.payload, capture_output=True, check=True).stdout
    assert entry.id == printed.decode().split()[0]


def test_a_kind_that_is_not_known_is_read_all_the_same() -> None:
    assert read(payload(kind="stood-down-by-phone")).kind == "stood-down-by-phone"


def test_the_order_and_the_spacing_of_members_are_the_author_s() -> None:
    shuffled = json.dumps(dict(reversed(WHOLE.items())), indent=2).encode()
    assert read(shuffled) == read(payload())


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (payload().replace(b'"v":1', b'"v":1,"v":1'), "same member twice"),
        (payload().replace(b'"v":1', b'"v":1,"\\u0076":1'), "same member twice"),
        (with_body('{"reason":"go","reason":"stay"}'), "same member twice"),
        (with_body('[[{"a":1,"a":1}]]'), "same member twice"),
        (payload(extra=1), "unknown field `extra`"),
        (payload(v=2), "record format 2, and this visitsafe reads 1"),
        (payload(v=0), "record format 0"),
        (payload(v=True), "not readable"),
        (payload(v=1.0), "not readable"),
        (payload(v="1"), "not readable"),
        (payload(v=None), "not readable"),
        (payload().replace(b'"v":1,', b""), "missing required field `v`"),
        (payload(plan="K7Q2M9ABCDEFGHJ"), "names no plan"),
        (payload(plan="K7Q2M9ABCDEFGHJU"), "names no plan"),
        (payload(plan="k7q2m9abcdefghjk"), "names no plan"),
        (payload(plan="team\n"), "names no plan"),
        (payload(kind=""), "does not say what happened"),
        (payload(kind="decided\n"), "does not say what happened"),
        (payload(kind="\x1b[2Jdecided"), "does not say what happened"),
        (payload(kind="d" * 41), "does not say what happened"),
        (payload(after=["ab" * 31]), "no entry ids"),
        (payload(after=["AB" * 32]), "no entry ids"),
        (payload(after=["ab" * 32 + "\n"]), "no entry ids"),
        (payload(after=["ab" * 32] * (MOST_AFTER + 1)), "no entry ids"),
        (payload(after="ab" * 32), "not readable"),
        (payload(body=[]), "not readable"),
        (with_body(str(MOST_NUMBER + 1)), "number that is too large"),
        (with_body(str(-MOST_NUMBER - 1)), "number that is too large"),
        (with_body("9" * 40), "number that is too large"),
        (with_body("9" * 5000), "not readable"),
        (with_body("1e400"), "not readable"),
        (with_body("NaN"), "not readable"),
        (with_body("-Infinity"), "not readable"),
        (with_body(nested(MOST_DEPTH + 1)), "nested more than"),
        (with_body(nested(500)), "nested more than"),
        (with_body('["]",' * 500 + "1" + "]" * 500), "nested more than"),
        (with_body('{"a":' * 500 + "1" + "}" * 500), "nested more than"),
        (with_body(nested(100_000)), "not readable"),
        (with_body('"\\ud800"'), "not readable"),
        (with_body('"\\udc00\\ud800"'), "not readable"),
        (with_body('"\ud800"'), "not readable"),
        (with_body('"\0"'), "not readable"),
        (with_body('"\x1b"'), "not readable"),
        (with_body('"\\u0000"'), "NUL"),
        (with_body('"\\\\\\u0000"'), "NUL"),
        (with_body('{"\\u0000":1}'), "NUL"),
        (payload().replace(b"decided", b"deci\xffded"), "not readable"),
        (payload().replace(b"decided", b"deci\xc0\x80ded"), "not readable"),
        (b"\xef\xbb\xbf" + payload(), "not readable"),
        (payload().decode().encode("utf-16"), "not readable"),
        (payload() + b"{}", "not readable"),
        (payload()[:-1], "not readable"),
        (b"", "not readable"),
        (b"null", "not readable"),
    ],
)
def test_what_others_could_read_differently_is_refused(stored: bytes, sentence: str) -> None:
    with pytest.raises(VerificationError, match=sentence) as refused:
        read(stored)
    assert refused.value.exit_code == 3
    assert refused.value.message.isprintable()


def test_a_later_record_format_says_what_to_do() -> None:
    with pytest.raises(VerificationError) as refused:
        read(payload(v=2))
    assert refused.value.hint == "install a newer visitsafe"


def test_a_member_s_name_cannot_speak_to_the_terminal() -> None:
    with pytest.raises(VerificationError) as refused:
        read(payload(**{"\x1b[2J\u202e": 1}))
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        str(MOST_NUMBER),
        "-" + str(MOST_NUMBER),
        f'"{"9" * 40} is text"',
        '"\\\\u0000 is text too"',
        '"' + "[" * 500 + '"',
        nested(MOST_DEPTH),
        json.dumps([[{"a": "["}]] * 500),
        '"\\ud83d\\ude00"',
    ],
)
def test_what_only_looks_dangerous_is_read(text: str) -> None:
    assert read(with_body(text)).body == {"x": json.loads(text)}


def test_an_entry_may_be_as_large_as_allowed_and_no_larger() -> None:
    room = MOST_BYTES - len(with_body('""'))
    assert read(with_body('"' + "a" * room + '"')).plan == PLAN
    with pytest.raises(VerificationError, match="larger than"):
        read(with_body('"' + "a" * (room + 1) + '"'))


@pytest.mark.parametrize(
    "at",
    [
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T15:30:00",
        "2026-11-23T15:30:00z",
        "2026-11-23T15:30:00+00:00",
        "2026-11-23T15:30:00.0Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T15:60:00Z",
        "2026-11-23T15:30:60Z",
        "2026-11-23 15:30:00Z",
        "2026-W48-1T15:30:00Z",
        "20261123T153000Z",
        "0000-01-01T00:00:00Z",
        "2026-11-23T15:30:00Z\n",
        "\u0662\u0660\u0662\u0666-11-23T15:30:00Z",
        "",
        "\x1b[2J",
    ],
)
def test_a_time_that_is_not_utc_to_the_second_is_refused(at: str) -> None:
    with pytest.raises(VerificationError, match="not a UTC time") as refused:
        read(payload(at=at))
    assert refused.value.message.isprintable()


def test_times_are_written_in_utc_and_whole_seconds() -> None:
    summer = timezone(timedelta(hours=1))
    assert to_text(datetime(2026, 7, 1, 0, 30, 59, 999_999, summer)) == "2026-06-30T23:30:59Z"
    assert to_text(datetime(26, 7, 1, tzinfo=UTC)) == "0026-07-01T00:00:00Z"
    assert from_text("2026-06-30T23:30:59Z") == datetime(2026, 6, 30, 23, 30, 59, tzinfo=UTC)


def test_a_time_without_a_zone_is_never_written() -> None:
    with pytest.raises(ValueError, match="aware"):
        to_text(AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "body", [{}, {"rationale": 1}, {"rationale": "x", "minutes": 1.5}, {"rationale": "x", "\x1b[2J": 1}]
)
def test_a_body_that_does_not_fit_its_kind_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(
        VerificationError, match="a decided entry does not have the form of its kind"
    ) as refused:
        body_of(read(payload(body=body)), Body)
    assert refused.value.message.isprintable()


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text ever drawn builds Unicode's tables
@given(st.dictionaries(st.sampled_from([*WHOLE, "x"]), values, max_size=3))
def test_no_json_brings_the_reader_down(changes: dict[str, Any]) -> None:
    stored = json.dumps(WHOLE | changes).encode()
    try:
        content = read(stored)
    except VerificationError:
        return
    assert msgspec.to_builtins(content) | {"after": []} == json.loads(stored) | {"after": []}


@given(st.binary())
def test_no_bytes_bring_the_reader_down(stored: bytes) -> None:
    with pytest.raises(VerificationError):
        read(stored)
