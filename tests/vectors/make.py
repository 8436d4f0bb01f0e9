"""The test vectors: small records, and what every verifier must make of them (README.md beside this file).

What to expect is written here by hand, never taken from what the code says. Keys come from fixed seeds and
times are fixed, so that the same bytes come out each time. From the folder `tests`: python -m vectors.make
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from after_story import debriefed, documented, incident, marked, shared
from story import EVE, MO, NIA, NOW, SAM, Actor, Story, begun, calm_visit, founded, hostile_visit, visit
from team_story import agreed, arrivals, revoked, union
from visit_story import (
    DEE,
    OLA,
    START,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    heard_from,
    late,
    notified,
    planned,
    raised,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Gone, PurgedBody, WithdrawnBody
from visitsafe.record.entry import Entry, Verified
from visitsafe.record.kinds import Kind
from visitsafe.text.clock import from_text

FOLDER = Path(__file__).parent
NURSE = ("Health visitor, NHS",)
PLANNED = begun().planned(body=calm_visit())
GOOD = PLANNED.decided()
SOON, NOON = NOW + timedelta(minutes=30), NOW + timedelta(hours=1)
MO_GONE = revoked(PLANNED, MO, at=NOON)


@dataclass(frozen=True)
class Case:
    """One vector.

    Attributes:
        ignored: The places of the entries that do not count, from 0, or from the end as -1.
        problem: A word of what our program says about it; empty if it says nothing.
        over: Whether the watch over the visit has ended; None where that is not the point.
        talked_over: Whether every incident was talked over; None where that is not the point.
        emptied: What the store still has of entries whose content is gone.
        removed: Whether the plan counts as removed; None where that is not the point.
    """

    name: str
    why: str
    team: str
    plan: str
    entries: tuple[Entry, ...]
    status: str | None
    ignored: tuple[int, ...] = ()
    problem: str = ""
    holds: bool = True
    over: bool | None = None
    emptied: tuple[Gone, ...] = ()
    removed: bool | None = None
    talked_over: bool | None = None

    @property
    def text(self) -> str:
        """The file."""
        ignored = {place % len(self.entries) for place in self.ignored}
        counts = [place not in ignored for place in range(len(self.entries))]
        expect = {"holds": self.holds, "status": self.status, "counts": counts, "problem": self.problem}
        expect |= {} if self.over is None else {"over": self.over}
        expect |= {} if self.talked_over is None else {"talked_over": self.talked_over}
        expect |= {} if self.removed is None else {"removed": self.removed}
        stored = [{"payload": one.payload.decode(), "signature": one.signature} for one in self.entries]
        whole = {"name": self.name, "why": self.why, "expect": expect, "team": self.team, "plan": self.plan}
        gone = {"emptied": [asdict(one) for one in self.emptied]} if self.emptied else {}
        return json.dumps({**whole, "entries": stored, **gone}, indent=2, ensure_ascii=False) + "\n"


def case(
    name: str, why: str, *copies: Story, status: str | None, ignored: tuple[int, ...] = (), problem: str = ""
) -> Case:
    """A record of which these copies arrived one after another."""
    whole = union(*copies)
    held = {entry.id: entry.entry for entry in (*whole.team, *whole.entries)}
    entries = tuple(held[name] for name in arrivals(*copies))
    return Case(name, why, whole.team[0].id, whole.plan, entries, status, ignored, problem)


def broken(name: str, why: str, problem: str, entry: Entry, story: Story = PLANNED) -> Case:
    """A sound record whose last entry does not hold: it does not count, and the rest is read without it."""
    sound = case(name, why, story, status="awaiting", problem=problem)
    return replace(sound, entries=(*sound.entries, entry), ignored=(-1,), holds=False)


def cases() -> Iterator[Case]:
    """Every vector."""
    yield case("good", "a plan and a countersignature by another manager", GOOD, status="countersigned")
    yield from _not_holding()
    yield from _not_allowed()
    yield from _ended_keys()
    yield from _sets()
    yield from _strange()
    yield from _on_the_way()
    yield from _watched()
    yield from _removed()
    yield from _afterwards()


def _not_holding() -> Iterator[Case]:
    sound = GOOD.newest.entry
    altered = Entry(sound.payload.replace(b"through with Sam", b"over with Sam"), sound.signature)
    yield broken("bad-signature", "a word was changed after it was signed", "signature", altered)
    other = Entry(sound.payload, NIA.signer.sign(sound.payload))
    yield broken("other-signer", "Nia signed what names Mo's key", "another key", other)
    half = Entry(sound.payload[: len(sound.payload) // 2], sound.signature)
    yield broken("truncated", "half of a payload", "not readable", half)
    once = PLANNED.withdrawn(reason="Ill.").newest.entry.payload
    twice = once.replace(b'"reason":"Ill."', b'"reason":"Ill.","reason":"Moved."')
    signed = Entry(twice, SAM.signer.sign(twice))
    yield broken("doubled-member", "well signed, but it names a member twice", "twice", signed)
    strange = PLANNED.entry(SAM, "strange", WithdrawnBody(reason="?")).newest.entry
    forged = Entry(strange.payload, sound.signature)
    yield broken(
        "unknown-kind-forged", "an unknown kind's signature is checked like any other", "signature", forged
    )


def _not_allowed() -> Iterator[Case]:
    other = begun().added(EVE, "practitioner").planned(body=calm_visit()).decided(by=EVE)
    yield _refused("wrong-role", "a practitioner countersigns", "manager", other)
    own = begun().planned(by=MO, body=calm_visit()).decided(by=MO)
    yield _refused("own-plan-countersigned", "a manager countersigns her own plan", "own plan", own)
    along = calm_visit(visit=visit(companions=(NIA.companion,)))
    decided = begun().planned(body=along).decided(by=NIA)
    yield _refused("companion-countersigned", "Nia goes along and countersigns", "companion", decided)


def _refused(name: str, why: str, problem: str, story: Story) -> Case:
    return case(name, why, story, status="awaiting", ignored=(-1,), problem=problem)


def _ended_keys() -> Iterator[Case]:
    after = MO_GONE.decided()
    yield _refused(
        "revoked-key", "signed after its author's key was revoked, and knowing it", "no longer", after
    )
    early, refusal = PLANNED.decided(at=SOON), PLANNED.decided("refuse", at=SOON)
    yield case(
        "backdated",
        "a revoked key signs with an earlier time; nothing shows that it is older, so it gives no permission",
        PLANNED, MO_GONE, early, status="awaiting", ignored=(-1,), problem="reached this store after",
    )  # fmt: skip
    yield case(
        "backdated-refusal",
        "the same with a refusal: what holds a visit back counts, and is in doubt",
        PLANNED, MO_GONE, refusal, status="refused", problem="reached this store after",
    )  # fmt: skip
    yield case(
        "left-later", "the countersignature came before the key was revoked, and stands",
        early, MO_GONE, status="countersigned",
    )  # fmt: skip


def _sets() -> Iterator[Case]:
    good = case("reordered", "the entries of `good`, the last first", GOOD, status="countersigned")
    yield replace(good, entries=good.entries[::-1])
    whole = PLANNED.decided("refuse").decided()
    gap = replace(whole, entries=(whole.entries[0], whole.entries[2]))
    yield _refused("removed-entry", "a refusal was taken out, which a later entry names", "not here", gap)
    yield case(
        "withdrawn-and-countersigned", "neither had seen the other: the more cautious stands",
        GOOD, PLANNED.withdrawn(), status="withdrawn",
    )  # fmt: skip
    yield case(
        "refused-and-countersigned", "two managers who had not seen each other: the more cautious stands",
        GOOD, PLANNED.decided("refuse", by=NIA), status="refused",
    )  # fmt: skip


def _strange() -> Iterator[Case]:
    unknown = PLANNED.entry(SAM, "strange", WithdrawnBody(reason="?")).decided()
    yield case(
        "unknown-kind", "of a later version: kept and checked, without effect; later entries may follow it",
        unknown, status="countersigned", ignored=(-2,), problem="kind",
    )  # fmt: skip
    foreign = case("foreign-team", "all of it is of a team other than the pinned one", GOOD, status=None)
    pinned = founded(by=EVE, team="Another team").team[0].id
    everything = tuple(range(len(foreign.entries)))
    yield replace(foreign, team=pinned, ignored=everything, problem="does not hold the team")
    second = replace(GOOD, team=(*GOOD.team, founded(by=EVE).team[0]))
    yield case(
        "second-founding", "somebody else's founding entry in the team's stream",
        GOOD, second, status="countersigned", ignored=(-1,), problem="does not count",
    )  # fmt: skip


def _on_the_way() -> Iterator[Case]:
    alarm = raised(late(departed(at(countersigned(), START)), 15), "duty-rings")
    told = notified(alarm, alarm.newest.id, "desk")
    safe = stood_down(back(acknowledged(told, "duty-rings")), by=DEE)
    watched = case(
        "watched-visit", "nobody is back; Dee takes the alarm on, and ends it once the worker is",
        safe, status="countersigned",
    )  # fmt: skip
    yield replace(watched, over=True)
    own = case(
        "stood-down-by-the-worker", "the worker cannot end the alarm about their own visit, nor can `back`",
        back(stood_down(told, by=SAM)), status="countersigned", ignored=(-2,), problem="their own visit",
    )  # fmt: skip
    yield replace(own, over=False)


def _watched() -> Iterator[Case]:
    """What begins a watch and what ends it (docs/adr/0028)."""
    yesterday = at(countersigned(), START, -24 * 60)
    early = back(departed(yesterday))
    yield _watch("back-a-day-early", "long before the start, and not the desk's word: it ends nothing", early)
    desk = back(departed(yesterday), DEE)
    yield _watch("back-a-day-early-by-the-desk", "the desk says so", desk, over=True)
    waits = countersigned().revised(body=watched_plan(nonce=""))
    yield _watch("newer-version-waits", "watched by the one that was countersigned", waits, status="awaiting")
    sent = waits.decided("return")
    yield _watch("newer-version-returned", "a return ends no watch", sent, status="returned")
    slow, doubt = NOW - timedelta(minutes=30), "by the clocks its author"
    gone = departed(at(countersigned(), START)) | revoked(countersigned(), SAM, at=slow)
    out = _watch("slow-clock-revokes-the-worker", "whoever set out stays out, whatever the clock says", gone)
    yield replace(out, problem=doubt)
    both = countersigned() | revoked(planned(), MO, at=slow)
    lapsed = _watch("slow-clock-revokes-who-agreed", "nobody may go, and whoever went is watched", both)
    yield replace(lapsed, status="awaiting", ignored=(-1,), problem=doubt)
    begun = at(countersigned(), START, 5).decided("refuse")
    why = "after the start a refusal ends no watch"
    yield _watch("refused-after-the-start", why, begun, status="refused")
    refused = planned().decided("refuse") | revoked(planned(), MO, at=slow)
    yield case(
        "slow-clock-revokes-the-manager", "a refusal lapses only if it follows that", refused,
        status="refused", problem=doubt,
    )  # fmt: skip


def _watch(name: str, why: str, story: Story, *, status: str = "countersigned", over: bool = False) -> Case:
    return replace(case(name, why, story, status=status), over=over)


KEPT_DAYS = 100
OVER = at(back(departed(at(agreed(countersigned(), keep_days=KEPT_DAYS), START, -60))), START)
"""A visit that the worker is back from, in a team that keeps records for 100 days."""
SINCE = "2026-11-23T16:30:00Z"
"""When it was due back, which is later than any of its entries."""


def purged(days_later: int, *gone: Gone, by: Actor = MO, story: Story = OVER, **changes: Any) -> Story:
    """A manager signs that content is removed, so many days after SINCE and an hour."""
    words: dict[str, Any] = {"rule": "keep_days", "days": KEPT_DAYS, "since": SINCE}
    body = PurgedBody(reason="Yearly clean-up.", removed=gone, **words | changes)
    return at(story, from_text(SINCE) + timedelta(days=days_later, hours=1)).entry(by, Kind.PURGED, body)


def trace(entry: Verified) -> Gone:
    """What a store keeps of an entry that it has emptied."""
    content = entry.content
    return Gone(id=entry.id, kind=content.kind, at=content.at, by=content.by)


def _without(one: Case, *gone: Gone, known: bool = True, **changes: Any) -> Case:
    """A record in which the payloads of these entries are gone; `known`: a store has the rest of them."""
    ids = {each.id for each in gone}
    left = tuple(entry for entry in one.entries if entry.id not in ids)
    return replace(one, entries=left, emptied=gone if known else (), status=None, **changes)


def _removed() -> Iterator[Case]:
    everything = tuple(map(trace, OVER.entries))
    over = purged(KEPT_DAYS, *everything)
    here = case(
        "removal-signed", "as long as nothing is gone, an entry that removes content bears on nothing",
        over, status="countersigned",
    )  # fmt: skip
    yield replace(here, over=True, removed=False)
    why = "the content went by rule, 100 days after the visit; what stays can still be judged"
    yield _without(replace(here, name="purged", why=why), *everything, removed=True)
    why = "the same record, as a bundle carries it: nothing is left of what went but its ids"
    yield _without(replace(here, name="purged-elsewhere", why=why), *everything, known=False, removed=True)
    early = case(
        "purged-too-early", "the content is gone, and the days were not over: that removes nothing by rule",
        purged(KEPT_DAYS - 1, *everything), status=None, ignored=(-1,), problem="nobody who may has signed",
    )  # fmt: skip
    yield _without(early, *everything, removed=False)
    shorter = agreed(at(OVER, from_text(SINCE) + timedelta(days=1)), keep_days=1)
    soon = case(
        "purged-too-soon", "a shorter time, agreed on a day before: for a week nothing is removed by it",
        purged(2, *everything, story=shorter, days=1),
        status=None, ignored=(-1,), problem="nobody who may has signed",
    )  # fmt: skip
    yield _without(soon, *everything, removed=False)
    back_again = case(
        "purged-came-back", "an old copy brought the content back, but for the end of the visit",
        over, status="countersigned", problem="its removal is signed",
    )  # fmt: skip
    end = OVER.entries[-1].id
    left = tuple(entry for entry in back_again.entries if entry.id != end)
    yield replace(back_again, entries=left, over=False, removed=False)
    refused = OVER.decided("refuse", by=NIA)
    one = trace(refused.newest)
    alone = union(refused, purged(KEPT_DAYS, one, rule="erasure", days=0, since=""))
    cut = case("purged-refusal", "a refusal alone is taken out: the plan is removed, and not countersigned",
               alone, status=None)  # fmt: skip
    yield _without(cut, one, removed=True)


def _afterwards() -> Iterator[Case]:
    """Of each kind one that counts, and a last one that does not."""
    over = back(departed(at(countersigned(hostile_visit()), START)))
    told = incident(over, by=OLA)
    why = "anybody in the team records one; one that names no version of the plan does not count"
    wrong = incident(told, of="ab" * 32)
    yield replace(_after("incident", why, "names a version", wrong), over=True, talked_over=False)
    talked, unheard = (
        debriefed(told),
        "a visit is talked over by who made it, or passed on for them with how they were known",
    )
    debrief = _after("debrief", unheard, "made the visit", debriefed(talked, by=NIA, heard=None))
    yield replace(debrief, over=True, talked_over=True)
    unseen = case("debrief-unseen", "whoever talked it over had not seen the incident, which still waits",
                  told, debriefed(over), status="countersigned")  # fmt: skip
    yield replace(unseen, talked_over=False)
    unshown = case("debrief-unshown", "its author was not shown the incident, although the entry follows it",
                   debriefed(told, about=()), status="countersigned")  # fmt: skip
    yield replace(unshown, talked_over=False)
    unsaid = case("debrief-unsaid", "another program's, which does not say what its author was shown",
                  debriefed(told, about=None), status="countersigned")  # fmt: skip
    yield replace(unsaid, talked_over=False)
    nobody = debriefed(told, by=NIA, heard=heard_from(OLA))
    why = "what is passed on is the word of somebody who made the visit, not of anybody else"
    yield replace(_after("debrief-of-nobody", why, "made the visit", nobody), talked_over=False)
    trigger = over.state.body.sharing[0].trigger
    met = shared(over, trigger, recipients=NURSE)
    yield _after(
        "shared",
        "a duty was met; a duty officer does not decide that",
        "decide",
        shared(met, trigger, by=DEE, recipients=NURSE),
    )
    written = documented(over)
    wrong = documented(written, review="2027-02-30")
    yield _after(
        "documented", "a supervision plan; and one that names a day that there is not", "a day", wrong
    )
    known = marked(over)
    yield _after(
        "marked",
        "where a marker stands; and one that does not say where",
        "which system",
        marked(known, system=" "),
    )


def _after(name: str, why: str, problem: str, story: Story) -> Case:
    return case(name, why, story, status="countersigned", ignored=(-1,), problem=problem)


def files() -> dict[str, str]:
    """Name of the file to its text."""
    return {f"{one.name}.json": one.text for one in cases()}


if __name__ == "__main__":
    for file, text in files().items():
        (FOLDER / file).write_text(text, encoding="utf-8", newline="\n")
