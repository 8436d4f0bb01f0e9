"""Telling other professionals: recording that a duty was met, or decided otherwise (4.6, 4.10).

Whoever may decide what is shared records it; what was said stands in the record as facts and precautions.
Nothing is sent from here.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo

import msgspec
from msgspec.structs import replace

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.find import case_history
from visitsafe.record.bodies import PlanBody, SharedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import Meaning
from visitsafe.state.duties import DutyState, Met, duties_of, same_ground
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import NOT_SHARE, SHARE
from visitsafe.text.blocks import Block, Heading, Kept, Say, as_markdown, titled
from visitsafe.text.clean import one_line
from visitsafe.text.clock import date_only, day, to_text
from visitsafe.text.redact import naming

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
    blocks: list[Block] = [
        Heading(f"Safety of professionals: case {_clean(state, state.body.visit.case)}", 1),
        Say(Kept("\n".join(_head(state, told, words, now, zone)))),
        Say(INTRO),
    ]
    for title in TITLES:
        blocks += titled(title, [Kept(text) for of, text in kept if of == title])
    made = f"Made from the record of visit plan {state.ref} on {date_only(to_text(now), zone)}."
    blocks += titled("What we ask of you", _asked(words))
    blocks += [Say(f"{made} It leaves out the address, names and whatever was recorded in confidence.")]
    return as_markdown(blocks)


def letter_title(state: PlanState) -> str:
    """What the page of a letter is called."""
    return f"Letter about case {_clean(state, state.body.visit.case)}"


def _head(
    state: PlanState, duties: Sequence[DutyState], words: Letter, now: datetime, zone: tzinfo
) -> tuple[str, ...]:
    named = words.to or dict.fromkeys(who for one in duties for who in one.duty.recipients)
    to = "; ".join(one_line(_clean(state, one)) for one in named)
    return (
        f"To: {to or 'the other professionals who work with this family'}",
        f"From: {one_line(words.writer)}, {one_line(words.team)}",
        f"Date: {day(to_text(now), zone)}",
        "Confidential: for those named",
        BY_HAND,
    )


def _happened(state: PlanState, untold: Collection[str], zone: tzinfo) -> list[str]:
    """What was ticked about behaviour, and on which day; never how somebody put it.

    Without the incidents of which it was decided to tell nobody.
    """
    lines = [f"Known before, says whoever planned the visit: {known}." for known in _ticked(state.body)]
    for said in state.after.incidents:
        if said.id in untold:
            continue
        what = "; ".join(
            one.answer for one in said.body.shown if one.id == Meaning.BEHAVIOURS and one.answer.strip()
        )
        kind = "a near miss" if said.body.near_miss else "an incident"
        lines.append(f"{date_only(said.happened, zone)}: {kind}{f': {what}' if what else ''}.")
    return lines


def _ticked(body: PlanBody) -> Iterator[str]:
    """The answers to choices about behaviour, in words."""
    for shown in body.shown:
        if shown.id == Meaning.BEHAVIOURS and body.answers.get(shown.id) and shown.answer.strip():
            yield shown.answer


def _precautions(state: PlanState) -> list[str]:
    """The control measures that were taken of those which concern others who visit; own words stay out."""
    suggested = {one.text for finding in state.body.findings for one in finding.suggest if one.tell is True}
    taken = (control.text for control in state.body.controls if control.text in suggested)
    return list(dict.fromkeys(taken))


def _asked(words: Letter) -> list[str]:
    how = f" or {one_line(words.phone)}" if words.phone.strip() else ""
    return [
        "Think of this before you visit, and plan with your manager.",
        f"Tell us what you know that bears on anybody's safety: {one_line(words.reach)}{how}.",
        "Keep it with your agency's case record. Pass it on only to those who need it to keep somebody safe.",
        "In danger, leave and ring 999.",
    ]


def _clean(state: PlanState, text: str) -> str:
    return naming(state.body.visit.address).sub(LEFT_OUT, text)


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says about telling others. Members as in `SharedBody`."""

    recipients: tuple[str, ...] = ()
    how: str = ""
    what: str = ""
    reason: str = ""
    happened: str = ""
    declined: bool = False


def duty_numbered(state: PlanState, number: int) -> DutyState:
    """The duty that a person names by its number.

    Raises:
        NotFoundError: The plan has no such duty.
    """
    found = next((one for one in duties_of(state) if one.number == number), None)
    if found is None:
        raise NotFoundError(
            f"{state.ref} has no duty {number} to share something", hint=f"see: visitsafe share {state.ref}"
        )
    return found


def the_open_duty(state: PlanState) -> DutyState | None:
    """The only duty of a plan that is still open; None if there is none.

    Raises:
        NotFoundError: Several are open.
    """
    waiting = [one for one in duties_of(state) if one.open]
    if len(waiting) > 1:
        raise NotFoundError(
            f"{state.ref} has {len(waiting)} duties to share something",
            hint=f"say which: visitsafe share {state.ref} --duty {waiting[0].number}",
        )
    return waiting[0] if waiting else None


def share(desk: Desk, state: PlanState, duty: DutyState | None, said: Sharing) -> PlanState:
    """Sign what became of a duty; the plan with it.

    Args:
        desk: Who says so.
        state: The plan.
        duty: The duty; None for something that was shared without one.
        said: What was shared or decided.

    Raises:
        NotPermittedError: It would not count; with what is missing.
    """
    desk.check_role(Kind.SHARED, "recording what was shared")
    body = SharedBody(
        of=duty.of if duty else state.version.id,
        trigger=duty.duty.trigger if duty else "",
        decision=NOT_SHARE if said.declined else SHARE,
        recipients=() if said.declined else said.recipients or (duty.duty.recipients if duty else ()),
        how=said.how,
        what=said.what,
        reason=said.reason,
        happened=said.happened,
    )
    _check_complete(body, declined=said.declined)
    done = desk.record(state, Kind.SHARED, body, f"see: visitsafe share {state.ref}")
    if duty is not None and duty.of_plan:
        _share_copies(desk, state, duty, body)
    return done


def _share_copies(desk: Desk, state: PlanState, duty: DutyState, body: SharedBody) -> None:
    """The same in the other plans of the case that were signed before it was done: it is one duty.

    It is recorded already, so a plan in which it would not count stops nothing.
    """
    for other in case_history(desk, state.body.visit.case).plans:
        for one in duties_of(other):
            mine = other.plan == state.plan
            if not mine and one.left and same_ground(state, duty, other, one.duty) and one.of_plan:
                try:
                    desk.record(other, Kind.SHARED, replace(body, of=one.of))
                except NotPermittedError as error:
                    desk.warn(f"it is not noted in {other.ref}: {error.message}")


def _check_complete(body: SharedBody, *, declined: bool) -> None:
    if declined and not body.reason.strip():
        raise NotPermittedError(
            "deciding not to share needs a reason in your own words", hint="add: --reason '...'"
        )
    if declined:
        return
    if not body.recipients:
        raise NotPermittedError(
            "say who was told, by role and agency", hint="add: --with 'health visitor, NHS'"
        )
    for value, what, flag in (
        (body.how, "how they were told", "--how"),
        (body.what, "what they were told", "--what"),
    ):
        if not value.strip():
            raise NotPermittedError(f"say {what}", hint=f"add: {flag} '...'")
