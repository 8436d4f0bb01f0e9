"""The printed card for the desk: who is out, until when, and who does what if nobody is heard.

One page, read at night by somebody who does not know the case. So it leaves out rather than shrinks: long
texts are cut with a mark, lists end with how many more there are, and `visitsafe show` has the rest. Never
the sealed details; the address only if it was asked for.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from math import ceil
from textwrap import shorten

import msgspec

from visitsafe.record.bodies import Control
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER, Due, all_at_once, by_minute, ordinary_schedule
from visitsafe.state.phrases import along_for_police, plain_words, to_do, who_goes, whose
from visitsafe.state.redaction import without_details
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock, moment, to_text

MOST_STEPS = 6
_LINES, _STEP_LINES = 24, 19
"""Lines of the page for the steps, conditions and control measures together; the most for the steps."""
_STEP_WIDTH, _LIST_WIDTH, _FACT_ROOM = 46, 80, 52
"""Characters on a line of a step, on one of a list, and for a fact; a wide typeface decides."""
_ADDRESS_ROOM = 150
"""Characters on two lines across the page: an address is of no use in part."""
_ROW = 0.4
"""Lines that the rules around a step need."""
_CUT = " ..."


class CardStep(msgspec.Struct, frozen=True):
    """A step of the ladder with its time filled in: when, whose, and what to do."""

    at: str
    who: str
    do: str


class Card(msgspec.Struct, frozen=True):
    """The texts of the card.

    Attributes:
        ref: The reference.
        standing: How the plan stands.
        due_back: The time that everything hangs on.
        facts: Labels and what they say.
        address: Where the visit is; empty unless it was asked for.
        conditions: The manager's; all of them or the first ones.
        controls: The control measures that fit.
        steps: The ladder, earliest first.
        reminders: Why steps start at once, and when the worker is reminded; empty if neither.
        police: What to say to the police, sentence by sentence.
        desk: The desk's number; empty if the team has agreed on none.
        made: When and from what the card was made.
    """

    ref: str
    standing: str
    due_back: str
    facts: tuple[tuple[str, str], ...]
    address: str
    conditions: tuple[str, ...]
    controls: tuple[str, ...]
    steps: tuple[CardStep, ...]
    reminders: str
    police: tuple[str, ...]
    desk: str
    made: str


def desk_card(
    state: PlanState,
    now: datetime,
    zone: tzinfo,
    team: str,
    desk_phone: str,
    *,
    include_details: bool = False,
) -> Card:
    """The card of one visit.

    Args:
        state: The plan.
        now: When it is made, aware.
        zone: Whose local time is shown.
        team: The team's name, for the police.
        desk_phone: The duty desk's number; empty if there is none.
        include_details: With the address.
    """
    state = state if include_details else without_details(state)
    due_back = clock(state.visit.due_back, zone, state.body.visit.start)
    steps = _steps(state, zone)
    controls = _controls(state.body.controls)
    left = _LINES - ceil(sum(_lines(step) for step in steps))
    conditions = _some(list(state.conditions), left - (3 if controls else 0), state.ref)
    left -= sum(ceil(len(one) / _LIST_WIDTH) for one in conditions)
    return Card(
        ref=state.ref,
        standing=_short(plain_words(state, now), _FACT_ROOM),
        due_back=due_back,
        facts=_facts(state, zone),
        address=_short(state.body.visit.address, _ADDRESS_ROOM),
        conditions=conditions,
        controls=_some(controls, left, state.ref),
        steps=steps,
        reminders=_reminders(state, zone),
        police=_police(state, zone, team, desk_phone),
        desk=_short(desk_phone, _FACT_ROOM),
        made=f"Printed {moment(to_text(now), zone)}. What changes later is on the board.",
    )


def _facts(state: PlanState, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    visit = state.body.visit
    sealed = f"sealed: visitsafe trace {state.ref} --reason '...'" if state.sealed else "none are sealed"
    facts = (
        ("Who", state.author.person.name),
        ("Who goes", who_goes(state.going)),
        ("Case", visit.case),
        ("Area", visit.area),
        ("Visit", moment(visit.start, zone)),
        ("Details", sealed),
    )
    return tuple((label, _short(text, _FACT_ROOM)) for label, text in facts if text.strip())


def _controls(controls: Sequence[Control]) -> list[str]:
    return [f"{one.text} ({one.who})" if one.who.strip() else one.text for one in controls]


def _some(texts: Sequence[str], lines: int, ref: str) -> tuple[str, ...]:
    """As many as fit on so many lines, two lines each at most, and how many more there are."""
    given = [_short(text, 2 * _LIST_WIDTH - len(_CUT)) for text in texts if text.strip()]
    shown: list[str] = []
    for text in given:
        rest = len(given) > len(shown) + 1
        lines -= ceil(len(text) / _LIST_WIDTH)
        if lines < rest:
            break
        shown.append(text)
    more = len(given) - len(shown)
    return (*shown, f"and {more} more: visitsafe show {ref}") if more else tuple(shown)


def _steps(state: PlanState, zone: tzinfo) -> tuple[CardStep, ...]:
    """What others do; of a very long ladder the first steps and the last one, which is the decision."""
    due = [one for one in ordinary_schedule(state) if set(one.rung.who) != {WORKER}]
    kept = due if len(due) <= MOST_STEPS else [*due[: MOST_STEPS - 1], due[-1]]
    steps: tuple[CardStep, ...] = ()
    for lines in (5, 4, 3, 2):
        steps = tuple(_step(one, lines, state, zone) for one in kept)
        if sum(map(_lines, steps)) <= _STEP_LINES:
            break
    return steps


def _step(due: Due, lines: int, state: PlanState, zone: tzinfo) -> CardStep:
    who = _short(whose(due.rung.who), 40)
    do = _short(to_do(due.rung), max(20, lines * _STEP_WIDTH - len(who) - len(_CUT)))
    return CardStep(clock(due.at, zone, state.body.visit.start), who, do)


def _lines(step: CardStep) -> float:
    return ceil((len(step.who) + len(step.do) + 2) / _STEP_WIDTH) + _ROW


def _reminders(state: PlanState, zone: tzinfo) -> str:
    """Why steps start at once, and those that are only the worker's own: nobody at the desk acts on them."""
    day, due = state.body.visit.start, ordinary_schedule(state)
    high = any(all_at_once(state.visit.ladder, dues) for dues in by_minute(due))
    own = [clock(one.at, zone, day) for one in due if set(one.rung.who) == {WORKER}]
    said = ["The risk is high, so several steps start at once."] if high else []
    said += [f"The worker is reminded at {' and '.join(own[:3])}."] if own else []
    return " ".join(said)


def _police(state: PlanState, zone: tzinfo, team: str, desk_phone: str) -> tuple[str, ...]:
    """The facts in the order in which a call handler asks for them."""
    visit, name = state.body.visit, state.author.person.name
    area = _short(visit.area, _FACT_ROOM)
    where = "the address above" if visit.address.strip() else f"{area}, at this address: ________________"
    due = clock(state.visit.due_back, zone, visit.start)
    beside = along_for_police([one.name for one in state.going.visit.companions], state.going.company)
    return (
        f"I am ringing from {_short(team, 60)}, about a colleague who has not come back from a visit.",
        f"{_short(name, 60)} went to {where} for work, {_short(beside, 60)}.",
        f"Due back at {due}. We have rung since then and got no answer.",
        "We fear for their safety because: ____________________________________",
        f"Ring me back on {_short(desk_phone, 40) or '________________'}. Our reference is {state.ref}.",
    )


def _short(text: str, room: int) -> str:
    """Cut between words where possible; a single endless word is cut inside."""
    line = one_line(text)
    if len(line) <= room:
        return line
    cut = shorten(line, room, placeholder=_CUT)
    return cut if cut.strip(" .") else line[: room - len(_CUT)] + _CUT


_STYLE = """\
@page { size: A4; margin: 0; }
* { box-sizing: border-box; margin: 0; padding: 0; }
html { background: #fff; color: #000; }
body { font: 11pt/1.25 Arial, "Liberation Sans", Helvetica, sans-serif; overflow-wrap: anywhere;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
main { width: 210mm; height: 296mm; padding: 10mm 12mm 8mm; overflow: hidden; display: flex;
  flex-direction: column; gap: 2.6mm; }
main > * { flex: none; }
main > .less { flex: 0 1 auto; min-height: 0; overflow: hidden; }
header { display: flex; justify-content: space-between; align-items: flex-end; padding-bottom: 1.5mm;
  border-bottom: 1.2mm solid #000; }
h1 { font-size: 31pt; line-height: 1; letter-spacing: 0.03em; white-space: nowrap; }
h2 { font-size: 12.5pt; line-height: 1.2; margin-bottom: 0.8mm; }
.due { text-align: right; font-size: 12pt; }
.due strong { display: block; font-size: 25pt; line-height: 1.05; }
dl { display: grid; grid-template-columns: 19mm 1fr 19mm 1fr; gap: 0.7mm 3mm; }
dt { font-weight: bold; }
.first { grid-column: 1; }
.wide { grid-column: 2 / -1; }
ul { list-style: none; }
li { padding-left: 4.5mm; text-indent: -4.5mm; }
li::before { content: "\\2013\\00a0"; display: inline-block; width: 4.5mm; text-indent: 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { border: 0.35mm solid #000; padding: 0.8mm 1.4mm; text-align: left; vertical-align: top; }
th { font-size: 10.5pt; }
.at { width: 19mm; font-weight: bold; font-size: 12.5pt; overflow-wrap: normal; }
.do { width: auto; }
.who { font-weight: bold; }
.sign { width: 32mm; }
.time { width: 15mm; }
.police { border: 0.8mm solid #000; padding: 1.6mm 2.4mm; }
.police li { padding-left: 0; text-indent: 0; margin-bottom: 0.6mm; }
.police li::before { content: none; }
footer { margin-top: auto; display: flex; justify-content: space-between; gap: 6mm; font-size: 10.5pt; }
footer strong { font-size: 14pt; white-space: nowrap; }
@media screen { html { background: #ddd; } main { background: #fff; margin: 4mm auto; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def card_page(card: Card) -> str:
    """The card as HTML.

    Args:
        card: Its texts, unescaped.
    """
    desk = f"Duty desk: {_text(card.desk)}" if card.desk else "Duty desk: ________________"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Desk card {_text(card.ref)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header><div><h1>{_text(card.ref)}</h1><p>Visit plan: {_text(card.standing)}</p></div>"
        f'<p class="due">Due back<strong>{_text(card.due_back)}</strong></p></header>\n'
        f"{_facts_html(card.facts, card.address)}"
        f"{_list('Conditions', card.conditions)}{_list('Agreed', card.controls)}"
        f"{_ladder(card.steps, card.reminders)}{_police_html(card.police)}"
        f"<footer><p>{_text(card.made)}</p><strong>{desk}</strong></footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(one_line(text))


def _facts_html(facts: Sequence[tuple[str, str]], address: str) -> str:
    rows = "".join(f"<dt>{_text(label)}</dt><dd>{_text(text)}</dd>" for label, text in facts)
    where = f'<dt class="first">Address</dt><dd class="wide">{_text(address)}</dd>' if address else ""
    return f"<dl>{rows}<dt>Mobile</dt><dd>________________</dd>{where}</dl>\n"


def _list(title: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    items = "".join(f"<li>{_text(text)}</li>" for text in texts)
    return f'<section class="less"><h2>{title}</h2><ul>{items}</ul></section>\n'


def _ladder(steps: Sequence[CardStep], reminders: str) -> str:
    rows = "".join(
        f'<tr><td class="at">{_text(step.at)}</td><td><span class="who">{_text(step.who)}:</span> '
        f"{_text(step.do)}</td><td></td><td></td></tr>"
        for step in steps
    )
    return (
        "<section><h2>If nobody has reported back (if you fear for anyone, dial 999 at once)</h2>"
        "<table><thead><tr>"
        '<th class="at">Time</th><th class="do">Who does what</th>'
        '<th class="sign">Done by</th><th class="time">At</th></tr></thead>'
        f"<tbody>{rows}</tbody></table><p>{_text(reminders)}</p></section>\n"
    )


def _police_html(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    return f'<section class="police"><h2>What to say to the police (999)</h2><ul>{items}</ul></section>\n'
