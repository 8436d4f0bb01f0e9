"""`visitsafe store purge | erase | hold | release`: removing the content of cases by rule, and keeping it.

What would go is shown before anything goes. What is out of reach is said each time: drafts, exported files,
other stores and backups.
"""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli.output import agreed, has_terminal, result, result_json, say, stands
from visitsafe.errors import InterruptedByUserError, NotPermittedError, UsageError
from visitsafe.opening import desk_of, invocation, my_fingerprint, roster_of, settings_of, signer_of
from visitsafe.text.clean import cut, one_line, things

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from visitsafe.desk import Desk
    from visitsafe.retention.policy import CaseVerdict
    from visitsafe.retention.purge_survey import Survey
    from visitsafe.retention.purging import Done
    from visitsafe.retention.store_purge import PurgeableStore


def case_line(one: "CaseVerdict") -> str:
    """A case in one line: what of it, and why it goes or stays. Not escaped."""
    refs = ", ".join(facts.ref for facts in one.plans[:5]) + (", ..." if len(one.plans) > 5 else "")  # noqa: PLR2004 - a line's worth
    size = f"{things(len(one.plans), 'plan')} ({refs}), {things(one.entries, 'entry', 'entries')}"
    sealed = ", with sealed tracing details" if one.sealed else ""
    why = one.why_not or _rule(one)
    return f"case {cut(one.case, 60)}: {size}{sealed}; last {one.since[:10]}; {why}"


def _rule(one: "CaseVerdict") -> str:
    from visitsafe.record.bodies import ERASURE
    from visitsafe.retention.purge_survey import SIGNED

    if one.rule == ERASURE:
        return "erased on request"
    if one.rule == SIGNED:
        return "its removal is signed, and is carried out here"
    return f"its {things(one.days, 'day')} were over on {one.until[:10]}"


def shape(found: "Survey", done: "Done | None") -> dict[str, Any]:
    """As `--json` prints it; `done` is what was removed, if anything was to be."""
    return {
        "going": [_case(one) for one in found.going],
        "staying": [_case(one) for one in found.staying],
        "unfinished": [
            {
                "ref": one.removed.ref,
                "plan": one.removed.plan,
                "goes": one.goes,
                "why_not": one.why_not or None,
            }
            for one in found.unfinished
        ],
        "holds": [
            {"case": one.case, "since": one.at, "by": one.by, "reason": one.reason}
            for several in found.holds.values()
            for one in several
        ],
        "later": found.later,
        "elsewhere": list(found.elsewhere),
        "done": done
        and {
            "cases": done.cases,
            "plans": list(done.plans),
            "entries": done.entries,
            "left": [{"case": case, "why": why} for case, why in done.left],
            "still": done.still or None,
        },
    }


def _case(one: "CaseVerdict") -> dict[str, Any]:
    return {
        "case": one.case,
        "plans": [{"ref": facts.ref, "plan": facts.plan, "entries": facts.entries} for facts in one.plans],
        "entries": one.entries,
        "sealed": one.sealed,
        "rule": one.rule,
        "days": one.days or None,
        "since": one.since,
        "until": one.until or None,
        "why_not": one.why_not or None,
    }


STAYS = "what stays: the entries' ids, kinds, times, signers and order, and the reason; the proof still holds"
OUT_OF_REACH = (
    "not reached: drafts, files that were exported or printed, other people's stores, and backups of this one"
)
Case = Annotated[str, typer.Argument(help="The case's reference, as in visitsafe list.")]
Reason = Annotated[str, typer.Option(help="Why. It is kept for good, so name nobody in it.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would go and what stays.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Today = Annotated[
    str,
    typer.Option(help="Which day it is, as YYYY-MM-DD: look at a calendar, and not at this computer."),
]


def purge(
    context: typer.Context,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    today: Today = "",
    json: Json = False,
) -> None:
    """Remove the content of cases whose time is over, by what the team agreed on: team set --keep-days."""
    from visitsafe.retention.purge_survey import survey

    if dry_run == yes:
        raise UsageError(
            "say --dry-run to see what would go, or --yes to remove it",
            hint="visitsafe store purge --dry-run",
        )
    day = _day(today)
    if dry_run:
        with desk_of(context, keeper=True) as desk:
            found = survey(desk)
            _say_rule(desk)
            if found.anything:
                _say_clock(context, desk, day)
        _show(found, json=json)
        return
    with _purging(context) as (desk, store):
        found = survey(desk)
        if found.anything:
            _removed(found, _remove(desk, store, found, reason, day), json=json)
            return
        still = store.wipe()
        if json:
            result_json(shape(found, None))
        else:
            result("Nothing was removed: see visitsafe store purge --dry-run.")
        if still:
            say(still)


def erase(
    context: typer.Context,
    case: Case,
    reason: Reason,
    yes: Yes = False,
    dry_run: DryRun = False,
    today: Today = "",
    json: Json = False,
) -> None:
    """Remove the content of one case before its time, because somebody has a right to it."""
    from visitsafe.retention.purge_survey import survey_case

    day = _day(today)
    if dry_run:
        with desk_of(context, keeper=True) as desk:
            _show(survey_case(desk, case), json=json)
        return
    with _purging(context) as (desk, store):
        found = survey_case(desk, case)
        for one in found.staying:
            raise NotPermittedError(
                f"the case {one.case!r} cannot be erased: {one.why_not}",
                hint=f"nothing was removed; see: visitsafe list --all --case {one.case!r}",
            )
        if not yes:
            _ask(found)
        done = _remove(desk, store, found, reason, day)
        _removed(found, done, json=json)


def hold(
    context: typer.Context,
    case: Case,
    reason: Reason,
    yes: Annotated[bool, typer.Option("--yes", help="Hold it although no plan here is for it.")] = False,
) -> None:
    """Keep a case: nothing of it is removed until somebody releases it."""
    from visitsafe.retention.holds import hold as hold_case
    from visitsafe.text.clean import clean

    with desk_of(context, keeper=True) as desk:
        held = hold_case(desk, clean(case), clean(reason), unknown=yes)
    name = one_line(held.case)
    with stands("the case is held"):
        result(
            f"the case {name} is held, {things(held.plans, 'plan')} of it; to end that: visitsafe store"
            f" release {name}"
        )


def release(context: typer.Context, case: Case, reason: Reason = "") -> None:
    """End the holds on a case."""
    from visitsafe.retention.holds import release as release_case
    from visitsafe.text.clean import clean

    with desk_of(context, keeper=True) as desk:
        ended = release_case(desk, clean(case), clean(reason))
    for one in ended:
        say(f"it was held since {one.at[:10]} by {one.by}: {one.reason}")
    with stands("the case is released"):
        result(f"the case {one_line(case)} is released")


@contextmanager
def _purging(context: typer.Context) -> "Iterator[tuple[Desk, PurgeableStore]]":
    """The desk at a store whose entries can be emptied: in PostgreSQL for the retention role alone."""
    from visitsafe.desk import Desk
    from visitsafe.retention.holds import check_purger
    from visitsafe.retention.store_purge import purge_of

    settings = settings_of(context)
    with purge_of(settings.store) as store:
        for warning in (*settings.warnings, *store.store.warnings):
            say(warning)
        roster = roster_of(settings, store.store, say)
        me, now = roster.members.get(my_fingerprint(settings)), invocation(context).now
        desk = Desk(store.store, roster, now, me, lambda: signer_of(context), say)
        check_purger(desk, "remove records")
        yield desk, store


def _remove(
    desk: "Desk", store: "PurgeableStore", found: "Survey", reason: str, today: "date | None"
) -> "Done":
    from visitsafe.retention.purging import remove
    from visitsafe.text.clean import clean

    return remove(desk, store, found, clean(reason), today)


def _day(text: str) -> "date | None":
    from datetime import date

    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no day", hint="for example: --today 2026-11-23") from None


def _ask(found: "Survey") -> None:

    if not has_terminal():
        raise UsageError("erasing a case needs a yes", hint="look first: --dry-run; then add: --yes")
    say(case_line(found.verdicts[0]))
    if not agreed("Remove the content of all this, for good?", nothing="removed"):
        raise InterruptedByUserError("stopped; nothing was removed")


def _say_rule(desk: "Desk") -> None:
    from visitsafe.retention.policy import shortest
    from visitsafe.retention.purge_survey import rules_of

    agreed, now = shortest(desk.roster.settings), shortest(rules_of(desk))
    if not agreed:
        say("the team has agreed on no time for which records are kept: visitsafe team set --keep-days")
    elif now != agreed:
        until = f"after {things(now, 'day')}" if now else "by no rule"
        say(
            f"the team agreed on {things(agreed, 'day')} less than a week ago: until that is over, records"
            f" go {until}"
        )


def _say_clock(context: typer.Context, desk: "Desk", today: "date | None") -> None:
    """What the clock would keep from being removed; that of a database's server is asked for only then."""
    from visitsafe.retention.purge_clock import check_clock
    from visitsafe.store.open import is_postgres

    if is_postgres(settings_of(context).store):
        return
    try:
        check_clock(desk, None, today)
    except NotPermittedError as error:
        say(f"it would be refused: {error.message}; {error.hint}")


def _show(found: "Survey", *, json: bool) -> None:
    if json:
        result_json(shape(found, None))
        return
    going, rest = found.going, [one for one in found.unfinished if one.goes]
    lines = ["This would go:" if going or rest else "Nothing would go."]
    lines += [f"  {case_line(one)}" for one in going]
    lines += [f"  {one.removed.ref}: what is left of it, {one.removed.words}" for one in rest]
    if found.staying or found.holds:
        lines.append("This stays:")
    lines += [f"  {case_line(one)}" for one in found.staying]
    lines += [
        f"  {one.removed.ref}: {one.why_not}" for one in found.unfinished if one.why_not and not one.kept
    ]
    lines += [f"  {one.removed.ref}: {one.kept}" for one in found.unfinished if one.kept]
    lines += [
        f"  case {one.case}: held since {one.at[:10]} by {one.by}, until it is released: {one.reason}"
        for several in found.holds.values()
        for one in several
    ]
    lines += [
        f"  {ref}: an older version of it was for this case, and it is now another's"
        for ref in found.elsewhere
    ]
    if found.later:
        lines.append(f"{things(found.later, 'case')} more: the time is not over.")
    result(
        "\n".join(
            one_line(line) if not line.startswith("  ") else "  " + one_line(line[2:]) for line in lines
        )
    )
    for sentence in (STAYS, OUT_OF_REACH):
        say(sentence)


def _removed(found: "Survey", done: "Done", *, json: bool) -> None:
    with stands("what was removed is removed"):
        if json:
            result_json(shape(found, done))
        else:
            result(
                f"Removed the content of {things(done.entries, 'entry', 'entries')} of"
                f" {things(len(done.plans), 'plan')}, {things(done.cases, 'case')}."
            )
    for case, why in done.left:
        say(f"left as it is: case {case}: {why}")
    for ref in found.elsewhere:
        say(f"left as it is: {ref}, of which an older version was for this case, and which is another's now")
    for sentence in filter(None, (STAYS, OUT_OF_REACH, done.still)):
        say(sentence)
