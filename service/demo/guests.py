"""Two people are invited to the console of one company: one who looks about, and one of quality, who signs.

Each link is for one person, once, within 72 hours; there they set a password of their own.
"""

from service.demo.accounts import API, Company
from service.demo.door import Refusal
from service.demo.report import say

COMPANY = "tongqu"
GUESTS = {
    "guest": ("looks about, moves goods and answers handoffs", ("auditor", "operator")),
    "qa-1": ("decides and signs, with a second factor", ("quality", "administrator")),
}


def invite(company: Company) -> None:
    """Played again, new links: who set a password keeps it until a new link is used."""
    say(f"demo: the console of {company.id} is open to two of its people, who set their passwords at:")
    for code, (what, roles) in GUESTS.items():
        _ensure(company, code, roles)
        made = company.door.post(f"{API}/people/{code}/invitations", {"reason": "the demo"})
        say(f"demo:   {code:6} {made['link']}   {what}")
    say(f"demo: then sign in as {company.id}, {' or '.join(GUESTS)}: {company.door.base_url}/console/")


def _ensure(company: Company, code: str, roles: tuple[str, ...]) -> None:
    try:
        company.door.post(f"{API}/people", {"code": code, "roles": [{"role": role} for role in roles]})
    except Refusal as refusal:
        if refusal.status != 409:
            raise
