"""The test vectors: small records, and what every verifier must make of them (README.md beside this file).

What to expect is written here by hand, never taken from what the code says. Keys come from fixed seeds and
times are fixed, so that the same bytes come out each time. From the folder `tests`: python -m vectors.make
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from story import EVE, MO, NIA, NOW, SAM, Story, begun, calm_visit, founded, visit
from team_story import arrivals, revoked, union
from visit_story import (
    DEE,
    START,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    late,
    notified,
    raised,
    stood_down,
)
from visitsafe.domain.entries import Entry
from visitsafe.domain.plan import WithdrawnBody

FOLDER = Path(__file__).parent
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

    @property
    def text(self) -> str:
        """The file."""
        ignored = {place % len(self.entries) for place in self.ignored}
        counts = [place not in ignored for place in range(len(self.entries))]
        expect = {"holds": self.holds, "status": self.status, "counts": counts, "problem": self.problem}
        expect |= {} if self.over is None else {"over": self.over}
        stored = [{"payload": one.payload.decode(), "signature": one.signature} for one in self.entries]
        whole = {"name": self.name, "why": self.why, "expect": expect, "team": self.team, "plan": self.plan}
        return json.dumps({**whole, "entries": stored}, indent=2, ensure_ascii=False) + "\n"


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


def files() -> dict[str, str]:
    """Name of the file to its text."""
    return {f"{one.name}.json": one.text for one in cases()}


if __name__ == "__main__":
    for file, text in files().items():
        (FOLDER / file).write_text(text, encoding="utf-8", newline="\n")
