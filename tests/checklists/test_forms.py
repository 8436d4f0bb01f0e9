"""Files of forms and of prompts for staff supervision: found, put together, and proven."""

from datetime import date
from pathlib import Path

import pytest

from visitsafe.checklists.files import starting_file
from visitsafe.checklists.library import Library, check_library, load_all, shipped_folder
from visitsafe.checklists.model import Pattern
from visitsafe.errors import NotFoundError, ProblemsError
from visitsafe.record.meanings import FORMS, Meaning

TODAY = date(2026, 11, 23)
SHARE = "share: information-sharing\n"


def with_file(folder: Path, text: str) -> Library:
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return load_all([shipped_folder(), folder])


def wrong(folder: Path, text: str) -> list[str]:
    """What `check` says about one file, without its name."""
    library = with_file(folder, text)
    only = [found for found in library.files if found.path.name == "mine.yaml"]
    return [line.split("mine.yaml:")[1] for line in check_library(library, TODAY, only).problems]


class TestForms:
    def test_a_form_comes_with_the_sharing_questions_that_it_names(self, tmp_path: Path) -> None:
        found = with_file(tmp_path, starting_file("form", "mine") + SHARE).form_set("mine")
        assert found.sharing is not None
        assert set(found.digests) == {"mine", "information-sharing"}

    def test_an_agencys_form_takes_the_place_of_the_one_with_its_id(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        for folder, version in ((first, "1.0"), (second, "2.0")):
            folder.mkdir()
            with_file(folder, starting_file("form", "mine").replace('"1.0"', f'"{version}"'))
        assert load_all([first, second]).form_set("mine").form.version == "2.0"

    def test_a_checklist_of_another_kind_is_no_form(self) -> None:
        library = load_all([shipped_folder()])
        with pytest.raises(
            NotFoundError, match="home-visit is of kind visit, and one of kind form is needed"
        ):
            library.form_set("home-visit")
        with pytest.raises(NotFoundError, match="one of kind supervision is needed"):
            library.supervision("review")

    @pytest.mark.parametrize(
        ("share", "words"),
        [("share: gone\n", "the checklist gone is gone"), ("share: review\n", "is of kind review")],
    )
    def test_a_wrong_sharing_checklist_is_named_at_its_place(
        self, tmp_path: Path, share: str, words: str
    ) -> None:
        text = starting_file("form", "mine") + share
        with pytest.raises(ProblemsError) as caught:
            with_file(tmp_path, text).form_set("mine")
        (line,) = caught.value.problems
        assert f"mine.yaml:{text.count(chr(10))}:8: " in line
        assert words in line

    def test_a_form_with_a_slip_in_a_condition_is_not_asked(self, tmp_path: Path) -> None:
        text = starting_file("form", "mine").replace('when: {hurt: "yes"} ', 'when: {hrt: "yes"} ')
        with pytest.raises(ProblemsError) as caught:
            with_file(tmp_path, text).form_set("mine")
        assert 'no question "hrt": did you mean "hurt"?' in caught.value.problems[0]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("level: note\n", "level: stop\n", "write level: note"),
            ('unsafe: "yes"  ', 'valid_for: 3\n        unsafe: "yes"', "keeps no standing answers"),
            ('paragraph: "8.1"', 'paragraph: "Eight"', "are numbered"),
            (
                'document: "salford-2011", paragraph: "8.1"',
                'document: "salford", paragraph: "8.1"',
                "describes",
            ),
            ("id: who-was-hurt", "id: hurt", "is used twice"),
            ("id: talk", 'id: talk\n    when: {hurt: "yes"}', 'unknown key "when"'),
            ("moment: past ", "moment: later ", "write past or coming"),
            ('when: {hurt: "yes"}\n', 'when: {hurt: ["yes", "no"]}\n', "what is always told belongs under"),
        ],
    )
    def test_check_says_what_is_wrong_with_a_form(
        self, tmp_path: Path, old: str, new: str, words: str
    ) -> None:
        text = starting_file("form", "mine")
        assert old in text
        problems = wrong(tmp_path, text.replace(old, new))
        assert any(words in problem for problem in problems), problems

    @pytest.mark.parametrize(
        ("means", "words"),
        [
            ("hrt", 'no meaning "hrt": did you mean "hurt"?'),
            ("weather", "write the id that it has in the file that ships"),
            ("hurt", 'another question means "hurt"'),
        ],
    )
    def test_a_meaning_is_one_that_there_is_and_of_one_question_only(
        self, tmp_path: Path, means: str, words: str
    ) -> None:
        text = starting_file("form", "mine").replace(
            "id: who-was-hurt", f"id: who-was-hurt\n        means: {means}"
        )
        (problem,) = wrong(tmp_path, text)
        assert words in problem

    def test_what_a_form_has_lost_is_told_and_what_ships_has_lost_nothing(self, tmp_path: Path) -> None:
        library = with_file(tmp_path, starting_file("form", "incident").replace("id: happened", "id: when"))
        found = check_library(library, TODAY, opened={*FORMS, "supervision"})
        (line,) = found.advice
        assert "near-miss" in line
        assert "hurt" not in line.replace("who-was-hurt", "")
        shipped = check_library(load_all([shipped_folder()]), TODAY, opened={*FORMS, "supervision"})
        assert shipped.advice == []

    def test_every_meaning_stands_with_its_form_in_the_documentation(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "checklist-format.md").read_text(encoding="utf-8")
        for form in FORMS:
            row = next(line for line in page.splitlines() if line.startswith(f"| `{form}` |"))
            assert not [one for one in Meaning if form in one.forms and f"`{one}`" not in row]

    def test_a_question_that_nobody_can_reach_is_named(self, tmp_path: Path) -> None:
        text = starting_file("form", "mine").replace(
            'when: {hurt: "yes"} ', 'when: {hurt: "yes", what: "given", happened: "blank"} '
        )
        assert any("is no answer to" in one or "no answers lead" in one for one in wrong(tmp_path, text))


class TestSupervision:
    def test_prompts_name_patterns_that_there_are(self, tmp_path: Path) -> None:
        found = with_file(tmp_path, starting_file("supervision", "mine")).supervision("mine")
        assert [prompt.when for prompt in found.prompts] == [(), (Pattern.SAME_WORKER, Pattern.ALONE)]

    def test_an_unknown_pattern_is_refused_with_a_proposal(self, tmp_path: Path) -> None:
        text = starting_file("supervision", "mine").replace("same-worker", "same-workr")
        (problem,) = wrong(tmp_path, text)
        assert 'did you mean "same-worker"?' in problem

    def test_two_prompts_with_one_id_are_refused(self, tmp_path: Path) -> None:
        text = starting_file("supervision", "mine").replace("id: who-else-could-go", "id: how-are-you")
        assert any("is used twice" in problem for problem in wrong(tmp_path, text))
