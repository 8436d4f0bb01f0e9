"""Text that tries to be more than text, and a record in which it stands everywhere."""

import msgspec
from hypothesis import strategies as st

from story import MO, NIA, SAM, Actor, Story, decision_on, founded, hostile_visit, visit
from visitsafe.record.bodies import (
    Attested,
    Companion,
    Control,
    Duty,
    Finding,
    Ladder,
    PlanBody,
    Rung,
    Shown,
    WithdrawnBody,
)
from visitsafe.record.terms import Level
from visitsafe.text.clean import lines_of

BENIGN = "zzz"
ATTACKS = (
    "# heading",
    "heading\n=======",
    "heading\n---",
    "- item\n- item",
    "+ item",
    "* item",
    "1. item\n2) item",
    "> quotation",
    "    code",
    "\tcode",
    "```\ncode\n```",
    "~~~ code",
    "`code` ``code``",
    "*emphasis* **strong** _emphasis_ __strong__ ~~gone~~",
    "[link](javascript:alert(1)) [ref]: http://evil.example",
    "[ref]: http://evil.example\n\n[ref]",
    "![image](http://evil.example/x.png)",
    "<http://evil.example> https://evil.example www.evil.example",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<!-- comment\n\nmore -->",
    "<div>\n\n# heading\n\n</div>",
    "&lt;b&gt; &#60;b&#62; &copy; &nbsp;",
    "a | b\n--|--\n1 | 2",
    ":-:\n1",
    "***\n___\n- - -",
    "back\\slash\\\n\\# \\",
    "two  \nspaces  ",
    "\n\n\nblank\n\n\nlines\n\n",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x00\x08\x7f",
    "\u202egnp.exe \u2066isolated\u2069 \u200bzero\ufeff",
    "line\u2028separator\u2029paragraph\x85next\x0bvertical\x0cform",
    "\U000e0041\U000e0042 tags",
    "$maths$ {{ liquid }} {% raw %} {: .class} ^up^ [^1]",
    "\u65e5\u672c\u8a9e \u0645\u0631\u062d\u0628\u0627 \U0001f3e0 Zoë",
)
LONG = ("x" * 10_000, "*" * 10_000, "[" * 2_000 + "](" * 2_000)

TEXTS = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(max_size=40),
    st.text(alphabet="#-+*_=>`~[]()<>!&;|\\:/.0123456789 \t\n\r\x1b\x9b\u202eab", max_size=40),
).filter(lambda text: bool(lines_of(text)))


def visible(text: str) -> str:
    """The characters that must be shown, without any white space."""
    return "".join("".join(lines_of(text)).split())


def everywhere(text: str) -> Story:
    """A plan, two decisions, an unknown entry and a withdrawal whose every free text is `text`."""
    text = text.replace("\0", "")  # no entry can hold it
    # The last word keeps the managers apart from the companion, who may not decide.
    sam, mo, nia = (Actor(f"{text} {who.name}", who.email) for who in (SAM, MO, NIA))
    story = founded().added(sam, "practitioner").added(mo, "manager").added(nia, "manager")
    story = story.planned(by=sam, body=_plan(text))
    words = {"rationale": text, "conditions": (text, text), "purpose_met": text}
    for by, decision in ((mo, "return"), (nia, "refuse")):
        body = decision_on(story.newest.id if by is mo else story.state.version.id, decision, **words)
        story = story.entry(by, "decided", body)
    story = story.entry(mo, "withdrawn", WithdrawnBody(reason=text))
    return (
        story.entry(sam, "withdrawn", WithdrawnBody(reason=text))
        .revised(by=sam, body=_plan(text))
        .decided(
            "countersign", by=nia, rationale=text, conditions=(text,), attested=(Attested(id="a", text=text),)
        )
    )


def _plan(text: str) -> PlanBody:
    finding = Finding(
        rule="r", level=Level.STOP, text=text, source=text, because=(text, text), settle=(), suggest=()
    )
    duty = Duty(
        trigger="t", label=text, ground=text, recipients=(text, text), by=text, decision="share", source=text
    )
    shown = Shown(id="q", section=text, label=text, ask=text, answer=text, source=text)
    return hostile_visit(
        visit=visit(
            case=text,
            area=text,
            address=f"12 Acacia Road\n{text}",
            purpose=text,
            person_visited=text,
            companions=(Companion(name=f"x{text}"),),
        ),
        answers={"q": text, "unasked": (text, text)},
        findings=(finding, Finding(rule="n", level=Level.CONTROL, text=text, source=text)),
        controls=(Control(rule="r", text=text, who=text), Control(rule="r", text=text, who=text)),
        sharing=(duty, msgspec.structs.replace(duty, decision="not-share", reason=text)),
        standing={"q": text},
        shown=(shown,),
        checklists=(),
        ladder=Ladder(
            grace_minutes=10,
            start="s",
            high_risk=True,
            steps=(Rung(id="s", after=5, who=(text,), do=text, source=text),),
        ),
        urgent=text,
        repeats=text,
    )
