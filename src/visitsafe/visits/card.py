"""The card for the telephone, which `depart` prints: whom to ring, what to say, what happens in silence.

Forty columns of text, to be photographed or copied. It names the area and never the address, and nothing
that a stranger who sees it could use: not what the visit is about, and not the duress phrase. Pure.
"""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from visitsafe.record.terms import ROLE_WORDS
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER, Due, all_at_once, by_minute, schedule
from visitsafe.state.phrases import NOT_REPORTED, who_goes
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock, to_text
from visitsafe.text.redact import without_address

WIDTH = 40
_RULE = "-" * WIDTH
_WHO = {**ROLE_WORDS, WORKER: "you"}
_ALWAYS = "You may always leave, and you need no reason. In danger ring 999."


def card(state: PlanState, now: datetime, zone: tzinfo, desk_phone: str) -> str:
    """The card of one visit.

    Args:
        state: The visit.
        now: Aware; what is past by then is left out.
        zone: Whose clocks the worker reads.
        desk_phone: The duty desk's number; empty if the team has agreed on none.
    """
    parts = [
        _facts(state, now, zone, one_line(desk_phone)),
        _conditions(state),
        _to_say(state),
        _if_silent(state, now, zone),
        _folded(_ALWAYS),
    ]
    return "\n".join([_RULE, f"\n{_RULE}\n".join("\n".join(part) for part in parts if part), _RULE])


def _facts(state: PlanState, now: datetime, zone: tzinfo, desk_phone: str) -> list[str]:
    visit = state.body.visit
    goes = f"{state.author.person.name}, {who_goes(state.going)}"
    return [
        *_folded(f"Visit {state.ref}"),
        *_folded(one_line(goes)),
        *_pair("Area", one_line(without_address(visit.area, visit.address))),
        *_pair("Visit at", clock(visit.start, zone, now)),
        *_pair("Due back", clock(state.visit.due_back, zone, now)),
        *_pair("Duty desk", desk_phone or "(no number is agreed: write down whom you ring)"),
    ]


def _conditions(state: PlanState) -> list[str]:
    """What the manager asked for, while it stands."""
    found = [one_line(without_address(text, state.body.visit.address)) for text in state.conditions]
    return [*_folded("Your manager's conditions"), *_listed(found)] if found else []


def _to_say(state: PlanState) -> list[str]:
    name = one_line(state.author.person.name)
    return [
        *_folded("When you ring, say:"),
        *_folded(f'"This is {name}, visit {state.ref}."'),
        *_listed(
            ['"I am back."', '"I need longer, until" and the time.', '"I am not going in," or "I have left."']
        ),
        *_folded("They ask how they can know that it is you."),
    ]


def _if_silent(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """Each step that is still to come: when, and who acts; what the highest one does is said in full."""
    steps = [one for one in schedule(state) if one.at > to_text(now)]
    if not steps:
        return []
    highest = max(steps, key=lambda one: one.level)
    lines = ["If nobody hears from you:"]
    reminded = min((one.at for one in schedule(state) if one.rung.who == (WORKER,)), default="")
    for dues in by_minute(steps):  # by time: where the risk is high, the highest step does not come last
        again = "" if dues[0].at == reminded else " again"
        why = ", at once because the risk is high" if all_at_once(state.visit.ladder, dues) else ""
        do = one_line(without_address(highest.rung.do, state.body.visit.address))
        full = f": {do}" if highest in dues else ""
        missing = NOT_REPORTED.get(dues[0].rung.missing or "")
        unless = f", unless you report {missing}" if missing else ""
        said = f"{clock(dues[0].at, zone, now)} {_acts(dues, again)}{why}{unless}{full}"
        lines += _folded(said, " " * 6)
    return lines


def _acts(dues: Sequence[Due], again: str) -> str:
    """Who has to act, is told or is reminded in one minute, in a few words; each of them once."""
    acting = dict.fromkeys(who for due in dues if due.rung.acknowledge for who in due.rung.who)
    told = dict.fromkeys(who for due in dues for who in due.rung.who if who not in acting)
    you = told.pop(WORKER, ...) is None
    parts = [
        f"{_and(acting)} act{'' if len(acting) > 1 else 's'}" if acting else "",
        f"{_and(told)} told" if told else "",
        f"you are reminded{again}" if you else "",
    ]
    return "; ".join(filter(None, parts))


def _and(who: Iterable[str]) -> str:
    *most, last = (_WHO.get(role, one_line(role)) for role in who)
    return f"{', '.join(most)} and {last}" if most else last


def _pair(label: str, text: str) -> list[str]:
    return _folded(f"{label:<10}{text}", " " * 10)


def _listed(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in _folded(f"- {text}", "  ")]


def _folded(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
