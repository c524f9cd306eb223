"""Who sees and writes which rows: the one list of row-level security, set by `settling` after every migration.

    lotproof_web       the rows of the parties for which its transaction stands (`service.standpoint`), what of others
                       concerns them (SHARED), and what an errand of the service itself reads (ERRANDS)
    lotproof_worker    all rows of the tables that it is granted
    lotproof_auditor   all rows, to read
    lotproof_owner     all rows: triggers and functions that run as the owner, and migrations

Every table of the schema `warehouse` is in OWN. Settings are read once for each statement, `(SELECT …)`. Rows that hang
on another are looked up there by its key: EXISTS might be answered by reading all there is of the party.
"""

from dataclasses import dataclass

from service.roles.grants import AUDITOR, OWNER, TABLES, WEB, WORKER

_PARTIES = "(SELECT nullif(current_setting('lotproof.parties', true), '')::bigint[])::bigint[]"


def _mine(column: str = "party_id") -> str:
    return f"{column} = ANY ({_PARTIES})"


def _through(parent: str, key: str, child: str) -> str:
    """Rows that hang on a row of `parent` whose `key` is their `child`."""
    return _mine(f"(SELECT up.party_id FROM warehouse.{parent} up WHERE up.{key} = {child})")  # noqa: S608


def _on(*errands: str) -> str:
    """No setting, no errand: never true of an empty word."""
    return f"(SELECT current_setting('lotproof.errand', true) IN ({', '.join(map(repr, errands))}))"


_HANDOFF = f"({_mine('sender_id')} OR {_mine('receiver_id')})"
_OF_HANDOFF = f"(SELECT {_HANDOFF} FROM warehouse.handoff h WHERE h.movement = {{0}})"  # noqa: S608

# table: whose rows are whose; they are read and written, as far as they are granted
OWN: dict[str, str] = {
    "party": _mine("id"),
    **dict.fromkeys((
        "party_key", "key_change", "share", "oauth_client", "item", "site", "location", "lot", "movement",
        "statement", "item_category", "lot_number_rule", "lot_number_taking", "lot_number_taken", "gs1_prefix",
        "sscc_taking", "scan", "customer", "orders", "pick_list", "quarantine_case", "count_sheet", "recall",
        "recall_drill", "api_key", "person", "erasure", "refusal", "refusal_tally", "change", "signature", "webhook",
        "import", "sign_in_rule", "oidc_provider", "card", "supplement", "epcis_capture", "epcis_event",
        "epcis_event_epcs", "epcis_due", "trace_code", "trace_act",
        "epcis_sight", "epcis_query", "epcis_subscription", "epcis_page_ended", "epcis_channel",
        "label_print", "paper_print", "audit_run",
        "sensor", "sensor_point", "reading_batch", "reading", "sensor_due", "zone_limit", "lot_ageing", "vehicle_load",
        "excursion", "sensor_notice",
    ), _mine()),
    "leg": _through("lot", "id", "leg.lot_id"),
    "balance": _through("lot", "id", "balance.lot_id"),
    "lot_descent": _through("lot", "id", "lot_descent.child_id"),
    "disclosure": _through("statement", "statement_hash", "disclosure.statement_hash"),
    "handoff": _HANDOFF,
    "handoff_line": _OF_HANDOFF.format("handoff_line.movement"),
    "discrepancy": _OF_HANDOFF.format("discrepancy.handoff"),
    "notice": f"({_mine('to_party_id')} OR {_mine('from_party_id')})",
    "lot_number_counter": _through("lot_number_rule", "id", "lot_number_counter.rule_id"),
    "sscc_counter": _through("gs1_prefix", "prefix", "sscc_counter.prefix"),
    "issue_rule": _through("item", "id", "issue_rule.item_id"),
    "product": _through("item", "id", "product.item_id"),
    "stability": _through("item", "id", "stability.item_id"),
    "excursion_lot": _through("excursion", "number", "excursion_lot.excursion"),
    "sensor_delivery": _through("webhook", "id", "sensor_delivery.webhook_id"),
    **{table: _through("orders", "id", f"{table}.order_id") for table in ("order_line", "fulfilment", "reservation")},
    **{table: _through("pick_list", "id", f"{table}.list_id") for table in ("pick_line", "pick")},
    **{table: _through("quarantine_case", "number", f"{table}.case_number")
       for table in ("case_act", "case_movement", "case_cover")},
    **{table: _through("count_sheet", "number", f"{table}.sheet") for table in ("count_place", "count_line")},
    **{table: _through("person", "id", f"{table}.person_id") for table in ("person_name", "person_role")},
    **{table: _through("oauth_client", "id", f"{table}.client_id") for table in ("access_token", "used_assertion")},
    **{table: _through("person", "id", f"{table}.person_id")
       for table in ("person_password", "invitation", "second_factor", "recovery_code", "session")},
    "oidc_subject": _through("oidc_provider", "id", "oidc_subject.provider_id"),
    "oidc_used": _on("sign_in"),
    "sign_in_try": _on("sign_in"),  # of whoever tries: before anybody knows for which party
    "trail_sheet": _on("trail"),
    "reading_cover": _on("sealing"),
    "reading_sheet": _on("sealing"),
    "erasure_approval": _through("erasure", "number", "erasure_approval.erasure"),
    "delivery": _through("webhook", "id", "delivery.webhook_id"),
    "import_problem": _through("import", "id", "import_problem.import_id"),
    "epcis_arriving": _through("epcis_event", "number", "epcis_arriving.event"),
    "epcis_arrival": _mine(),
    "epcis_transmission": _through("epcis_channel", "id", "epcis_transmission.channel"),
    "epcis_transmitted": _through("epcis_channel", "id", "epcis_transmitted.channel"),
}  # fmt: skip

# errand: the tables that it reads, of all parties
ERRANDS: dict[str, tuple[str, ...]] = {
    # Whose key came with a request; who signs in for a token; to what a link leads.
    "key": (
        "api_key", "access_token", "oauth_client", "person", "person_role", "site", "party_key", "session",
        "second_factor", "sign_in_rule", "oidc_provider",
    ),
    "sign_in": (
        "oauth_client", "access_token", "used_assertion", "person", "person_password", "session", "invitation",
        "sign_in_try", "oidc_provider", "oidc_subject", "oidc_used", "sign_in_rule",
    ),
    "link": ("share", "paper_print"),
    "directory": ("party_key",),  # which key each party signs with
    "proof": ("statement", "disclosure", "lot"),  # the service decides what of a statement is shown (disclosure.py)
    "figures": ("webhook", "delivery", "movement", "epcis_capture"),  # how long the queues are
    "capture": ("epcis_capture",),  # which jobs wait; the work is done from where their party stands
    "reseal": ("party_key", "second_factor", "oidc_provider"),  # every party's key under a new KEK
    "operator": ("api_key", "person", "party_key"),
    "audit": tuple(OWN),  # whether everything that is stored follows from what was recorded
    "auditor": ("epcis_event", "epcis_event_epcs", "epcis_arrival"),
    "regulator": ("epcis_event", "epcis_event_epcs", "epcis_arrival"),
    "arrivals": ("epcis_arrival",),  # in which order events came; which of them are shown, the events' own policies say
    # What sensors measured goes on sheets; whose sensors are due, or silent.
    "sealing": ("sensor", "sensor_point", "reading_batch", "reading", "reading_cover", "reading_sheet"),
    "watching": ("sensor", "sensor_due", "sensor_notice", "reading", "excursion", "excursion_lot", "item", "stability"),
    "trail": ("change", "signature", "supplement", "trail_sheet"),  # what people changed, signed, added goes on sheets
}


@dataclass(frozen=True, slots=True)
class Policy:
    """One of the web process; more than one for a table and command: whatever any of them allows."""

    table: str
    name: str
    command: str
    using: str | None = None
    check: str | None = None


_IN_SIGHT = f"EXISTS (SELECT FROM warehouse.epcis_sight s WHERE {_mine('s.party_id')} AND s.event = {{0}})"

# What parties see of each other, and what errands write.
SHARED = (
    Policy("party", "names_are_known", "SELECT",
           "(SELECT current_setting('lotproof.parties', true) <> ''"
           " OR current_setting('lotproof.errand', true) <> '')"),
    Policy("card", "of_a_company_as_its_name_is_known", "SELECT",
           "kind = 'party' AND (SELECT current_setting('lotproof.parties', true) <> '')"),
    Policy("item", "of_a_lot_that_was_offered", "SELECT", "warehouse.offered_item(id)"),
    Policy("lot", "that_was_offered", "SELECT", "warehouse.offered_lot(id)"),
    Policy("lot", "locked_by_who_answers", "UPDATE", "warehouse.offered_lot(id)", "false"),
    Policy("location", "from_where_it_was_offered", "SELECT", "warehouse.offered_from(id)"),
    Policy("site", "from_where_it_was_offered", "SELECT", "warehouse.offered_from_site(id)"),
    Policy("balance", "on_its_way_to_us", "SELECT", "place = -3 AND warehouse.offered_lot(lot_id)"),
    Policy("leg", "of_who_answers", "INSERT", None, "warehouse.answered_lot(lot_id, movement)"),
    Policy("movement", "that_answered_us", "SELECT", "warehouse.answered_us(number)"),
    Policy("recall", "of_which_we_are_told", "SELECT", "EXISTS (SELECT FROM warehouse.notice n WHERE"
           f" {_mine('n.to_party_id')} AND n.from_party_id = recall.party_id"
           " AND n.movement = ANY (recall.movements || coalesce(recall.lift_movements, '{}')))"),
    Policy("epcis_event", "that_concerns_us", "SELECT", _IN_SIGHT.format("epcis_event.number")),
    Policy("epcis_event_epcs", "of_an_event_that_concerns_us", "SELECT", _IN_SIGHT.format("epcis_event_epcs.event")),
    Policy("refusal", "of_who_has_no_party", "INSERT", None,
           f"party_id IS NULL AND {_on('operator', 'auditor', 'regulator')}"),
    Policy("party", "registered", "INSERT", None, _on("operator")),
    Policy("party_key", "of_a_new_party", "INSERT", None, _on("operator")),
    Policy("party_key", "sealed_anew", "UPDATE", _on("reseal"), _on("reseal")),
    Policy("second_factor", "sealed_anew", "UPDATE", _on("reseal"), _on("reseal")),
    Policy("oidc_provider", "sealed_anew", "UPDATE", _on("reseal"), _on("reseal")),
    Policy("session", "over", "DELETE", _on("sign_in")),
    Policy("refusal", "of_who_did_not_sign_in", "INSERT", None, f"party_id IS NULL AND {_on('sign_in')}"),
    Policy("statement", "of_a_new_party", "INSERT", None, _on("operator")),
    Policy("audit_run", "of_everything", "ALL", f"party_id IS NULL AND {_on('audit')}",
           f"party_id IS NULL AND {_on('audit')}"),
    Policy("oauth_client", "locked_by_who_signs_in", "UPDATE", _on("sign_in"), "false"),
    Policy("access_token", "given", "ALL", _on("sign_in"), _on("sign_in")),
    Policy("used_assertion", "noted", "ALL", _on("sign_in"), _on("sign_in")),
    Policy("change", "of_a_key", "INSERT", None, _on("operator")),
    Policy("api_key", "made", "INSERT", None, _on("operator")),
    Policy("api_key", "revoked", "UPDATE", _on("operator"), _on("operator")),
)  # fmt: skip


# PostgreSQL asks policies in the reverse order of their names, until one allows: what costs least, and is true of most
# rows, is to be asked first.
FIRST, SECOND = "whose_it_is", "whatever_an_errand_reads"


def statements(table: str) -> list[str]:
    """Everything of one table: watched, also for its owner, and each policy."""
    named = f'warehouse."{table}"'
    errands = [errand for errand, tables in ERRANDS.items() if table in tables]
    reading, writing = TABLES.get(f"warehouse.{table}", ("", ""))[1], ("INSERT", "UPDATE", "DELETE")
    made = [
        Policy(table, FIRST, "ALL", OWN[table], OWN[table]),
        Policy(table, SECOND, "SELECT", _on(*errands)),
        *(policy for policy in SHARED if policy.table == table),
    ]
    everything = [(OWNER, "ALL"), (AUDITOR, "SELECT")]
    if reading:
        everything.append((WORKER, "ALL" if any(word in reading for word in writing) else "SELECT"))
    return [
        f"ALTER TABLE {named} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        *(_spelled(named, policy) for policy in made),
        *(f"CREATE POLICY everything_{role} ON {named} FOR {command} TO {role} USING (true)"
          for role, command in everything),
    ]  # fmt: skip


def _spelled(named: str, policy: Policy) -> str:
    using = f" USING ({policy.using})" if policy.using else ""
    check = f" WITH CHECK ({policy.check})" if policy.check else ""
    return f"CREATE POLICY {policy.name} ON {named} FOR {policy.command} TO {WEB}{using}{check}"
