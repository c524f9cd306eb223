"""What a party watches of its own: lots that lose entries, keys that are not its own, words put in its mouth."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifier import cli
from verifier.encoding import b64

from .maker import World, lot_name, party, story
from .published import PROOF, PublishedLog
from .test_hostile import toml
from .watching import LOT, Partner, failing, grown


def anchored(partner: Partner, world: World) -> None:
    world.anchor()
    partner.served.world = world
    partner.node = world.chain()


def ids(world: World) -> list[str]:
    found = []
    for said in world.statements.values():
        payload = said.jwt.split(".")[1]
        found.append(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"])
    return found


def bent_proof(partner: Partner, change: Callable[[Any], None], world: World | None = None) -> None:
    file = (world or partner.served.world).bundle(LOT)
    change(file)
    data = json.dumps(file).encode()
    partner.served.bent["*"] = lambda log: log.good(data if log.path.startswith(PROOF) else log._body())


def test_own_lots_and_keys_are_fine_while_they_grow_as_they_should(own: Partner) -> None:
    state = json.loads(own.state.read_text())
    assert state["lots"][LOT]["count"] == 3 and len(state["parties"][party("farm")]["statements"]) == 1
    anchored(own, grown())
    assert own.round() == 0
    assert json.loads(own.state.read_text())["lots"][LOT]["count"] == 6


def test_a_lot_that_does_not_exist_yet_is_watched_too(partner: Partner) -> None:
    partner.more = ["--lot", lot_name(5), "--token-file", str(partner.folder / "key")]
    assert partner.round() == 0
    world = story()[0]
    world.movement("farm", [lot_name(5)])
    anchored(partner, world)
    assert partner.round() == 0
    assert json.loads(partner.state.read_text())["lots"][lot_name(5)]["count"] == 1


def test_a_key_that_nobody_knows_of_is_an_alarm_until_it_is_accepted(own: Partner) -> None:
    world = grown(1)
    world.keys("farm", ["farm", "operator"], signer="farm")
    world.movement("farm", [LOT], key="operator")
    anchored(own, world)
    for _ in range(2):
        assert (own.round(), own.kinds) == (1, ["KEYS"])
    assert party("farm") in own.said and "2 key statements, 1 are known; key statement" in own.said
    assert "at index 10" in own.said
    assert own.round("--accept-keys") == 0
    assert own.round() == 0
    memory = json.loads(own.state.read_text())
    memory["parties"][party("farm")]["statements"].append(b64(bytes(32)))
    own.state.write_text(json.dumps(memory))
    assert (own.round(), own.kinds) == (1, ["KEYS"])
    assert "2 key statements, 3 are known; one is gone" in own.said


def test_a_key_entry_that_is_left_out_is_refuted_by_the_map(own: Partner) -> None:
    world = grown(1)
    world.keys("farm", ["farm", "operator"], signer="farm")
    anchored(own, world)
    bent_proof(own, lambda file: file["keys"][party("farm")]["history"].pop())
    assert (own.round(), own.kinds) == (1, ["LOT"])
    assert "check 3 refuted" in own.said


def test_a_proof_that_leaves_out_an_entry_is_refuted(own: Partner) -> None:
    bent_proof(own, lambda file: file["history"].pop())
    assert (own.round(), own.kinds) == (1, ["LOT"])


def rewritten(own: Partner, times: int) -> World:
    """Another history, of which everything is signed, anchored and proved: only memory tells."""
    other, _ = story()
    del other.entries[4:], other.leaves[4:], other.anchors[1:]
    other._nodes.clear()
    other.heads = {key: [index for index in kept if index < 4] for key, kept in other.heads.items()}
    other.now += 7
    for _ in range(times):
        other.movement("farm", [LOT])
    for _ in range(9):
        other.movement("farm", [lot_name(3)])
    return other


@pytest.mark.parametrize(("times", "what"), [(1, "1 entries at size"), (4, "entry 3 is another one")])
def test_a_lot_that_lost_entries_or_has_others_is_an_alarm_though_its_proof_holds(
    own: Partner, times: int, what: str
) -> None:
    anchored(own, rewritten(own, times))
    state = json.loads(own.state.read_text())
    forgotten = state | {"note": None, "peaks": [], "anchored": 0}
    own.state.write_text(json.dumps(forgotten))
    assert (own.round(), own.kinds) == (1, ["LOT"])
    assert what in own.said


def test_a_proof_of_another_log_than_the_one_that_is_shown_is_a_fork(own: Partner) -> None:
    """Two views: the log shown to all, and a file made for this partner under a note of the same key."""
    other = rewritten(own, 4)
    other.anchor()
    anchored(own, grown(20))
    bent_proof(own, lambda file: None, other)
    own.node = None  # to this one the chain is another's
    assert own.round() == 1
    assert "FORK" in own.kinds
    (file,) = own.evidence
    assert cli.main([str(file), "--policy", own.policy, "--as", "fork", "--offline"]) == 0


def test_a_proof_under_another_note_of_the_same_size_is_a_fork(own: Partner) -> None:
    note = own.served.world.checkpoint(map_root=bytes(32))
    own.served.bent["/checkpoint"] = note.encode()
    state = json.loads(own.state.read_text())
    own.state.write_text(json.dumps(state | {"note": None, "peaks": []}))
    assert (own.round(), own.kinds) == (1, ["FORK"])
    assert len(own.evidence) == 1


def test_a_statement_that_was_not_sent_is_an_alarm(own: Partner) -> None:
    world = grown()
    anchored(own, world)
    sent = own.folder / "sent"
    sent.write_text("\n".join(ids(world)))
    assert own.round("--sent", str(sent)) == 0
    unknown = ids(world)[-1]
    sent.write_text("\n".join(each for each in ids(world) if each != unknown))
    assert (own.round("--sent", str(sent)), own.kinds) == (1, ["ENTRY"])
    assert unknown in own.said


def _away(log: PublishedLog) -> None:
    if log.path.startswith(PROOF):
        failing(log)
    else:
        log.good(log._body())


def test_a_proof_that_cannot_be_had_leaves_it_open(own: Partner) -> None:
    own.served.bent["*"] = _away
    assert (own.round(), own.kinds) == (2, ["LOT AWAY"])
    own.served.bent.clear()
    (own.folder / "key").write_text("another")
    assert (own.round(), own.kinds) == (2, ["LOT AWAY"])


def test_a_party_whose_first_key_is_not_in_the_policy_leaves_it_open(own: Partner) -> None:
    Path(own.policy).write_text(toml(own.served.world.policy(parties={})))
    assert (own.round(), own.kinds) == (2, ["LOT AWAY"])


def test_what_is_no_longer_watched_is_forgotten(own: Partner) -> None:
    own.more = []
    assert own.round() == 0
    assert json.loads(own.state.read_text())["lots"] == {}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["lot", "format", "history"]), inner)
        ),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_answer_for_a_lot_ends_with_a_code(own: Partner, raw: bytes) -> None:
    own.served.bent["*"] = lambda log: log.good(raw if log.path.startswith(PROOF) else log._body())
    assert own.round() in (1, 2)
