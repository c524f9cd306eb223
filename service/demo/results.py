"""The two tables at the end: what was proven, and which lies were caught by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.demo.judge import TOOL, Judgement
from service.demo.report import brief, table
from service.demo.story import Lot, Story

if TYPE_CHECKING:  # at run time it is loaded late, see run
    from service.demo.lies.catalogue import Told

OF_PROOFS = "No file proves that a statement is true, that all was submitted, or that the box in your hand is this lot."
OF_LIES = "While the service keeps a company's key, its operator can sign for that company: in the log, for it to see."


def proven(story: Story, lots: Sequence[Lot], judgements: Sequence[Judgement]) -> str:
    """A line for each lot."""
    facts = judgements[0].report["facts"]
    block, size = facts.get("block", "?"), facts.get("checkpoint_size", "?")
    title = f"Proven to a stranger with {TOOL}, a policy and a node of the chain, at block {block} with {size} entries"
    head = ("lot", "item", "history", "signed by", "file", "checks 1–8")
    rows = [_lot(story, lot, judgement) for lot, judgement in zip(lots, judgements, strict=True)]
    return table(title, head, rows, OF_PROOFS)


def _lot(story: Story, lot: Lot, judgement: Judgement) -> tuple[object, ...]:
    facts = judgement.report["facts"]
    item = story.content["items"][lot.item]["name"].split(" · ")[-1]
    history = f"{facts['entries']} movements" if facts.get("entries") else "never registered"
    size = f"{judgement.file.stat().st_size / 1000:.0f} kB"
    return lot.name, item, history, len(facts.get("parties", ())) or "–", size, _verdict(judgement)


def _verdict(judgement: Judgement) -> str:
    check = judgement.caught_by
    return f"check {check['check']}: {check['answer']}: {brief(judgement.why)}" if check else "all yes"


def lies(told: Sequence[Told]) -> str:
    """Two lines for each lie: what caught it and what was tried, then what gave it away."""
    rows = [line for each in told for line in _lie(each)]
    return table("Lies, and what caught them", ("caught by", "the lie, and what gave it away"), rows, OF_LIES)


def _lie(told: Told) -> tuple[tuple[str, str], tuple[str, str]]:
    by = told.by if told.caught else f"NOT AS IT SHOULD: {told.by}"
    return (by, f"{told.lie.says} ({told.lie.lot})"), ("", f"  {brief(told.why)}")
