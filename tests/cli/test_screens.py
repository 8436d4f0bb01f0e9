"""Plans at a terminal: narrow or wide, plain or coloured, and nothing in them that a terminal obeys."""

import io
import os
import unicodedata
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from rich.cells import cell_len

from after_story import ALERT, HAPPENED, debriefed, documented, incident, marked, over, shared
from hostile import ATTACKS, TEXTS, everywhere
from story import EVE, MO, NIA, NOW, SAM, START, Story, begun, calm_visit, hostile_visit, visit
from visitsafe.cli.output import make_console
from visitsafe.cli.review_screen import review_plan
from visitsafe.cli.show import list_plans, show_plan
from visitsafe.record.bodies import Action, Sealed
from visitsafe.record.refs import FULL, reference
from visitsafe.record.stored import PlanRow
from visitsafe.state.fold import fold

LONDON = ZoneInfo("Europe/London")
PLANNED = begun().planned()
WIDTHS = (40, 80)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(story: Story, width: int = 80, *, include_details: bool = False) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    show_plan(console, story.state, NOW, LONDON, include_details=include_details)
    return file.getvalue()


def reviewed(
    story: Story, previous: Story | None = None, width: int = 80, now: timedelta = timedelta()
) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    review_plan(console, story.state, previous.state if previous else None, NOW + now, LONDON)
    return file.getvalue()


def row(story: Story, **changes: object) -> PlanRow:
    visited = story.state.body.visit
    plain: dict[str, object] = {
        "plan": story.plan,
        "status": str(story.state.status),
        "stage": "planned",
        "closed": "",
        "by": story.state.author.fingerprint,
        "case_ref": visited.case,
        "area": visited.area,
        "start": visited.start,
        "due_back": visited.due_back,
        "level": "stop",
        "urgent": False,
        "entries": 1,
        "newest": story.newest.id,
    }
    return PlanRow(**{**plain, **changes})  # type: ignore[arg-type]  # each value has its field's type


def listed(story: Story, *rows: PlanRow, width: int = 80, now: timedelta = timedelta()) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    states = {one.plan: msgspec.structs.replace(story.state, plan=one.plan) for one in rows}
    list_plans(console, rows, story.roster, NOW + now, LONDON, states)
    return file.getvalue()


def worrying(text: str) -> str:
    """The first block: what a manager sees before anything else."""
    return text.split("\n\n")[1]


def test_plans_that_share_a_short_reference_are_listed_by_the_long_one() -> None:
    other = PLANNED.plan[:-1] + ("0" if PLANNED.plan[-1] != "0" else "1")
    alone, both = listed(PLANNED, row(PLANNED)), listed(PLANNED, row(PLANNED), row(PLANNED, plan=other))
    assert alone.startswith(f"{reference(PLANNED.plan)}  ")
    assert reference(PLANNED.plan, FULL) in both
    assert reference(other, FULL) in both


def check_harmless(text: str, width: int) -> None:
    for line in text.splitlines():
        assert cell_len(line) <= width
        assert not {unicodedata.category(character) for character in line} & {"Cc", "Cs", "Zl", "Zp"}
        assert not {unicodedata.bidirectional(character) for character in line} & {"RLO", "LRO", "RLI", "LRI"}


# What a manager sees first


def test_a_list_cuts_what_another_program_signed_at_length() -> None:
    long = visit(case="C" * 200_000, area="Ordsall " * 25_000)
    story = begun().planned(body=hostile_visit(visit=long))
    text = listed(story, row(story))
    assert len(text) < 500
    assert f"{'C' * 57}..., Ordsall" in " ".join(text.split())


def test_what_is_worrying_stands_on_top() -> None:
    top = worrying(reviewed(PLANNED, now=timedelta(hours=7)))
    assert top.splitlines()[0] == 'What is worrying ("you" is Sam Okafor)'
    for words in (
        "Starts in 30 minutes.",
        "Stop: The visit ends after dark and you would be alone. (2 control measures",
        "No control measure: Your car may be damaged",
        "Not sure: Car a target",
        "Who goes: alone, after dark by the worker's answer.",
    ):
        assert words in top
    assert "interpreter" not in top


def test_a_stop_that_nothing_answers_says_so() -> None:
    story = begun().planned(body=hostile_visit(controls=()))
    assert "no control measure yet" in worrying(reviewed(story)).replace("\n    ", " ")


def test_a_calm_plan_says_that_nothing_stands_out() -> None:
    details = Sealed(age="", to=(MO.fingerprint, NIA.fingerprint), given="2026-11-11T08:00:00Z")
    text = reviewed(begun().planned(body=calm_visit(sealed=details)))
    assert "Nothing in this plan stands out" in text
    assert "What is worrying" not in text
    assert len(text.splitlines()) < 24


def test_a_busy_plan_is_written_briefly_where_there_is_little_room() -> None:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=80)
    before = begun().planned(body=calm_visit())
    review_plan(console, PLANNED.state, before.state, NOW, LONDON, rows=18)
    text = file.getvalue()
    assert worrying(text) == worrying(reviewed(PLANNED))
    assert len(text.splitlines()) <= 18
    for words in ("15:30 to 16:30", "2 control measures", "1 note", "changed since", "Purpose: "):
        assert words in text


def test_what_the_practitioner_wrote_is_shown() -> None:
    assert "In Sam Okafor's words" in reviewed(PLANNED)


def test_a_plan_whose_start_has_passed_has_expired() -> None:
    assert "has expired" in worrying(reviewed(PLANNED, now=START - NOW))


def test_an_urgent_plan_says_why() -> None:
    story = begun().planned(body=hostile_visit(urgent="A neighbour heard screams."))
    assert "Urgent, goes first: A neighbour heard screams." in worrying(reviewed(story, now=START - NOW))


def test_damage_rivals_and_entries_that_do_not_count_are_worrying() -> None:
    story = PLANNED.decided(by=SAM).revised() | PLANNED.revised(body=calm_visit(nonce=""))
    state = fold(story.plan, story.entries, story.roster, ["entry 12 does not hold"])
    file = io.StringIO()
    review_plan(make_console(plain=True, environ={}, file=file, width=80), state, None, NOW, LONDON)
    top = worrying(file.getvalue())
    assert "The record does not hold: entry 12 does not hold" in top
    assert "signed other versions" in top
    assert "Does not count: decided by Sam Okafor" in top


def test_standing_answers_show_their_age_the_oldest_first() -> None:
    given = {"training": "2026-11-20T09:00:00Z", "exit-plan": "2024-01-01T09:00:00Z"}
    text = " ".join(reviewed(begun().planned(body=hostile_visit(standing=given))).split())
    assert text.index("(given 2 years ago)") < text.index("Training: yes (given 2 days ago)")


def test_what_has_changed_since_the_last_plan_for_the_case_is_shown() -> None:
    before = begun().planned(body=calm_visit(visit=visit(companions=(MO.companion,))))
    text = reviewed(PLANNED, previous=before)
    assert "Who goes: alone (was: with Mo Khan)" in text
    assert "Daylight: no (was: yes)" in text
    assert "New finding: The visit ends after dark" in text
    assert "No longer a finding" in reviewed(before, previous=PLANNED)
    assert "Nothing: the same answers and findings." in reviewed(PLANNED, previous=PLANNED)


def test_what_managers_said_before_is_shown() -> None:
    story = PLANNED.decided("return", rationale="Take somebody along.").revised()
    assert "Returned by Mo Khan on Monday 23 November 2026: Take somebody along." in reviewed(story).replace(
        "\n    ", " "
    )


def test_a_manager_is_told_where_every_answer_stands() -> None:
    state = begun().planned()
    assert "Every question and answer: visitsafe show" in reviewed(state)
    assert "Reminders" not in reviewed(state)


def test_a_plan_shows_its_decision_and_how_to_check_it() -> None:
    text = shown(PLANNED.decided("refuse", by=NIA))
    assert text.splitlines()[0] == f"Visit plan {PLANNED.state.ref}: refused: this visit does not go ahead"
    assert "Refused by Nia Price" in text
    assert "How the purpose will be met: See the children at school" in text
    assert f"visitsafe verify {PLANNED.state.ref}" in text


def test_the_address_is_shown_only_when_asked_for() -> None:
    assert "Acacia" not in shown(PLANNED)
    assert "Address: 12 Acacia Road, Salford" in shown(PLANNED, include_details=True)


def test_an_entry_that_does_not_count_is_shown_with_the_reason() -> None:
    assert "Does not count: its author was not in the team" in shown(PLANNED.decided(by=EVE))


def test_a_plan_shows_what_does_not_hold_and_what_raised_nothing() -> None:
    story = begun().planned(body=calm_visit())
    state = fold(story.plan, story.entries, story.roster, ["entry 12 does not hold"])
    file = io.StringIO()
    show_plan(make_console(plain=True, environ={}, file=file, width=80), state, NOW, LONDON)
    assert file.getvalue().splitlines()[1] == "Does not hold: entry 12 does not hold"
    assert "Findings\n  None." in file.getvalue()


def test_a_decision_on_an_earlier_version_is_shown_as_such() -> None:
    story = PLANNED.decided("refuse") | PLANNED.revised().decided(by=NIA)
    assert "Made on an earlier version; it stands until a manager decides again." in shown(story)


def test_a_list_says_what_stands_how() -> None:
    text = listed(PLANNED, row(PLANNED), row(PLANNED, level="", urgent=True, by=EVE.fingerprint))
    assert text.splitlines() == [
        f"{PLANNED.state.ref}  Mon 23 Nov 15:30-16:30  awaiting, stop finding",
        "         C-1042, Ordsall, Sam Okafor",
        f"{PLANNED.state.ref}  Mon 23 Nov 15:30-16:30  awaiting, urgent",
        "         C-1042, Ordsall, somebody not in the team",
    ]


def test_a_list_in_a_narrow_window_keeps_to_the_right_of_the_reference() -> None:
    lines = listed(PLANNED, row(PLANNED), width=40).splitlines()
    assert lines[0].startswith(f"{PLANNED.state.ref}  Mon")
    assert len(lines) > 2
    assert all(line.startswith(" " * len("K7Q2-M9  ")) for line in lines[1:])


def test_a_list_does_not_tell_an_address_that_stands_in_the_area() -> None:
    assert "Acacia" not in listed(PLANNED, row(PLANNED, area="12 Acacia Road, by the park"))


def test_a_list_tells_expired_plans_from_those_that_wait() -> None:
    assert "expired" in listed(PLANNED, row(PLANNED), now=START - NOW)
    urgent = begun().planned(body=hostile_visit(urgent="Screams were heard."))
    assert "expired" not in listed(urgent, row(urgent, urgent=True), now=START - NOW)


def test_an_empty_list_says_what_to_do() -> None:
    assert listed(PLANNED) == "No plans here. To plan a visit: visitsafe plan\n"


# Terminals


@pytest.mark.parametrize(
    ("plain", "environ", "file"),
    [
        (True, {}, Terminal()),
        (False, {"NO_COLOR": "1"}, Terminal()),
        (False, {"TERM": "dumb"}, Terminal()),
        (False, {}, io.StringIO()),
    ],
    ids=["--plain", "NO_COLOR", "dumb", "no terminal"],
)
def test_nothing_but_text_is_written_where_colour_is_not_wanted(
    plain: bool, environ: dict[str, str], file: io.StringIO
) -> None:
    review_plan(
        make_console(plain=plain, environ=environ, file=file, width=80), PLANNED.state, None, NOW, LONDON
    )
    assert "\x1b" not in file.getvalue()


def test_a_terminal_gets_the_same_words_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = Terminal()
    console = make_console(plain=False, environ=os.environ, file=file, width=80)
    review_plan(console, PLANNED.state, None, NOW, LONDON)
    assert "\x1b[1;31mStop: " in file.getvalue()


def test_a_terminal_that_knows_only_ascii_is_no_reason_to_fail() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    story = begun().planned(body=hostile_visit(visit=visit(purpose="See Zoë.")))
    show_plan(make_console(plain=True, environ={}, file=file, width=80), story.state, NOW, LONDON)
    file.flush()
    assert b"See Zo?." in raw.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_is_only_text_and_never_wider_than_the_terminal(text: str, width: int) -> None:
    story = everywhere(text)
    check_harmless(shown(story, width, include_details=True), width)
    check_harmless(reviewed(story, PLANNED, width), width)
    check_harmless(listed(story, row(story), width=width), width)


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_any_text_is_only_text_and_never_wider_than_the_terminal(text: str) -> None:
    story = everywhere(text)
    check_harmless(shown(story, 40, include_details=True), 40)
    check_harmless(reviewed(story, PLANNED, 40), 40)


def test_markup_of_the_terminal_library_is_text() -> None:
    story = begun().planned(
        body=hostile_visit(visit=visit(purpose="[bold red]x[/] :warning: [link=http://x]y[/link]"))
    )
    assert "[bold red]x[/] :warning: [link=http://x]y[/link]" in shown(story)


def test_an_incident_on_a_plan_is_among_what_is_worrying() -> None:
    text = reviewed(incident(PLANNED, hurt="yes"))
    assert text.index("Incident: somebody was hurt recorded on this plan by Sam Okafor") < text.index(
        "The visit\n"
    )


def test_what_was_recorded_afterwards_is_shown_with_what_is_still_to_be_done() -> None:
    story = incident(over(hostile_visit()), sharing=(ALERT,))
    text = shown(story)
    for said in (
        "He shouted and kicked the door.",
        "Not talked over yet: visitsafe debrief",
        "3. Others may meet",
    ):
        assert said in text
    done = shown(marked(documented(debriefed(story), actions=(Action(what="Ring first", who="Sam"),))))
    assert "Not talked over yet" not in done
    assert "Ring first (Sam)" in done
    assert "Warning marker in Case system, 4417, checked 2026-11-20" in done


def test_the_address_is_in_nothing_that_was_recorded_afterwards() -> None:
    where = visit(address="12 Acacia Road, Salford")
    said = msgspec.structs.replace(HAPPENED, answer="At 12 acacia rd he shouted.")
    story = incident(over(hostile_visit(visit=where)), shown=(said,), sharing=())
    assert "acacia" not in shown(story).casefold()
    assert "12 acacia rd" in shown(story, include_details=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: repr(text[:20]))
def test_what_was_recorded_afterwards_is_only_text(attack: str, width: int) -> None:
    attack = attack.replace("\x00", "")  # which no entry holds
    said = msgspec.structs.replace(HAPPENED, answer=attack, label=attack)
    alert = msgspec.structs.replace(ALERT, label=attack, recipients=(attack,))
    story = incident(over(), shown=(said,), sharing=(alert,))
    told = shared(story, recipients=(attack,), how=attack, what=attack)
    story = debriefed(shared(told, ALERT.trigger, of=story.newest.id, how=attack, what=attack), shown=(said,))
    story = documented(story, actions=(Action(what=attack, who=attack),))
    check_harmless(shown(marked(story, system=attack, reference=attack), width), width)
