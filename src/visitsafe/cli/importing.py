"""`visitsafe import`: taking in a bundle that somebody sent, on a machine with or without a store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import agreed, has_terminal, result, result_json, say, stands
from visitsafe.errors import NotPermittedError, UsageError, VerificationError
from visitsafe.opening import desk_of, invocation, settings_of, zone_warnings
from visitsafe.text.clean import one_line, terminal, things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visitsafe.exchange.importing import Change, Incoming, Slip
    from visitsafe.record.stored import Store
    from visitsafe.settings import Settings
    from visitsafe.team.roster import Roster


MOST_NAMED = 20
"""How many entries that do not count, and visits that change, are named before it is asked about them."""


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The bundle: visitsafe-....zip.")],
    team_id: Annotated[str, typer.Option("--team-id", help="Take in only this team's bundle.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="On a new computer: join the bundle's team without asking.")
    ] = False,
    uncounted: Annotated[
        bool,
        typer.Option(
            "--uncounted", help="Take in, without asking, what does not count or changes open visits."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Take in a colleague's bundle: everything is checked first, and nothing is ever replaced."""
    from visitsafe.exchange.bundle import read_bundle
    from visitsafe.exchange.importing import check
    from visitsafe.store.open import store_exists

    settings = settings_of(context)
    slips = check(read_bundle(file))
    begins = not store_exists(settings.store) or _is_empty(settings)
    take = _begin if begins else _add
    added = take(context, slips, team_id.strip().lower(), yes=yes, uncounted=uncounted)
    with stands("what came is taken in; see: visitsafe list"):
        if json:
            result_json(_shape(added))
        else:
            result(_in_words(added))
    for change in added.changes:
        if change.problems:
            raise VerificationError(
                f"what came was taken in, and the record of {change.ref} does not hold: {change.problems[0]}",
                hint=f"ask whoever sent it for all they have: visitsafe export {change.ref} --format bundle",
            )
    for ref in added.emptied:
        raise VerificationError(
            f"the content of {ref} was taken out of this store, and nobody who may has signed that; the"
            " bundle has it",
            hint="keep the bundle: in a new store it can be read; tell whoever looks after this one",
        )


def _is_empty(settings: "Settings") -> bool:
    """Whether the store was made and nothing ever came into it."""
    from visitsafe.store.open import open_store

    store = open_store(settings.store)
    try:
        return store.head()[0] == 0
    finally:
        store.close()


def _add(
    context: typer.Context, slips: "list[Slip]", team_id: str, *, yes: bool, uncounted: bool
) -> "Incoming":
    """Into the store that is here."""
    del yes  # the store has its team already: there is nothing to ask
    from visitsafe.exchange.importing import incoming, take_in
    from visitsafe.find import maybe_open

    with desk_of(context) as desk:
        _insist(desk.roster, team_id)
        desk.roster.refuse_damage()
        position, _ = desk.store.head()
        still_open = list(maybe_open(desk.store, desk.now))
        added = incoming(slips, desk.roster.team_id, desk.store.history, position, desk.now, still_open)
        _ask_about(added, asked=not uncounted)
        take_in(desk.store, added, desk.now)
    return added


def _begin(
    context: typer.Context, slips: "list[Slip]", team_id: str, *, yes: bool, uncounted: bool
) -> "Incoming":
    """Make the store, and pin the team."""
    from visitsafe.exchange.importing import incoming, take_in, team_in
    from visitsafe.settings import pin_team

    settings, now = settings_of(context), invocation(context).now
    roster = team_in(slips)
    _insist(roster, team_id)
    if settings.team and settings.team != roster.team_id:
        raise NotPermittedError(
            f"this bundle is of another team than yours ({settings.team[:12]})",
            "nothing was taken in; ask whoever sent it which team it is of",
        )
    for warning in zone_warnings(roster):
        say(warning)
    added = incoming(slips, roster.team_id, lambda _stream: (), 0, now)
    _agree(roster, asked=not (yes or team_id or settings.team))
    _ask_about(added, asked=not uncounted)
    store = _made(settings, context)
    try:
        take_in(store, added, now)
    finally:
        store.close()
    pin_team(settings, roster.team_id)
    say(f"made the store {settings.store}; this computer now belongs to the team {_name(roster)}")
    return added


def _insist(roster: "Roster", team_id: str) -> None:
    if team_id and team_id != roster.team_id:
        raise NotPermittedError(
            f"the team is not the one you named, but {roster.team_id}",
            "nothing was taken in; compare the id with an admin: visitsafe team list",
        )


def _agree(roster: "Roster", *, asked: bool) -> None:
    """Show whose team it is, and ask, once: from here on everything is judged by this team's record."""
    founding = next(entry for entry in roster.order.entries if entry.id == roster.team_id)
    founder = roster.known[founding.content.by]
    say(f"this bundle is of the team {_name(roster)}")
    say(f"its id is {roster.team_id}")
    say(f"founded by {one_line(founder.person.name)[:60]}, with the key {founder.fingerprint}")
    if not asked:
        return
    if not has_terminal():
        raise UsageError(
            "this computer has no team yet, and there is no terminal to ask whether that is yours",
            "compare the id with an admin, and add: --team-id ID",
        )
    say("Compare the id with what an admin of your team reads to you over the telephone.")
    if not agreed("Is that your team?", nothing="taken in"):
        raise NotPermittedError("nothing was taken in")


def _ask_about(added: "Incoming", *, asked: bool) -> None:
    """Name what would be in the record for good and does not count, or changes an open visit, and ask first.

    What does not count may count once more has arrived, and others may have built on it: so it is not simply
    left out. A change of the team can take a countersignature, and with it a watch, from a visit.
    """
    one, many = "1 entry in it does not count, and", "{} entries in it do not count, and"
    _name_some(added.uncounted, one, many, "would stay in the record for good:")
    one, many = "1 open visit stands", "{} open visits stand"
    _name_some(added.bears_on, one, many, "otherwise by the change of the team in it:")
    if not asked or not (added.uncounted or added.bears_on):
        return
    if not has_terminal():
        what = "entries that do not count are" if added.uncounted else "a change of open visits is"
        raise NotPermittedError(
            f"nothing was taken in: {what} not taken in unasked",
            "ask whoever sent it what they meant; to take it all in all the same, add: --uncounted",
        )
    if not agreed("Take it all in?", nothing="taken in"):
        raise NotPermittedError("nothing was taken in")


def _name_some(found: "Sequence[str]", one: str, many: str, what: str) -> None:
    if not found:
        return
    say(f"{one if len(found) == 1 else many.format(len(found))} {what}")
    for text in found[:MOST_NAMED]:
        say(text)
    if len(found) > MOST_NAMED:
        say(f"and {len(found) - MOST_NAMED} more")


def _made(settings: "Settings", context: typer.Context) -> "Store":
    from visitsafe.settings import make_private_folder
    from visitsafe.store.open import open_or_make

    make_private_folder(settings.home)
    return open_or_make(settings.store, invocation(context).now)


def _name(roster: "Roster") -> str:
    return f'"{one_line(roster.name)[:60]}"'


def _in_words(added: "Incoming") -> str:
    if not added.entries:
        return f"Nothing new: all {added.known} entries were here already."
    new = things(len(added.entries), "new entry", "new entries")
    lines = [f"{new}, {things(added.known, 'was', 'were')} here already."]
    if added.team_new:
        joined = f"; new members: {', '.join(added.joined)}" if added.joined else ""
        left = f"; no longer members: {', '.join(added.left)}" if added.left else ""
        lines.append(
            one_line(f"The team: {things(added.team_new, 'new entry', 'new entries')}{joined}{left}")
        )
    for change in added.changes:
        lines += _changed(change)
    return "\n".join(terminal(line) for line in lines)


def _changed(change: "Change") -> list[str]:
    status = change.after
    if change.before and change.before != change.after:
        status = f"{change.before} before, {change.after} now"
    lines = [f"{change.ref}: {status} ({things(change.new, 'new entry', 'new entries')})"]
    if change.disagreement:
        lines.append(f"  {one_line(change.disagreement)}, until somebody who has seen both decides")
    lines += [f"  doubtful: {one_line(doubt)}" for doubt in change.doubts]
    lines += [f"  does not count: {one_line(text)}" for text in change.uncounted]
    lines += [f"  does not hold: {one_line(problem)}" for problem in change.problems]
    return lines


def _shape(added: "Incoming") -> dict[str, object]:
    import msgspec

    return {
        "team": added.roster.team_id,
        "new": len(added.entries),
        "known": added.known,
        "team_new": added.team_new,
        "joined": list(added.joined),
        "left": list(added.left),
        "team_uncounted": list(added.team_uncounted),
        "plans": [msgspec.to_builtins(change) for change in added.changes],
    }
