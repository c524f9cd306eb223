"""The demo from beginning to end: play, wait, prove, judge, lie, report."""

import json
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from threading import Thread
from time import monotonic

from service.demo import clerk, guests, judge, play, prove, results, story
from service.demo.accounts import API, Accounts, open_accounts
from service.demo.door import Door
from service.demo.play import CheckReceipt, Played, StoryBroken
from service.demo.prove import Files
from service.demo.report import say
from service.demo.story import Json, Story
from service.settings import Settings
from verifier.policy import load_policy
from verifier.receipt import verify_receipt

FINAL_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the service is, who operates it, and where the regulator keeps what it is given.

    `operating`: the settings of the service itself, with which its operator can lie; None: we are only visitors.
    """

    base_url: str
    operator_key: str
    folder: Path
    rpc_urls: tuple[str, ...] = ()
    operating: Settings | None = None


def run(demo: Demo, today: date) -> bool:
    """Play the story and judge it; True if every lot was proven and every lie that was told was caught."""
    began, told = monotonic(), story.read()
    files, stranger = Files(demo.folder), Door(demo.base_url)
    origin = stranger.get(f"{API}/status")["origin"]
    say(f"demo: {told.title}, at {demo.base_url}")
    accounts = open_accounts(Door(demo.base_url, demo.operator_key), told, demo.folder / "keys.json")
    prove.write_policy(stranger, list(accounts.companies.values()), demo.rpc_urls, files)
    played = _play(told, accounts, today, receipt_checker(files))
    loading = _load_the_lies()
    tool = judge.write_tool(demo.folder)
    clerk.keep_records(told, accounts)
    size = prove.await_final(stranger, played.size, FINAL_WITHIN)
    say(f"demo: anchored and final, {size} entries in the log")
    proven = _prove(told, origin, accounts, tool, files)
    loading.join()
    caught = _lie(demo, told, origin, accounts, tool, files)
    guests.invite(accounts.companies[guests.COMPANY])
    say(f"demo: took {monotonic() - began:.1f} s; the files are in {demo.folder}")
    return proven and caught


def receipt_checker(files: Files) -> CheckReceipt:
    """Receipts are checked with the log's key alone, before anything is anchored."""
    policy = load_policy(files.policy.read_text())

    def check(lot: str, receipt: Json) -> None:
        said = verify_receipt(json.dumps(receipt).encode(), policy, lot)
        if said.exit_code:
            raise StoryBroken(f"the receipt for {lot} does not hold: {said.first_failed and said.first_failed.why}")

    return check


def _play(told: Story, accounts: Accounts, today: date, check: CheckReceipt) -> Played:
    played = play.play(told, accounts, today, check)
    again = f", recorded before (day 0 was {played.day_zero}): the same answers again" if played.again else ""
    companies, lots = len(accounts.companies), len(told.content["lots"])
    say(f"demo: {companies} companies, {lots} lots, {played.movements} movements{again}")
    say(f"demo: {played.receipts} receipts checked as they came; {len(played.refused)} attempts refused by the rules")
    for step, slug in played.refused:
        say(f"demo:   {step.id}: {step.party} may not {step.movement['type']} that: {slug}")
    return played


def _prove(told: Story, origin: str, accounts: Accounts, tool: Path, files: Files) -> bool:
    lots = [*told.lots(origin), told.never_registered(origin)]
    judgements = judge.judge(tool, files.policy, prove.fetch(accounts.regulator, lots, files))
    print(results.proven(told, lots, judgements), flush=True)
    return all(judgement.proven for judgement in judgements)


def _load_the_lies() -> Thread:
    """What the operator's side is made of takes a second to import: while the chain works, nobody waits for it."""
    loading = Thread(target=import_module, args=("service.demo.lies.catalogue",), daemon=True)
    loading.start()
    return loading


def _lie(demo: Demo, told: Story, origin: str, accounts: Accounts, tool: Path, files: Files) -> bool:
    from service.demo.lies.catalogue import Liar, Truth

    known = demo.operating
    if not (known and known.origin == origin and known.log_key and known.kek and known.anchorer_key):
        say("demo: the lies are not shown: they need the service's own settings and all its keys in the environment")
        return True
    proofs = {lot.name: files.of(lot) for lot in told.lots(origin)}
    liar = Liar(Truth(told, tool, files.policy, proofs, accounts.companies, known), demo.folder / "lies")
    say("demo: now the operator lies, with every key of the service, on private copies")
    liar.tell_all()
    print(results.lies(liar.told), flush=True)
    for lie, why in liar.untold.items():
        say(f"demo: not shown here: {lie.says} ({why})")
    return all(lie.caught for lie in liar.told)
