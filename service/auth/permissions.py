"""Who may do what within a party: one table of operations, one of movements, and the two questions asked of them.

A role counts for the whole party or for one site. Reading, and recording movements, is open to a role at any site;
everything else speaks of no place and needs the role for the whole party. A movement needs a role that may record its
type *at every site it names*. An operation that is not in the table is for administrators, and a test fails.

A key without a person is the company's own: it has all roles of `service.domain.people.COMPANY`. Keys of the service's
operator, of auditors and of regulators belong to no party; what they may do stands with each operation (`x-roles`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from service.api.problem import Problem, forbidden
from service.auth import proving
from service.auth.keys import Caller
from service.domain.commands import Command
from service.domain.people import ROLES
from service.records.names import OPERATIONS as RECORDS

Allowed = frozenset[str]

ALL: Allowed = frozenset(ROLES) - {"sensor"}
# A gateway or logger: it brings readings, and sees nothing.
SENSOR: Allowed = frozenset({"sensor"})
NOBODY: Allowed = frozenset()
ADMINISTRATOR: Allowed = frozenset({"administrator"})
MACHINE: Allowed = frozenset({"integrator"})
KEEPERS: Allowed = frozenset({"administrator", "auditor"})
# Who reads the records of the law: they hold prices and addresses, which nobody on the floor needs.
INSPECTING: Allowed = frozenset({"administrator", "supervisor", "quality", "integrator", "auditor", "regulator"})
FLOOR: Allowed = frozenset({"operator", "supervisor", "integrator"})

READS: Mapping[str, Allowed] = {
    **dict.fromkeys((
        "list_parties", "list_items", "list_sites", "list_locations", "list_lots", "prove_lot", "list_stock",
        "list_handoffs", "read_movement", "read_receipt", "list_lot_number_rules", "preview_lot_numbers",
        "check_lot_number", "list_gs1_prefixes", "list_all_customers", "list_all_orders", "show_order",
        "show_pick_list", "show_slip", "show_production", "trace_lot", "list_recall_drills", "report_stock",
        "report_turnover", "read_overview", "read_figures",
        "report_quarantine", "report_ageing", "report_expiry", "report_history", "report_integrity", "list_cases",
        "read_case", "read_certificate", "read_movement_certificate", "read_attachment", "list_counts", "read_count",
        "list_recalls", "read_recall", "list_notices", "list_shares", "list_signatures", "list_addresses",
        "read_product", "list_records", "list_sensors", "read_sensor", "list_readings", "list_limits", "read_stability",
        "list_excursions", "read_excursion", "read_health", "tell_readings", "export_lot", "label_lot", "label_pallet",
        "label_place", "list_label_prints", "list_lot_papers", "read_label_print", "list_codes",
        "list_epcis_resources", "list_epcis_events", "read_epcis_event", "end_epcis_page",
        *(f"{verb}_{kind}" for verb in ("list_epcis", "read_epcis", "list_epcis_events_of")
          for kind in ("types", "epcs", "steps", "locations", "read_points", "dispositions")),
    ), ALL),
    "list_supplements": INSPECTING,
    **dict.fromkeys(RECORDS, INSPECTING),
    "list_api_keys": KEEPERS,
    "list_signing_keys": KEEPERS,
    "list_clients": KEEPERS,
    "list_key_changes": KEEPERS,
    "list_people": KEEPERS,
    **dict.fromkeys(("read_sign_in_rules", "list_oidc_providers", "list_subjects"), KEEPERS),
    **dict.fromkeys(("list_erasures", "read_erasure"), KEEPERS | {"supervisor", "quality", "regulator"}),
    "list_refusals": frozenset({"administrator", "supervisor", "auditor"}),
    "list_changes": frozenset({"administrator", "supervisor", "quality", "auditor", "regulator"}),
    **dict.fromkeys(("list_epcis_queries", "read_epcis_query", "list_epcis_events_of_query"), ALL),
    **dict.fromkeys(("list_epcis_subscriptions", "read_epcis_subscription"), MACHINE | KEEPERS),
    **dict.fromkeys(("list_epcis_partners", "list_epcis_transmissions", "report_epcis_partner"), ALL),
    "list_webhooks": MACHINE | KEEPERS,
    "list_deliveries": MACHINE | KEEPERS,
    "read_import": MACHINE | KEEPERS,
    **dict.fromkeys(("list_captures", "read_capture"), FLOOR | {"quality"} | KEEPERS),
    "import_template": ALL,
}  # fmt: skip

# Open to a role at any site; whoever serves them looks at the site of the act itself.
RECORDING: Mapping[str, Allowed] = {
    **dict.fromkeys((
        "record_movement", "record_movements", "scan_code", "receive_against_order", "confirm_pick_line",
        "ship_picked_goods", "add_case", "add_finding", "add_attachment", "capture_document", "capture_event",
        "sign_capture", "capture_codes", "act_on_codes", "print_label",
    ), FLOOR | {"quality"}),
    **dict.fromkeys(("add_readings", "upload_logger"), FLOOR | {"quality"} | SENSOR),
    **dict.fromkeys((
        "take_lot_numbers", "take_ssccs", "allocate_stock", "make_order_pick_list", "add_count", "enter_lines",
        "finish_count", "recount", "post_count", "cancel_count", "put_picked_goods_back",
    ), FLOOR),
}  # fmt: skip

OPERATIONS: Mapping[str, Allowed] = {
    **READS,
    **RECORDING,
    **dict.fromkeys((
        "make_api_key", "revoke_api_key", "rotate_api_key",
        "add_person", "change_person", "make_person_key", "add_item", "change_item",
        "add_site", "add_location", "add_lot_number_rule", "preview_rule", "set_item_category", "add_gs1_prefix",
        "add_customer", "set_item_issue_policy", "put_address", "change_product", "ask_for_keys", "approve_keys",
        "withdraw_keys", "remove_address",
        "add_client", "end_client", "invite_person", "end_invitations", "change_sign_in_rules",
        "add_oidc_provider", "end_oidc_provider", "bind_subject", "unbind_subjects",
    ), ADMINISTRATOR),
    **dict.fromkeys(proving.OWN, ALL),  # of sessions only, whatever their roles
    **dict.fromkeys(("share_lot", "end_share"), frozenset({"supervisor", "quality", "integrator"})),
    **dict.fromkeys(("add_order", "close_order", "cancel_order"), frozenset({"supervisor", "integrator"})),
    **dict.fromkeys(("drill_recall", "acknowledge_notice", "approve_count"), frozenset({"quality", "supervisor"})),
    **dict.fromkeys(("review_case", "decide_case", "approve_case", "close_case", "add_recall", "lift_recall",
                     "approve_lift_of_recall"),
                    frozenset({"quality"})),
    **dict.fromkeys(("add_sensor", "change_sensor", "move_sensor"), ADMINISTRATOR | {"quality", "supervisor"}),
    **dict.fromkeys(("set_limits", "change_stability"), ADMINISTRATOR | {"quality"}),
    "load_vehicle": FLOOR,
    "add_supplement": frozenset({"supervisor", "quality", "integrator"}),
    "print_lot_paper": INSPECTING,
    "review_changes": frozenset({"quality", "supervisor", "auditor"}),
    "ask_erasure": frozenset({"administrator", "quality", "supervisor"}),
    "approve_erasure": frozenset({"quality", "supervisor"}),
    **dict.fromkeys(("add_webhook", "remove_webhook", "redeliver", "add_epcis_query", "drop_epcis_query",
                     "subscribe_to_epcis_query", "end_epcis_subscription", "add_epcis_partner", "end_epcis_partner",
                     "resend_epcis_documents"), MACHINE | ADMINISTRATOR),
    **dict.fromkeys(("upload_import", "run_import"), MACHINE),
    "register_party": NOBODY,
}  # fmt: skip

_QUALITY: Allowed = frozenset({"quality"})
MOVEMENTS: Mapping[str, Allowed] = {
    **dict.fromkeys((
        "register", "receive", "move", "split", "merge", "repack", "produce", "pick", "pack", "unpack", "relocate",
        "send", "arrive", "offer", "accept", "refuse", "ship", "take_back", "withdraw", "count",
    ), FLOOR),
    "hold": FLOOR | _QUALITY,
    "settle": frozenset({"supervisor"}),
    **dict.fromkeys(("release", "inspect", "destroy", "recall", "lift", "return", "rework"), _QUALITY),
}  # fmt: skip

PLACES = ("from_", "to", "at")
"""The members of a command that name a place, `SITE/LOC`."""

SPEAKERS = ("by", "person", "counted_by", "approved_by")
"""The members of a request in which a person says who acts."""

TOUCHES_NO_PLACE = ("refuse", "withdraw")
"""An offer to the whole party is refused, or one of its own taken back: the role at any site is enough. Other movements
without a place (a recall and its end) need the role for the whole party."""


def may_call(caller: Caller, operation: str) -> bool:
    """Whether one of the caller's roles may use this operation at all."""
    if operation in proving.OWN:
        return caller.session is not None
    allowed = OPERATIONS.get(operation, ADMINISTRATOR)
    anywhere = operation in READS or operation in RECORDING
    return any(role in allowed and (anywhere or site is None) for role, site in caller.grants)


def sites_where(caller: Caller, operation: str) -> frozenset[str] | None:
    """The sites at which a role of the caller allows this operation; None: everywhere."""
    allowed = OPERATIONS.get(operation, ADMINISTRATOR)
    sites = {site for role, site in caller.grants if role in allowed}
    return None if None in sites else frozenset(site for site in sites if site is not None)


def check_operation(caller: Caller, operation: str) -> None:
    """Raises 403 if the caller acts for a party and none of its roles may do this."""
    if caller.party is not None and not may_call(caller, operation):
        allowed = " or ".join(sorted(OPERATIONS.get(operation, ADMINISTRATOR))) or "nobody of a party"
        raise forbidden(f"expected the role {allowed}, got {_roles(caller)}", expected=allowed, seen=_roles(caller))


def movement_problem(caller: Caller, command: Command) -> Problem | None:
    """A 403 unless a role of the caller may record this type at every site that the command names.

    Whoever records a movement for a caller asks this first, single or in bulk.
    """
    allowed = MOVEMENTS.get(command.type, NOBODY)
    anywhere = any(site is None and role in allowed for role, site in caller.grants)  # no need to look for the sites
    refused = None if anywhere else act_problem(caller, command.type, *sites_of(command))
    return refused or speaker_problem(caller, command) or proving.movement_problem(caller, command.type)


def act_problem(caller: Caller, type: str, *named: str) -> Problem | None:
    """The same for a movement of this type at these sites that is not spelled out yet."""
    allowed = MOVEMENTS.get(type, NOBODY)
    sites: set[str | None] = set(named) or {None}
    if type in TOUCHES_NO_PLACE:
        sites = {site for role, site in caller.grants if role in allowed} or {None}
    for site in sorted(sites, key=str):
        if not any(role in allowed and limit in (None, site) for role, limit in caller.grants):
            where = f"at {site}" if site else "for the whole party"
            expected = f"{' or '.join(sorted(allowed)) or 'nobody'} {where}"
            detail = f"{type}: expected the role {expected}, got {_roles(caller)}"
            return forbidden(detail, expected=expected, seen=_roles(caller), movement_type=type)
    return None


def speaker_problem(caller: Caller, said: Any) -> Problem | None:
    """A 403 if somebody who signed in as a person speaks in another's name.

    So two persons are two keys: a personal key cannot claim the approval of a colleague, it takes a quarantine case or
    a count sheet, where each approves for himself. A company's own key speaks for whom it says; that is its claim.
    """
    for name in SPEAKERS if caller.person is not None else ():
        value = said.get(name) if isinstance(said, Mapping) else getattr(said, name, None)
        others = [each for each in (value if isinstance(value, tuple) else (value,)) if each != caller.person]
        if any(others):
            seen = ", ".join(map(str, others))
            return forbidden(f"{name}: expected {caller.person}, whose key this is, got {seen}",
                             expected=caller.person, seen=seen)
    return None


def check_act(caller: Caller, type: str, *named: str) -> None:
    """Raises the problem, if there is one."""
    problem = act_problem(caller, type, *named)
    if problem is not None:
        raise problem


def sites_of(command: Any) -> Iterator[str]:
    """The sites of all places that a command or its parts name."""
    for each in fields(command):
        value = getattr(command, each.name)
        if each.name in PLACES and isinstance(value, str):
            yield value.partition("/")[0]
        for part in value if isinstance(value, tuple) else ():
            if is_dataclass(part):
                yield from sites_of(part)


def _roles(caller: Caller) -> str:
    return ", ".join(sorted(f"{role}@{site}" if site else role for role, site in caller.grants)) or "none"
