"""The desk's card as one printed A4 page: black on white, large, with boxes to sign; self-contained HTML.

Everything stands in one page box of fixed height, so that a browser never prints a second page. What has to
be left out for that is left out by `domain.desk_card`; the type never gets smaller.
"""

from collections.abc import Sequence
from html import escape

from visitsafe.text.clean import one_line
from visitsafe.visits.desk_card import Card, CardStep

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
        f"{_facts(card.facts, card.address)}"
        f"{_list('Conditions', card.conditions)}{_list('Agreed', card.controls)}"
        f"{_ladder(card.steps, card.reminders)}{_police(card.police)}"
        f"<footer><p>{_text(card.made)}</p><strong>{desk}</strong></footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(one_line(text))


def _facts(facts: Sequence[tuple[str, str]], address: str) -> str:
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


def _police(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    return f'<section class="police"><h2>What to say to the police (999)</h2><ul>{items}</ul></section>\n'
