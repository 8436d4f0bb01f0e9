"""One case, however its reference is spelt: with curly quotes, a long dash, in small letters."""

from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office

SPELT = ["cf-enc", "\u201cCF-ENC\u201d", "CF\u2013ENC", "CF \u2014 Enc", "'cf\u2011enc'", " CF\u200b-ENC "]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A visit whose case is written as a word processor writes it, and a marker that was found."""
    office = Office(tmp_path).open()
    office.plan(case='"\u201cCF\u2013ENC\u201d"')
    office.sam.done("marker", office.ref, "--system", "case system", "--reference", "4417")
    return office


@pytest.mark.parametrize("case", SPELT)
def test_every_command_knows_the_case(office: Office, case: str) -> None:
    first = office.ref
    plan = office.plan(case=f'"{case}"', start='"24 November 2026 10:00"')
    found = {one["rule"] for one in plan["findings"]}
    assert "last-time-marker" in found  # so a plan knows what came before
    both = {first, office.ref}
    assert {one["ref"] for one in office.sam.done("list", "--case", case, "--json").json} == both
    assert len(office.mo.done("export", "--case", case, "--format", "json").json["visits"]) == 2
    assert "4417" in office.mo.done("marker", "--case", case).out
    assert "2 plans of it" in office.mo.done("store", "hold", case, "--reason", "The inquest.").out
    for ref in both:
        office.sam.done("withdraw", ref, "--reason", "They have moved.")
    office.at(NOW + timedelta(days=2))
    assert "held" in office.mo.run("store", "erase", "cf-enc", "--reason", "x", "--yes").err
    office.mo.done("store", "release", case, "--reason", "It is over.")
    office.mo.done("store", "erase", case, "--reason", "They asked for it.", "--yes")
    assert office.sam.done("list", "--json").json == []


def test_a_list_shows_the_reference_as_it_was_written(office: Office) -> None:
    assert "\u201cCF\u2013ENC\u201d" in office.sam.done("list").out
    assert office.sam.done("list", "--json").json[0]["case"] == "\u201cCF\u2013ENC\u201d"
