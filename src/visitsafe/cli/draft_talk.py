"""Which unfinished plan to go on with: a list that says what each is, and a way to throw one away.

A plan that is revised or repeated goes on with its own draft, if there is one and the person wants it.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from visitsafe.errors import InterruptedByUserError, NotFoundError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.wizard.draft import Draft, ListedDraft

THROW = "Throw a draft away"
HOUR, DAY = 60, 24 * 60


def choose_draft(
    folder: Path, asker: "Talk", now: datetime, zone: "ZoneInfo", *, wanted: str = "", resume: bool = False
) -> "Draft":
    """The unfinished plan to go on with, or a new one.

    Args:
        folder: Where drafts are kept.
        asker: Asks.
        now: For how long ago a draft was changed.
        zone: Whose local time is shown.
        wanted: The reference of the plan to repeat or revise; only its own drafts are offered.
        resume: The person wants to go on, so a single draft is taken without asking.

    Raises:
        InterruptedByUserError: The person stopped; the drafts are kept.
        NotFoundError: There is nothing to go on with.
    """
    from visitsafe.wizard.draft import list_drafts, open_draft

    while True:
        listing = list_drafts(folder)
        asker.say(*listing.set_aside)
        drafts = [one for one in listing.drafts if not one.in_use and _fits(one, wanted)]
        if not drafts and resume:
            raise NotFoundError("there is no unfinished plan", hint="to begin one: visitsafe plan")
        if not drafts:
            return open_draft(folder)
        if resume and len(drafts) == 1:
            return open_draft(folder, drafts[0].name)
        about = [_about(one, now, zone) for one in drafts]
        again = f"Begin again with {wanted}" if wanted else "Begin a new plan"
        stopped = InterruptedByUserError(
            "stopped; your drafts are kept", hint="to go on: visitsafe plan --resume"
        )
        try:
            picked = asker.pick(
                "You have begun this before:", [*(f"Go on with {line}" for line in about), again, THROW]
            )
        except InterruptedByUserError:
            raise stopped from None
        if picked is None:
            raise stopped
        if picked <= len(drafts):
            return open_draft(folder, drafts[picked].name if picked < len(drafts) else "")
        _throw_away(folder, asker, drafts, about)


def _fits(listed: "ListedDraft", wanted: str) -> bool:
    return not wanted or wanted in {listed.session.revises, listed.session.repeats}


def _throw_away(folder: Path, asker: "Talk", drafts: Sequence["ListedDraft"], about: Sequence[str]) -> None:
    """Ask which and whether, and remove it; nothing else goes with it."""
    from visitsafe.wizard.draft import open_draft

    which = 0 if len(drafts) == 1 else asker.pick("Which one is not needed any more?", about)
    if which is None:
        return
    sure = asker.pick(
        f"Throw away {about[which]}? Its answers cannot be got back.",
        ["Yes, throw it away", "No, keep it"],
    )
    if sure == 0:
        with open_draft(folder, drafts[which].name) as draft:
            draft.delete()
        asker.say("That draft is gone.")


def _about(listed: "ListedDraft", now: datetime, zone: "ZoneInfo") -> str:
    """A draft in a few words. Which case it is about is what its author knows it by."""
    from visitsafe.text.clock import moment

    session = listed.session
    kind = "the new plan"
    if session.revises:
        kind = f"the new version of {session.revises}"
    elif session.repeats:
        kind = f"the repeat of {session.repeats}"
    case = session.case or session.answers.get("case", "")
    start = session.answers.get("start", "")
    when = f", visit {moment(start, zone)}" if isinstance(start, str) and start else ""
    return f"{kind}{f' for case {case}' if case else ''}{when}, last changed {_ago(listed.changed, now)}"


def _ago(changed: datetime, now: datetime) -> str:
    minutes = int((now - changed).total_seconds()) // 60
    if minutes < 1:
        return "just now"
    if minutes < HOUR:
        return f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    if minutes < DAY:
        return f"{minutes // HOUR} hour{'s' if minutes >= 2 * HOUR else ''} ago"
    return f"{minutes // DAY} day{'s' if minutes >= 2 * DAY else ''} ago"
