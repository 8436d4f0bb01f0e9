"""What the record says for the managers' own audit, and the page of one that was signed."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from after_story import debriefed, documented, incident, over
from safe_plan import data
from story import ADA, EVE, MO, NOW, SAM, Story, begun
from team_story import at_a_store, changed, said
from visit_story import DUE_BACK, START, at, back, countersigned, departed, duress, late, planned, raised
from visitsafe.checklists.form_flow import FormSet, beside, compile_form
from visitsafe.checklists.model import FormChecklist
from visitsafe.record.bodies import AuditedBody, Made, Shown
from visitsafe.record.kinds import Kind
from visitsafe.supervision import evidence as audit
from visitsafe.supervision.audit_page import audit_markdown, audit_shape
from visitsafe.supervision.auditing import wanting
from visitsafe.supervision.figures import figures

LONDON = ZoneInfo("Europe/London")
EVENING = DUE_BACK + timedelta(hours=6)
MADE = Made(id="manager-duties", version="1.0", digest="ef" * 32)
FORM: FormChecklist = TypeAdapter(FormChecklist).validate_python(data("manager-duties"))
HOSTILE = "\x1b[2J# <b>Joint visits</b> by March."


def told(*stories: Story) -> dict[str, str]:
    """What is said to each question, the sentences joined."""
    found = figures([story.state for story in stories], audit.year_to(EVENING, LONDON), EVENING)
    return {name: " ".join(words) for name, words in audit.evidence(found).items()}


def body(**changes: Any) -> AuditedBody:
    def shown(name: str, answer: str) -> Shown:
        return Shown(id=name, section="A <i>part</i>", label=name, ask="Is it?", answer=answer, source="8.2")

    plain: dict[str, Any] = {
        "form": MADE,
        "answers": {"training": "not-sure", "agenda": "yes", "what-will-change": HOSTILE},
        "shown": (
            shown("training", "not sure"),
            shown("agenda", "yes"),
            shown("what-will-change", HOSTILE),
        ),
        "wanting": ("training",),
        "evidence": {"training": ("Training not up to date by the newest plan: 3 of 8 people.",)},
        "first": "2025-11-24",
        "last": "2026-11-23",
    }
    return AuditedBody(**{**plain, **changes})


def page(signed: AuditedBody) -> str:
    return audit_markdown("Our team", "ab" * 32, "2026-11-23T12:00:00Z", "Mo", signed, LONDON)


def test_what_the_record_says_stands_beside_a_question() -> None:
    assert set(told(incident(over()))) <= set(audit.SAYS)


def test_without_a_visit_the_record_says_nothing() -> None:
    assert told() == {}


def test_visits_that_went_before_they_were_countersigned_show() -> None:
    before = told(over())["policy-known"]
    after = told(back(departed(at(planned(), START))))["policy-known"]
    assert "Countersigned before anybody set out: 1 of 1." in before
    assert "Countersigned before anybody set out: 0 of 1." in after


def test_an_alarm_that_nobody_took_on_is_said() -> None:
    untaken = told(raised(late(departed(countersigned()), 16), "duty-rings"))["overdue-taken"]
    assert "1 alarm was to be taken on by somebody, and 0 of them were." in untaken
    assert "Nobody took on 1 of them." in untaken


def test_an_overdue_visit_without_any_step_looks_as_if_nobody_watched() -> None:
    assert "1 of 1 visits" in told(departed(countersigned()))["monitoring"]
    assert "as if nobody watched" not in told(over())["monitoring"]


def test_what_was_not_talked_over_and_what_was_agreed_are_counted() -> None:
    happened = incident(over())
    assert "Not talked over yet with those who were there: 1." in told(happened)["incidents-looked-into"]
    done = documented(debriefed(happened))
    assert "there: 0." in told(done)["incidents-looked-into"]
    assert "1 visit was talked over." in told(done)["supervision"]
    assert "1 supervision plan was signed." in told(done)["supervision"]


def test_the_police_are_told_of_by_the_incidents_own_form() -> None:
    waits = incident(over(), answers={"police": "to-report"})
    assert "police knew of 0" in told(waits)["police-told"]
    assert "Of 1 they did not" in told(waits)["police-told"]
    assert "police-told" not in told(over())


def test_a_visit_told_of_that_nobody_set_out_on_is_counted_and_not_judged() -> None:
    words = told(debriefed(at(countersigned(), DUE_BACK)))["files-looked-at"]
    assert words.startswith("1 visit was reported on or talked over")
    assert "There can be many reasons" in words


def test_how_hostile_cases_are_spread_is_not_said_of_a_few() -> None:
    words = told(incident(over()))["fair-load"]
    assert "1 case was visited" in words
    assert f"Fewer than {audit.FEWEST} people" in words
    assert "most" not in words


def test_nothing_tells_of_duress() -> None:
    plain, spoken = departed(countersigned()), duress(departed(countersigned()))
    assert told(plain) == told(spoken)


def test_nobody_is_named() -> None:
    words = " ".join(told(incident(over())).values())
    assert not any(one.person.name in words for one in (SAM, MO, EVE, ADA))


def test_evidence_stands_behind_why_a_question_is_asked_and_changes_nothing_else() -> None:
    plain = FormSet(FORM, None, {"manager-duties": "ef" * 32})
    shown = beside(plain, {"training": ("Not up to date: 3.",), "unheard-of": ("No.",)})
    before, after = compile_form(plain).by_id, compile_form(shown).by_id
    assert after["training"].why == f"{before['training'].why} From the record: Not up to date: 3."
    assert {name for name in before if before[name] != after[name]} == {"training"}
    assert shown.digests == plain.digests


def test_not_sure_is_not_as_it_should_be() -> None:
    flow = compile_form(FormSet(FORM, None, {}))
    given = {"training": "not-sure", "agenda": "no", "equipment": "yes", "what-will-change": "no"}
    assert set(wanting(flow, given)) == {"training", "agenda"}


def test_the_year_after_says_what_was_wanting_and_what_was_to_change() -> None:
    before = audit.since("2026-11-23T12:00:00Z", LONDON, body())
    assert before["training"] == ("On 23 November 2026 the answer was: not sure.",)
    assert before["what-will-change"][0].endswith("Joint visits</b> by March.")
    assert "\x1b" not in before["what-will-change"][0]
    assert "agenda" not in before


def test_the_page_puts_first_what_is_wanting_and_what_will_change() -> None:
    text = page(body())
    assert text.index("Not as it should be") < text.index("## what-will-change") < text.index("### training")
    assert "- Training not up to date by the newest plan: 3 of 8 people." in text
    assert "24 November 2025 to 23 November 2026" in text
    assert "### what-will-change" not in text


def test_what_people_wrote_is_only_text_on_the_page() -> None:
    text = page(body())
    assert "\x1b" not in text
    assert "<b>" not in text
    assert "<i>" not in text


def test_a_page_without_anything_wanting_says_so() -> None:
    text = page(body(wanting=(), first="some day", evidence={}))
    assert "Every question was answered as it should be." in text
    assert "some day" not in text


def test_the_json_has_each_question_with_its_answer_and_evidence() -> None:
    shape = audit_shape("ab" * 32, "2026-11-23T12:00:00Z", "Mo", body())
    first = shape["questions"][0]
    assert (first["id"], first["value"], len(first["evidence"])) == ("training", "not-sure", 1)
    assert shape["wanting"] == ["training"]


@pytest.mark.parametrize(("who", "counts"), [(MO, True), (SAM, False)])
def test_only_a_managers_audit_counts(who: Any, counts: bool) -> None:
    roster = at_a_store(said(begun(), who, Kind.AUDITED, body()))
    assert (len([one for one in roster.counted if one.content.kind == Kind.AUDITED]) == 1) is counts
    assert any("manager" in problem for problem in roster.problems) is not counts


def test_a_manager_who_was_one_then_signed_it_for_good() -> None:
    signed = said(begun(), MO, Kind.AUDITED, body())
    later = changed(signed, MO, "practitioner", at=NOW + timedelta(days=1))
    assert any(one.content.kind == Kind.AUDITED for one in at_a_store(later).counted)


def test_an_audit_gives_nobody_a_role_and_takes_none() -> None:
    before, after = at_a_store(begun()), at_a_store(said(begun(), MO, Kind.AUDITED, body()))
    assert {key: one.roles for key, one in before.members.items()} == {
        key: one.roles for key, one in after.members.items()
    }
    assert after.settings == before.settings
