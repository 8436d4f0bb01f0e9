"""The bodies of what happens on the way: reports, alarms, and who took them on (7.2, 8.2).

Structs, as in `plan`. Times are UTC text as in the entries. What is added later is optional here. A report by
telephone is signed by whoever took the call and says so in `heard`: nobody ever signs for the worker.
"""

import msgspec

from visitsafe.record.plan import Body, Finding
from visitsafe.record.terms import Answer, Because, Outcome


class Heard(Body, frozen=True, kw_only=True):
    """Somebody's word as another person took it down.

    Attributes:
        person: The fingerprint of a key of the person who spoke.
        known_by: How the signer knew that it was that person.
    """

    person: str
    known_by: str


class Condition(Body, frozen=True, kw_only=True):
    """A manager's condition, in the words shown, and whether it is met: `yes`, `no`, empty if nobody said."""

    text: str
    met: str = ""


class Comes(Body, frozen=True, kw_only=True):
    """Somebody who comes along after all, or does not; `key` if that person is in the team's roster."""

    name: str
    comes: bool
    key: str | None = None


class ReportBody(Body, frozen=True, kw_only=True):
    """The body of `departed`, `arrived`, `ok` and `left`.

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        happened: When it happened, if that is not when it was signed; else empty.
        heard: If somebody else than the worker signs: whose word it is.
        note: Anything to add.
        urgent: In `departed`: why the visit cannot wait for a countersignature.
        stopped: In `left`: the worker broke the visit off or turned back.
        duress: In `ok`: the team's duress phrase was spoken (D15).
        conditions: The conditions that were shown, and what was said of each; left out if there were none.
        company: Who comes along or does not, other than was planned; left out if nothing was said of it.
        findings: What the checklist's rules say of that and did not say of the plan; left out if nothing.
    """

    of: str
    happened: str = ""
    heard: Heard | None = None
    note: str = ""
    urgent: str = ""
    stopped: bool = False
    duress: bool = False
    conditions: tuple[Condition, ...] | msgspec.UnsetType = msgspec.UNSET
    company: tuple[Comes, ...] | msgspec.UnsetType = msgspec.UNSET
    findings: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET

    @property
    def differs(self) -> bool:
        """Whether a manager has to hear of it: a condition is not met, or others go along than planned."""
        return bool(self.company) or any(one.met == Answer.NO for one in self.conditions or ())


class BackBody(Body, frozen=True, kw_only=True):
    """The body of `back`: the worker has returned, or is home. Members as in `ReportBody`."""

    of: str
    happened: str = ""
    heard: Heard | None = None
    note: str = ""


class ExtendedBody(Body, frozen=True, kw_only=True):
    """The body of `extended`: the worker is due back at `until` now. Members as in `ReportBody`."""

    of: str
    until: str
    heard: Heard | None = None
    note: str = ""


class EscalatedBody(Body, frozen=True, kw_only=True):
    """The body of `escalated`: a step of the ladder was raised by a watcher.

    Attributes:
        of: The plan's version whose ladder it is.
        step: The step's id.
        due: When it fell due. A step is raised once for each time at which it falls due.
        watcher: Which run of `visitsafe watch` raised it.
        unwatched_from: If it was raised late because nobody was watching: since when.
        drill: The drill's id, if it is only a drill.
    """

    of: str
    step: str
    due: str
    watcher: str
    unwatched_from: str = ""
    drill: str = ""


class NotifiedBody(Body, frozen=True, kw_only=True):
    """The body of `notified`: a message went out, or could not.

    Attributes:
        about: The entry that it is about: `escalated`, `acknowledged`, `stood-down`, `back`, `incident`, or a
            report of something that was agreed otherwise.
        channel: The channel's label in the desk's settings, never its address.
        round: 0 for the first message about that entry, then 1, 2, 3: it goes on until somebody takes it on.
        attempt: 1, 2, 3 where a message was tried again.
        outcome: Whether it was handed over.
        why: Why not, in a few words.
        drill: The drill's id, if it is only a drill.
    """

    about: str
    channel: str
    outcome: Outcome
    round: int = 0
    attempt: int = 1
    why: str = ""
    drill: str = ""


class AcknowledgedBody(Body, frozen=True, kw_only=True):
    """The body of `acknowledged`: somebody other than the worker has taken this on.

    Attributes:
        step: The step of the ladder that they took on; it covers the steps before it too.
        heard: If somebody else than the owner signs: whose word it is.
        note: Anything to add.
        drill: The drill's id, if it is only a drill.
    """

    step: str
    heard: Heard | None = None
    note: str = ""
    drill: str = ""


class StoodDownBody(Body, frozen=True, kw_only=True):
    """The body of `stood-down`: the alarm is over.

    Attributes:
        because: Why.
        note: What was found out, and how.
        until: If the visit goes on: when the worker is due back now. Empty: the watch over this visit ends.
        drill: The drill's id, if only a drill was stood down.
    """

    because: Because
    note: str = ""
    until: str = ""
    drill: str = ""


class BeatBody(Body, frozen=True, kw_only=True):
    """The body of a watcher's heartbeat, signed by the desk's key, kept outside the record.

    Attributes:
        watcher: Which run of `visitsafe watch`, random hex.
        host: The computer's name. With `pid`, tells a watcher whether another one here has died.
        pid: The process.
        since: When this run began.
        every: Seconds between rounds; 0 for a single round.
        visits: How many visits it is watching.
        healthy: Whether the last round went well.
        trouble: What is wrong, in a sentence.
        gap_from: The last time that nobody was watching, as far as this run knows: from here,
        gap_until: until here.
        ended: This run has ended in order: it does not watch any more.
    """

    watcher: str
    host: str
    pid: int
    since: str
    every: int
    visits: int
    healthy: bool = True
    trouble: str = ""
    gap_from: str = ""
    gap_until: str = ""
    ended: bool = False


VisitBody = (
    ReportBody | BackBody | ExtendedBody | EscalatedBody | NotifiedBody | AcknowledgedBody | StoodDownBody
)
