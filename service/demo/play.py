"""Plays the story over HTTP, each company with its own API key, and checks every receipt the moment it arrives.

Movement ids come from the story, so a second play sends the same movements and gets the same answers: nothing is done
twice. The day of the first play is read from the ledger itself (the production date of the story's first lot).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from service.demo.accounts import API, Accounts
from service.demo.door import Door, Refusal
from service.demo.story import Call, Json, Step, Story

CheckReceipt = Callable[[str, Json], None]


class StoryBroken(Exception):
    """The service answered otherwise than the story says; the text names the step."""


@dataclass(slots=True)
class Played:
    """What came of it; `size` is how long the log must be to hold everything that was played."""

    day_zero: date
    again: bool
    movements: int = 0
    receipts: int = 0
    size: int = 0
    refused: list[tuple[Step, str]] = field(default_factory=list)
    example: Json = field(default_factory=dict)


def play(story: Story, accounts: Accounts, today: date, check_receipt: CheckReceipt) -> Played:
    """Every movement of the story, in order; raises StoryBroken where the answer is not the expected one."""
    first_played = _first_played(story, accounts)
    played = Played(first_played or today, again=first_played is not None)
    for call in story.calls(played.day_zero):
        door = accounts.companies[call.party].door
        for step, answer in _send(door, call):
            if isinstance(answer, Refusal):
                _note_refusal(played, step, answer)
            else:
                _note(played, step, answer, _receipts(door, answer), check_receipt)
    return played


def _first_played(story: Story, accounts: Accounts) -> date | None:
    """Day 0 of an earlier play: the day the first lot was made, counted back to the story's own days."""
    name, first = next(iter(story.content["lots"].items()))
    _, party, _ = story.first_step()
    found = accounts.companies[party].door.get(f"{API}/lots", item=first["item"], lot=name)["lots"]
    return date.fromisoformat(found[0]["production_date"]) - timedelta(first["made"]) if found else None


def _send(door: Door, call: Call) -> Iterator[tuple[Step, Json | Refusal]]:
    """Each step with what the service answered."""
    if len(call.steps) > 1:
        results = door.post(f"{API}/movements/bulk", {"movements": [step.movement for step in call.steps]})["results"]
        for step, result in zip(call.steps, results, strict=True):
            yield step, result.get("movement") or Refusal(result["status"], result["problem"])
        return
    (step,) = call.steps
    try:
        yield step, door.post(f"{API}/movements", step.movement)
    except Refusal as refusal:
        yield step, refusal


def _receipts(door: Door, answer: Json) -> list[Json]:
    """Those that came with the answer; asked for once more where the worker took longer than the answer could wait."""
    if answer["receipts"]:
        return list(answer["receipts"])
    try:
        return list(door.get(f"{API}/movements/{answer['id']}/receipt")["receipts"])
    except Refusal as refusal:
        why = f"movement {answer['id']} is recorded, but no receipt came ({refusal}); is the worker running?"
        raise StoryBroken(why) from refusal


def _note(played: Played, step: Step, answer: Json, receipts: list[Json], check_receipt: CheckReceipt) -> None:
    if step.refused:
        raise StoryBroken(f"step {step.id}: expected the refusal {step.refused}, but it was recorded")
    assert [given["lot"] for given in receipts] == answer["lots"], "one receipt for each lot"
    for given in receipts:
        check_receipt(given["lot"], given["receipt"])
        played.size = max(played.size, given["receipt"]["index"] + 1)
    played.movements += 1
    played.receipts += len(receipts)
    played.example = receipts[-1]["receipt"]


def _note_refusal(played: Played, step: Step, refusal: Refusal) -> None:
    """A refusal is not kept by the ledger, so at a second play the reason may be another one."""
    expected = refusal.slug == step.refused or (played.again and step.refused and refusal.status == 409)
    if not expected:
        raise StoryBroken(f"step {step.id} ({step.party} {step.movement['type']}): {refusal}")
    played.refused.append((step, refusal.slug))
