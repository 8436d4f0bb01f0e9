"""The words of the board: short lines that are enough without colour, the most urgent first. Pure.

A line says how much it matters; colours are the screen's affair. Every text that came from a record stands on
one line here and is escaped where it is shown. Times are local, with the day only where it is not today.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

import msgspec

from visitsafe.record.kinds import KINDS, Kind
from visitsafe.record.terms import Stage, Status
from visitsafe.state.phrases import along
from visitsafe.state.visit import A_DAY
from visitsafe.team.people import as_heard
from visitsafe.text.clean import cut, one_line, things
from visitsafe.text.clock import clock, duration, from_text, in_full, to_text
from visitsafe.watch.board import Board, BoardRow, BoardStep, LastReport, Newer
from visitsafe.watch.heartbeat import Beat, WatchersNow

Shape = dict[str, Any]


def board_shape(board: Board, *, details: bool = False) -> Shape:
    """What `board --json` prints.

    Args:
        board: The board.
        details: Whether the addresses are in it.
    """
    return {
        "as_of": to_text(board.at),
        "alarming": board.alarming,
        "watch": None if board.watch is None else _watch(board.watch),
        "visits": [_row(row, details=details) for row in board.rows],
        "faults": [
            {"ref": fault.ref or None, "plan": fault.plan, "text": fault.text, "why": fault.why or None}
            for fault in board.faults
        ],
    }


def _watch(watch: WatchersNow) -> Shape:
    return {
        "anybody": watch.anybody,
        "last_seen": watch.last.at if watch.last else None,
        "last_host": watch.last.body.host if watch.last else None,
        "watchers": [_beat(beat) for beat in watch.alive],
        "gap": {"from": watch.gap.since, "until": watch.gap.until} if watch.gap else None,
        "clocks_wrong": [_beat(beat) for beat in watch.ahead],
    }


def _beat(beat: Beat) -> Shape:
    return {
        "name": beat.author.person.name,
        "host": beat.body.host,
        "seen": beat.at,
        "since": beat.body.since,
        "visits": beat.body.visits,
        "healthy": beat.body.healthy,
        "trouble": beat.body.trouble or None,
    }


def _row(row: BoardRow, *, details: bool) -> Shape:
    return {
        "ref": row.ref,
        "plan": row.plan,
        "worker": row.worker,
        "case": row.case,
        "area": row.area,
        "address": row.address if details else None,
        "companions": list(row.companions),
        "company": str(row.company),
        "status": str(row.status),
        "stage": str(row.stage),
        "urgent": row.urgent or None,
        "start": row.start,
        "due_back": row.due_back,
        "departed": row.departed or None,
        "last_report": None if row.last is None else {**msgspec.to_builtins(row.last), **_last(row)},
        "minutes_late": row.late,
        "overdue": row.overdue,
        "alarming": row.alarming,
        "duress": row.duress,
        "needs_standing_down": row.alarm,
        "unowned": [_step(step) for step in row.unowned],
        "owner": None if row.owner is None else msgspec.to_builtins(row.owner),
        "next": None if row.next is None else {**_step(row.next), "overtaken": row.overtaken},
        "drill": row.drill,
        "conditions_not_met": list(row.unmet),
        "company_changes": list(row.changed),
        "problems": list(row.problems),
        "doubt": row.doubt or None,
        "newer": None if row.newer is None else _newer(row.newer, details=details),
    }


def _newer(newer: Newer, *, details: bool) -> Shape:
    return {**msgspec.to_builtins(newer), "address": newer.address if details else None}


def _last(row: BoardRow) -> Shape:
    """The members of the last report that may be empty."""
    last = row.last
    return {"through": (last and last.through) or None, "until": (last and last.until) or None}


def _step(step: BoardStep) -> Shape:
    return {
        "step": step.id,
        "name": step.name,
        "at": step.at,
        "whose": list(step.whose),
        "do": step.do,
        "acknowledge": step.acknowledge,
    }


START_WATCH = "visitsafe watch"
MOST_FAULTS = 5
LONGEST_PLACE = 400
"""Plans that do not hold are named up to this number: whoever can write to the store can add many."""
AN_HOUR = 60
STAGES: Mapping[Stage, str] = {
    Stage.PLANNED: "has not reported setting out",
    Stage.DEPARTED: "set out",
    Stage.ARRIVED: "arrived",
    Stage.LEFT: "has left the address",
    Stage.BACK: "back",
}


class Tone(StrEnum):
    """How much a line matters."""

    ALARM = "alarm"
    CAREFUL = "careful"
    STRONG = "strong"
    PLAIN = "plain"
    QUIET = "quiet"


class BoardLine(msgspec.Struct, frozen=True):
    """A line of the board; `under` belongs to the line above it, `keep` stays where the window is too low."""

    text: str
    tone: Tone = Tone.PLAIN
    under: bool = False
    keep: bool = False


def board_lines(board: Board, zone: tzinfo, away: str = "") -> list[BoardLine]:
    """The whole board.

    Args:
        board: What is so.
        zone: Whose local time is told.
        away: If the store cannot be reached: a sentence that says so, above all else.
    """
    top = [BoardLine(one_line(away), Tone.ALARM)] if away else watch_lines(board.watch, board.at, zone)
    faults = [
        BoardLine(f"{one_line(fault.text)}; run: visitsafe verify {fault.ref}".rstrip(), Tone.ALARM)
        for fault in board.faults[:MOST_FAULTS]
    ]
    if len(board.faults) > MOST_FAULTS:
        more = len(board.faults) - MOST_FAULTS
        faults.append(BoardLine(f"{more} more plans do not hold; run: visitsafe verify", Tone.ALARM))
    blocks = [line for row in board.rows for line in row_lines(row, board.at, zone)]
    alarms = [line for line in top if line.tone is Tone.ALARM]
    calm = [line for line in top if line.tone is not Tone.ALARM]
    return [*alarms, *faults, _head(board, zone), *blocks, *calm]


def _head(board: Board, zone: tzinfo) -> BoardLine:
    at = in_full(board.at, zone)
    if not board.rows and not board.alarming:
        return BoardLine(f"{at}: nobody is out", Tone.STRONG)
    if not board.rows:
        unknown = "the visit" if board.alarming == 1 else f"the {board.alarming} visits"
        return BoardLine(f"{at}: NOBODY CAN SAY WHO IS OUT: see to {unknown} named above now", Tone.ALARM)
    out = things(len(board.rows), "visit")
    taken = sum(row.alarming and row.owner is not None and not row.unanswered for row in board.rows)
    acting = [f"{board.alarming - taken} to act on now"] * (board.alarming > taken)
    owned = [f"{taken} that somebody has taken on"] * bool(taken)
    return BoardLine(f"{at}: {', '.join([out, *acting, *owned])}", Tone.STRONG)


def watch_lines(watch: WatchersNow | None, now: datetime, zone: tzinfo) -> list[BoardLine]:
    """Who is watching, in words; in alarm if nobody is."""
    if watch is None:
        said = "This is not the board of now. Heartbeats are not kept: who watched then is not known."
        return [BoardLine(said, Tone.QUIET)]
    lines = []
    if not watch.anybody:
        lines.append(BoardLine(f"{_nobody(watch.last, now, zone)} Start it: {START_WATCH}", Tone.ALARM))
    lines += [
        BoardLine(
            f"The watch on {_host(beat)} reports trouble: {one_line(beat.body.trouble) or 'look at it now'}",
            Tone.ALARM,
        )
        for beat in watch.troubled
    ]
    lines += [
        BoardLine(
            f"The clock of {_host(beat)} or of this computer is wrong: a heartbeat from there says "
            f"{clock(beat.at, zone, now)}, so it does not count.",
            Tone.ALARM,
        )
        for beat in watch.ahead
    ]
    lines += [
        BoardLine(
            f"{one_line(beat.author.person.name)} is watching on {_host(beat)}, {_seen(beat, now, zone)}.",
            keep=True,
        )
        for beat in _each_once(watch.alive)
    ]
    if watch.gap:
        since, until = (clock(text, zone, now) for text in (watch.gap.since, watch.gap.until))
        lines.append(BoardLine(f"Nobody was watching from {since} to {until}.", Tone.CAREFUL))
    return lines


def _nobody(last: Beat | None, now: datetime, zone: tzinfo) -> str:
    if last is None:
        return "NOBODY IS WATCHING, and no watch was seen here in the last day."
    return f"NOBODY IS WATCHING since {clock(last.at, zone, now)} (last seen on {_host(last)})."


def _each_once(beats: Iterable[Beat]) -> Iterable[Beat]:
    """Of several watches of one person on one computer, the newest heartbeat."""
    found: dict[tuple[str, str], Beat] = {}
    for beat in beats:
        found.setdefault((as_heard(beat.author.person.email), beat.body.host), beat)
    return found.values()


def _host(beat: Beat) -> str:
    return one_line(beat.body.host) or "a computer without a name"


def _seen(beat: Beat, now: datetime, zone: tzinfo) -> str:
    return f"seen {clock(beat.at, zone, now)}, {things(beat.body.visits, 'visit')}"


def row_lines(row: BoardRow, now: datetime, zone: tzinfo) -> list[BoardLine]:
    """A visit as a block of a few lines."""
    what, tone = headline(row)
    where = ", ".join(filter(None, (_where(row.area), _where(row.address), _along(row))))
    due = f"due back {clock(row.due_back, zone, now)}"
    facts = [BoardLine("; ".join(filter(None, (where, due))), under=True)]
    reports = _reports(row, now, zone)
    if reports:
        facts.append(BoardLine(reports, under=True))
    return [
        BoardLine(f"{what}: {one_line(row.worker)}, {row.ref}", tone),
        *(_what_duress_means(row) if row.duress else ()),
        *facts,
        *_whose_turn(row, now, zone),
        *_marks(row, zone),
    ]


def headline(row: BoardRow) -> tuple[str, Tone]:
    """The first words about a visit and how much they matter."""
    if row.duress:
        return "DURESS", Tone.ALARM
    if row.stage is Stage.BACK:
        return "Back, but the alarm is not stood down", Tone.ALARM
    if row.alarm:
        return ", ".join(["ALARM", *([lateness(row.late)] if row.late else [])]), Tone.ALARM
    if row.late:
        late = lateness(row.late)
        return (late, Tone.ALARM) if row.alarming else (f"{late}, within grace", Tone.CAREFUL)
    words = STAGES[row.stage]
    tone = Tone.CAREFUL if row.stage is Stage.PLANNED else Tone.STRONG
    return words[0].upper() + words[1:], tone


def lateness(minutes: int) -> str:
    """`12 minutes late`, `1 h 5 min late`."""
    if minutes >= AN_HOUR:
        return f"{duration(minutes)} late"
    return f"{things(minutes, 'minute')} late"


def _what_duress_means(row: BoardRow) -> list[BoardLine]:
    said = "Do not ring or text the worker. Decide now. If you fear for anyone, dial 999."
    details = f" Their details: visitsafe trace {row.ref} --reason 'duress'" if row.sealed else ""
    return [BoardLine(f"{said}{details}", Tone.ALARM, under=True)]


def _where(text: str) -> str:
    """An area or address in a line of the board; a longer one was signed by another program."""
    return one_line(cut(text, LONGEST_PLACE))


def _along(row: BoardRow) -> str:
    return along([one_line(name) for name in row.companions], row.company)


def _reports(row: BoardRow, now: datetime, zone: tzinfo) -> str:
    departed = f"set out {clock(row.departed, zone, now)}" if row.departed else ""
    if not row.departed and row.stage is not Stage.PLANNED:
        departed = STAGES[Stage.PLANNED]
    last = row.last
    if last is None:
        begins = f"was to begin {clock(row.start, zone, now)}"
        if row.late <= A_DAY // timedelta(minutes=1):
            return f"{STAGES[Stage.PLANNED]}; {begins}"
        ends = f"visitsafe back {row.ref} --for NAME --known-by HOW, or: visitsafe stand-down {row.ref}"
        return f"nobody has said how this ended; {begins}. {ends} --because safe"
    if last.early:
        begins, at = clock(row.start, zone, now), clock(last.at, zone, now)
        out = f"setting out {clock(last.out, zone, now)} and " if last.out else ""
        early = f"{out}back {at} {'were' if out else 'was'} reported, too early to count"
        return f"{STAGES[Stage.PLANNED]}; was to begin {begins}; {early}"
    if last.kind == Kind.DEPARTED:
        return departed + _through(last)
    return "; ".join(filter(None, (departed, _report(last, now, zone))))


def _report(last: LastReport, now: datetime, zone: tzinfo) -> str:
    words = "broke the visit off" if last.stopped else KINDS[last.kind].short
    return f"last: {words} {clock(last.at, zone, now)}{_through(last)}"


def _through(last: LastReport) -> str:
    return f" (told {one_line(last.through)})" if last.through else ""


def _whose_turn(row: BoardRow, now: datetime, zone: tzinfo) -> list[BoardLine]:
    lines = []
    if row.unowned:
        step = row.unowned[-1]
        todo = "" if row.duress else f" {one_line(step.do)}"
        raised = f"{step.name} since {clock(step.at, zone, now)}, {_whose(step)}"
        said = f"NOBODY HAS TAKEN THIS ON: {raised}.{todo} To take it on: visitsafe acknowledge {row.ref}"
        lines.append(BoardLine(said, Tone.ALARM, under=True))
    elif row.owner:
        taken = f"{one_line(row.owner.name)} has taken it on ({row.owner.step_name}, "
        lines.append(BoardLine(f"{taken}{clock(row.owner.at, zone, now)})", Tone.STRONG, under=True))
    if row.next:
        lines.append(_next(row.next, row, now, zone))
    return lines


def _next(step: BoardStep, row: BoardRow, now: datetime, zone: tzinfo) -> BoardLine:
    if row.overtaken:
        since, todo = clock(step.at, zone, now), "" if row.duress else f". {one_line(step.do)}"
        said = f"due since {since} and not raised: {step.name}, {_whose(step)}{todo}"
        return BoardLine(said, Tone.ALARM, under=True)
    wait = (from_text(step.at) - now + timedelta(seconds=59)) // timedelta(minutes=1)
    at = clock(step.at, zone, now)
    whose = _whose(step, *row.together)
    why = ", all at once because the risk is high" if row.at_once else ""
    return BoardLine(
        f"next {at} (in {duration(wait)}{why}): {_names(step, *row.together)}, {whose}", under=True
    )


def _names(*steps: BoardStep) -> str:
    """`step 1 of 7`, or `steps 2, 4 and 5 of 7` for several of one ladder."""
    *most, last = (one.name.removeprefix("step ") for one in steps)
    return f"steps {', '.join(one.split()[0] for one in most)} and {last}" if most else steps[0].name


def _whose(*steps: BoardStep) -> str:
    who = dict.fromkeys(one for step in steps for one in step.whose)
    return one_line(", ".join(who)) or "nobody is named"


def _marks(row: BoardRow, zone: tzinfo) -> Iterable[BoardLine]:
    if row.urgent:
        yield BoardLine(f"URGENT: {one_line(row.urgent)}", Tone.CAREFUL, under=True)
    if row.newer is not None:
        newer, day = row.newer, row.start
        times = f"{clock(newer.start, zone, day)} to {clock(newer.due_back, zone, day)}"
        names = [f"with {one_line(name)}" for name in newer.companions]
        where = ", ".join(filter(None, (times, _where(newer.area), _where(newer.address), *names)))
        waits = "waits for a manager's decision" if row.status is Status.AWAITING else f"was {row.status}"
        until = "This" if row.departed else "Until it is countersigned, this"
        said = f"A newer version {waits}: {where}. {until} is watched as it was agreed."
        yield BoardLine(said, Tone.CAREFUL, under=True)
    elif row.status is not Status.COUNTERSIGNED:
        yield BoardLine(f"Not countersigned ({row.status})", Tone.CAREFUL, under=True)
    for condition in row.unmet:
        whose = f", a condition of {one_line(row.decider)}" if row.decider else ""
        yield BoardLine(f"NOT MET{whose}: {one_line(condition)}", Tone.CAREFUL, under=True)
    for change in row.changed:
        yield BoardLine(f"Not as planned: {one_line(change)}", Tone.CAREFUL, under=True)
    if row.drill:
        yield BoardLine("DRILL: somebody is practising the alarm on this visit", Tone.CAREFUL, under=True)
    if row.doubt:
        yield BoardLine(
            f"In doubt: {one_line(row.doubt)}; run: visitsafe verify {row.ref}", Tone.CAREFUL, under=True
        )
    for problem in row.problems[:1]:
        said = f"Its record does not hold: {one_line(problem)}; run: visitsafe verify {row.ref}"
        yield BoardLine(said, Tone.ALARM, under=True)
