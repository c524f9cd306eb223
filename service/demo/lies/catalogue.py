"""Every lie of the demo, told for real on real records, and what caught it. The demo's own state stays as it is.

    from the true files     the newest movement left out · the same with the head cut · a lot denied
    in a copied database    a quantity changed · a forked log · a movement missing that has a receipt
    on a copied chain too   a back-dated record · a key slipped in

The list is data: each lie names what must catch it, and `tests/e2e` holds it to that name.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anchoring
from service import db
from service.demo import judge
from service.demo.accounts import API, Company
from service.demo.judge import Judgement
from service.demo.lies import copies, files, superuser
from service.demo.lies.copies import NoCopy
from service.demo.lies.operator import Operator, now, yesterday
from service.demo.story import Json, Story, movement_id
from service.domain.commands import Line, NewLotLine, Register, Release
from service.local.node import Node
from service.settings import Settings

CONTRACT = "the contract"
RECEIPT = "a receipt"


@dataclass(frozen=True, slots=True)
class Lie:
    """What is tried; what must catch it (a number: that check of the verifier); the lot that it is about."""

    says: str
    caught_by: int | str
    lot: str


QUANTITY = Lie("a superuser changes a destroyed quantity in the database", 4, "AC0144")
LEFT_OUT = Lie("the newest movement is left out", 5, "4/0874")
HEAD_CUT = Lie("the newest movement is left out, the head cut to fit", 5, "4/0874")
DENIED = Lie("a lot that exists is denied", 5, "AC0144")
BACK_DATED = Lie("a lot is registered today with yesterday's time", 8, "AC0151")
KEY = Lie("a key is slipped in for a shop, held milk released with it", 3, "4/0874")
FORK = Lie("history is rewritten and signed again: may it be anchored?", CONTRACT, "AC0143")
FORK_SHOWN = Lie("the rewritten history is shown all the same", 7, "AC0143")
PROMISE = Lie("the rewritten history lacks a movement that has a receipt", RECEIPT, "3/0871")

ALL = (QUANTITY, LEFT_OUT, HEAD_CUT, DENIED, BACK_DATED, KEY, FORK, FORK_SHOWN, PROMISE)

# What the story says, and what the operator would rather have said.
DESTROYED_BATCH = ("ch-17", "12060", "11060")
DESTROYED_WET = ("ch-22", 488)
DESTROYED_EXPIRED = "qy-25"


@dataclass(frozen=True, slots=True)
class Told:
    """A lie and what became of it; `caught` only by what was named, with every check before it saying yes."""

    lie: Lie
    caught: bool
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What the regulator holds, and the service whose operator now turns dishonest."""

    story: Story
    tool: Path
    policy: Path
    proofs: dict[str, Path]
    companies: dict[str, Company]
    settings: Settings

    def uri(self, lot: str) -> str:
        return next(known.uri for known in self.story.lots(self.settings.origin) if known.name == lot)

    def file(self, lot: str) -> Json:
        return dict(json.loads(self.proofs[lot].read_bytes()))


class Liar:
    """Tells the lies one after the other and has them judged, few processes for many files."""

    def __init__(self, truth: Truth, folder: Path) -> None:
        self.truth, self._folder = truth, folder
        self.told: list[Told] = []
        self.untold: dict[Lie, str] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def tell_all(self) -> None:
        """Fills `told`, and `untold` with the reasons for what cannot be shown here."""
        shown = self._edited()
        with ExitStack() as leaving:
            try:
                url = leaving.enter_context(copies.database_copy(self.truth.settings.database_url))
            except NoCopy as why:
                self._leave_untold(set(ALL) - shown.keys(), str(why))
            else:
                operator = Operator(db.engine_for(url), self.truth.settings)
                leaving.callback(operator.engine.dispose)
                operator.call_it_compared()
                shown |= self._changed(operator)
                self._on_a_copied_chain(operator)
                shown |= self._forked(operator)
        self._judge(shown)
        self.told.sort(key=lambda told: ALL.index(told.lie))

    def _edited(self) -> dict[Lie, Path]:
        """Lies that need nothing but a true file and an editor."""
        return {
            LEFT_OUT: self._write(LEFT_OUT, files.newest_left_out(self.truth.file(LEFT_OUT.lot))),
            HEAD_CUT: self._write(HEAD_CUT, files.newest_left_out_and_head_cut(self.truth.file(HEAD_CUT.lot))),
            DENIED: self._write(DENIED, files.denied(self.truth.file(DENIED.lot))),
        }

    def _changed(self, operator: Operator) -> dict[Lie, Path]:
        lot, (step, old, new) = self.truth.uri(QUANTITY.lot), DESTROYED_BATCH
        with operator.engine.begin() as connection:
            superuser.change_quantity(connection, str(movement_id(step)), lot, old, new)
        return {QUANTITY: self._write(QUANTITY, operator.proof_of(lot))}

    def _on_a_copied_chain(self, operator: Operator) -> None:
        """Records sequenced, signed and anchored like any other; on a copied chain, to keep the true one clean."""
        _register_back_dated(operator)
        _release_with_a_slipped_in_key(operator)
        operator.sequence()
        try:
            with copies.chain_copy(self.truth.settings.rpc_urls[0]) as chain:
                operator.anchor(chain)
                self._judge(self._anchored_lies(operator), chain)
        except NoCopy as why:
            self._leave_untold({BACK_DATED, KEY}, str(why))

    def _anchored_lies(self, operator: Operator) -> dict[Lie, Path]:
        beside = self.truth.uri("AC0145").removesuffix("AC0145")
        return {
            BACK_DATED: self._write(BACK_DATED, operator.proof_of(beside + BACK_DATED.lot)),
            KEY: self._write(KEY, operator.proof_of(self.truth.uri(KEY.lot))),
        }

    def _forked(self, operator: Operator) -> dict[Lie, Path]:
        step, quantity = DESTROYED_WET
        lot, gone = self.truth.uri(FORK.lot), str(movement_id(DESTROYED_EXPIRED))
        operator.rewrite(str(movement_id(step)), lot, quantity, gone)
        with operator.engine.begin() as connection:
            refusal = anchoring.rehearse(connection, self.truth.settings.rpc_urls[0]) or "it would have taken it"
            superuser.claim_an_anchor(connection, self.truth.file(FORK.lot)["anchors"][-1]["index"])
        self.told.append(Told(FORK, refusal.startswith(("WrongOldRoot", "WrongNewRoot")), CONTRACT, refusal))
        return {
            FORK_SHOWN: self._write(FORK_SHOWN, operator.proof_of(lot)),
            PROMISE: self._write(PROMISE, self._proof_of_fraud(operator)),
        }

    def _proof_of_fraud(self, operator: Operator) -> bytes:
        """What the dairy makes of the receipt it kept and the file it is given now."""
        lot, movement = self.truth.uri(PROMISE.lot), movement_id(DESTROYED_EXPIRED)
        dairy = self.truth.companies["qingye"].door
        receipt = self._folder / "kept.receipt.json"
        receipt.write_bytes(dairy.raw(f"{API}/movements/{movement}/receipt", lot=lot))
        given = self._folder / "given-later.lotproof.json"
        given.write_bytes(operator.proof_of(lot))
        return judge.prove_fraud(self.truth.tool, receipt, given)

    def _judge(self, lies: dict[Lie, Path], chain: Node | None = None) -> None:
        asked = chain.url if chain else None
        frauds = {lie: path for lie, path in lies.items() if lie.caught_by == RECEIPT}
        for kind, told in (("lot", {lie: path for lie, path in lies.items() if lie not in frauds}), ("fraud", frauds)):
            paths = list(told.values())
            judgements = judge.judge(self.truth.tool, self.truth.policy, paths, asked, kind) if paths else []
            self.told += [verdict(lie, judgement) for lie, judgement in zip(told, judgements, strict=True)]

    def path(self, lie: Lie) -> Path:
        """Where the lie lies."""
        return self._folder / f"lie-{ALL.index(lie) + 1}.json"

    def _write(self, lie: Lie, content: bytes | Json) -> Path:
        path = self.path(lie)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def _leave_untold(self, lies: set[Lie], why: str) -> None:
        self.untold |= {lie: why for lie in ALL if lie in lies}


def verdict(lie: Lie, judgement: Judgement) -> Told:
    """Whether the judgement caught this lie as it should."""
    if lie.caught_by == RECEIPT:
        facts = judgement.report["facts"]
        why = f"promised entry {facts.get('promised_sequence')}, the later map counts {facts.get('later_count')}"
        return Told(lie, judgement.proven, "a receipt: proof of fraud", why)
    check = judgement.caught_by
    if check is None:
        return Told(lie, False, "nothing", "every check said yes")
    caught = check["check"] == lie.caught_by and check["answer"] == "refuted"
    return Told(lie, caught, f"check {check['check']}, {check['title'].lower()}", judgement.why)


def _register_back_dated(operator: Operator) -> None:
    made = (now() - timedelta(days=3)).date()
    line = NewLotLine("AMX", BACK_DATED.lot, "12000", made, made + timedelta(days=700))
    operator.record("chenghe", Register(to="SX/PACK", lines=(line,)), yesterday)


def _release_with_a_slipped_in_key(operator: Operator) -> None:
    operator.slip_in_key("xiangkou")
    milk = (Line("MILK", KEY.lot, "2"),)
    operator.record("xiangkou", Release(at="S1/FRIDGE", lines=milk, approved_by=("QA-1", "QA-2")), now)
