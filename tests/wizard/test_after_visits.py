"""What earlier visits tell in the wizard, at the cost of no prompt; and how many prompts a debrief takes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.facts import Known, Occasion
from visitsafe.checklists.form_flow import compile_form
from visitsafe.checklists.library import load_all, shipped_folder
from visitsafe.checklists.questionnaire import compile_questionnaire
from visitsafe.followup.debrief import DEBRIEF
from visitsafe.record.bodies import Finding, KnownFact
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Level
from visitsafe.wizard.draft import Session, begin, begin_form, final, open_draft, repeat
from visitsafe.wizard.session import AskOne, AskTogether, ControlFor, Event, Findings, Goto, Review, Sign
from visitsafe.wizard.step import Wizard
from visitsafe.wizard.words import findings_title, sign_words
from wizard.fronts import GUIDE, LONDON, NOW, Saved, TableFront, always
from wizard.test_wizard import IN_DATE, ROUTINE

LIBRARY = load_all([shipped_folder()])
SHIPPED = compile_questionnaire(LIBRARY.checklist_set("home-visit"))
FORM_SET = LIBRARY.form_set(DEBRIEF)
FORM = compile_form(FORM_SET)
KNOWN = Finding(
    rule="last-time-incident",
    level=Level.NOTE,
    text="Last time (3 November): there was an incident.",
    source="incident of K7Q2-M9",
)
CALM: dict[str, Value] = {
    "went": "as-planned",
    **dict.fromkeys(("any-not-seen", "any-unsaid", "relieved", "new-for-others"), "no"),
    "living-with": "",
    "hard": (),
    "effects": (),
    "talked-to": ("manager",),
    "would-help": "",
    "next-time": "",
}


def knowing(*known: Finding, case: str = "LCS-2041") -> Wizard:
    def about(asked: Occasion) -> Known:
        return Known(known if asked.case == case else ())

    return Wizard(SHIPPED, LONDON, always("yes"), known=about)


def facing(*facts: KnownFact, light: str = "yes") -> Wizard:
    return Wizard(SHIPPED, LONDON, always(light), known=lambda _: Known((), facts))


def planned(answers: dict[str, Value], *known: Finding, **script: Any) -> tuple[TableFront, Session, Saved]:
    front, saved = TableFront(answers, script.get("script", {})), Saved()
    session = begin("home-visit", "d", "x", standing=IN_DATE)
    return front, saved.run(knowing(*known), session, front), saved


def test_what_is_known_is_told_as_soon_as_the_case_is_named_and_costs_no_prompt() -> None:
    without, _, _ = planned(ROUTINE)
    front, session, _ = planned(ROUTINE, KNOWN)
    assert [type(page) for page in front.asked] == [type(page) for page in without.asked]
    assert len(front.asked) <= 20
    assert f"- {KNOWN.text}" in front.told
    assert session.known == (KNOWN,)


def test_it_stands_on_the_page_of_findings_and_in_full_where_the_plan_is_signed() -> None:
    front, _, _ = planned({**ROUTINE, "car-targeted": "yes", "taxi-waiting": "no"}, KNOWN)
    (page,) = [page for page in front.asked if isinstance(page, Findings)]
    assert KNOWN in [concern.finding for concern in page.concerns]
    (last,) = [page for page in front.asked if isinstance(page, Sign)]
    assert f"To note: {KNOWN.text}" in list(sign_words(last, GUIDE))


def test_notes_alone_are_not_called_what_the_answers_mean() -> None:
    front, _, _ = planned(ROUTINE, KNOWN)
    (last,) = [page for page in front.asked if isinstance(page, Sign)]
    assert findings_title(last) == "From earlier visits: 1 to note"


def test_a_repeat_with_something_known_takes_at_most_10_prompts() -> None:
    _, first, _ = planned(ROUTINE)
    old = final(SHIPPED, first)
    front, saved = TableFront(ROUTINE), Saved()
    fresh = repeat(SHIPPED, begin("home-visit", "d", "x", standing=IN_DATE), old, (), "K7Q2-M9")
    saved.run(knowing(KNOWN), fresh, front)
    assert len(front.asked) <= 10
    assert front.told[1] == f"- {KNOWN.text}"


def test_what_the_manager_said_is_told_first_and_stands_apart() -> None:
    _, first, _ = planned(ROUTINE)
    fresh = begin("home-visit", "d", "x", standing=IN_DATE)
    again = repeat(SHIPPED, fresh, final(SHIPPED, first), (), "K7Q2-M9")
    wizard = replace(knowing(KNOWN), said=("Returned by Mo Khan: Take the duty phone.",))
    page = wizard.page(wizard.begin(again, NOW), NOW)
    assert page.told[:3] == (*wizard.said, "", "From earlier visits of this case:")


def test_another_case_has_another_past() -> None:
    script: dict[type, list[Event]] = {Review: [Goto("case")]}
    answers = {**ROUTINE, "case": "LCS-9"}
    front, saved = TableFront(answers, script), Saved()
    _, first, _ = planned(ROUTINE, KNOWN)
    old = final(SHIPPED, first)
    fresh = repeat(SHIPPED, begin("home-visit", "d", "x", standing=IN_DATE), old, (), "K7Q2-M9")
    session = saved.run(knowing(KNOWN), fresh, front)
    assert f"- {KNOWN.text}" in front.told
    assert session.known == ()


def test_what_colleagues_said_is_never_kept_in_a_draft(tmp_path: Path) -> None:
    _, _, saved = planned(ROUTINE, KNOWN)
    assert any(session.known and session.told for session in saved.sessions)
    for session in saved.sessions:
        with open_draft(tmp_path, "one") as draft:
            draft.save(session)
        assert not [file for file in tmp_path.iterdir() if KNOWN.text.encode() in file.read_bytes()]


@pytest.mark.parametrize(("happened", "most"), [("no", 9), ("yes", 11)])
def test_a_calm_visit_is_talked_over_in_at_most_9_prompts_and_after_an_incident_in_two_more(
    happened: str, most: int
) -> None:
    front, saved = TableFront(CALM), Saved()
    fresh = Session(about="K7Q2-M9", command="visitsafe debrief K7Q2-M9", started="2026-11-23T09:00:00Z")
    session = begin_form(FORM_SET, FORM, fresh, {Meaning.AFTER_INCIDENT: happened})
    done = saved.run(Wizard(FORM, LONDON, form=True), session, front)
    assert len(front.asked) <= most
    assert ("talked-to" in final(FORM, done)) == (happened == "yes")


HAPPENED = ("uncooperativeness", "behaviours", "can-work-effectively", "exit-plan")
ASSAULT = tuple(
    KnownFact(name=name, value="open", text=f"{name} is on record.", entries=("an incident",))
    for name in ("case.violence", "case.incident")
)


def repeated(facts: tuple[KnownFact, ...], before: tuple[KnownFact, ...] = ()) -> tuple[TableFront, Session]:
    _, first, _ = planned(ROUTINE)
    old = final(SHIPPED, first)
    front, saved = TableFront({**ROUTINE, "behaviours": ("shouting",)}), Saved()
    fresh = repeat(SHIPPED, begin("home-visit", "d", "x", standing=IN_DATE), old, (), "K7Q2-M9", before)
    return front, saved.run(facing(*facts), fresh, front)


def asked_for(front: TableFront) -> set[str]:
    pages = (page for page in front.asked if isinstance(page, AskOne | AskTogether))
    return {
        one.id for page in pages for one in ([page.question] if isinstance(page, AskOne) else page.questions)
    }


def test_an_assault_takes_back_what_was_answered_before_it_and_raises_a_stop() -> None:
    front, session = repeated(ASSAULT)
    assert asked_for(front) >= {*HAPPENED, "neutral-venue", "car-targeted"}
    grids = [page for page in front.asked if isinstance(page, AskTogether)]
    assert all({"neutral-venue", "car-targeted"}.isdisjoint(page.values) for page in grids)
    assert any("Because of what has happened since that plan" in line for line in front.told)
    (found,) = [page for page in front.asked if isinstance(page, Findings)]
    rules = {one.finding.rule for one in found.concerns}
    assert {"violence-not-talked-over", "violence-alone"} <= rules
    decided = {page.concern.finding.rule for page in front.asked if isinstance(page, ControlFor)}
    assert {"violence-not-talked-over", "violence-alone"} <= decided
    (last,) = [page for page in front.asked if isinstance(page, Sign)]
    assert "Signed with it: case.violence is on record." in list(sign_words(last, GUIDE))
    assert session.facts == ASSAULT


def test_what_was_known_when_that_plan_was_signed_takes_nothing_back() -> None:
    front, _ = repeated(ASSAULT, before=ASSAULT)
    assert asked_for(front).isdisjoint({"uncooperativeness", "can-work-effectively", "exit-plan"})


@pytest.mark.parametrize(
    ("light", "answer", "asked"),
    [
        ("dark", "yes", "daylight-because"),
        ("dusk", "yes", "daylight-because"),
        ("daylight", "no", "dark-because"),
        ("daylight", "not-sure", "dark-because"),
        ("dark", "no", None),
        ("daylight", "yes", None),
        ("unknown", "no", None),
    ],
)
def test_an_answer_that_the_sun_denies_is_asked_why_once_with_what_was_worked_out(
    light: str, answer: str, asked: str | None
) -> None:
    known = KnownFact(name="visit.light", value=light, text="What the sun does.")
    reasons = {"daylight-because": "Lamps.", "dark-because": "Trees."}
    front, saved = TableFront({**ROUTINE, **reasons, "daylight": answer}), Saved()
    fresh = begin("home-visit", "d", "x", standing=IN_DATE)
    session = saved.run(facing(known, light="no"), fresh, front)
    why = [
        page.question.id for page in front.asked if isinstance(page, AskOne) and page.question.id in reasons
    ]
    assert why == ([asked] if asked else [])
    assert [one.because for one in front.guides if one.because] == ([(known.text,)] if asked else [])
    kept = final(SHIPPED.knowing((known,)), session)
    assert {name: kept[name] for name in reasons if name in kept} == (
        {asked: reasons[asked]} if asked else {}
    )


def test_another_visit_at_the_same_time_is_told_and_asked_about() -> None:
    both = KnownFact(
        name="visit.overlap", value="worker", text="Planned for another visit too.", entries=("e",)
    )
    front, saved = TableFront({**ROUTINE, "overlap-because": "A colleague goes there."}), Saved()
    saved.run(facing(both), begin("home-visit", "d", "x", standing=IN_DATE), front)
    assert both.text in front.told
    assert "overlap-because" in asked_for(front)
