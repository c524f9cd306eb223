"""What each role may do, table by table: the one list from which `settling` grants and which the tests compare.

Written as in GRANT. What stands nowhere is granted to nobody: no TRUNCATE, no REFERENCES, no TRIGGER, no CREATE; and
the owner of a table is never who writes to it. `UPDATE (column)` also lets a role lock rows: SELECT … FOR UPDATE asks
for it.
The auditor has SELECT on all of them.
"""

OWNER, WEB, WORKER, AUDITOR = "lotproof_owner", "lotproof_web", "lotproof_worker", "lotproof_auditor"
ROLES = (OWNER, WEB, WORKER, AUDITOR)
SCHEMAS = ("ledger", "warehouse")

READ, ADD = "SELECT", "SELECT, INSERT"

_ITEM = (
    "name, spec, gtin, unit, decimals, shelf_life_days, storage_min, storage_max, needs_expiry, needs_manufacturer_lot,"
    " held_on_arrival, needs_production_date, count_tolerance, content, content_unit"
)
_CARD = (
    "name, phone, street, city, region, postal_code, country, gln, coordinates, licence, natural_person, consumer"
)
_PRODUCT = (
    "regimes, raw, brand, commodity, variety, pack_size, pack_style, generic_name, trade_name, dosage_form, strength,"
    " ndc, container_size, manufacturer, approval_number, holder"
)
_COUNTED = "counted, book_then, counted_by, counted_at, recounts, posted, movement"
_SESSION = "secret_hash, method, code_due, seen_at, expires_at, proven_at, ended_at"
_IMPORT = "state, done, finished_at, content"
_TOLD = "place, until, goal, next_at, executed_at, last_notified_at, attempts, answer, fault"
_MEASURED = "began_at, last_at, ended_at, worst, worst_at, readings, late"
_ZONE = "low, high, allowed_s, hysteresis"
_STABLE = "humidity_min, humidity_max, allowed_s, hysteresis, model, reference, energy, q10, ages_first"
_SENT = "state, attempts, next_at, sent_at, body_hash, answer, receipt, settled_at, fault"
_CAPTURE = "body, state, events, captured, known, waiting, errors, tries, next_at, finished_at"

# table: what web may, what worker may
TABLES: dict[str, tuple[str, str]] = {
    "ledger.submission": (ADD, "SELECT, DELETE"),
    "ledger.entry": (READ, ADD),
    "ledger.tile": (READ, ADD),
    "ledger.map_page": (READ, ADD),
    "ledger.checkpoint": (READ, ADD),
    "ledger.deployment": (READ, "SELECT, INSERT, UPDATE (state, block, block_hash)"),
    "ledger.intent": (READ, "SELECT, INSERT, UPDATE (state)"),
    "ledger.signed_transaction": (READ, ADD),
    "ledger.attempt": (READ, ADD),
    "ledger.anchor": (READ, "SELECT, INSERT, UPDATE (state, settled_at)"),
    "ledger.live_anchor": (READ, READ),
    "ledger.epoch": (READ, "SELECT, INSERT, UPDATE (lost)"),
    "ledger.sealed_group": (READ, ADD),
    "ledger.alarm": (READ, "SELECT, INSERT, UPDATE (cleared_at, cleared_by)"),
    "ledger.admission": (READ, ADD),
    "ledger.heartbeat": (READ, "SELECT, INSERT, UPDATE (at, detail)"),
    "ledger.recovery": (READ, ADD),
    "ledger.unaccounted": (READ, "SELECT, INSERT, UPDATE (settled_at, settled_by)"),
    "ledger.wallet": (READ, "SELECT, INSERT, UPDATE (balance, anchors, gas, spent, counted, at)"),
    "ledger.ddl": (READ, READ),  # the event triggers write it, as the owner
    # What parties are, and where.
    "warehouse.party": ("SELECT, INSERT, UPDATE (id)", READ),  # to lock: an id is GENERATED ALWAYS and never changes
    "warehouse.share": ("SELECT, INSERT, UPDATE (ended_at)", ""),
    "warehouse.key_change": ("SELECT, INSERT, UPDATE (state, closed_by, closed_at, sequence)", ""),
    "warehouse.party_key": ("SELECT, INSERT, UPDATE (sealed)", ""),  # `lotproof keys rewrap`
    "warehouse.item": (f"SELECT, INSERT, UPDATE ({_ITEM})", ""),
    "warehouse.site": (ADD, READ),
    "warehouse.location": ("SELECT, INSERT, UPDATE (within)", READ),
    "warehouse.lot": ("SELECT, INSERT, UPDATE (recall)", ""),
    # What happened.
    "warehouse.movement": (ADD, READ),
    "warehouse.leg": (ADD, ""),
    "warehouse.balance": (READ, ""),  # follows from the legs: post_legs writes it, as the owner
    "warehouse.lot_descent": (ADD, ""),
    "warehouse.statement": (ADD, ""),
    "warehouse.disclosure": (ADD, READ),
    "warehouse.handoff": ("SELECT, INSERT, UPDATE (state, answer)", ""),
    "warehouse.handoff_line": (ADD, ""),
    "warehouse.discrepancy": ("SELECT, INSERT, UPDATE (settled, outcome)", ""),
    "warehouse.notice": ("SELECT, INSERT, UPDATE (acknowledged_at, acknowledged_by)", ""),
    # What records need beside the ledger.
    "warehouse.card": (f"SELECT, INSERT, UPDATE ({_CARD}), DELETE", ""),
    "warehouse.product": (f"SELECT, INSERT, UPDATE ({_PRODUCT})", ""),
    "warehouse.supplement": (ADD, ""),
    "warehouse.trace_code": ("SELECT, INSERT, UPDATE (parent)", ""),
    "warehouse.trace_act": (ADD, ""),
    # Sensors. Readings are sealed by a web process: the log's own key lies with those of the parties.
    "warehouse.sensor": ("SELECT, INSERT, UPDATE (name, interval_s, calibration_due, retired_at)", ""),
    "warehouse.sensor_point": (ADD, ""),
    "warehouse.reading_batch": (ADD, ""),
    "warehouse.reading": (ADD, ""),
    "warehouse.sensor_due": ("SELECT, INSERT, UPDATE (since), DELETE", ""),
    "warehouse.reading_cover": (ADD, ""),
    "warehouse.reading_sheet": (ADD, ""),
    "warehouse.zone_limit": (f"SELECT, INSERT, UPDATE ({_ZONE}), DELETE", ""),
    "warehouse.stability": (f"SELECT, INSERT, UPDATE ({_STABLE})", ""),
    "warehouse.lot_ageing": ("SELECT, INSERT, UPDATE (usable_to, consumed, ahead_ms, computed_at), DELETE", ""),
    "warehouse.vehicle_load": ("SELECT, INSERT, UPDATE (until)", ""),
    "warehouse.excursion": (f"SELECT, INSERT, UPDATE ({_MEASURED})", ""),
    "warehouse.excursion_lot": ("SELECT, INSERT, UPDATE (since, until, case_number, seen_at, moving)", ""),
    "warehouse.sensor_notice": (ADD, READ),
    # Lot numbers, labels, scans.
    "warehouse.item_category": ("SELECT, INSERT, UPDATE (category)", ""),
    "warehouse.lot_number_rule": (ADD, ""),
    "warehouse.lot_number_counter": ("SELECT, INSERT, UPDATE (next)", ""),
    "warehouse.lot_number_taking": (ADD, ""),
    "warehouse.lot_number_taken": (ADD, ""),
    "warehouse.gs1_prefix": (ADD, READ),
    "warehouse.sscc_counter": ("SELECT, INSERT, UPDATE (next)", ""),
    "warehouse.sscc_taking": (ADD, ""),
    "warehouse.scan": (ADD, ""),
    # What was printed, copy by copy; audits that ran to their end.
    "warehouse.label_print": (ADD, ""),
    "warehouse.paper_print": (ADD, ""),
    "warehouse.audit_run": (ADD, ""),
    # Orders and picking. A reservation is a wish that ends: deleted when it is used up or given back.
    "warehouse.issue_rule": ("SELECT, INSERT, UPDATE (policy)", ""),
    "warehouse.customer": (ADD, ""),
    "warehouse.orders": ("SELECT, INSERT, UPDATE (ended, ended_at, ended_by, ended_reason)", ""),
    "warehouse.order_line": (ADD, ""),
    "warehouse.fulfilment": (ADD, ""),
    "warehouse.reservation": ("SELECT, INSERT, UPDATE (units, expires_at), DELETE", ""),
    "warehouse.pick_list": (ADD, ""),
    "warehouse.pick_line": ("SELECT, INSERT, UPDATE (ended)", ""),
    "warehouse.pick": (ADD, ""),
    # Cases, counts, recalls.
    "warehouse.quarantine_case": ("SELECT, INSERT, UPDATE (state, round, ruling)", ""),
    "warehouse.case_act": (ADD, ""),
    "warehouse.case_movement": (ADD, ""),
    "warehouse.case_cover": ("SELECT, INSERT, UPDATE (units)", ""),
    "warehouse.count_sheet": ("SELECT, INSERT, UPDATE (state, acts, approved_by, posted_at)", ""),
    "warehouse.count_place": (ADD, ""),
    "warehouse.count_line": (f"SELECT, INSERT, UPDATE ({_COUNTED})", ""),
    "warehouse.recall": ("SELECT, INSERT, UPDATE (lifted_at, lifted_by, lift_movements)", ""),
    "warehouse.recall_drill": (ADD, ""),
    # Erasures. What they cover goes by carry_out_erasure, as the owner.
    "warehouse.erasure": ("SELECT, INSERT, UPDATE (state, notice, ended_at)", ""),
    "warehouse.erasure_approval": (ADD, ""),
    # People and keys. A name may be erased; roles are given anew as a whole.
    "warehouse.api_key": ("SELECT, INSERT, UPDATE (revoked_at, expires_at)", ""),
    "warehouse.oauth_client": ("SELECT, INSERT, UPDATE (ended_at)", ""),
    "warehouse.access_token": ("SELECT, INSERT, DELETE", ""),
    "warehouse.used_assertion": ("SELECT, INSERT, DELETE", ""),
    "warehouse.person": ("SELECT, INSERT, UPDATE (active)", ""),
    "warehouse.person_name": ("SELECT, INSERT, DELETE", ""),
    "warehouse.person_role": ("SELECT, INSERT, DELETE", ""),
    # Signing in.
    "warehouse.person_password": ("SELECT, INSERT, UPDATE (hash, set_at)", ""),
    "warehouse.invitation": ("SELECT, INSERT, UPDATE (used_at, ended_at)", ""),
    "warehouse.second_factor": (
        "SELECT, INSERT, UPDATE (sealed, made_at, confirmed_at, last_step), DELETE", ""
    ),
    "warehouse.recovery_code": ("SELECT, INSERT, UPDATE (used_at), DELETE", ""),
    "warehouse.sign_in_rule": ("SELECT, INSERT, UPDATE (factor, only_oidc)", ""),
    "warehouse.session": (f"SELECT, INSERT, UPDATE ({_SESSION}), DELETE", ""),
    "warehouse.sign_in_try": ("SELECT, INSERT, UPDATE (failures, last_at), DELETE", ""),
    "warehouse.oidc_provider": ("SELECT, INSERT, UPDATE (sealed, ended_at)", ""),
    "warehouse.oidc_subject": ("SELECT, INSERT, DELETE", ""),
    "warehouse.oidc_used": ("SELECT, INSERT, DELETE", ""),
    "warehouse.refusal": (ADD, ""),
    "warehouse.refusal_tally": (READ, ""),  # tally_refusals counts, as the owner
    "warehouse.change": (ADD, ""),
    "warehouse.signature": (ADD, ""),
    "warehouse.trail_sheet": (ADD, ""),
    # What goes out and comes in. Deliveries follow from movements: post_deliveries adds them, as the owner.
    "warehouse.webhook": ("SELECT, INSERT, UPDATE (ended_at)", READ),
    "warehouse.delivery": (
        "SELECT, UPDATE (state, attempts, next_at)",
        "SELECT, UPDATE (state, attempts, tried_at, next_at, answer, fault), DELETE",
    ),
    "warehouse.sensor_delivery": (
        "SELECT, UPDATE (state, attempts, next_at)",
        "SELECT, UPDATE (state, attempts, tried_at, next_at, answer, fault), DELETE",
    ),
    "warehouse.import": (f"SELECT, INSERT, UPDATE ({_IMPORT}), DELETE", ""),
    "warehouse.import_problem": ("SELECT, INSERT, DELETE", ""),
    # EPCIS. Which movements are due follows from movements: note_epcis_due adds them, as the owner.
    "warehouse.epcis_capture": (f"SELECT, INSERT, UPDATE ({_CAPTURE})", ""),
    "warehouse.epcis_event": (ADD, ADD),
    "warehouse.epcis_event_epcs": (ADD, ADD),
    "warehouse.epcis_due": ("SELECT, DELETE", "SELECT, DELETE"),
    # Who sees which events, and in which order they arrived, follows from them: triggers add it, as the owner.
    "warehouse.epcis_sight": (READ, READ),
    "warehouse.epcis_arriving": (READ, "SELECT, DELETE"),
    "warehouse.epcis_arrival": (READ, ADD),
    "warehouse.epcis_query": ("SELECT, INSERT, DELETE", READ),
    "warehouse.epcis_subscription": ("SELECT, INSERT, DELETE", f"SELECT, UPDATE ({_TOLD})"),
    "warehouse.epcis_page_ended": (ADD, "SELECT, DELETE"),
    "warehouse.epcis_channel": ("SELECT, INSERT, UPDATE (ended_at)", "SELECT, UPDATE (place)"),
    "warehouse.epcis_transmission": ("SELECT, UPDATE (state, attempts, next_at)", f"SELECT, INSERT, UPDATE ({_SENT})"),
    "warehouse.epcis_transmitted": (READ, ADD),
}

# Sequences that the code asks itself; those of identity columns need no grant.
SEQUENCES: dict[str, tuple[str, str]] = {
    "warehouse.lot_id": ("USAGE", ""),
    "warehouse.movement_number": ("USAGE", ""),
    "warehouse.location_id_seq": ("USAGE", ""),
}

# Functions that appear in queries, checks and indexes. Trigger functions need no grant to be fired.
FUNCTIONS: dict[str, tuple[str, str]] = {
    "ledger.admitted()": ("EXECUTE", "EXECUTE"),
    "warehouse.carry_out_erasure(bigint, text, text, text, text[])": ("EXECUTE", ""),
    "warehouse.epcis_time(text)": ("EXECUTE", "EXECUTE"),
    "warehouse.expired(date, bigint, text)": ("EXECUTE", ""),
    "warehouse.held_for_cases(bigint, bigint)": ("EXECUTE", ""),
    "warehouse.lot_skeleton(text)": ("EXECUTE", ""),
    "warehouse.offered_lot(bigint)": ("EXECUTE", ""),
    "warehouse.offered_item(bigint)": ("EXECUTE", ""),
    "warehouse.offered_from(bigint)": ("EXECUTE", ""),
    "warehouse.offered_from_site(bigint)": ("EXECUTE", ""),
    "warehouse.answered_lot(bigint,bigint)": ("EXECUTE", ""),
    "warehouse.answered_us(bigint)": ("EXECUTE", ""),
    "warehouse.handoff_ids_taken(bigint[],uuid[])": ("EXECUTE", ""),
    "warehouse.gs1_prefix_taken(text)": ("EXECUTE", ""),
    "warehouse.lots_lying(bigint,bigint)": ("EXECUTE", ""),
    "warehouse.lots_held(bigint,bigint)": ("EXECUTE", ""),
    "warehouse.lots_held_then(bigint,bigint,integer)": ("EXECUTE", ""),
    "warehouse.item_pace(bigint,bigint,bigint)": ("EXECUTE", ""),
    "warehouse.stays(bigint,bigint,bigint)": ("EXECUTE", ""),
    "warehouse.handoffs_answered(bigint,bigint,bigint)": ("EXECUTE", ""),
    "warehouse.tally_refusals(bigint,timestamptz,text,text,text,bigint,bigint,bigint)": ("EXECUTE", ""),
    "warehouse.trail_gate()": ("EXECUTE", ""),
    "warehouse.change_sheet(bigint)": ("EXECUTE", ""),
    "warehouse.signature_sheet(bigint)": ("EXECUTE", ""),
    "warehouse.reading_gate()": ("EXECUTE", ""),
    "warehouse.reading_notice(bigint)": ("EXECUTE", ""),
    "warehouse.readings_sealed_to()": ("EXECUTE", ""),
}

# These run as the owner. What keeps what follows from other rows: who sets it off cannot write there himself.
# Triggers that check a rule: it holds for all rows, also for those that who fires them does not see. And what one party
# may ask of another's rows (`policies`): yes or no. What counts all rows of a party asks once, not at each row, whether
# the caller stands for it.
DEFINERS = (
    "warehouse.post_legs()",
    "warehouse.post_deliveries()",
    "warehouse.post_sensor_deliveries()",
    "warehouse.note_epcis_due()",
    "warehouse.note_epcis_named()",
    "warehouse.note_epcis_lots()",
    "warehouse.note_epcis_handed()",
    "warehouse.note_epcis_arriving()",
    "warehouse.forget_epcis_event()",
    "ledger.note_ddl()",
    "ledger.note_drop()",
    "warehouse.carry_out_erasure(bigint,text,text,text,text[])",
    "warehouse.tally_refusals(bigint,timestamp with time zone,text,text,text,bigint,bigint,bigint)",
    "warehouse.stay_under_case()",
    "warehouse.take_what_is_usable()",
    "warehouse.find_on_hold_first()",
    "warehouse.offered_lot(bigint)",
    "warehouse.offered_item(bigint)",
    "warehouse.offered_from(bigint)",
    "warehouse.offered_from_site(bigint)",
    "warehouse.answered_lot(bigint,bigint)",
    "warehouse.answered_us(bigint)",
    "warehouse.handoff_ids_taken(bigint[],uuid[])",
    "warehouse.change_sheet(bigint)",
    "warehouse.signature_sheet(bigint)",
    "warehouse.reading_notice(bigint)",
    "warehouse.readings_sealed_to()",
    "warehouse.gs1_prefix_taken(text)",
    "warehouse.lots_lying(bigint,bigint)",
    "warehouse.lots_held(bigint,bigint)",
    "warehouse.lots_held_then(bigint,bigint,integer)",
    "warehouse.item_pace(bigint,bigint,bigint)",
    "warehouse.stays(bigint,bigint,bigint)",
    "warehouse.handoffs_answered(bigint,bigint,bigint)",
)
