"""Checklist files as people write them, right and wrong: what is refused, where, and in which words."""

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from visitsafe.checklists.files import find, problems, read, starting_file, write_new
from visitsafe.checklists.library import Library, check_library, load_all, shipped_folder
from visitsafe.checklists.model import ReviewChecklist, VisitChecklist
from visitsafe.checklists.yaml import MOST_BYTES, MOST_LISTED, as_data, parse, read_strings
from visitsafe.errors import NotFoundError, NotPermittedError, ProblemsError, SettingsError

TODAY = date(2026, 11, 23)
KINDS = [
    "visit",
    "should-not",
    "information-sharing",
    "review",
    "escalation",
    "form",
    "supervision",
    "sources",
]


def refused(text: str | bytes) -> list[str]:
    """What is wrong with a text as YAML: `line:column: sentence` for each problem."""
    raw = text.encode() if isinstance(text, str) else text
    try:
        tree = parse(raw, "f")
        as_data(tree)
        problems = [f"{p.position[0]}:{p.position[1]}: {p.sentence}" for p in tree.problems]
    except ProblemsError as error:
        problems = [line.removeprefix("f:") for line in error.problems]
    return problems


def wrong(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with a text as a checklist file: `line:column: sentence` for each problem."""
    path = folder / "f.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ProblemsError) as caught:
        read(find(path, 0)[0])
    return [line.removeprefix(f"{path}:") for line in caught.value.problems]


def changed(old: str, new: str) -> tuple[str, int]:
    """The starting visit checklist with its first `old` replaced, and the line in which that stands."""
    text = starting_file("visit", "mine")
    assert old in text
    return text.replace(old, new, 1), text[: text.index(old)].count("\n") + 1


def library(*folders: Path) -> Library:
    return load_all([shipped_folder(), *folders])


def agency(folder: Path, **files: str) -> Path:
    """A folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


class TestYaml:
    """What is refused in any file, whatever it is for."""

    @pytest.mark.parametrize(
        ("text", "where", "words"),
        [
            ("a: 1\nb: 2\na: 3", "3:1", 'the key "a" stands here twice (first in line 1)'),
            ("a: &x [1]\nb: *x", "2:4", "*x repeats an earlier part: write that part out"),
            ("a: &x [1]", "1:4", "&x marks a part for repeating"),
            ("<<: {a: b}", "1:1", "<< is not understood here"),
            (
                "a: !!python/object/apply:os.system [x]",
                "1:4",
                "the tag !python/object/apply:os.system is not",
            ),
            ("a: !!str 7", "1:4", "the tag !str is not allowed: leave it out"),
            ("a: !own b", "1:4", "the tag !own is not allowed"),
            ("a: b\n---\nc: d", "2:1", "a second document starts here"),
            ("a: b\n--- |\n  x", "2:1", "a second document starts here"),
            ("%YAML 1.1\n---\na: b", "1:1", "lines that start with % are not understood"),
            ("a:\tb", "1:3", "a tab: write spaces"),
            ("a:\n\tb: c", "2:1", "a tab: write spaces"),
            ("a: b\x00", "1:5", "a control or invisible character (U+0000): leave it out"),
            ("a: b\x1b[31m", "1:5", "(U+001B)"),
            ("a: b\u202ec", "1:5", "(U+202E)"),
            ('a: "b\\u202Ec"', "1:4", "(U+202E)"),
            ('a: "\\e[31m"', "1:4", "(U+001B)"),
            ("", "1:1", "the file is empty"),
            ("# only this\n", "1:1", "the file is empty"),
            ("---\n", "1:1", "the file is empty"),
            ("? [a, b]\n: c", "1:3", "a list or mapping cannot be a key"),
            (
                "yes: x",
                "1:1",
                'yes without quotes is read as true or false, and a key is meant here: write "yes"',
            ),
            ("7.2: x", "1:1", '7.2 without quotes is read as a number, and a key is meant here: write "7.2"'),
            ("a: Ring: the desk", "1:8", 'put a text with ": " in it in quotes'),
            ("a: b\n c: d", "2:3", "begin keys that belong together in the same column"),
            (
                "a: {ask: Is it dark?}",
                "1:10",
                'a text with a question mark needs quotes: write "Is it dark?"',
            ),
            ("a: [Is it dark?, b]", "1:5", "a text with a question mark needs quotes"),
            ("a: @home", "1:4", "a text cannot begin with @ unless it is in quotes"),
            ("a: `x`", "1:4", "a text cannot begin with ` unless it is in quotes"),
            ("a: 'b\nc: d\n", "1:4", "the quotes that open here are never closed"),
            ("x: y\na: 'it's'", "2:8", "a quote inside quotes ends the text"),
            ("a: [b, c\n", "1:4", "a comma or ] is missing between [ and ]"),
            ("{a: b\n", "1:1", "a comma or } is missing between { and }"),
            ("a: b\nc", "2:1", "a colon is missing after this"),
            ("a:\n- b\nc: d\n- e", "4:1", "this does not belong to the key before it"),
            ('a: "\\q"', "1:5", "a backslash in double quotes starts a code"),
            ("a: - b", "1:4", "write its first hyphen on a line of its own"),
            ("a: }", "1:4", "} has nothing to close here"),
        ],
    )
    def test_each_refusal_names_its_place_and_says_what_to_write(
        self, text: str, where: str, words: str
    ) -> None:
        problems = refused(text)
        assert any(problem.startswith(f"{where}: ") and words in problem for problem in problems), problems

    @pytest.mark.parametrize(
        ("raw", "where", "words"),
        [
            ("a: b".encode("utf-16"), "1:1", "UTF-16 or UTF-32: save it as UTF-8"),
            ("a: b".encode("utf-32"), "1:1", "UTF-16 or UTF-32: save it as UTF-8"),
            ("a: b".encode("utf-16-le"), "1:2", "(U+0000)"),
            (b"a: x\nb: caf\xe9", "2:7", "byte 0xe9 is not UTF-8: save the file as UTF-8"),
            (b"\xef\xbb\xbfa: \xff", "1:4", "byte 0xff is not UTF-8"),
            (b"a: b\xed\xa0\x80", "1:5", "is not UTF-8"),
            (b"#" * (MOST_BYTES + 1), "1:1", "larger than 1 MiB"),
        ],
    )
    def test_wrong_encodings_and_huge_files_are_refused(self, raw: bytes, where: str, words: str) -> None:
        (problem,) = refused(raw)
        assert problem.startswith(f"{where}: ")
        assert words in problem

    def test_a_byte_order_mark_of_utf_8_is_accepted(self) -> None:
        assert read_strings("a: ä".encode("utf-8-sig"))[0] == {"a": "ä"}

    def test_windows_line_ends_do_not_move_positions(self) -> None:
        assert refused("a: b\r\nc: d\r\na: e") == refused("a: b\nc: d\na: e")

    def test_columns_count_characters_not_bytes(self) -> None:
        assert refused("ä: 😀\nü: &x é")[0].startswith("2:4: ")

    def test_all_refusals_of_a_file_come_at_once_in_its_order(self) -> None:
        problems = refused("a: !x 1\nb: *y\na: 2\n9: z")
        assert [problem.split(": ")[0] for problem in problems] == ["1:4", "2:4", "3:1", "4:1"]

    def test_a_billion_laughs_are_refused_at_once(self) -> None:
        lines = ["a0: &a0 [lol, lol]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
        assert "repeats an earlier part" in "".join(refused("\n".join(lines)))

    @pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? "])
    def test_deep_nesting_is_refused_at_once(self, piece: str) -> None:
        problems = refused(piece * (MOST_BYTES // len(piece)))
        assert problems[-1].endswith("nested more than 50 deep: write it flatter"), problems

    def test_endless_values_are_refused_at_once(self) -> None:
        assert "more than 100000 values" in refused("a: [" + "b," * (MOST_BYTES // 2 - 10) + "]")[0]

    def test_a_file_with_endless_problems_lists_the_first_fifty_and_counts_the_rest(self) -> None:
        with pytest.raises(ProblemsError) as caught:
            read_strings("".join(f"a{n}: !x y\n" for n in range(300)).encode())
        assert len(caught.value.problems) == MOST_LISTED + 1
        assert caught.value.problems[-1].endswith("and 250 more")

    @given(st.binary(max_size=300))
    def test_no_bytes_whatever_raise_anything_but_our_errors(self, raw: bytes) -> None:
        refused(raw)

    @given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#~\\ \n\t\r\u0085\u2028é😀<.yesno0127", max_size=60))
    def test_no_text_whatever_raises_anything_but_our_errors(self, text: str) -> None:
        refused(text)

    @given(
        st.recursive(
            st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "S"))),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner),
            max_leaves=12,
        ).filter(bool)
    )
    def test_what_is_written_in_quotes_is_read_back_as_it_was(self, value: object) -> None:
        def written(node: object) -> str:
            if isinstance(node, dict):
                return "{" + ", ".join(f"{written(key)}: {written(one)}" for key, one in node.items()) + "}"
            if isinstance(node, list):
                return "[" + ", ".join(written(one) for one in node) + "]"
            return "'" + str(node).replace("'", "''") + "'"

        assert read_strings(written(value).encode())[0] == value


class TestAnswersFiles:
    """Files in which everything is text."""

    def test_everything_stays_as_it_was_typed(self) -> None:
        text = "a: yes\nb: 14:30\nc: 2026-11-23\nd: 1.10\ne: [no, ~, 0x1F]\nf:\nno: x"
        expected = {
            "a": "yes",
            "b": "14:30",
            "c": "2026-11-23",
            "d": "1.10",
            "e": ["no", "~", "0x1F"],
            "f": "",
        }
        assert read_strings(text.encode())[0] == {**expected, "no": "x"}

    def test_positions_lead_to_values_and_keys(self) -> None:
        _, positions = read_strings(b"visit:\n  case: A1\nanswers:\n  kinds: [a, b]\n")
        assert positions.nearest(("visit", "case")) == (2, 9)
        assert positions.key(("visit", "case")) == (2, 3)
        assert positions.nearest(("answers", "kinds", 1)) == (4, 14)

    def test_the_position_of_what_is_missing_is_the_nearest_thing_above(self) -> None:
        _, positions = read_strings(b"visit:\n  case: A1\n")
        assert positions.nearest(("visit", "start", 3)) == (2, 3)

    def test_a_missing_file_and_a_folder_are_said_to_be_so(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="there is no file"):
            read_strings(tmp_path / "no.yaml")
        with pytest.raises(SettingsError, match="is a folder, not a file"):
            read_strings(tmp_path)

    def test_a_hostile_file_name_stays_on_one_line(self, tmp_path: Path) -> None:
        path = tmp_path / "a\n\x1b[31mb.yaml"
        path.write_text("a: !x b", encoding="utf-8")
        with pytest.raises(ProblemsError) as caught:
            read_strings(path)
        assert caught.value.problems[0].isprintable()


class TestTheForm:
    """What the models refuse, in our words."""

    @pytest.mark.parametrize(
        ("old", "new", "column", "words"),
        [
            ('version: "1.0"', "version: 1.0", 10, "1.0 without quotes is read as a number"),
            ('title: "My visits"', "title: yes", 8, "yes without quotes is read as true or false"),
            (
                'title: "My visits"',
                "title: 2026-11-23",
                8,
                'is read as a date, and text is meant here: write "2026',
            ),
            ('title: "My visits"', "title:", 7, "nothing stands here: write the text"),
            ('title: "My visits"', "title: [a]", 8, "a text is meant here"),
            ('title: "My visits"', "title: ''", 8, "the text is empty"),
            ('title: "My visits"', "titel: x", 1, 'unknown key "titel": did you mean "title"?'),
            ("format: 1 ", "format: 2 ", 9, "this is not format 1"),
            ("format: 1 ", "format: true ", 9, "this is not format 1"),
            ('unsafe: "no"', "unsafe: no", 17, "no without quotes is read as true or false"),
            ('unsafe: "no"', 'unsafe: "maybe"', 17, '"maybe" is not known here: write yes, no or neither'),
            ("answer: text", "answer: txt", 17, 'did you mean "text"?'),
            ("answer: text", "answer: [text]", 17, "one word is meant here: write yes-no, "),
            ("answer: time", "required: no", 19, "write true or false here, without quotes"),
            ("answer: time", 'required: "true"', 19, "write true or false here, without quotes"),
            ("answer: time", 'valid_for: "30"', 20, "a whole number is meant here: write it without quotes"),
            ("answer: time", "valid_for: 0", 20, "the number is too small: the least is 1"),
            ("answer: time", "valid_for: 015", 20, "a whole number is meant here"),
            ("id: due-back", "id: Due Back", 13, "such as due-back"),
            ("id: due-back", "id: due_back", 13, "such as due-back"),
            ('label: "Area"', f'label: "{"x" * 49}"', 16, "49 characters are too many: write at most 48"),
            ('when: {phone: "no"}', "when: {phone: no}", 23, 'write "no"'),
            ('when: {phone: "no"}', "when: phone is no", 15, "a condition is a mapping"),
            ('when: {phone: "no"}', "when: [{phone: [x, off]}]", 28, 'write "off"'),
            ("choices:\n", "choices: car\n        chioces:\n", 18, "a list is meant here"),
            ("    level: stop", "    level: stopp", 12, 'did you mean "stop"?'),
            ("uses:\n", "uses:\n  reviews: review\n", 3, 'did you mean "review"?'),
        ],
    )
    def test_each_refusal_names_its_place_and_says_what_to_write(
        self, tmp_path: Path, old: str, new: str, column: int, words: str
    ) -> None:
        text, line = changed(old, new)
        if new.startswith("uses"):
            line += 1
        problems = wrong(tmp_path, text)
        found = [problem for problem in problems if re.match(rf"{line}:{column}: ", problem)]
        assert any(words in problem for problem in found), problems

    def test_a_paragraph_number_without_quotes_is_told_to_be_quoted(self, tmp_path: Path) -> None:
        text, line = changed('paragraph: "7.2"', "paragraph: 7.2")
        column = text.splitlines()[line - 1].index("7.2") + 1
        expected = '7.2 without quotes is read as a number, and text is meant here: write "7.2"'
        assert wrong(tmp_path, text) == [f"{line}:{column}: {expected}"]

    def test_a_missing_key_is_named_at_the_beginning_of_what_it_belongs_to(self, tmp_path: Path) -> None:
        text, line = changed('        why: "Your colleagues then know roughly where you are."\n', "")
        problems = wrong(tmp_path, text)
        assert problems == [f'{line - 3}:9: the key "why" is missing here: add it']

    def test_a_comma_in_an_unquoted_text_is_explained(self, tmp_path: Path) -> None:
        text, _ = changed('text: "By car"', "text: By car, with a colleague")
        assert "a text with a comma or colon in it needs quotes" in wrong(tmp_path, text)[0]

    def test_a_wrong_role_lists_every_word_that_is_allowed(self, tmp_path: Path) -> None:
        text = starting_file("escalation", "mine").replace("who: [duty]", "who: [boss]")
        (problem,) = wrong(tmp_path, text)
        assert "write practitioner, manager, duty, admin, lone-worker or line-manager" in problem

    def test_all_errors_of_a_file_come_at_once(self, tmp_path: Path) -> None:
        text, _ = changed('version: "1.0"', "version: 1.0")
        text = text.replace("level: stop", "level: stopp").replace("answer: time", "answer: !x time", 1)
        text = text.replace('label: "Area"', 'label: "Area"\n        label: "Again"')
        kinds = ["1.0 without quotes", "stands here twice", "the tag !x", "did you mean"]
        problems = wrong(tmp_path, text)
        assert len(problems) == len(kinds)
        assert all(words in problem for words, problem in zip(kinds, problems, strict=True))

    def test_no_word_of_a_library_reaches_the_screen(self, tmp_path: Path) -> None:
        text = (
            "format: 1\nkind: visit\nid: x\nuses: 1\nsections: {}\nrules: [1, [], {when: [], source: [1]}]\n"
        )
        for problem in wrong(tmp_path, text):
            assert not re.search(r"valid|input|Literal|dict|tuple|str\b|pydantic|Error", problem), problem

    @pytest.mark.parametrize(
        ("text", "where", "words"),
        [
            ("- a", "1:1", "a checklist begins with format: 1"),
            ("just text", "1:1", "a checklist begins with format: 1"),
            ("format: 1\nid: x", "1:1", 'the key "kind" is missing here: write kind: visit, '),
            ("format: 1\nkind: vist\nid: x", "2:7", 'there is no kind "vist": write visit, '),
            ("format: 1\nkind: 7\nid: x", "2:7", "there is no kind: write visit, "),
        ],
    )
    def test_a_file_that_is_no_checklist_says_what_it_should_be(
        self, tmp_path: Path, text: str, where: str, words: str
    ) -> None:
        (problem,) = wrong(tmp_path, text)
        assert problem.startswith(f"{where}: {words}")

    @settings(deadline=None, max_examples=50)
    @given(st.data())
    def test_a_damaged_checklist_gives_lines_with_positions_and_nothing_else(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        text = starting_file(data.draw(st.sampled_from(KINDS)), "mine")
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        junk = data.draw(st.text(alphabet="ab: -?[]{},&*!'\"\n#7yes", max_size=8))
        path = tmp_path_factory.getbasetemp() / "damaged.yaml"
        path.write_text(text[:start] + junk + text[end:], encoding="utf-8", newline="\n")
        for problem in check_library(library(path), TODAY).problems:
            assert re.fullmatch(r".+\.yaml:[0-9]+:[0-9]+: .+", problem)

    @pytest.mark.parametrize("written", ["title: x", "- a", "a", "other: {strange: 1}"])
    @pytest.mark.parametrize("data", [{"strange": 1}, {"attest": [{"strange": 1}]}])
    def test_a_key_that_the_file_does_not_have_where_it_is_refused_is_named_all_the_same(
        self, written: str, data: object
    ) -> None:
        """Positions are looked up by another reader than the one that refuses: they may disagree."""
        with pytest.raises(ValidationError) as caught:
            ReviewChecklist.model_validate(data)
        found = problems(caught.value, parse(written.encode(), "f"), ReviewChecklist)
        assert any('unknown key "strange"' in one.sentence for one in found)


class TestLibrary:
    """Which file counts for an id, and how files are laid over each other."""

    def test_what_ships_can_be_planned_with_and_passes_check(self) -> None:
        found = library().checklist_set("home-visit")
        assert set(found.digests) == {
            "home-visit",
            "should-not",
            "information-sharing",
            "review",
            "escalation",
        }
        assert check_library(library(), TODAY).problems == []

    def test_the_digest_of_a_file_is_that_of_its_bytes(self) -> None:
        loaded = library().load("review")
        assert loaded.digest == hashlib.sha256(loaded.path.read_bytes()).hexdigest()

    def test_an_agencys_file_replaces_the_shipped_one_with_its_id_whatever_it_is_called(
        self, tmp_path: Path
    ) -> None:
        folder = agency(tmp_path / "a", anything=starting_file("review", "review"))
        found = library(folder).checklist_set("home-visit")
        assert found.review is not None
        assert [item.id for item in found.review.attest] == ["read-everything"]

    def test_the_folder_named_last_counts(self, tmp_path: Path) -> None:
        first = agency(tmp_path / "a", x=starting_file("review", "review"))
        second = agency(tmp_path / "b", x=starting_file("review", "review").replace('"1.0"', '"2.0"'))
        assert library(first, second).load("review").checklist.version == "2.0"
        assert library(second, first).load("review").checklist.version == "1.0"

    def test_one_file_can_be_named_instead_of_a_folder(self, tmp_path: Path) -> None:
        agency(tmp_path, one=starting_file("visit", "one"), two=starting_file("visit", "two"))
        assert "two" not in library(tmp_path / "one.yaml").ids("visit")

    def test_a_file_that_was_named_twice_is_no_conflict(self, tmp_path: Path) -> None:
        agency(tmp_path, x=starting_file("visit", "home-visit", extends="home-visit"))
        assert library(tmp_path, tmp_path / "x.yaml").checklist_set("home-visit").visit.title == "My visits"

    def test_two_files_with_one_id_in_a_folder_are_refused(self, tmp_path: Path) -> None:
        agency(tmp_path, a=starting_file("visit", "mine"), b=starting_file("visit", "mine"))
        with pytest.raises(ProblemsError) as caught:
            library(tmp_path).load("mine")
        assert 'b.yaml:1:1: the id "mine" is used by' in caught.value.problems[0]

    def test_a_checklist_that_has_gone_is_said_to_be_gone(self) -> None:
        with pytest.raises(NotFoundError, match=r"the checklist home-vist is gone.*did you mean .home-visit"):
            library().checklist_set("home-vist")

    def test_a_used_checklist_that_has_gone_is_named_at_its_place(self, tmp_path: Path) -> None:
        text = starting_file("visit", "mine").replace("review: review", "review: gone")
        with pytest.raises(ProblemsError) as caught:
            library(agency(tmp_path / "a", x=text)).checklist_set("mine")
        line = text[: text.index("review: gone")].count("\n") + 1
        assert f"x.yaml:{line}:11: the checklist gone is gone" in caught.value.problems[0]

    def test_a_used_checklist_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        text = starting_file("visit", "mine").replace("review: review", "review: escalation")
        with pytest.raises(ProblemsError) as caught:
            library(agency(tmp_path / "a", x=text)).checklist_set("mine")
        assert '"escalation" is of kind escalation: name one of kind review' in caught.value.problems[0]

    def test_only_a_visit_checklist_can_be_planned_with(self) -> None:
        with pytest.raises(NotFoundError, match="of kind review"):
            library().checklist_set("review")

    def test_nobody_plans_with_a_rule_that_could_never_be_raised(self, tmp_path: Path) -> None:
        text = starting_file("visit", "mine").replace('when: {phone: "no", other', 'when: {fone: "no", other')
        with pytest.raises(ProblemsError) as caught:
            library(agency(tmp_path / "a", x=text)).checklist_set("mine")
        assert 'there is no question "fone": did you mean "phone"?' in caught.value.problems[0]

    def test_a_file_whose_id_cannot_be_told_is_never_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "x.yaml").write_bytes(starting_file("review", "review").encode("utf-16"))
        with pytest.raises(ProblemsError) as caught:
            library(tmp_path).checklist_set("home-visit")
        assert "save it as UTF-8" in caught.value.problems[0]

    def test_a_broken_file_that_is_not_needed_does_not_stop_a_plan(self, tmp_path: Path) -> None:
        agency(tmp_path, x="format: 1\nkind: visit\nid: draft\n@")
        assert library(tmp_path).checklist_set("home-visit").visit.title == "Home visit"

    def test_a_folder_that_is_not_there_is_said_to_be_missing(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="no folder or file"):
            library(tmp_path / "gone")

    def test_an_agencys_sources_are_added_to_the_shipped_ones(self, tmp_path: Path) -> None:
        agency(tmp_path, sources=starting_file("sources", "our-procedure"))
        documents = library(tmp_path).documents()
        assert {"our-procedure", "salford-2011"} <= set(documents)


EXTENSION = """\
format: 1
kind: visit
id: home-visit
version: "3.1"
title: "Ours"
about: "Ours."
extends: home-visit
leave_out: [private-details, private-details-open]
uses: {escalation: ours}
sections:
  - id: the-visit
    title: "The visit"
    questions:
      - id: phone
        label: "Work phone"
        ask: "Is your work phone charged?"
        why: "We own it."
        unsafe: "no"
        source: [{document: "salford-2011", paragraph: "7.2"}]
      - id: badge
        label: "Badge"
        ask: "Will you wear your badge?"
        why: "They know you by it."
        unsafe: "no"
        source: [{document: "salford-2011", paragraph: "7.2"}]
  - id: ours
    title: "Ours"
    questions:
      - id: van
        label: "Van"
        ask: "Do you take the van?"
        why: "It is known."
        unsafe: "yes"
        source: [{document: "salford-2011", paragraph: "7.2"}]
rules:
  - id: after-dark-alone
    level: note
    when: {daylight: "no"}
    text: "It will be dark."
    why: "We have lamps."
    source: [{document: "salford-2011", paragraph: "7.2"}]
"""


class TestExtending:
    """An agency changes a shipped checklist without copying it."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return agency(tmp_path / "ours", home=EXTENSION, ladder=starting_file("escalation", "ours"))

    @pytest.fixture
    def before(self) -> VisitChecklist:
        return library().checklist_set("home-visit").visit

    def extend(self, folder: Path, old: str, new: str) -> list[str]:
        """What is wrong after a change of the extension."""
        assert old in EXTENSION
        agency(folder, home=EXTENSION.replace(old, new, 1))
        with pytest.raises(ProblemsError) as caught:
            library(folder).checklist_set("home-visit")
        return list(caught.value.problems)

    def test_head_and_words_are_the_extensions_and_the_rest_is_inherited(
        self, folder: Path, before: VisitChecklist
    ) -> None:
        found = library(folder).checklist_set("home-visit")
        assert (found.visit.version, found.visit.title) == ("3.1", "Ours")
        assert found.visit.person_visited == before.person_visited
        assert found.should_not is not None
        assert found.escalation is not None
        assert found.escalation.id == "ours"

    def test_questions_and_rules_with_a_known_id_are_replaced_in_place(
        self, folder: Path, before: VisitChecklist
    ) -> None:
        visit = library(folder).checklist_set("home-visit").visit
        old = [q.id for s in before.sections for q in s.questions if q.id != "private-details"]
        new = [q.id for s in visit.sections for q in s.questions]
        assert [name for name in new if name not in {"badge", "van"}] == old
        assert [q.ask for s in visit.sections for q in s.questions if q.id == "phone"] == [
            "Is your work phone charged?"
        ]
        known = [rule.id for rule in before.rules if rule.id != "private-details-open"]
        assert [rule.id for rule in visit.rules] == known
        assert [r.text for r in visit.rules if r.id == "after-dark-alone"] == ["It will be dark."]

    def test_new_questions_come_at_the_end_of_their_section_and_new_sections_at_the_end(
        self, folder: Path
    ) -> None:
        visit = library(folder).checklist_set("home-visit").visit
        assert visit.sections[0].questions[-1].id == "badge"
        assert [question.id for question in visit.sections[-1].questions] == ["van"]

    def test_a_question_is_not_left_out_without_the_rules_that_name_it(self, folder: Path) -> None:
        (problem,) = self.extend(folder, "private-details, private-details-open", "private-details")
        assert 'home.yaml:8:13: "private-details" is still named by private-details-open' in problem

    def test_leaving_out_and_writing_a_question_moves_it(self, tmp_path: Path) -> None:
        text = EXTENSION.replace(
            "leave_out: [private-details, private-details-open]", "leave_out: [dog]"
        ).replace("id: van", "id: dog")
        base = EXTENSION.replace("id: home-visit", "id: base").replace("id: badge", "id: dog")
        text = text.replace("id: home-visit", "id: mine")
        agency(
            tmp_path,
            ladder=starting_file("escalation", "ours"),
            base=base,
            more=text.replace("extends: home-visit", "extends: base"),
        )
        visit = library(tmp_path).checklist_set("mine").visit
        places = [section.id for section in visit.sections for q in section.questions if q.id == "dog"]
        assert places == ["ours"]

    def test_the_digest_covers_both_files(self, folder: Path) -> None:
        loaded = library(folder).load("home-visit")
        files = [folder / "home.yaml", shipped_folder() / "home-visit.yaml"]
        digests = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
        assert loaded.digest == hashlib.sha256("".join(f"{one}\n" for one in digests).encode()).hexdigest()

    def test_an_unknown_id_in_leave_out_is_refused_with_a_proposal(self, folder: Path) -> None:
        (problem,) = self.extend(
            folder, "leave_out: [private-details, private-details-open]", "leave_out: [fone]"
        )
        assert 'home.yaml:8:13: home-visit has no question or rule "fone": did you mean "phone"?' in problem

    def test_a_problem_in_a_replaced_rule_is_told_in_the_extension(self, folder: Path) -> None:
        (problem,) = self.extend(folder, 'when: {daylight: "no"}', 'when: {daylight: "now"}')
        assert "home.yaml:38:22: " in problem
        assert '"now" is no answer to "daylight": did you mean "no"?' in problem

    def test_a_wrong_use_is_told_in_the_extension(self, folder: Path) -> None:
        (problem,) = self.extend(folder, "{escalation: ours}", "{escalation: theirs}")
        assert "home.yaml:9:20: the checklist theirs is gone" in problem

    def test_an_id_used_twice_in_an_extension_loses_nothing_silently(self, folder: Path) -> None:
        (problem,) = self.extend(folder, "id: van", "id: badge")
        assert 'the id "badge" is used twice' in problem

    def test_extending_what_is_not_there_or_itself_alone_or_another_kind_is_refused(
        self, folder: Path
    ) -> None:
        (gone,) = self.extend(folder, "extends: home-visit", "extends: home-vist")
        assert 'home.yaml:7:10: there is no checklist "home-vist" to extend: did you mean' in gone
        (kind,) = self.extend(folder, "extends: home-visit", "extends: review")
        assert '"review" is of kind review: only a visit checklist can be extended' in kind
        text = EXTENSION.replace("home-visit", "alone")
        with pytest.raises(ProblemsError) as caught:
            library(agency(folder, home=text)).load("alone")
        assert 'home.yaml:7:10: there is no checklist "alone" to extend' in caught.value.problems[0]

    def test_two_that_extend_each_other_are_refused(self, tmp_path: Path) -> None:
        one = EXTENSION.replace("id: home-visit", "id: one").replace("extends: home-visit", "extends: two")
        two = EXTENSION.replace("id: home-visit", "id: two").replace("extends: home-visit", "extends: one")
        with pytest.raises(ProblemsError, match="cannot be used") as caught:
            library(agency(tmp_path, one=one, two=two)).load("one")
        assert "extends itself in a circle" in caught.value.problems[0]


class TestStartingFiles:
    """The files of `checklist new`."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_starting_file_passes_check_as_it_is(self, tmp_path: Path, kind: str) -> None:
        agency(tmp_path, x=starting_file(kind, "mine"))
        report = check_library(library(tmp_path), TODAY)
        assert report.problems == []

    @pytest.mark.parametrize("name", ["home-visit", "mine"])
    def test_a_starting_extension_passes_check_under_its_own_id_and_as_a_replacement(
        self, tmp_path: Path, name: str
    ) -> None:
        agency(tmp_path, x=starting_file("visit", name, extends="home-visit"))
        checked = library(tmp_path)
        assert check_library(checked, TODAY).problems == []
        assert "loose-dog" in [rule.id for rule in checked.checklist_set(name).visit.rules]

    def test_a_file_that_is_there_is_never_written_over(self, tmp_path: Path) -> None:
        path = tmp_path / "x.yaml"
        path.write_text("mine", encoding="utf-8")
        with pytest.raises(NotPermittedError, match="left as it is"):
            write_new(path, "new")
        assert path.read_text(encoding="utf-8") == "mine"


class TestCheck:
    """Everything that is wrong on this machine, at once."""

    def test_problems_of_several_files_come_together(self, tmp_path: Path) -> None:
        bad_source = starting_file("review", "mine").replace('"salford-2011"', '"salfrod-2011"', 1)
        agency(tmp_path, a="format: 1\nkind: visit\nid: a\n@", b=bad_source)
        problems = check_library(library(tmp_path), TODAY).problems
        assert any("a.yaml:4:1: a text cannot begin with @" in problem for problem in problems)
        assert any("b.yaml:18:20: " in p and 'did you mean "salford-2011"?' in p for p in problems)

    def test_only_the_named_files_are_judged_together_with_what_they_touch(self, tmp_path: Path) -> None:
        agency(tmp_path, broken="format: 1\nkind: review\nid: other\n@", fine=starting_file("visit", "fine"))
        found = library(tmp_path)
        only = [one for one in found.files if one.path.name == "fine.yaml"]
        report = check_library(found, TODAY, only)
        assert (report.problems, report.files) == ([], [str(tmp_path / "fine.yaml")])

    def test_replacing_a_used_file_proves_the_checklists_that_use_it(self, tmp_path: Path) -> None:
        text = starting_file("should-not", "should-not")
        text = text.replace('# breached: {phone: "no"}', 'breached: {fone: "no"}')
        agency(tmp_path, x=text)
        found = library(tmp_path)
        only = [one for one in found.files if one.layer]
        (problem,) = check_library(found, TODAY, only).problems
        assert 'x.yaml:20:16: there is no question "fone"' in problem

    def test_a_source_past_its_review_date_is_a_warning_from_the_next_day_on(self, tmp_path: Path) -> None:
        agency(tmp_path, sources=starting_file("sources", "ours"))
        found = library(tmp_path)
        only = [one for one in found.files if one.layer]
        assert check_library(found, date(2028, 1, 31), only).warnings == []
        (warning,) = check_library(found, date(2028, 2, 1), only).warnings
        assert "sources.yaml:14:18: ours is past its review date 2028-01-31" in warning


class TestMissingQuotes:
    def test_all_that_is_wrong_is_found_though_quotes_are_missing(self, tmp_path: Path) -> None:
        text = starting_file("visit", "mine").replace("document: ", "document: no-such-", 1)
        bad = text.replace("\nversion: ", "\nversion: 1.0 # ", 1)
        folder = agency(tmp_path / "own", mine=bad)
        report = check_library(library(folder), TODAY)
        assert any("without quotes is read as a number" in line for line in report.problems)
        assert any("no-such-" in line for line in report.problems)

    def test_a_file_with_nothing_else_wrong_has_one_problem(self, tmp_path: Path) -> None:
        bad = starting_file("visit", "mine").replace("\nversion: ", "\nversion: 1.0 # ", 1)
        report = check_library(library(agency(tmp_path / "own", mine=bad)), TODAY)
        assert len(report.problems) == 1
