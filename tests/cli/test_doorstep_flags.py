"""Every flag of the commands at the doorstep and the desk, with whatever somebody may type behind it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import TEXTS
from office import NOW, Office, Ran

TEXT_FLAGS = (
    "--note",
    "--known-by",
    "--for",
    "--reason",
    "--at",
    "--until",
    "--by",
    "--as-step",
    "--because",
)
COMMANDS = ("depart", "arrive", "ok", "leave", "back", "extend", "acknowledge", "stand-down")
BARE = ("--duress", "--urgent", "--stopped", "--json", "--help", "-h", "--", "-", "---", "--no-such-flag")
SHORT = ("", " ", "--", "-", "---", "=", "-x", "--note", "--for", "[]", "sam", "mo", "10:00", "30m", "safe")
WORDS = st.one_of(st.sampled_from(SHORT), TEXTS)
ARGUMENTS = st.one_of(
    st.builds("{}={}".format, st.sampled_from(TEXT_FLAGS), WORDS).map(lambda word: [word]),
    st.tuples(st.sampled_from(TEXT_FLAGS), WORDS).map(list),
    st.sampled_from(BARE).map(lambda word: [word]),
    WORDS.map(lambda word: [word]),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One office for all that is typed: a visit of Sam's that is late, so that every command has its use."""
    office = Office(tmp_path_factory.mktemp("flags")).open()
    office.countersigned()
    office.at(NOW.replace(hour=9)).sam.done("depart")
    return office.at(NOW.replace(hour=12))


def answered(ran: Ran) -> None:
    """A result, or a sentence and the way on; never half of a traceback."""
    assert ran.code in {0, 1, 2}
    assert "Traceback" not in ran.err
    assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)
    if ran.code:
        assert ran.err.startswith("visitsafe: ")


@settings(max_examples=60)
@pytest.mark.parametrize("command", COMMANDS)
@given(arguments=st.lists(ARGUMENTS, max_size=4), named=st.booleans(), boss=st.booleans())
def test_whatever_is_typed_is_answered(
    shared: Office, command: str, arguments: list[list[str]], named: bool, boss: bool
) -> None:
    who = shared.mo if boss else shared.sam
    flags = [word for argument in arguments for word in argument]
    answered(who.run(command, *[shared.ref] * named, *flags))


@pytest.mark.parametrize("flag", TEXT_FLAGS)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("typed", SHORT)
def test_each_flag_alone_is_answered(shared: Office, command: str, flag: str, typed: str) -> None:
    answered(shared.mo.run(command, shared.ref, f"{flag}={typed}"))


def test_a_text_of_two_dashes_is_a_text(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    assert office.sam.done("ok", office.ref, "--note=--", "--json").json["note"] == "--"
    told = office.mo.done("ok", office.ref, "--for", "Sam", "--known-by=--", "--json").json
    assert told["known_by"] == "--"
    nobody = office.mo.run("ok", "--for=--", "--known-by", "voice")
    assert (nobody.code, "nobody in the team is called '--'" in nobody.err) == (1, True)


@pytest.mark.parametrize(
    ("command", "flag"), [("back", "--at"), ("ok", "--at"), ("extend", "--until"), ("extend", "--by")]
)
def test_a_time_that_is_none_is_never_taken_for_now(office: Office, command: str, flag: str) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    before = office.show()["entries"]
    for typed in ("--", "", " "):
        ran = office.sam.run(command, office.ref, f"{flag}={typed}")
        assert (ran.code, "hint:" in ran.err) == (2, True)
    assert office.show()["entries"] == before


def test_nobody_behind_for_is_not_taken_for_whoever_is_typing(office: Office) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    before = office.show()["entries"]
    assert office.sam.run("back", "--for", "").code == 2
    assert office.show()["entries"] == before
