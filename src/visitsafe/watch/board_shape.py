"""The board as JSON: what `board --json` prints, documented in docs/json.md.

Fields are added, never renamed and never given another meaning. Text stands as it was signed: who prints it
escapes it. What somebody may not know is told in the same shape as what is not so.
"""

from typing import Any

import msgspec

from visitsafe.record.entry import to_text
from visitsafe.watch.board_rows import Board, Newer, Row, Step
from visitsafe.watch.heartbeat import Beat, Watch

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


def _watch(watch: Watch) -> Shape:
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


def _row(row: Row, *, details: bool) -> Shape:
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


def _last(row: Row) -> Shape:
    """The members of the last report that may be empty."""
    last = row.last
    return {"through": (last and last.through) or None, "until": (last and last.until) or None}


def _step(step: Step) -> Shape:
    return {
        "step": step.id,
        "name": step.name,
        "at": step.at,
        "whose": list(step.whose),
        "do": step.do,
        "acknowledge": step.acknowledge,
    }
