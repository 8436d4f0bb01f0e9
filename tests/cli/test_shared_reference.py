"""Two plans that share a short reference: each goes by its long one, everywhere."""

from contextlib import closing
from itertools import count
from pathlib import Path

import msgspec
import pytest

from by_hand import desk, made, put, signer
from office import Office
from visitsafe.record.refs import FULL, SHORT, reference
from visitsafe.state.rules import own_plan_id


def twins(by: str) -> tuple[str, str]:
    """Two nonces of one author whose plans have the same short reference."""
    seen: dict[str, str] = {}
    for number in count():
        nonce = f"{number:032x}"
        short = own_plan_id(by, nonce)[:SHORT]
        if short in seen:
            return seen[short], nonce
        seen[short] = nonce
    raise AssertionError


@pytest.fixture
def refs(office: Office) -> tuple[str, str]:
    """The long references of two such plans of Sam's; they came in from another store."""
    office.plan()
    with_key = signer(office.sam).fingerprint
    room = desk(office, office.sam)
    with closing(room.store):
        body = room.plan(room.resolve(office.ref)).body
    plans = {own_plan_id(with_key, nonce): nonce for nonce in twins(with_key)}
    for plan, nonce in plans.items():
        entry = made(
            office.sam, plan, "planned", room.roster.heads, msgspec.structs.replace(body, nonce=nonce)
        )
        put(office, entry)
    one, two = (reference(plan, FULL) for plan in plans)
    return one, two


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path).open()


def test_each_is_printed_with_the_long_reference_everywhere(office: Office, refs: tuple[str, str]) -> None:
    one, two = refs
    short = one[: len("K7Q2-M")]
    decision = ("--decision", "countersign", "--reason", "Well thought through.")
    assert f"{one} is countersigned" in office.mo.done("review", one, *decision).out
    assert office.mo.done("show", one, "--json").json["ref"] == one
    assert {one, two} < {row["ref"] for row in office.sam.done("list", "--json").json}
    assert one in office.sam.done("list").out
    assert f"review {two}" in office.mo.done().out
    assert f"{two} is withdrawn" in office.sam.done("withdraw", two, "--reason", "They have moved.").out
    assert one in office.sam.done("list").out  # also where the other is not listed any more
    assert f"# Visit plan {one}" in office.mo.done("export", one).out
    ran = office.sam.run("show", reference(one.replace("-", "")[:SHORT]))
    assert (ran.code, "several plans answer to" in ran.err) == (1, True)
    assert short not in ran.out
