"""What a session must have shown before it may do something; keys are not asked, they have nobody to ask.

    stage code      the password was right, the second factor is awaited: nothing but that
    stage enrol     a second factor is demanded and there is none: it is enrolled, and then everything else
    signing acts    the password, and the second factor, given anew within `sessions.PROOF`: `POST /session/prove`

The tables name operations as `permissions` does. Signing in is no proof: who signs does so knowingly.
"""

from service.api.problem import Problem
from service.auth.keys import Caller

# What a person does about its own session; no role is needed, and no key can do it.
_AT_ONCE = frozenset({"read_session", "sign_out"})
_ENROLLING = frozenset({"enrol_second_factor", "confirm_second_factor"})
OWN = _AT_ONCE | _ENROLLING | {
    "give_code", "list_sessions", "end_session", "end_all_sessions", "prove_session", "change_password",
    "remove_second_factor", "make_recovery_codes",
}  # fmt: skip

STAGES = {"code": _AT_ONCE | {"give_code"}, "enrol": _AT_ONCE | _ENROLLING | {"prove_session"}}

SIGNING_ACTS = frozenset({
    # approvals and decisions
    "approve_case", "decide_case", "approve_count", "ask_for_keys", "approve_keys", "ask_erasure", "approve_erasure",
    "add_recall", "lift_recall", "approve_lift_of_recall", "review_changes",
    # whatever lets somebody in
    "make_api_key", "rotate_api_key", "make_person_key", "add_client", "invite_person", "change_sign_in_rules",
    "add_oidc_provider", "bind_subject", "add_person", "change_person",
    "remove_second_factor", "make_recovery_codes",
})  # fmt: skip

SIGNED_MOVEMENTS = frozenset({"destroy", "release", "lift"})


def check(caller: Caller, operation: str) -> None:
    """Raises Problem 401 or 403 if the session has to show more before it may do this."""
    if caller.session is None:
        return
    if caller.stage and operation not in STAGES[caller.stage]:
        raise _STAGE[caller.stage]()
    if operation in SIGNING_ACTS and not caller.fresh:
        raise prove_yourself(caller, operation)


def movement_problem(caller: Caller, type: str) -> Problem | None:
    """A 401 if a session records a movement of this type without a recent proof."""
    if caller.session is None or caller.fresh or type not in SIGNED_MOVEMENTS:
        return None
    return prove_yourself(caller, type)


def prove_yourself(caller: Caller, what: str) -> Problem:
    """401, as RFC 9470 has it: who it is is known, how surely is not enough."""
    where = "POST /session/prove" if caller.provider is None else "/oidc/prove"
    detail = f"{what} is a signing act: prove at {where} who you are and send it again within five minutes"
    header = 'Session realm="lotproof", error="insufficient_user_authentication", max_age="300"'
    return Problem(401, "prove-yourself", detail, headers={"WWW-Authenticate": header}, max_age=300)


def _code() -> Problem:
    detail = "the second factor is still awaited: send its code to POST /session/code"
    return Problem(401, "code-awaited", detail, headers={"WWW-Authenticate": 'Session realm="lotproof"'})


def _enrol() -> Problem:
    detail = "a second factor is demanded of you: enrol one at POST /session/second-factor, before anything else"
    return Problem(403, "enrol-first", detail)


_STAGE = {"code": _code, "enrol": _enrol}
