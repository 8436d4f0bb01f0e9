"""A letter to the other professionals who work with a family: facts and precautions, as CommonMark (4.6).

Rules: never more than was answered (D19), and whoever writes can leave out any line; nothing that was sealed,
no address, nobody by name but who writes and who is written to; only words of checklists and choices that
were ticked, never a text of somebody's own unless it is handed in to be said.
What was ticked says what happened, not what somebody is like. Nothing is sent from here.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo

import msgspec

from visitsafe.record.bodies import PlanBody
from visitsafe.record.entry import to_text
from visitsafe.state.duties import DutyState, Met
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import date_only, day
from visitsafe.supervision.page_sections import bullets
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.redact import naming

BEHAVIOURS = "behaviours"
"""The question of the visit checklist and of the incident form whose choices say what happened (6.2)."""
LEFT_OUT = "[left out]"
WHY, HAPPENED = "Why we tell you, as our colleagues see it", "What happened"
OURSELVES, ALSO = "What we do ourselves", "Also"
TITLES = (WHY, HAPPENED, OURSELVES, ALSO)
INTRO = (
    "You work with the same family. We tell you what we know so that you can plan your own visits safely. "
    "It says what our colleagues saw, and what they are not sure of. It is no judgement of anybody."
)
BY_HAND = "Family (write it in by hand; this record names nobody): ..............................."


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says that does not follow from the record.

    Attributes:
        team: The name of the team that writes.
        writer: Who writes, by name; `reach` is their work e-mail.
        phone: The duty desk's number; empty if the team has agreed on none.
        to: Who is written to, by role and agency.
        said: Precautions and facts in the writer's own words, handed in to be said.
    """

    team: str
    writer: str
    reach: str
    phone: str = ""
    to: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


def letter_lines(
    state: PlanState, duties: Sequence[DutyState], words: Letter, now: datetime, zone: tzinfo
) -> list[tuple[str, str]]:
    """What a letter can say, line by line, each with its heading: whoever writes can leave each out.

    Args and the rest as in `letter`.
    """
    told = [one for one in duties if one.met(now) is not Met.NOT_SHARED]
    untold = {one.of for one in duties} - {one.of for one in told}
    lines = (
        (WHY, dict.fromkeys(one.duty.ground for one in told)),
        (HAPPENED, _happened(state, untold, zone)),
        (OURSELVES, _precautions(state)),
        (ALSO, words.said),
    )
    return [(title, _clean(state, text)) for title, texts in lines for text in texts if text.strip()]


def letter(
    state: PlanState,
    duties: Sequence[DutyState],
    words: Letter,
    now: datetime,
    zone: tzinfo,
    without: Collection[int] = (),
) -> str:
    """The letter as markdown.

    Args:
        state: The plan from whose record it is made.
        duties: What is to be shared.
        words: What else it says.
        now: Its date.
        zone: Whose calendar it is dated by.
        without: The lines of `letter_lines` that are left out, by their number from 1.
    """
    lines = letter_lines(state, duties, words, now, zone)
    kept = [line for number, line in enumerate(lines, start=1) if number not in without]
    told = [one for one in duties if one.met(now) is not Met.NOT_SHARED]
    blocks = [
        f"# Safety of professionals: case {markdown_line(_clean(state, state.body.visit.case))}",
        _head(state, told, words, now, zone),
        INTRO,
        *(block for title in TITLES for block in _section(title, [text for of, text in kept if of == title])),
        "## What we ask of you",
        bullets(_asked(words)),
        _foot(state, now, zone),
    ]
    return "\n\n".join(blocks) + "\n"


def letter_title(state: PlanState) -> str:
    """What the page of a letter is called."""
    return f"Letter about case {_clean(state, state.body.visit.case)}"


def _head(state: PlanState, duties: Sequence[DutyState], words: Letter, now: datetime, zone: tzinfo) -> str:
    named = words.to or tuple(dict.fromkeys(who for one in duties for who in one.duty.recipients))
    to = "; ".join(markdown_line(_clean(state, one)) for one in named)
    to = to or "the other professionals who work with this family"
    who = f"{markdown_line(words.writer)}, {markdown_line(words.team)}"
    lines = (
        f"To: {to}",
        f"From: {who}",
        f"Date: {day(to_text(now), zone)}",
        "Confidential: for those named",
        BY_HAND,
    )
    return "\\\n".join(lines)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", bullets(markdown(line, "  ") for line in lines)] if lines else []


def _happened(state: PlanState, untold: Collection[str], zone: tzinfo) -> list[str]:
    """What was ticked about behaviour, and on which day; never how somebody put it.

    Without the incidents of which it was decided to tell nobody.
    """
    lines = [f"Known before, says whoever planned the visit: {known}." for known in _ticked(state.body)]
    for said in state.after.incidents:
        if said.id in untold:
            continue
        what = "; ".join(one.answer for one in said.body.shown if one.id == BEHAVIOURS and one.answer.strip())
        kind = "a near miss" if said.body.near_miss else "an incident"
        lines.append(f"{date_only(said.happened, zone)}: {kind}{f': {what}' if what else ''}.")
    return lines


def _ticked(body: PlanBody) -> Iterator[str]:
    """The answers to choices about behaviour, in words."""
    for shown in body.shown:
        if shown.id == BEHAVIOURS and body.answers.get(shown.id) and shown.answer.strip():
            yield shown.answer


def _precautions(state: PlanState) -> list[str]:
    """The control measures that were taken of those which concern others who visit; own words stay out."""
    suggested = {one.text for finding in state.body.findings for one in finding.suggest if one.tell is True}
    taken = (control.text for control in state.body.controls if control.text in suggested)
    return list(dict.fromkeys(taken))


def _asked(words: Letter) -> list[str]:
    how = f" or {markdown_line(words.phone)}" if words.phone.strip() else ""
    return [
        "Think of this before you visit, and plan with your manager.",
        f"Tell us what you know that bears on anybody's safety: {markdown_line(words.reach)}{how}.",
        "Keep it with your agency's case record. Pass it on only to those who need it to keep somebody safe.",
        "In danger, leave and ring 999.",
    ]


def _foot(state: PlanState, now: datetime, zone: tzinfo) -> str:
    made = f"Made from the record of visit plan {state.ref} on {date_only(to_text(now), zone)}."
    return f"{made} It leaves out the address, names and whatever was recorded in confidence."


def _clean(state: PlanState, text: str) -> str:
    return naming(state.body.visit.address).sub(LEFT_OUT, text)
