"""Proofs from what is stored: of every subject, under every checkpoint there ever was."""

import random

import psycopg
import pytest
from sqlalchemy import text

import anchoring
from anchoring.errors import LedgerBroken, NotInLedger
from anchoring.mappages import PageMemory
from anchoring.page import PageId
from anchoring.prover import SubjectProof, consistency_path, inclusion_paths, log_root, prove_subject
from anchoring.tips import TipMemory
from tests.anchoring.ledger import reference
from tests.anchoring.ledger.world import Ledger, about, drain, lot
from verifier.entry import parse_entry
from verifier.hashing import Subject, leaf_hash, map_value
from verifier.lotmap import root_from_absence, root_from_membership
from verifier.merkle import verify_consistency, verify_inclusion


def played(ledger: Ledger, rounds: int = 25, lots: int = 40) -> None:
    """A life: rounds of one to sixty statements about one to three lots."""
    chance = random.Random(7)
    sequencer = ledger.sequencer()
    for _ in range(rounds):
        numbers = [chance.sample(range(lots), chance.choice((1, 1, 1, 3))) for _ in range(chance.choice((1, 5, 60)))]
        ledger.submit(*(about(*each) for each in numbers))
        drain(sequencer)


def check(proof: SubjectProof, subject: Subject) -> None:
    """As a stranger would, with the checker's code."""
    signed, head = proof.checkpoint, proof.head
    assert head.count == len(proof.entries)
    for each in proof.entries:
        verify_inclusion(each.index, signed.size, leaf_hash(each.entry), each.path, signed.log_root)
    if proof.entries:
        last = proof.entries[-1]
        assert head.index == last.index and head.neighbour is None
        value = map_value(head.count, last.index, leaf_hash(last.entry))
        assert root_from_membership(subject, value, head.siblings) == signed.map_root
    else:
        assert head.index is None
        neighbour = head.neighbour and (head.neighbour.key, head.neighbour.value)
        assert root_from_absence(subject, head.siblings, neighbour) == signed.map_root


def test_every_subject_is_proved_under_every_past_checkpoint(ledger: Ledger) -> None:
    played(ledger)
    entries = ledger.audit()
    with ledger.engine.connect() as connection:
        for size in ledger.sizes():
            for number in range(45):  # the last five never existed
                proof = prove_subject(connection, size, lot(number))
                check(proof, lot(number))
                expected = [raw for raw in entries[:size] if parse_entry(raw).subject == lot(number)]
                assert [each.entry for each in proof.entries] == expected
                leaves = reference.map_of(entries[:size])
                assert proof.head.siblings == reference.map_opening(lot(number), leaves)[0]


def test_any_two_checkpoints_are_consistent(ledger: Ledger) -> None:
    played(ledger, rounds=12)
    with ledger.engine.connect() as connection:
        signed = [anchoring.checkpoint(connection, size) for size in ledger.sizes()]
        for old in signed:
            for new in signed:
                if old.size <= new.size:
                    path = consistency_path(connection, old.size, new.size)
                    verify_consistency(old.size, new.size, old.log_root, new.log_root, path)


def test_nothing_is_proved_of_what_is_not_there(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        with pytest.raises(NotInLedger, match="any checkpoint"):
            anchoring.checkpoint(connection)
        ledger.submit_many(300)
        drain(ledger.sequencer())
        with pytest.raises(NotInLedger, match="a checkpoint of size 299"):
            prove_subject(connection, 299, lot(1))
        with pytest.raises(NotInLedger):
            consistency_path(connection, 300, 70_000)
        with pytest.raises(NotInLedger):
            inclusion_paths(connection, [(5, 301)])


def test_a_lot_of_a_thousand_entries_costs_as_many_queries_as_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.submit(*(about(7, 1000 + n) for n in range(1000)), about(8))
    drain(ledger.sequencer(), limit=600)
    asked: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor[object], query: object, *arguments: object, **options: object) -> object:
        asked.append(str(query))
        return execute(cursor, query, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    size = ledger.sizes()[-1]
    costs = []
    for number in (7, 8):
        with ledger.engine.connect() as connection:
            asked.clear()
            proof = prove_subject(connection, size, lot(number))
            costs.append(len(asked))
            check(proof, lot(number))
    assert costs[0] <= 10
    assert abs(costs[0] - costs[1]) <= 2  # the lot map's levels, which differ by chance


def test_damage_is_told_and_not_handed_out(ledger: Ledger) -> None:
    played(ledger, rounds=6)
    size = ledger.sizes()[-1]
    subject = next(lot(n) for n in range(40) if _count(ledger, lot(n)) > 1)
    with ledger.engine.connect() as connection:
        connection.execute(text("ALTER TABLE ledger.entry DISABLE TRIGGER ALL"))
        last = "(SELECT max(index) FROM ledger.entry WHERE subject = :subject)"
        connection.execute(text(f"DELETE FROM ledger.entry WHERE index = {last}"), {"subject": subject})
        with pytest.raises(LedgerBroken, match="lot map at the subject's newest entry"):
            prove_subject(connection, size, subject)
        connection.rollback()


def test_a_subject_whose_every_entry_went_is_damage(ledger: Ledger) -> None:
    played(ledger, rounds=6)
    size, subject = ledger.sizes()[-1], lot(next(n for n in range(40) if _count(ledger, lot(n))))
    with ledger.engine.connect() as connection:
        connection.execute(text("ALTER TABLE ledger.entry DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM ledger.entry WHERE subject = :subject"), {"subject": subject})
        with pytest.raises(LedgerBroken, match="entries of a subject that the lot map knows"):
            prove_subject(connection, size, subject)
        connection.rollback()


def test_a_page_that_went_is_damage(ledger: Ledger) -> None:
    played(ledger, rounds=6)
    size = ledger.sizes()[-1]
    with ledger.engine.connect() as connection:
        connection.execute(text("ALTER TABLE ledger.map_page DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM ledger.map_page"))
        with pytest.raises(LedgerBroken, match=r"page .* of the lot map"):
            prove_subject(connection, size, lot(1))
        connection.rollback()


def test_the_root_of_every_signed_size_follows_from_the_tiles(ledger: Ledger) -> None:
    played(ledger, rounds=6)
    with ledger.engine.connect() as connection:
        signed = connection.execute(text("SELECT size, log_root FROM ledger.checkpoint WHERE size > 0")).all()
        assert [(size, log_root(connection, size)) for size, _ in signed] == [(size, bytes(r)) for size, r in signed]


def test_the_memory_of_pages_stays_within_its_limit_and_forgets_the_oldest() -> None:
    memory = PageMemory(10_000)
    pages = [(PageId(n), bytes([n]) * 1_000) for n in range(100)]
    memory.remember(pages)
    kept = [page for page, raw in pages if memory.get(page) == raw]
    assert kept == [page for page, _ in pages[-len(kept) :]] and 5 < len(kept) <= 10
    memory.remember(pages[-1:])  # what is there is not counted again
    memory.forget([*kept[:-1], PageId(1000)])
    assert [page for page, _ in pages if memory.get(page)] == kept[-1:]
    memory.remember(pages[:4])
    assert memory.get(kept[-1]) is not None, "what was forgotten made room"


def test_the_memory_of_newest_entries_keeps_between_one_and_two_generations(ledger: Ledger) -> None:
    played(ledger, rounds=3)
    memory, subjects = TipMemory(2), [lot(number) for number in range(40) if _count(ledger, lot(number))][:6]
    with ledger.engine.connect() as connection:
        tips = memory.ask(connection, subjects)()
        assert tips.keys() == set(subjects)
        for subject in subjects:
            memory.remember({subject: tips[subject]})
        assert len(memory._younger) + len(memory._older) < 6
        assert memory.ask(connection, subjects)() == tips, "what was forgotten is asked again"


def _count(ledger: Ledger, subject: Subject) -> int:
    with ledger.engine.connect() as connection:
        query = text("SELECT count(*) FROM ledger.entry WHERE subject = :subject")
        return int(connection.execute(query, {"subject": subject}).scalar_one())
