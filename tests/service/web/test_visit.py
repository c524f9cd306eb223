"""What a browser remembers of a lot, against what it is shown later: growth is told, another history refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.service.web.agreeing import Asked, page
from tests.verifier.maker import ORIGIN, World, an_event, lot_name, story
from tests.verifier.test_fork import judged, two
from verifier import uri
from verifier.encoding import b64
from verifier.policy import parse_policy
from verifier.report import Verdict

LOT = lot_name(1)
YES, REFUTED, OPEN = "yes", "refuted", "could not check"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def browsers() -> Iterator[Page]:
    with page() as opened:
        yield opened


def visit(browsers: Page, world: World, size: int, known: list[Json], tiles: World | None) -> Json:
    """The lot's file under the anchor of `size`, looked at by a browser that remembers; `tiles` are of this log."""
    asked = Asked(parse_policy(world.policy()), [world.chain()], now=1_800_000_000).told()
    leaves = [b64(leaf) for leaf in tiles.leaves] if tiles else None
    file = b64(json.dumps(world.bundle(LOT, size=size)).encode())
    answer: Json = browsers.evaluate("visited", [file, asked, known, leaves])
    return answer


def sizes(world: World) -> list[int]:
    """At which the lot has entries and an anchor."""
    first = world.heads[uri.subject(uri.LOT, ORIGIN, LOT)][0]
    return [anchor.size for anchor in world.anchors if anchor.size > first]


def rewritten(how: Callable[[World], None]) -> World:
    """Another history of the same log: the first five entries are the same, then `how` goes on."""
    _, other = two()
    del other.entries[5:], other.leaves[5:]
    other._nodes.clear()
    other.heads = {key: [index for index in kept if index < 5] for key, kept in other.heads.items()}
    how(other)
    other.anchor()
    return other


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21, 64])
def test_both_roots_and_every_path_are_those_of_the_tree(browsers: Page, size: int) -> None:
    world = World()
    world.leaves = [bytes([at]) * 32 for at in range(size)]
    found = browsers.evaluate("trees", [b64(leaf) for leaf in world.leaves])
    for old, seen in enumerate(found, 1):
        assert seen["roots"] == [world.node(0, old).hex(), world.node(0, size).hex()]
        assert seen["path"] == [each.hex() for each in world.inclusion(old - 1, size)]


def test_the_first_visit_is_remembered_and_the_same_again_is_the_same(browsers: Page) -> None:
    world, _ = story()
    first = visit(browsers, world, sizes(world)[-1], [], world)
    assert first["state"] == "first" and first["answers"][:6] == [YES] * 6
    again = visit(browsers, world, sizes(world)[-1], [first["remember"]], None)
    assert (again["state"], again["added"], again["answers"][5]) == ("same", 0, YES)


def test_whatever_was_seen_before_what_came_after_grew_from_it(browsers: Page) -> None:
    world, _ = story()
    for then in sizes(world):
        seen = visit(browsers, world, then, [], world)["remember"]
        for now in sizes(world):
            found = visit(browsers, world, now, [seen], world)
            added = len(world.bundle(LOT, size=now)["history"]) - len(world.bundle(LOT, size=then)["history"])
            state = "older" if now < then else "grown" if added else "same"
            assert (found["state"], found["added"], found["answers"][5]) == (state, added, YES)
            assert found["remember"]["count"] == len(world.bundle(LOT, size=max(now, then))["history"])


def test_without_the_tiles_it_is_could_not_check_and_what_was_seen_stays(browsers: Page) -> None:
    world, _ = story()
    seen = visit(browsers, world, sizes(world)[0], [], world)["remember"]
    others = rewritten(lambda other: other.movement("mill", [lot_name(9)]))
    found = visit(browsers, world, sizes(world)[-1], [seen], others)
    assert (found["state"], found["answers"][5]) == ("unknown", OPEN), "who serves other tiles convicts nobody"
    assert found["remember"] == seen and found["fork"] is None


def test_who_asks_nobody_is_told_that_nothing_was_compared(browsers: Page) -> None:
    """The file by itself is what it was: for a visitor without a network, check 6 is what it is on a first visit."""
    world, _ = story()
    seen = visit(browsers, world, sizes(world)[0], [], world)["remember"]
    found = visit(browsers, world, sizes(world)[-1], [seen], None)
    assert (found["state"], found["answers"][5]) == ("unknown", YES)
    assert found["remember"] == seen and found["fork"] is None
    assert any(remark.endswith("not compared") for remark in found["remarks"])


def other_entry(world: World) -> None:
    """In the place of what this browser saw of the lot."""
    for _ in range(6):
        world.movement("mill", [LOT])


def lot_gone(world: World) -> None:
    for _ in range(6):
        world.movement("mill", [lot_name(8)])


def elsewhere(world: World) -> None:
    """The lot's entries are the same; between them another lot was rewritten."""
    world.movement("mill", [lot_name(8)])
    for _ in range(6):
        world.movement("mill", [lot_name(7)])


LIES: dict[str, Callable[[World], None]] = {
    "other entries of the lot": other_entry, "fewer entries of the lot": lot_gone, "another lot": elsewhere,
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("then", [0, -1])
def test_another_history_is_refuted_and_its_proof_convicts_before_a_third_person(
    browsers: Page, lie: str, then: int
) -> None:
    world, _ = story()
    seen = visit(browsers, world, sizes(world)[then], [], world)["remember"]
    other = rewritten(LIES[lie])
    size = other.anchors[-1].size
    found = visit(browsers, other, size, [seen], other)
    assert (found["state"], found["answers"][5]) == ("refuted", REFUTED) and found["remember"] == seen
    assert found["notes"] == [seen["note"], other.checkpoint(size)]
    assert (found["fork"] is None) == (seen["index"] < 5), "where the last entry seen is the same, another one differs"
    if found["fork"] is None:
        return
    report = judged(world, found["fork"])
    assert [answer.verdict for answer in report.answers] == [Verdict.YES] * len(report.answers)


def test_a_map_that_forgets_what_the_log_has_is_refuted_by_who_saw_it(browsers: Page) -> None:
    """The log only grew, and under the new map the lot is complete with one entry less."""
    world, _ = story()
    seen = visit(browsers, world, world.anchors[-1].size, [], world)["remember"]
    world.movement("mill", [lot_name(7)])
    world.heads[uri.subject(uri.LOT, ORIGIN, LOT)].pop()
    world.anchor()
    found = visit(browsers, world, world.anchors[-1].size, [], world)
    assert found["answers"][4] == YES, "whoever saw nothing before cannot know"
    found = visit(browsers, world, world.anchors[-1].size, [seen], world)
    assert (found["state"], found["what"]) == ("refuted", ["entries of this lot"])


def test_two_maps_of_one_log_at_one_size_are_a_fork(browsers: Page) -> None:
    world, _ = story()
    size = world.anchors[-1].size
    seen = visit(browsers, world, size, [], world)["remember"]
    world.heads[uri.subject(uri.LOT, ORIGIN, lot_name(2))].pop()
    world.anchor()
    found = visit(browsers, world, size, [seen], world)
    assert (found["state"], found["what"]) == ("refuted", [f"map root at size {size}"])
    assert judged(world, found["fork"]).exit_code == 0


def test_two_states_of_one_size_are_a_fork_without_any_tiles(browsers: Page) -> None:
    world, _ = story()
    size = world.anchors[-1].size
    seen = visit(browsers, world, size, [], world)["remember"]
    other = rewritten(lambda other: [other.movement("mill", [lot_name(8)]) for _ in range(size - 5)] and None)
    found = visit(browsers, other, other.anchors[-1].size, [seen], None)
    assert found["state"] == "refuted" and judged(world, found["fork"]).exit_code == 0


def test_what_another_key_signed_is_no_evidence(browsers: Page) -> None:
    """The storage of a browser is not ours alone: what lies there counts only with the log's signature."""
    world, _ = story()
    seen = visit(browsers, world, sizes(world)[0], [], world)["remember"]
    body, _, signature = seen["note"].rpartition(" ")
    forged = seen | {"note": f"{body} {signature[:30]}{'A' if signature[30] != 'A' else 'B'}{signature[31:]}"}
    for known in (forged, seen | {"note": f"{ORIGIN}\njunk"}):
        found = visit(browsers, world, sizes(world)[-1], [known], world)
        assert (found["state"], found["answers"][5]) == ("first", YES)


def test_one_changed_character_is_seen_by_the_check_that_must_see_it(browsers: Page) -> None:
    world, lot = story()
    asked = Asked(parse_policy(world.policy()), [world.chain()], now=1_800_000_000).told()
    found = browsers.evaluate("cheats", [b64(json.dumps(world.bundle(lot)).encode()), asked])
    assert all(each["changed"] == 1 for each in found.values())
    assert {what: each["seen"] for what, each in found.items() if what != "any"} == {
        what: each["check"] for what, each in found.items() if what != "any"
    }


def made(inputs: dict[str, int], outputs: dict[str, int]) -> Json:
    lists = {"inputQuantityList": inputs, "outputQuantityList": outputs}
    told = {name: [{"epcClass": lot, "quantity": number, "uom": "KGM"} for lot, number in each.items()]
            for name, each in lists.items()}  # fmt: skip
    event = an_event([*inputs, *outputs])
    event.pop("quantityList", None)
    return {**event, "type": "TransformationEvent", "bizStep": "commissioning", **told}


def test_a_family_is_what_the_lots_own_statements_show_and_the_rest_is_counted(browsers: Page) -> None:
    world, _ = story()
    parents, child = [lot_name(2), lot_name(3)], lot_name(4)
    event = made({parents[0]: 40, parents[1]: 60}, {LOT: 100})
    world.movement("farm", [*parents, LOT], event)
    event = made({LOT: 30}, {child: 29})
    world.movement("mill", [LOT, child], event)
    world.anchor()
    asked = Asked(parse_policy(world.policy()), [], now=1_800_000_000).told()

    def family(show: Callable[[str], bool]) -> Json:
        found: Json = browsers.evaluate("family", [b64(json.dumps(world.bundle(LOT, show)).encode()), asked])
        return found

    whole = family(lambda name: True)
    assert [(each["uri"], each["quantity"]) for each in whole["parents"]] == [
        (parents[0], "40 KGM"), (parents[1], "60 KGM")]  # fmt: skip
    assert [each["uri"] for each in whole["children"]] == [child]
    assert whole["hidden"] == {"parents": 0, "children": 0} and whole["unknown"] == 0
    hidden = family(lambda name: name in ("type", "bizStep", "eventTime"))
    assert hidden["parents"] == hidden["children"] == [] and hidden["unknown"] == 2
