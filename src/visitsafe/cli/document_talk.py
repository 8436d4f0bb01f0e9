"""What is looked at between a filled-in document and its signature: its days, and how it reads to a family.

Days that cannot be read are asked for again at a terminal, and refused from a file, all at once. Sentences
that may be hard are pointed out; nothing is refused for them.
"""

from typing import TYPE_CHECKING

import typer

from visitsafe.cli.output import say
from visitsafe.errors import InterruptedByUserError, ProblemsError
from visitsafe.opening import invocation, zone_of

if TYPE_CHECKING:
    from visitsafe.checklists.form_flow import Answered
    from visitsafe.cli.form_talk import How
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.followup.documents import Days, Writing

SIGN, CHANGE = "Sign it as it is", "Change it first"
MOST = 8
"""How many sentences are pointed out at once."""


def checked(
    context: typer.Context, desk: "Desk", answered: "Answered", writing: "Writing", command: str, how: "How"
) -> "tuple[Answered, Days]":
    """The form with days that can be read, and the days.

    Raises:
        ProblemsError: From a file: days that cannot be read, each with what to type.
        InterruptedByUserError: They want to change it first; the draft is kept.
    """
    from visitsafe.followup.documents import days_in

    now, zone = invocation(context).now, zone_of(desk.roster)
    days = days_in(answered, now, zone)
    if how.answers is not None:
        if days.wrong:
            lines = [f"{one.id}: {one.sentence}" for one in days.wrong]
            raise ProblemsError("nothing was signed; these days cannot be read", lines, hint="mend the file")
        for line in _days_meant(answered, days):
            say(f"understood as {line}")
        for line in _remarks(answered, writing):
            say(line)
        return answered, days
    asker = _asker(context, how, command)
    while days.wrong:
        answered = _asked_again(asker, answered, days, command)
        days = days_in(answered, now, zone)
    _confirm(asker, [*_days_meant(answered, days), *_remarks(answered, writing)], command)
    return answered, days


def _asker(context: typer.Context, how: "How", command: str) -> "Talk":
    from visitsafe.cli.prompts.talk import talk_at

    otherwise = "use: --answers FILE --yes (--print-answers prints a file to fill in)"
    return talk_at(invocation(context).environ, plain=how.plain, otherwise=otherwise, kept=command)


def _asked_again(asker: "Talk", answered: "Answered", days: "Days", command: str) -> "Answered":
    from visitsafe.followup.documents import retyped

    wrong = days.wrong[0]
    asker.say("", f"{wrong.label}: {wrong.sentence}.")
    typed = asker.type(f"{wrong.label}: which day?")
    if typed is None:
        raise _kept(command)
    return retyped(answered, wrong.id, typed)


def _days_meant(answered: "Answered", days: "Days") -> list[str]:
    """Days that were not typed in full, as they were understood."""
    from visitsafe.text.days import said

    labels = {one.id: one.label for one in answered.shown}
    return [
        f"{labels.get(name, name)}: {said(day)}"
        for name, day in days.read.items()
        if answered.answers.get(name) not in {day, said(day)}
    ]


def _remarks(answered: "Answered", writing: "Writing") -> list[str]:
    """Sentences of the family's page that may be hard to read."""
    from visitsafe.followup.document_pages import family_texts, hard_sentences
    from visitsafe.record.terms import Document

    if writing.document is not Document.AGREEMENT:
        return []
    hard = hard_sentences(family_texts(answered.answers, answered.shown))
    if not hard:
        return []
    lines = ["The family may find this hard to read. You can sign it all the same."]
    lines += [f"- {one.sentence}  ({'; '.join(one.why)})" for one in hard[:MOST]]
    return [*lines, *([f"... and {len(hard) - MOST} more sentences"] if len(hard) > MOST else [])]


def _confirm(asker: "Talk", lines: list[str], command: str) -> None:
    """Show what there is to say before it is signed; nothing is asked if there is nothing."""
    if not lines:
        return
    asker.say("", "Before it is signed:", *lines)
    if asker.pick("Sign it?", [SIGN, CHANGE]) != 0:
        raise _kept(command)


def _kept(command: str) -> InterruptedByUserError:
    return InterruptedByUserError("nothing was signed; your answers are kept", hint=f"to go on: {command}")
