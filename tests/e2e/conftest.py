"""One stack and one played story for all tests of this room: the story takes seconds, looking at it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.demo import judge, play, prove, run, story
from service.demo.accounts import Accounts, open_accounts
from service.demo.door import Door
from service.demo.lies.catalogue import Liar, Truth
from service.demo.play import Played
from service.demo.prove import Files
from service.demo.story import Lot, Story
from service.local import node, postgres
from service.local.postgres import Cluster
from tests.e2e import stack
from tests.e2e.stack import Running

FINAL_WITHIN = 30


@pytest.fixture(scope="session")
def the_stack(pg: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    chain = node.start_anvil(log=tmp_path_factory.mktemp("e2e") / "anvil.log")
    postgres.create_database(pg, "e2e", template)
    try:
        with stack.running(pg.url("e2e"), chain, node.free_port()) as running:
            yield running
    finally:
        chain.stop()
        postgres.drop_databases(pg, ["e2e"])


@dataclass(frozen=True, slots=True)
class Told:
    """The story as it was played, first for two days only and then on, and what the regulator got of it."""

    story: Story
    accounts: Accounts
    interrupted: Played
    played: Played
    tool: Path
    files: Files
    lots: list[Lot]
    size: int

    def file(self, lot: str) -> Path:
        return self.files.of(next(each for each in self.lots if each.name == lot))


@pytest.fixture(scope="session")
def told(the_stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo")
    told, files, stranger = story.read(), Files(folder), Door(the_stack.url)
    accounts = open_accounts(Door(the_stack.url, the_stack.settings.operator_key), told, folder / "keys.json")
    prove.write_policy(stranger, list(accounts.companies.values()), the_stack.settings.rpc_urls, files)
    check, today = run.receipt_checker(files), datetime.now(UTC).date()
    interrupted = Story({**told.content, "days": told.content["days"][:2]})
    first = play.play(interrupted, accounts, today, check)
    played = play.play(told, accounts, today, check)
    size = prove.await_final(stranger, played.size, FINAL_WITHIN)
    lots = [*told.lots(stack.ORIGIN), told.never_registered(stack.ORIGIN)]
    prove.fetch(accounts.regulator, lots, files)
    return Told(told, accounts, first, played, judge.write_tool(folder), files, lots, size)


@pytest.fixture(scope="session")
def liar(told: Told, the_stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Liar:
    """Every lie of the demo, told and judged."""
    proofs = {lot.name: told.files.of(lot) for lot in told.lots}
    truth = Truth(told.story, told.tool, told.files.policy, proofs, told.accounts.companies, the_stack.settings)
    liar = Liar(truth, tmp_path_factory.mktemp("lies"))
    liar.tell_all()
    return liar
