"""What is known besides the answers: a closed list of facts, each with a closed set of values (D17). Pure.

A fact is computed, as whether it will be light, or on record about the case, as an incident. Conditions of
rules and questions name it as they name an answer. A plan signs the facts that it was made with
(`plan.KnownFact`) and the entries behind them; whoever reviews it works them out again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from visitsafe.record.bodies import Finding, KnownFact, PlanBody
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer

ALWAYS = "always"
"""In place of facts in `ask-again-if`: the answer is about one visit, and is never carried over."""
NONE, OPEN, THIS_YEAR, OLDER = "none", "open", "this-year", "older"
LIGHT, OVERLAP = "visit.light", "visit.overlap"
INCIDENT, VIOLENCE, NEAR_MISS = "case.incident", "case.violence", "case.near-miss"
BROKEN_OFF, DIFFERENT = "case.broken-off", "case.different-next-time"
TO_SHARE, MARKER = "case.duty-to-share", "case.marker"
DAYLIGHT, DUSK, DARK, UNKNOWN = "daylight", "dusk", "dark", "unknown"
WORKER, COMPANION, BOTH = "worker", "companion", "both"
CURRENT, OUT_OF_DATE = "current", "out-of-date"
_AGES = MappingProxyType(
    {
        NONE: "none on record",
        OPEN: "on record, and not talked over yet",
        THIS_YEAR: "on record within a year",
        OLDER: "on record, more than a year ago",
    }
)


@dataclass(frozen=True)
class Fact:
    """One fact of the closed list.

    Attributes:
        id: Its dotted name.
        label: What it is called on screens.
        values: Each value that it can have, in words; the first one is its value where nothing is known.
    """

    id: str
    label: str
    values: Mapping[str, str]

    @property
    def calm(self) -> str:
        """Its value where nothing is known."""
        return next(iter(self.values))


_EVERY = (
    Fact(
        LIGHT,
        "Daylight, as worked out",
        {
            UNKNOWN: "not worked out",
            DAYLIGHT: "daylight for the whole visit",
            DUSK: "partly before sunrise or after sunset",
            DARK: "partly in the dark",
        },
    ),
    Fact(
        OVERLAP,
        "Another visit at the same time",
        {
            NONE: "none",
            WORKER: "of the worker",
            COMPANION: "of somebody who comes along",
            BOTH: "of the worker and of somebody who comes along",
        },
    ),
    Fact(VIOLENCE, "Violence, or somebody hurt, or perhaps hurt", _AGES),
    Fact(INCIDENT, "Incident", _AGES),
    Fact(NEAR_MISS, "Near miss", _AGES),
    Fact(BROKEN_OFF, "Visit broken off", _AGES),
    Fact(
        DIFFERENT,
        "To be different next time",
        {
            NONE: "nothing on record",
            OPEN: "said after the newest visit",
            THIS_YEAR: "said within a year, before the newest visit",
            OLDER: "said more than a year ago",
        },
    ),
    Fact(
        TO_SHARE,
        "Other professionals to be told",
        {NONE: "nothing is open", OPEN: "they have not been told yet"},
    ),
    Fact(
        MARKER,
        "Warning marker on record",
        {
            NONE: "none on record",
            CURRENT: "there is one, looked up within a year",
            OUT_OF_DATE: "there is one, and it has to be looked up again",
        },
    ),
)
FACTS: Mapping[str, Fact] = MappingProxyType({fact.id: fact for fact in _EVERY})
"""Every fact by its name, in the order in which they are told; what is worked out about the visit first."""


@dataclass(frozen=True)
class Occasion:
    """What facts are worked out from: which case, when, and who comes along; as far as it is settled.

    Attributes:
        case: Its reference; empty while it is open.
        start: Aware; None while it is open.
        due_back: The same.
        companions: The names of those who come along.
    """

    case: str = ""
    start: datetime | None = None
    due_back: datetime | None = None
    companions: tuple[str, ...] = ()


class Known(NamedTuple):
    """What is known of a visit and its case before anybody decides on it.

    Attributes:
        notes: What earlier visits of the case leave to be known, in words (`last_time`).
        facts: What rules and questions can name.
    """

    notes: tuple[Finding, ...] = ()
    facts: tuple[KnownFact, ...] = ()


def values_of(known: Iterable[KnownFact]) -> dict[str, str]:
    """The value of each fact by its name; a name or value that is not in the list is left out."""
    return {one.name: one.value for one in known if one.value in _values(one.name)}


def _values(name: str) -> Mapping[str, str]:
    return FACTS[name].values if name in FACTS else {}


def fact_words(name: str, value: str) -> tuple[str, str]:
    """What a fact is called, and its value in words."""
    fact = FACTS[name]
    return fact.label, fact.values.get(value, value)


def changed(before: Iterable[KnownFact], now: Iterable[KnownFact]) -> frozenset[str]:
    """The names of facts that say more than they did: something new is behind them, or another value.

    That an incident was talked over, or grew older, is nothing new: what its entries say has been taken in.
    """
    old = {one.name: one for one in before}
    return frozenset(one.name for one in now if _is_new(old.get(one.name), one))


def _is_new(old: KnownFact | None, new: KnownFact) -> bool:
    if new.entries:
        return not set(new.entries) <= set(old.entries if old else ())
    return new.value != (old.value if old else FACTS[new.name].calm if new.name in FACTS else "")


def in_order(known: Iterable[KnownFact]) -> tuple[KnownFact, ...]:
    """Facts in the order in which they are told; of each name the last one, and none that says nothing."""
    found = {one.name: one for one in known if one.name in FACTS and one.value != FACTS[one.name].calm}
    return tuple(found[name] for name in FACTS if name in found)


def since_signed(signed: Sequence[KnownFact], now: Sequence[KnownFact]) -> tuple[KnownFact, ...]:
    """Of the facts of now those that the plan was not signed with, or that say something else by now.

    A fact that is gone comes with its calm value.
    """
    old, new = {one.name: one for one in in_order(signed)}, {one.name: one for one in in_order(now)}
    fresh = changed(signed, now)
    found = [
        new.get(name) or KnownFact(name=name, value=FACTS[name].calm, text=_gone(name))
        for name in FACTS
        if name in fresh
        or (old[name].value if name in old else "") != (new[name].value if name in new else "")
    ]
    return tuple(found)


def differing(body: PlanBody, now: Sequence[KnownFact]) -> tuple[KnownFact, ...]:
    """What is known now and was not when a plan was signed, or differs; none where nothing is known now."""
    return since_signed(body.known, now) if now else ()


def _gone(name: str) -> str:
    label, words = fact_words(name, FACTS[name].calm)
    return f"{label}: {'no longer on record' if name.startswith('case.') else words}."


def pressing(body: PlanBody) -> tuple[KnownFact, ...]:
    """What a plan was signed with that happened in its case and was not talked over, the gravest first."""
    grave = (VIOLENCE, INCIDENT, NEAR_MISS, BROKEN_OFF)
    return tuple(one for one in in_order(body.known) if one.name in grave and one.value == OPEN)


def light_of(body: PlanBody) -> KnownFact | None:
    """What was worked out about the light when a plan was signed; None if nothing was."""
    return next((one for one in body.known if one.name == LIGHT and one.value in FACTS[LIGHT].values), None)


def with_answer(body: PlanBody, fact: KnownFact) -> str:
    """A fact of a plan in words, with what the worker answered where that is something else."""
    return f"{fact.text} {said_otherwise(body.answers, fact)}".rstrip()


def why_not_said(answers: Mapping[str, object], fact: KnownFact) -> str:
    """The question that asks why the light will be otherwise, if the answer says so and gives no reason."""
    why = Meaning.DARK_BECAUSE if fact.value == DAYLIGHT else Meaning.LIGHT_BECAUSE
    return why if said_otherwise(answers, fact) and not str(answers.get(why, "")).strip() else ""


def said_otherwise(answers: Mapping[str, object], fact: KnownFact) -> str:
    """What the worker answered about the light, and why, where it is not what was worked out; else empty."""
    if fact.name != LIGHT or fact.value == UNKNOWN:
        return ""
    answer, lit = str(answers.get(Meaning.DAYLIGHT, "")), fact.value == DAYLIGHT
    said = {
        (Answer.YES.value, False): "The worker's answer is that it will be light",
        (Answer.NO.value, True): "The worker's answer is that it will not be light",
        (Answer.NOT_SURE.value, True): "The worker is not sure that it will be light",
    }.get((answer, lit), "")
    why = " ".join(str(answers.get(Meaning.DARK_BECAUSE if lit else Meaning.LIGHT_BECAUSE, "")).split())
    return said and (f"{said}: {why}" if why else f"{said}.")


def in_the_dark(body: PlanBody, *, sure: bool = False) -> bool:
    """Whether a visit is not surely in daylight: by what was worked out, else by the answer (D7).

    Args:
        body: The plan.
        sure: Only what is certain: not sure does not count.
    """
    light = light_of(body)
    if light is not None and light.value != UNKNOWN:
        return light.value != DAYLIGHT
    answer = body.answers.get(Meaning.DAYLIGHT)
    return answer == Answer.NO or (answer == Answer.NOT_SURE and not sure)


def dark_words(body: PlanBody) -> str:
    """How dark a visit is, to follow who goes: `, after dark`; empty where nothing speaks for it.

    What was worked out counts; only where nothing was, the answer does, and it is said whose it is.
    """
    light = light_of(body)
    if light is not None and light.value != UNKNOWN:
        dark = {DARK: ", after dark", DUSK: f", {FACTS[LIGHT].values[DUSK]}"}
        return dark.get(light.value, "")
    answer = body.answers.get(Meaning.DAYLIGHT)
    if answer == Answer.NO:
        return ", after dark by the worker's answer"
    return ", perhaps after dark: the worker is not sure" if answer == Answer.NOT_SURE else ""
