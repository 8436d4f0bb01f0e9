"""Looking over what would be removed, and what stays: signs and changes nothing (docs/adr/0019).

Every entry is read once; what goes is decided by verified entries alone, and by a team that is read after
them, so that no hold is missed. A plan that does not hold stays, and is said.
"""

from collections.abc import Iterable, Sequence

import msgspec

from visitsafe.desk import Desk, check_entries
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.record.bodies import ERASURE, KEEP_DAYS_INCIDENT, AgreedBody, PlanBody
from visitsafe.record.refs import is_plan_id
from visitsafe.retention.carrying_out import why_not_carried_out
from visitsafe.retention.holds import Holds, holds_in
from visitsafe.retention.policy import (
    CaseVerdict,
    Facts,
    facts_of,
    in_cases,
    named_in,
    shortest,
    verdict,
    why_stays,
)
from visitsafe.retention.purge_scan import Scan, days_before, scan
from visitsafe.state.removed import Removed, RemovedError
from visitsafe.state.rules import agreed_days, days_in_force
from visitsafe.team.roster import case_key, is_self
from visitsafe.text.clock import from_text, to_text

SIGNED = "signed"
"""In place of a rule: that it goes is signed already, and only has to be carried out here."""


class Unfinished(msgspec.Struct, frozen=True):
    """A plan whose content was removed, and of which some is here again or still.

    Attributes:
        removed: What stays of it.
        why_not: Why what came in since does not go now; empty if it goes.
        kept: Why nothing of it goes now, also of what is signed to go; empty if that goes.
    """

    removed: Removed
    why_not: str
    kept: str = ""

    @property
    def goes(self) -> bool:
        """Whether any of it goes now."""
        return not self.kept and (not self.why_not or bool(self.removed.pending))


class Survey(msgspec.Struct, frozen=True):
    """What would go, and what stays although its time is over or somebody asked for it.

    Attributes:
        position: How far the store had come.
        verdicts: The cases that were looked at, the oldest first.
        unfinished: Plans removed in part.
        holds: The holds that stand.
        later: How many cases were not looked at, because their time is not over.
        elsewhere: Plans of another case now, of which an earlier version was for this one (erasure).
    """

    position: int
    verdicts: tuple[CaseVerdict, ...]
    unfinished: tuple[Unfinished, ...]
    holds: Holds
    later: int = 0
    elsewhere: tuple[str, ...] = ()

    @property
    def going(self) -> list[CaseVerdict]:
        """The cases that go, those with sealed tracing details first, then the oldest first."""
        return sorted((one for one in self.verdicts if not one.why_not), key=lambda one: not one.sealed)

    @property
    def staying(self) -> list[CaseVerdict]:
        """The cases that stay."""
        return [one for one in self.verdicts if one.why_not]

    @property
    def anything(self) -> bool:
        """Whether anything goes."""
        return bool(self.going) or any(one.goes for one in self.unfinished)


def rules_of(desk: Desk) -> AgreedBody:
    """The days by which the team removes records now; a shorter time waits for a week (docs/adr/0019)."""
    return days_in_force(desk.roster.agreements, to_text(desk.now))


def survey(desk: Desk) -> Survey:
    """What goes by the team's rule at this moment, and what stays."""
    scanned = scan(desk.store)
    desk = desk.renewed()  # behind the scan: a hold that came in meanwhile is seen, or is behind its position
    rules = rules_of(desk)
    old = scanned.older_than(days_before(desk.now, shortest(rules)))
    cases = scanned.by_key()
    wanted = [plan for key in sorted(old) for plan in cases[key]]
    facts, unfinished = _facts(desk, [*wanted, *sorted(scanned.unfinished)])
    every = _whole_cases(desk, cases, facts)
    holds = holds_in(desk.roster)
    looked_at = [
        group
        for group in in_cases(every)
        if group[0].key in old or any(one.plan in scanned.unfinished for one in group)
    ]
    verdicts = [_by_rule(desk, group, rules, holds, scanned) for group in looked_at]
    going = {one.plan for found in verdicts if not found.why_not for one in found.plans}
    signed = _signed(desk, [one for one in every if one.plan in scanned.unfinished - going], holds)
    verdicts = [one for one in verdicts if not _only_signed(one, signed)]
    removed = {one.plan for one in unfinished}
    every_key = {seen.case for plan, seen in scanned.plans.items() if plan not in removed}
    return Survey(
        position=scanned.position,
        verdicts=tuple(sorted([*verdicts, *signed], key=lambda one: (one.since, one.key))),
        unfinished=tuple(_unfinished(desk, one, rules, holds) for one in unfinished),
        holds=holds,
        later=len(every_key - {group[0].key for group in looked_at}),
    )


def survey_case(desk: Desk, case: str) -> Survey:
    """What would go if a case were erased now.

    Raises:
        NotFoundError: No plan here is for the case.
    """
    scanned, key = scan(desk.store), case_key(case)
    desk = desk.renewed()
    facts, _ = _facts(desk, scanned.by_key().get(key, ()) if key else ())
    mine = [one for one in facts if one.key == key]
    if not mine:
        raise NotFoundError(
            f"no plan in this store is for the case {case[:60]!r}",
            hint="see: visitsafe list --all; a plan that was removed names no case any more",
        )
    holds = holds_in(desk.roster)
    (group,) = in_cases(mine)
    found = verdict(group, rules_of(desk), holds, desk.now)
    over = bool(found.until) and found.until <= to_text(desk.now)
    # What only looks open because its withdrawal or its end was removed already can be erased by hand.
    seen = [msgspec.structs.replace(one, open=False) if one.cut else one for one in group]
    why_not = why_stays(seen, holds, over=over) or _unreadable(desk, scanned, key)
    why_not = why_not or _why_not_mine(desk, group)
    found = msgspec.structs.replace(found, rule=ERASURE, days=0, until="", why_not=why_not)
    elsewhere = tuple(one.ref for one in facts if one.key != key and key in one.cases)
    return Survey(scanned.position, (found,), (), holds, elsewhere=elsewhere)


def _whole_cases(desk: Desk, cases: dict[str, list[str]], facts: Sequence[Facts]) -> list[Facts]:
    """The same, with every other plan that may be of their cases."""
    found = {one.plan: one for one in facts}
    walked: set[str] = set()
    tried = set(found)
    while keys := {one.key for one in found.values()} - walked:
        walked |= keys
        more = [plan for key in keys for plan in cases.get(key, ()) if plan not in tried]
        tried.update(more)
        found |= {one.plan: one for one in _facts(desk, more)[0]}
    return list(found.values())


def _facts(desk: Desk, plans: Iterable[str]) -> tuple[list[Facts], list[Removed]]:
    """Plans from their entries; and those that were removed, and of which something is here."""
    facts, unfinished = [], []
    for plan in dict.fromkeys(plans):
        if not is_plan_id(plan):
            continue
        try:
            facts.append(facts_of(desk.plan(plan)))
        except RemovedError as error:
            if error.removed.pending or error.removed.left:
                unfinished.append(error.removed)
        except VerificationError as error:
            desk.warn(f"{error.message}: it stays; run: visitsafe verify")
    return facts, unfinished


def _signed(desk: Desk, facts: Sequence[Facts], holds: Holds) -> list[CaseVerdict]:
    """Plans that go, or stay, because their removal is signed already: each by itself, whatever its case."""
    found: dict[str, list[Facts]] = {}
    for one in facts:
        state = desk.plan(one.plan)
        if named_in(state):
            found.setdefault(why_not_carried_out(state, holds, desk.now), []).append(one)
    return [
        CaseVerdict(group[0].case, group, SIGNED, 0, max(one.last for one in group), "", why_not)
        for why_not, some in found.items()
        for group in in_cases(some)
    ]


def _only_signed(found: CaseVerdict, signed: Sequence[CaseVerdict]) -> bool:
    """Whether a case stays by the rule, and all of its plans are told of as signed already."""
    told = {one.plan for each in signed for one in each.plans}
    return bool(found.why_not) and all(one.plan in told for one in found.plans)


def _unfinished(desk: Desk, removed: Removed, rules: AgreedBody, holds: Holds) -> Unfinished:
    """What came in after a removal goes only when it is itself old enough: it may be a visit under way."""
    if removed.problems:
        kept = f"its record does not hold: {removed.problems[0]}"
        return Unfinished(removed, kept, kept)
    bodies = [one.body for one in removed.judged if isinstance(one.body, PlanBody)]
    for hold in (hold for body in bodies for hold in holds.get(case_key(body.visit.case), ())):
        kept = f"held since {hold.at[:10]} by {hold.by}: {hold.reason}"
        return Unfinished(removed, kept, kept)
    if not removed.left:
        return Unfinished(removed, "")
    days = agreed_days(rules, KEEP_DAYS_INCIDENT)
    newest = max(one.entry.content.at for one in removed.judged if one.entry.id in removed.left)
    over = days and (desk.now - from_text(newest)).days >= days
    return Unfinished(removed, "" if over else "something came in after its content was removed")


def _by_rule(
    desk: Desk, group: Sequence[Facts], rules: AgreedBody, holds: Holds, scanned: Scan
) -> CaseVerdict:
    found = verdict(group, rules, holds, desk.now)
    if found.why_not:
        return found
    return msgspec.structs.replace(found, why_not=_unreadable(desk, scanned, found.key))


def _unreadable(desk: Desk, scanned: Scan, key: str) -> str:
    """A plan that may be of the case and cannot be read may be under way."""
    for plan, seen in scanned.plans.items():
        if key in seen.keys and not _can_be_read(desk, plan) and not _is_junk(desk, plan):
            return "a plan of it does not hold: visitsafe verify"
    return ""


def _can_be_read(desk: Desk, plan: str) -> bool:
    try:
        desk.plan(plan)
    except RemovedError:
        return True
    except VerificationError:
        return False
    return True


def _is_junk(desk: Desk, plan: str) -> bool:
    """Whether nobody of the team ever signed any of it: what was only put there keeps no case."""
    rows = desk.store.history(plan)
    if any(row.blank or row.entry.id != row.id for row in rows):
        return False  # it was something else once
    good, _ = check_entries(rows)
    return all(entry.content.by not in desk.roster.known for entry in good)


def _why_not_mine(desk: Desk, group: Sequence[Facts]) -> str:
    """Nobody erases a plan of their own: what they did on it must not go on their word."""
    me, people = desk.me, desk.roster.everyone
    mine = {one.fingerprint for one in people if me is not None and is_self(me, one, people)}
    ref = next((one.ref for one in group if one.authors & mine), "")
    return f"{ref} is your own plan: another manager or admin has to erase the case" if ref else ""
