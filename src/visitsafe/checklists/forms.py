"""Checklists that are no part of planning: forms to fill in afterwards, and prompts for staff supervision.

A `form` is what an incident, a debrief, a document of a case and the managers' own audit are asked with:
content, not code. Its rules only ever point something out (`note`). `supervision` has the prompts from which
the pack of a case takes those that fit its record; they are questions, never verdicts on a person.
"""

from typing import Annotated, Literal

from pydantic import Field

from visitsafe.checklists.checklist import Head, Identifier, Item, Rule, Section, Sentence
from visitsafe.checklists.patterns import Pattern


class Pointer(Item):
    """Something to do or to know, shown before the questions or after the last one, in the order given."""

    text: Sentence


class FormChecklist(Head):
    """`kind: form`: questions that one entry is made of.

    Attributes:
        first: What is shown before anything is asked.
        rules: What answers point out; of level `note` only.
        last: What is shown when it is signed.
        share: The id of the information-sharing checklist whose triggers are asked too; None for none.
    """

    kind: Literal["form"]
    first: tuple[Pointer, ...] = ()
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    rules: tuple[Rule, ...] = ()
    last: tuple[Pointer, ...] = ()
    share: Identifier | None = None


class SupervisionPrompt(Item):
    """A question for staff supervision.

    Attributes:
        text: The question.
        when: The patterns of which any must show in the record of the case; empty: always asked.
    """

    text: Sentence
    when: tuple[Pattern, ...] = ()


class SupervisionChecklist(Head):
    """`kind: supervision`: prompts chosen by what is in the record of a case."""

    kind: Literal["supervision"]
    prompts: Annotated[tuple[SupervisionPrompt, ...], Field(min_length=1)]
