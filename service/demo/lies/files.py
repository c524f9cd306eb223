"""Lies that need no database: a true proof file in the hands of somebody who edits it before handing it on.

Each function takes the parsed file of ledger-format section 7 and returns another one. All are pure, and all keep the
form of the file in order, so that it is not check 1 that catches them but the check that is meant to.
"""

from service.demo.lies.forgery import decoded
from service.demo.story import Json


def newest_left_out(file: Json) -> Json:
    """The last movement is dropped; the proof of the map's head is shown as it is."""
    return _shortened(file)


def newest_left_out_and_head_cut(file: Json) -> Json:
    """The last movement is dropped, and the head says that the one before it was the last."""
    cut = _shortened(file)
    cut["head"] = {**file["head"], "count": len(cut["history"]), "index": cut["history"][-1]["index"]}
    return cut


def denied(file: Json) -> Json:
    """"This lot was never registered here", said of a lot that was."""
    head = {"count": 0, "siblings": file["head"]["siblings"], "neighbour": None}
    return {**file, "history": [], "head": head, "anchors": file["anchors"][-1:], "keys": {}}


def _shortened(file: Json) -> Json:
    history = file["history"][:-1]
    if not history:
        raise ValueError("expected a lot with at least two movements")
    signers = {_issuer(record["statement"]) for record in history}
    keys = {party: chain for party, chain in file["keys"].items() if party in signers}
    return {**file, "history": history, "anchors": _needed(file["anchors"], history), "keys": keys}


def _needed(anchors: list[Json], history: list[Json]) -> list[Json]:
    """The anchors that the form of a file asks for: around each entry, and the checkpoint's own."""
    wanted = {len(anchors) - 1}
    for record in history:
        first = next(place for place, anchor in enumerate(anchors) if anchor["size"] > record["index"])
        wanted |= {first, max(first - 1, 0)}
    return [anchors[place] for place in sorted(wanted)]


def _issuer(statement: str) -> str:
    return str(decoded(statement.split(".")[1])["iss"])
