import os
from pathlib import Path

import pytest

from visitsafe.settings import load, pin_team
from visitsafe.watch.notify import Reach, read_reach
from visitsafe.watch.outbox import Channel

GOOD = """
[[notify]]
label = "duty mailbox"
who = "duty"
url = "mailtos://desk:hunter2@mail.example"

[[notify]]
label = "Mo's phone"
who = "mo@council.example"
url_file = "secrets/mo.url"
address = true

[line-managers]
"sam@council.example" = "mo@council.example"
"""


def read(home: Path, text: str, mode: int = 0o600) -> Reach:
    file = home / "settings.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return read_reach(load({"VISITSAFE_HOME": str(home)}))


def url_file(home: Path, text: str = "json://hooks.example/hunter2\n", mode: int = 0o600) -> Path:
    path = home / "secrets" / "mo.url"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def entry(**changes: str) -> str:
    fields = {"label": '"a"', "who": '"duty"', "url": '"json://x"'} | changes
    lines = [f"{key} = {value}" for key, value in fields.items() if value]
    return "\n".join(["[[notify]]", *lines, ""])


def problems(home: Path, text: str) -> tuple[str, ...]:
    reach = read(home, text)
    assert reach.faults
    return reach.faults


def test_channels_are_read_in_the_order_in_which_they_are_tried(tmp_path: Path) -> None:
    url_file(tmp_path)
    reach = read(tmp_path, GOOD)
    assert reach.contacts.channels == (
        Channel("duty mailbox", "duty"),
        Channel("Mo's phone", "mo@council.example", address=True),
    )
    assert reach.contacts.line_managers == {"sam@council.example": "mo@council.example"}
    assert reach.urls["Mo's phone"] == "json://hooks.example/hunter2"
    assert reach.warnings == ()


def test_a_desk_without_notifications_reaches_nobody_and_is_no_error(tmp_path: Path) -> None:
    reach = read_reach(load({"VISITSAFE_HOME": str(tmp_path)}))
    assert (reach.contacts.channels, reach.urls, reach.warnings) == ((), {}, ())


def test_what_is_printed_in_haste_holds_no_password(tmp_path: Path) -> None:
    url_file(tmp_path)
    assert "hunter2" not in repr(read(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry(url=""), "needs either a url or a url_file"),
        (entry(url_file='"x"'), "needs either a url or a url_file"),
        (entry(url='""'), "the url is empty"),
        (entry(url="5"), "the url is empty"),
        (entry(label=""), "needs a label"),
        (entry(label='"a\\u001b[2J"'), "plain text"),
        (entry(label='"mailto://u:hunter2@h"'), "looks like a URL"),
        (entry(who='"y"'), "or a member's name or e-mail"),
        (
            entry(who='"?"'),
            "who must be duty, manager, line-manager, lone-worker or a member's name or e-mail",
        ),
        (entry(who='"mailto://u:hunter2@h"'), "who must be"),
        (entry(who=""), "who must be"),
        (entry(address='"no"'), "address must be true or false"),
        (entry(adress="true"), 'nothing called "adress"'),
        (entry() + entry(label='" A "'.replace(" ", "")), "the same label"),
        (entry(url="", url_file='"gone.url"'), "cannot read its url_file: No such file"),
        (entry(url="", url_file='""'), "not the name of a file"),
        ('notify = "x"', "begin each with [[notify]]"),
        ("[notify]\nlabel = 'a'", "begin each with [[notify]]"),
        ('line-managers = "x"', "begin it with [line-managers]"),
        ('[line-managers]\n"sam@x.example" = "-"', "write both names or e-mails"),
        ('[line-managers]\n"sam@x.example" = 5', "write both names or e-mails"),
    ],
)
def test_a_bad_entry_is_named_in_one_sentence_without_its_secret(
    tmp_path: Path, text: str, said: str
) -> None:
    (sentence,) = problems(tmp_path, text)
    assert said in sentence
    assert "hunter2" not in sentence
    if "[[notify]]\nlabel" in text:
        assert sentence.startswith(f"[[notify]] entry {text.count('[[notify]]')}")


def test_what_is_wrong_is_left_out_and_all_else_is_used(tmp_path: Path) -> None:
    url_file(tmp_path)
    bad = entry(label='"boss"', who='"..."') + '[line-managers]\n"sam@council.example" = ""\n'
    reach = read(tmp_path, GOOD.partition("[line-managers]")[0] + bad)
    assert [one.label for one in reach.contacts.channels] == ["duty mailbox", "Mo's phone"]
    assert set(reach.urls) == {"duty mailbox", "Mo's phone"}
    assert reach.contacts.line_managers == {}
    assert [sentence.partition(":")[0] for sentence in reach.faults] == [
        '[[notify]] entry 3 ("boss")',
        '[line-managers] "sam@council.example"',
    ]
    assert "entry 3" in reach.trouble
    assert "1 more" in reach.trouble
    assert "no channel is left" not in reach.trouble


def test_where_no_channel_is_left_the_trouble_says_so(tmp_path: Path) -> None:
    assert "no channel is left" in read(tmp_path, entry(who='"..."')).trouble
    assert read(tmp_path, "").trouble == ""


def test_all_that_is_wrong_is_listed_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, entry(who='"!"') + entry(label='"b"', url=""))) == 2


@pytest.mark.parametrize("content", ["", "json://a\njson://b"])
def test_a_url_file_holds_the_url_and_nothing_else(tmp_path: Path, content: str) -> None:
    url_file(tmp_path, content)
    assert "nothing else" in problems(tmp_path, entry(url="", url_file='"secrets/mo.url"'))[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_file_with_passwords_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    path = url_file(tmp_path, mode=0o644)
    own, other = read(tmp_path, GOOD, mode=0o640).warnings
    assert f"chmod 600 '{tmp_path / 'settings.toml'}'" in own
    assert f"chmod 600 '{path}'" in other
    assert read(tmp_path, "[me]\nname = 'Mo'", mode=0o644).warnings == ()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[store]\nurl = "sqlite:////x"\n"sam@c.example" = "mo@c.example"', ("[store]", "[line-managers]")),
        ('[team]\nid = "1"\n[team.line-managers]\n"sam@c.example" = "mo@c.example"', ("[team]", "[line-man")),
        ('[me]\nname = "Mo"\nlabel = "desk"', ("[me]", "[[notify]]")),
        (
            '[[notify]]\n[lone-managers]\n"sam@c.example" = "mo@c.example"',
            ("lone-managers", "there are [me]"),
        ),
        ('"sam@c.example" = "mo@c.example"', ("above the first table", "[line-managers]")),
        ('[store]\nurk = "sqlite:////x"', ("urk", "there are url")),
    ],
)
def test_what_nothing_reads_is_named_with_its_right_place(
    tmp_path: Path, lines: str, said: tuple[str, str]
) -> None:
    faults = [one for one in read(tmp_path, lines).faults if one.startswith("settings.toml: ")]
    assert len(faults) == 1
    for words in said:
        assert words in faults[0]


def test_other_settings_may_be_written_without_losing_a_channel(tmp_path: Path) -> None:
    url_file(tmp_path)
    before = read(tmp_path, GOOD)
    pin_team(load({"VISITSAFE_HOME": str(tmp_path)}), "f" * 64)
    assert read_reach(load({"VISITSAFE_HOME": str(tmp_path)})) == before
