"""The main job with a store in PostgreSQL: nobody who uses it sees a difference."""

from dataclasses import dataclass
from pathlib import Path

from office import Office, Someone
from postgres import PASSWORD, Cluster
from visitsafe.store.postgres_door import open_store


@dataclass
class SharedOffice(Office):
    """An office whose store is in PostgreSQL; Mo and Sam log in as different users."""

    urls: tuple[str, str] = ("", "")

    def person(self, name: str) -> Someone:
        return Someone(name, self.folder / name, self.urls[name == "mo"])


def test_found_plan_review_verify_and_list_on_postgresql(cluster: Cluster, tmp_path: Path) -> None:
    name = cluster.store()
    office = SharedOffice(tmp_path, urls=(cluster.url(name, "desk"), cluster.url(name, "duty")))
    office.open()
    office.countersigned()
    assert office.show()["status"] == "countersigned"
    assert office.ref in office.sam.done("list").out
    assert office.sam.done("verify").code == 0
    assert office.sam.done("show", office.ref).err == ""
    assert office.sam.done("store", "migrate").code == 0
    store = open_store(office.sam.store)
    assert store.check_file() == []
    store.close()


def test_founding_by_an_owner_takes_a_store_that_is_made_and_a_url_that_allows_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    name = cluster.database()
    owner = cluster.url(name, "superuser")
    office = SharedOffice(tmp_path, urls=(cluster.url(name), owner))
    office.key(office.mo)
    refused = office.mo.run("team", "found", "--role", "manager")
    assert (refused.code, "visitsafe store init" in refused.err) == (1, True)
    office.mo.done("store", "init")
    refused = office.mo.run("team", "found", "--role", "manager")
    assert (refused.code, "could take entries away" in refused.err) == (1, True)
    office.mo.store = f"{owner}&visitsafe_allow_owner=1"
    founded = office.mo.done("team", "found", "--role", "manager", "--place", "Salford, 53.49, -2.29")
    assert len(founded.out.strip()) == 64
    assert "with rights to take entries away" in office.mo.done("list").err
    office.join(office.sam, "practitioner")


def test_a_store_that_is_away_is_said_without_the_password(cluster: Cluster, tmp_path: Path) -> None:
    sam = Someone("sam", tmp_path, f"postgresql://desk:{PASSWORD}@/db?host={cluster.folder}/log")
    for words in (["list"], ["verify"], ["board"], ["team", "found", "--role", "manager"]):
        ran = sam.run(*words)
        assert ran.code != 0
        assert PASSWORD not in ran.out + ran.err
        assert "Traceback" not in ran.err
