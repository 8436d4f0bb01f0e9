"""The documents of a case as pages, as JSON and as a list; and what a family may find hard to read. Pure.

The written agreement is a page that the family reads and keeps (3.10, 5.9). It speaks to them, "you" and
"we", in short sentences without words of the trade; nobody is named but the worker; sources stand at the end.
What the agency's own form does not ask leaves its part out. Every text of the record is escaped (CommonMark).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from visitsafe.checklists.library import marked, past_review
from visitsafe.record.bodies import Action, DocumentedBody, Shown
from visitsafe.record.meanings import ACTIONS, Meaning
from visitsafe.record.terms import Document
from visitsafe.state.duties import CaseHistory, is_late, not_held, not_told
from visitsafe.state.entry_words import DOCUMENTS
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.team.people import person_shape
from visitsafe.text.clean import bullets, lines_of, markdown, markdown_line
from visitsafe.text.clock import date_only, day
from visitsafe.text.days import said as day_in_full
from visitsafe.text.redact import naming

if TYPE_CHECKING:
    from visitsafe.checklists.assessment import Value
    from visitsafe.checklists.model import CitedDocument


OWN_WORDS = frozenset(
    {
        Meaning.NOT_ACCEPTABLE_OWN,
        Meaning.FOLLOWS_OWN,
        Meaning.STILL_SEEN,
        Meaning.EXPECT_OWN,
        Meaning.COMPLAIN,
        Meaning.LANGUAGE,
        Meaning.GONE_THROUGH_WITH,
        Meaning.THEIR_VIEW,
    }
)
"""What stands on the page in somebody's own words."""
LISTS = (
    (Meaning.NOT_ACCEPTABLE, Meaning.NOT_ACCEPTABLE_OWN),
    (Meaning.FOLLOWS, Meaning.FOLLOWS_OWN),
    (Meaning.EXPECT, Meaning.EXPECT_OWN),
)
AGREEMENT = {
    "yes-all": "You agree with what stands here.",
    "in-part": "You agree to some of it, and not to all of it.",
    "do-not": "You do not agree.",
    "not-said": "You have not said whether you agree.",
}
"""What the page says by the answer whether they agree; a page must not claim that they do."""
TITLE = "How we work together"
INTRO = (
    "This page says what we ask of you, and what you can ask of us. We want visits to be safe for everybody. "
    "If anything is not clear, please ask us. We can read it to you, or get it in another language."
)
IT_COUNTS = (
    "Our job is to see that those who live with you are safe and well. "
    "What happens when we visit counts when we think about that."
)
NOT_HELD_AGAINST = "You may complain about us. Nobody will hold it against you."
RECORDS = "We keep a copy of this page. You can ask to read what we write about you."


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says that is not in the answers.

    Attributes:
        case: The reference.
        worker: Who wrote it, by name.
        team: The team's name.
        phone: Where the family reaches the team; empty if it has agreed on no number.
        at: When it was signed, UTC text.
        sources: Where the parts of an agreement come from, in one line each.
    """

    case: str
    worker: str
    team: str
    phone: str
    at: str
    sources: tuple[str, ...] = ()


def agreement_page(body: DocumentedBody, about: Signing, zone: tzinfo) -> str:
    """The page as markdown, with places to sign by hand.

    Args:
        body: The agreement, without personal details.
        about: The rest.
        zone: Whose calendar it is dated by.
    """
    blocks = [
        f"# {TITLE}",
        INTRO,
        *_list("What we ask of you", "When we visit or talk, please do not do these things:", body, 0),
        *_counts(),
        *_follows(body),
        *_list("What you can ask of us", "This is what we do:", body, 2),
        "## If you are not happy with us",
        " ".join([NOT_HELD_AGAINST, _complain(body, about)]),
        *_gone_through(body),
        *_signatures(body, about),
        *_foot(about, zone),
    ]
    return "\n\n".join(blocks) + "\n"


def family_texts(answers: "Mapping[str, Value]", shown: Sequence[Shown]) -> list[str]:
    """What the family will read of the answers, piece by piece."""
    words = _words(answers, shown)
    texts = [text for pair in LISTS for name in pair for text in _pieces(answers, words, name)]
    return [
        *texts,
        *(
            words[name]
            for name in (Meaning.STILL_SEEN, Meaning.COMPLAIN, Meaning.THEIR_VIEW)
            if words.get(name)
        ),
    ]


def names_address(
    answers: "Mapping[str, Value]", shown: Sequence[Shown], addresses: Iterable[str]
) -> list[str]:
    """The questions, by their labels, whose answer on the page would name an address of the case."""
    words = _words(answers, shown)
    found = [naming(address) for address in addresses if address.strip()]
    return [
        one.label or one.id
        for one in shown
        if one.id in OWN_WORDS and any(pattern.search(words.get(one.id, "")) for pattern in found)
    ]


def _pieces(answers: "Mapping[str, Value]", words: Mapping[str, str], name: str) -> list[str]:
    """An answer as the lines of a list: each choice, or each line that was typed."""
    text, given = words.get(name, ""), answers.get(name, "")
    if not isinstance(given, tuple):
        return lines_of(text)
    if given in {(), ("none",)}:
        return []
    parts = text.split("; ")
    return parts if len(parts) == len(given) else [text]


def _words(answers: "Mapping[str, Value]", shown: Sequence[Shown]) -> Mapping[str, str]:
    """The answers in words, without what was passed over."""
    return {one.id: one.answer for one in shown if answers.get(one.id) not in {"", (), None}}


def _words_of(body: DocumentedBody) -> Mapping[str, str]:
    return _words(body.answers, body.shown)


def _list(title: str, lead: str, body: DocumentedBody, place: int) -> list[str]:
    words = _words_of(body)
    texts = [text for name in LISTS[place] for text in _pieces(body.answers, words, name)]
    return [f"## {title}", lead, bullets(markdown(text, "  ") for text in texts)] if texts else []


def _counts() -> Iterator[str]:
    yield "## Why it matters"
    yield IT_COUNTS


def _follows(body: DocumentedBody) -> list[str]:
    blocks = _list("If it goes on", "If one of these things goes on, this can happen:", body, 1)
    if seen := _words_of(body).get(Meaning.STILL_SEEN):
        blocks.append(f"We still need to see those who live with you. This is how: {markdown(seen)}")
    return blocks


def _complain(body: DocumentedBody, about: Signing) -> str:
    how = _words_of(body).get(Meaning.COMPLAIN)
    if how:
        return f"This is how: {_ended(markdown(how))}"
    ring = f", or ring {markdown_line(about.phone)}" if about.phone.strip() else ""
    return f"Ask us how{ring}. We will give it to you in writing."


def _ended(text: str) -> str:
    """With a full stop, so that another sentence can follow."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _gone_through(body: DocumentedBody) -> Iterator[str]:
    words = _words_of(body)
    people = body.answers.get(Meaning.GONE_THROUGH_WITH, ())
    lines = []
    if isinstance(people, tuple) and people:
        day = (
            f" on {markdown_line(words[Meaning.GONE_THROUGH_ON])}"
            if words.get(Meaning.GONE_THROUGH_ON)
            else ""
        )
        who = ", ".join(markdown_line(one) for one in people)
        lines.append(f"We went through this page together{day}. With: {who}.")
    if how := words.get(Meaning.HOW_GIVEN):
        more = f" ({markdown_line(words[Meaning.LANGUAGE])})" if words.get(Meaning.LANGUAGE) else ""
        lines.append(f"{markdown_line(how)}{more}.")
    if agreed := _agreed(body, words):
        lines.append(agreed)
    if view := words.get(Meaning.THEIR_VIEW):
        lines.append(f"What you said about it: {markdown(view)}")
    if body.review:
        lines.append(f"We look at it again with you by {markdown_line(day_in_full(body.review))}.")
    yield "## How we went through this"
    yield from (*lines, RECORDS)


def _agreed(body: DocumentedBody, words: Mapping[str, str]) -> str:
    """Whether they agree; an answer of an agency's own stands as it is worded, for it may be a no."""
    given = body.answers.get(Meaning.AGREED, "")
    if isinstance(given, str) and given in AGREEMENT:
        return AGREEMENT[given]
    return (
        f"Whether you agree: {_ended(markdown(words[Meaning.AGREED]))}" if words.get(Meaning.AGREED) else ""
    )


def _signatures(body: DocumentedBody, about: Signing) -> Iterator[str]:
    """Lines to write on; a rule is a line on the printed page."""
    yield "## Signed"
    people = body.answers.get(Meaning.GONE_THROUGH_WITH, ())
    several = isinstance(people, tuple) and len(people) > 1
    phone = f", telephone {markdown_line(about.phone)}" if about.phone.strip() else ""
    we = f"{markdown_line(about.worker)}, {markdown_line(about.team)}{phone}"
    for who in ("You", "You", f"We ({we})")[0 if several else 1 :]:
        yield f"{who}: name, signature, day"
        yield "---"


def _foot(about: Signing, zone: tzinfo) -> Iterator[str]:
    made = f"Our reference: {markdown_line(about.case)}. Written {markdown_line(date_only(about.at, zone))}."
    where = f" Sources: {'; '.join(map(markdown_line, about.sources))}." if about.sources else ""
    yield f"*{made}{where}*"


_SOURCE = re.compile(r'(?:^|; )([\w-]+) ((?:"[^"]*"|[^";]+)+)')
_PLACE = re.compile(r'"[^"]*"|[^\s,"][^,"]*')


def document_page(
    state: PlanState,
    said: Event[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    team: str,
    phone: str = "",
    documents: "Sequence[CitedDocument]" = (),
) -> str:
    """The page as markdown.

    Args:
        state: The plan in whose record it stands, as whoever reads may see it, without personal details.
        said: The document, from that state.
        now: For what is late.
        zone: Whose calendar the days are read on.
        team: The name of the team.
        phone: Where the team is reached.
        documents: Those that the form may cite.
    """
    if said.body.document == Document.AGREEMENT:
        about = Signing(
            case=state.body.visit.case,
            worker=said.author.person.name,
            team=team,
            phone=phone,
            at=said.at,
            sources=tuple(_numbers(said.body.shown)),
        )
        return agreement_page(said.body, about, zone)
    return "\n\n".join(_blocks(state, said, now, zone, team, documents)) + "\n"


def document_title(body: DocumentedBody) -> str:
    """What a document is called."""
    return DOCUMENTS.get(body.document, body.document)


def _blocks(
    state: PlanState,
    said: Event[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    team: str,
    documents: "Sequence[CitedDocument]",
) -> Iterator[str]:
    body = said.body
    yield f"# {markdown_line(document_title(body))}: case {markdown_line(state.body.visit.case)}"
    if state.problems:
        yield "**Do not rely on this page. Something in its record does not hold.**"
    yield _in_short(body, now)
    if body.actions:
        yield "## Who does what"
        yield bullets(_action(action, now) for action in body.actions)
    if body.findings:
        yield "## To note"
        yield bullets(markdown(one.text, "  ") for one in body.findings)
    yield from _answers(body)
    if sources := list(_sources(body.shown)):
        yield "## Where the questions come from"
        past = past_review(documents, now.date())
        yield bullets(markdown_line(marked(one, past)) for one in sources)
    who = f"{markdown_line(said.author.person.name)}, {markdown_line(team)}"
    yield f"*Signed by {who}, on {markdown_line(day(said.at, zone))}, in the record of plan {state.ref}.*"


def _in_short(body: DocumentedBody, now: datetime) -> str:
    """When it is looked at again, and how much of it is late."""
    if not body.review and body.document == Document.TELLING:
        first = "What, how, by whom and when."
    elif not body.review:
        first = "No day is named on which it is looked at again."
    elif not_held(body):
        first = f"Proposed for {_day(body.review, now)}."
    else:
        first = f"Looked at again by {_day(body.review, now)}."
    late = sum(is_late(action.by, now) for action in body.actions)
    count = "1 action is" if late == 1 else f"{late} actions are"
    return first + (f" **{count} overdue.**" if late else "")


def _action(action: Action, now: datetime) -> str:
    who = markdown_line(action.who) or "**nobody is named**"
    by = _day(action.by, now) if action.by else "no day is named"
    return f"{markdown(action.what, '  ')}\n  - Who: {who}\n  - By: {by}"


def _day(text: str, now: datetime) -> str:
    words = markdown_line(day_in_full(text))
    return f"**{words} (that day has passed)**" if is_late(text, now) else f"**{words}**"


def _answers(body: DocumentedBody) -> Iterator[str]:
    """Every answer but those that were passed over and those in the list of actions, by section."""
    sections: dict[str, list[Shown]] = {}
    for shown in body.shown:
        passed_over = body.answers.get(shown.id) in {"", (), None}
        if not passed_over and not shown.id.startswith(ACTIONS):
            sections.setdefault(shown.section, []).append(shown)
    for title, answers in sections.items():
        yield f"## {markdown_line(title) or 'Questions'}"
        yield bullets(f"*{markdown_line(one.label)}*\\\n  {markdown(one.answer, '  ')}" for one in answers)
    named, open_ones = [one for one in body.shown if one.id in ACTIONS], {one.what for one in body.actions}
    done = [one for one in named if body.answers.get(one.id) and one.answer not in open_ones]
    if done:
        yield "## Done"
        yield bullets(markdown(one.answer, "  ") for one in done)


def _sources(shown: Sequence[Shown]) -> Iterator[str]:
    """Each document that the questions come from, with its places."""
    places = _places(shown)
    yield from (f"{document} {', '.join(found)}" for document, found in places.items())


def _numbers(shown: Sequence[Shown]) -> Iterator[str]:
    """The same without quoted words: on a page for the family these would only puzzle."""
    for document, found in _places(shown).items():
        numbers = ", ".join(one for one in found if not one.startswith('"'))
        yield f"{document} {numbers}".strip()


def _places(shown: Sequence[Shown]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one in shown:
        for document, places in _SOURCE.findall(one.source):
            found.setdefault(document, {}).update(dict.fromkeys(_PLACE.findall(places)))
    return {document: list(places) for document, places in found.items()}


_NOT_TOLD = {
    "meeting": "professionals met on {day}",
    "shared": "something was shared with other professionals on {day}",
}


def document_shape(state: PlanState, said: Event[DocumentedBody], now: datetime) -> dict[str, Any]:
    """A document as JSON."""
    body = said.body
    return {
        "ref": state.ref,
        "plan": state.plan,
        "entry": said.id,
        "document": body.document,
        "title": document_title(body),
        "by": person_shape(said.author),
        "at": said.at,
        "review": body.review or None,
        "review_overdue": is_late(body.review, now),
        "actions": [
            {"what": one.what, "who": one.who, "by": one.by or None, "overdue": is_late(one.by, now)}
            for one in body.actions
        ],
        "replaces": body.replaces or None,
    }


def documents_shape(history: CaseHistory, now: datetime) -> dict[str, Any]:
    """The documents of a case as JSON, numbered as in the list."""
    return {
        "case": history.case,
        "documents": [
            {"number": number, **document_shape(state, said, now)}
            for number, (state, said) in enumerate(history.documents(), start=1)
        ],
        "not_told": [{"ref": state.ref, "what": sort, "at": at} for state, sort, at in not_told(history)],
    }


def document_lines(history: CaseHistory, now: datetime, zone: tzinfo) -> Iterator[str]:
    """The documents of a case, line by line: what there is, what is to be done, what is missing."""
    found = history.documents()
    count = "no documents yet" if not found else f"{len(found)} document{'s' if len(found) > 1 else ''}"
    yield f"Case {history.case}: {count}"
    for number, (state, said) in enumerate(found, start=1):
        when = date_only(said.at, zone)
        yield f"{number}  {document_title(said.body)}, by {said.author.person.name}, {when} ({state.ref})"
        yield from (f"   {line}" for line in _asked(said.body, now))
    for _, sort, at in not_told(history):
        done = _NOT_TOLD[sort].format(day=date_only(at, zone))
        yield f"Since {done}, no plan says what the family is told:  visitsafe document telling"


def late_words(day: str, now: datetime) -> str:
    """`by Tuesday 1 December 2026`, or that the day has passed."""
    return f"OVERDUE since {day_in_full(day)}" if is_late(day, now) else f"by {day_in_full(day)}"


def _asked(body: DocumentedBody, now: datetime) -> Iterator[str]:
    if body.review and not_held(body):
        late = ": OVERDUE, nothing says that it was held" if is_late(body.review, now) else ""
        yield f"Proposed for {day_in_full(body.review)}{late}"
    elif body.review:
        yield f"To be looked at again: {late_words(body.review, now)}"
    for one in body.actions:
        who = one.who.strip() or "nobody is named"
        by = f", {late_words(one.by, now)}" if one.by else ""
        yield f"- {one.what} ({who}{by})"


MOST_WORDS = 20
LONGEST_WORD = 13
"""Letters; a longer word is named even if no plain one is known."""
PLAIN: Mapping[str, str] = {
    "abusive": "insulting, or hurtful",
    "access": "get, or see",
    "accommodate": "make room for",
    "additional": "more",
    "adhere": "keep to",
    "advise": "tell",
    "agencies": "services",
    "aggression": "shouting, threats or hitting: say which",
    "aggressive": "say what is done",
    "alleged": "said to have",
    "anticipate": "expect",
    "appropriate": "right",
    "ascertain": "find out",
    "assessment": "looking at how safe your child is",
    "assist": "help",
    "behaviour": "say what is done",
    "breach": "break",
    "cease": "stop",
    "commence": "begin",
    "communicate": "talk or write",
    "comply": "do, or keep to",
    "concerning": "about, or worrying",
    "conference": "meeting",
    "consent": "say yes",
    "consequence": "what follows",
    "consequences": "what follows",
    "constitute": "are",
    "contravene": "break",
    "core group": "the people who meet about your child",
    "cooperate": "work with us",
    "deem": "think",
    "demonstrate": "show",
    "derogatory": "insulting",
    "disclose": "tell",
    "disengage": "stop seeing us",
    "domestic abuse": "being hurt or frightened at home",
    "engage": "work with us",
    "engagement": "working with us",
    "ensure": "make sure",
    "escalate": "tell our manager, or get worse: say which",
    "facilitate": "help",
    "forthwith": "at once",
    "henceforth": "from now on",
    "hostile": "say what is done",
    "hostility": "say what is done",
    "implement": "do",
    "inappropriate": "say what is done",
    "in accordance with": "by",
    "in order to": "to",
    "in respect of": "about",
    "in the event of": "if",
    "intervention": "help, or what we do",
    "intimidate": "frighten",
    "intimidating": "frightening",
    "lead professional": "the person in charge",
    "legislation": "the law",
    "liaise": "talk",
    "minimise": "make less",
    "monitor": "check",
    "multi-agency": "of all services",
    "notify": "tell",
    "obtain": "get",
    "partake": "take part",
    "perpetrator": "the person who did it",
    "persistent": "again and again",
    "practitioner": "worker",
    "prior to": "before",
    "proceedings": "going to court",
    "professionals": "workers",
    "prohibited": "not allowed",
    "provide": "give",
    "pursuant to": "under",
    "refrain": "do not",
    "regarding": "about",
    "request": "ask",
    "require": "need",
    "requirement": "what is needed",
    "reside": "live",
    "resistant": "say what is done",
    "safeguarding": "keeping children and adults safe",
    "service user": "you",
    "statutory": "by law",
    "subsequent": "later",
    "sufficient": "enough",
    "supervision order": "a court order that lets us check on your child",
    "terminate": "end",
    "unacceptable": "not all right",
    "undertake": "do",
    "utilise": "use",
    "verbal": "spoken",
    "whereabouts": "where somebody is",
}
"""Words of the trade and of offices, in small letters, and what to say instead."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[0-9]+(?:[:.,/][0-9]+)*")  # noqa: RUF001 - an apostrophe as typed by telephones
_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[\"'(\[]*\w)")
_SHORT = re.compile(r"\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|st|no|tel|approx|[a-z])\.$", re.IGNORECASE)
_ENDINGS = ("", "s", "es", "d", "ed", "ing")
_PHRASES = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(term) for term in PLAIN if not term.isalpha()) + r")s?(?!\w)",
    re.IGNORECASE,
)


class Hard(msgspec.Struct, frozen=True):
    """A sentence that a reader may find hard.

    Attributes:
        sentence: As it stands.
        why: What makes it hard, each as a few words.
    """

    sentence: str
    why: tuple[str, ...]


def hard_sentences(texts: Iterable[str]) -> list[Hard]:
    """The sentences of these texts that a reader may find hard, each once, in their order."""
    each = dict.fromkeys(sentence for text in texts for sentence in sentences(text))
    return [Hard(sentence, why) for sentence in each if (why := tuple(_why(sentence)))]


def sentences(text: str) -> list[str]:
    """A text taken apart: at line ends, and after a full stop that ends a sentence."""
    found: list[str] = []
    for line in text.splitlines():
        whole = ""
        for part in _END.split(line.strip()):
            whole = f"{whole} {part}".strip()
            if not _SHORT.search(whole):
                found.append(whole)
                whole = ""
        found.append(whole)
    return [one for one in found if one]


def _why(sentence: str) -> Iterator[str]:
    words = _WORD.findall(sentence)
    if len(words) > MOST_WORDS:
        yield f"it has {len(words)} words: make two or three sentences of it"
    phrases = _PHRASES.findall(sentence)
    rest = _WORD.findall(_PHRASES.sub(" ", sentence))
    for word in dict.fromkeys(one.casefold() for one in (*phrases, *rest)):
        if term := _term(word):
            yield f"{word}: perhaps {PLAIN[term]}"
    for word in dict.fromkeys(rest):
        if len(word) > LONGEST_WORD and not _term(word):
            yield f"{word} is a long word"


def _term(word: str) -> str:
    """The word of the list that this is a form of; empty if it only begins like one."""
    low = word.casefold()
    stems = [low.removesuffix(ending) for ending in _ENDINGS if low.endswith(ending)]
    forms = [form for stem in stems for form in (stem, f"{stem}e")]
    return next((form for form in forms if form in PLAIN), "")
