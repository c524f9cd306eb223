"""Cases as they are shown: one with all that people did in it, and lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from service.cases.destroyed import goods_destroyed, of_case, party_shown
from service.cases.goods import goods_rows, goods_shown
from service.cases.record import record_of
from service.domain.signing import shown_hash
from service.domain.states import WrongState
from service.ledger import signatures
from service.ledger.moments import moment
from service.ledger.signatures import Of


def shown(connection: Connection, party_id: int, id: UUID) -> dict[str, Any] | None:
    """The whole case, or None if the party has none of that id."""
    case = connection.execute(_CASE, {"party": party_id, "id": id}).one_or_none()
    if case is None:
        return None
    acts = list(connection.execute(_ACTS, {"case": case.number}))
    record = record_of(case, acts)
    return _head(case) | {
        "goods": goods_shown(goods_rows(connection, [case.number])),
        "decision": _decision(case, acts),
        "approvals": [_approval(act) for act in acts if act.act in ("approve", "reject")],
        "attachments": [attachment_shown(act) for act in acts if act.act == "attach"],
        "acts": [
            {"act": act.act, "by": act.person, "at": moment(act.at), "words": act.words, "detail": act.detail}
            for act in acts
        ],
        "movements": [_movement(row) for row in connection.execute(_MOVEMENTS, {"case": case.number})],
        "record": record.decode(),
        "shown": shown_hash(record),
    }


def listed(
    connection: Connection, party_id: int, *, state: str | None, lot: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The newest first."""
    values = {"party": party_id, "state": state, "lot": lot, "after": after, "limit": limit}
    cases = list(connection.execute(_LISTED, values))
    goods: dict[int, list[Any]] = defaultdict(list)
    for row in goods_rows(connection, [case.number for case in cases]):
        goods[row.case_number].append(row)
    return [_head(case) | {"goods": goods_shown(goods[case.number])} for case in cases]


def certificate(connection: Connection, party_id: int, id: UUID, origin: str) -> dict[str, Any] | None:
    """The data of the certificate of destruction; raises WrongState if nothing was destroyed."""
    case = connection.execute(_CASE, {"party": party_id, "id": id}).one_or_none()
    if case is None:
        return None
    acts = list(connection.execute(_ACTS, {"case": case.number}))
    destroyed = of_case(connection, case.number)
    if not destroyed:
        raise WrongState("case", "certificate", "closed by destruction", case.state)
    decided = [act for act in acts if act.act == "decide" and act.detail["ruling"] == "destroy"][-1]
    signed = signatures.shown(connection, party_id, Of("case", str(id)))
    return {
        "certificate": decided.detail["certificate"],
        "party": party_shown(connection, party_id),
        "case": case.id, "cause": case.cause, "words": case.words, "opened_by": case.opened_by,
        "opened_at": moment(case.opened_at), "reason": decided.words, "decided_by": decided.person,
        "decided_at": moment(decided.at), "destroyed_at": moment(destroyed[0].recorded_at),
        "witnesses": decided.detail["witnesses"],
        "approvals": [
            _approval(act) | _signed(act, signed) for act in acts if act.act == "approve" and act.round == decided.round
        ],
        "goods": goods_destroyed(connection, destroyed, origin),
        "findings": [
            {"by": act.person, "at": moment(act.at), "words": act.words, "measured": act.detail["measured"]}
            for act in acts if act.act == "find"
        ],
        "attachments": [attachment_shown(act) for act in acts if act.act == "attach"],
        "record": record_of(case, acts).decode(),
    }  # fmt: skip


def attachment(connection: Connection, party_id: int, sha256: str) -> Any:
    """The act by which a file was first attached in one of the party's cases, or None."""
    return connection.execute(_ATTACHED, {"party": party_id, "sha256": sha256}).first()


def attachment_shown(act: Any) -> dict[str, Any]:
    return {
        "sha256": act.detail["sha256"], "name": act.detail["name"], "content_type": act.detail["content_type"],
        "size": act.detail["size"], "by": act.person, "at": moment(act.at),
        "url": f"/api/v1/attachments/{act.detail['sha256']}",
    }  # fmt: skip


def _head(case: Any) -> dict[str, Any]:
    return {
        "id": case.id, "scope": case.scope, "cause": case.cause, "words": case.words, "state": case.state,
        "ruling": case.ruling, "round": case.round, "opened_by": case.opened_by, "opened_at": moment(case.opened_at),
    }  # fmt: skip


def _decision(case: Any, acts: Sequence[Any]) -> dict[str, Any] | None:
    """The decision that is in force, or was when the case was closed."""
    for act in reversed(acts):
        if act.act == "decide" and case.ruling is not None:
            return {"by": act.person, "at": moment(act.at), "reason": act.words, **act.detail}
    return None


def _approval(act: Any) -> dict[str, Any]:
    return {"person": act.person, "decision": act.act, "meaning": act.words, "shown": act.detail["shown"],
            "round": act.round, "at": moment(act.at)}  # fmt: skip


def _signed(act: Any, signed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Whose signature it is in print; a case of before signatures were kept has none."""
    found = next((each for each in signed if (each["person"], each["at"]) == (act.person, moment(act.at))), {})
    return {"name": found.get("name"), "method": found.get("method")}


def _movement(row: Any) -> dict[str, Any]:
    return {"id": row.id, "type": row.type, "recorded_at": moment(row.recorded_at),
            "receipt_url": f"/api/v1/movements/{row.id}/receipt"}  # fmt: skip


_CASE = text("SELECT * FROM warehouse.quarantine_case WHERE party_id = :party AND id = :id")
_ACTS = text("SELECT * FROM warehouse.case_act WHERE case_number = :case ORDER BY sequence")
_MOVEMENTS = text("""
    SELECT m.id, m.type, m.recorded_at FROM warehouse.case_movement c JOIN warehouse.movement m ON m.number = c.movement
    WHERE c.case_number = :case ORDER BY m.number
""")
_LISTED = text("""
    SELECT c.* FROM warehouse.quarantine_case c
    WHERE c.party_id = :party AND (CAST(:state AS text) IS NULL OR c.state = :state)
        AND (CAST(:lot AS text) IS NULL OR EXISTS (
            SELECT FROM warehouse.case_cover v JOIN warehouse.lot l ON l.id = v.lot_id
            WHERE v.case_number = c.number AND l.uri = :lot))
        AND (CAST(:after AS uuid) IS NULL OR c.number < (
            SELECT a.number FROM warehouse.quarantine_case a WHERE a.party_id = :party AND a.id = :after))
    ORDER BY c.number DESC LIMIT :limit
""")
_ATTACHED = text("""
    SELECT a.* FROM warehouse.case_act a JOIN warehouse.quarantine_case c ON c.number = a.case_number
    WHERE a.act = 'attach' AND a.detail ->> 'sha256' = :sha256 AND c.party_id = :party ORDER BY a.at LIMIT 1
""")
