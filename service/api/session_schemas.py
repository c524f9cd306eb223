"""What signing in takes and answers."""

from typing import Any

from service.api.fields import Choice, Field, Flag, Instant, Many, One, Shape, Text, Uuid, Whole
from service.api.people import GrantShown
from service.api.schemas import Nullable, text
from service.domain.people import MOST_GRANTS
from service.signin.bindings import NewProvider
from service.signin.demands import FACTORS

LONGEST_SECRET = 1024


class Secret(Field):
    """What somebody types and nobody shows: any text, refused without repeating it."""

    expected = f"text of 1 to {LONGEST_SECRET} characters"

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "format": "password", "minLength": 1, "maxLength": LONGEST_SECRET}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SECRET:
            raise self.refuse(f"something else ({type(value).__name__})")
        return value


_CODE = {"description": "Of the second factor: six digits of the app, or a recovery code"}


class SignIn(Shape):
    party = Text(40, required=True)
    person = Text(40, required=True)
    password = Secret(required=True)
    code = Secret(doc={**_CODE, "description": _CODE["description"] + "; can follow at `/session/code`"})


class Code(Shape):
    code = Secret(required=True, doc=_CODE)


class Proof(Shape):
    password = Secret(required=True)
    code = Secret(doc=_CODE)


class PasswordChange(Shape):
    old = Secret(required=True)
    new = Secret(required=True, doc={"description": "12 to 128 characters"})


class Acceptance(Shape):
    secret = Secret(required=True, doc={"description": "Of the invitation, `lpi_…`"})
    password = Secret(required=True, doc={"description": "12 to 128 characters"})


class Session(Shape):
    """`stage` says what is still to be done before the session opens anything else."""

    id = Uuid(required=True)
    party = text(40)
    person = text(40)
    name = Nullable(Text(200))
    roles = Many(One(GrantShown), 0, MOST_GRANTS, required=True)
    method = text(40)
    stage = Choice("signed-in", "code", "enrol", required=True)
    signed_in_at = Instant(required=True)
    proven_at = Nullable(Instant())
    second_factor = Flag(required=True, doc={"description": "Whether one is enrolled"})
    recovery_codes = Whole(0, 10, required=True, doc={"description": "How many are left"})


class OwnSession(Shape):
    id = Uuid(required=True)
    this = Flag(required=True, doc={"description": "The one that asks"})
    method = text(40)
    address = text(100)
    signed_in_at = Instant(required=True)
    seen_at = Instant(required=True)
    expires_at = Instant(required=True)


class Sessions(Shape):
    sessions = Many(One(OwnSession), 0, 1000, required=True)


class Ended(Shape):
    ended = Whole(0, 100_000, required=True, doc={"description": "How many were open"})


class Enrolment(Shape):
    uri = Text(500, required=True, doc={"description": "For the app, `otpauth://totp/…`. Shown once"})
    qr = Text(20_000, required=True, doc={"description": "The same as a QR code, SVG"})


class RecoveryCodes(Shape):
    recovery_codes = Many(Text(30), 10, 10, required=True, doc={"description": "Each counts once. Shown once"})


class NewInvitation(Shape):
    reset_second_factor = Flag(load_default=False, doc={"description": "Also forget the person's second factor"})
    reason = Text(200, doc={"description": "Stands in /changes"})


class Invitation(Shape):
    id = Uuid(required=True)
    person = text(40)
    reset_second_factor = Flag(required=True)
    made_at = Instant(required=True)
    expires_at = Instant(required=True)
    secret = Text(60, required=True, doc={"description": "For `/invitations/accept`. Shown once"})
    link = Text(300, required=True, doc={"description": "The same as a page for the person"})


class Invited(Shape):
    party = text(40)
    person = text(40)


class Rules(Shape):
    second_factor = Choice(*FACTORS, required=True, doc={
        "description": "Of whom one is demanded: of the roles quality, administrator and supervisor, or of everyone"
    })  # fmt: skip
    only_oidc = Flag(required=True, doc={"description": "Whether people come through your own provider only"})


class RulesChange(Shape):
    second_factor = Choice(*FACTORS)
    only_oidc = Flag()
    reason = Text(200, required=True)


class NewProviderShape(Shape):
    """The redirect URI to register there stands in the answer."""

    makes = NewProvider
    label = Text(100, required=True)
    issuer = Text(
        500, pattern=r"https?://[!-~]+", called="an https URL", required=True,
        doc={"description": "As the provider spells it; https, port 443, a public address"},
    )  # fmt: skip
    client_id = Text(255, required=True)
    client_secret = Secret(required=True)


class Provider(Shape):
    id = Uuid(required=True)
    label = text(100)
    issuer = text(500)
    client_id = text(255)
    made_at = Instant(required=True)
    ended_at = Nullable(Instant())
    link = Text(300, required=True, doc={"description": "Where your people sign in"})
    redirect_uri = Text(300, required=True, doc={"description": "To be registered at the provider"})


class Providers(Shape):
    providers = Many(One(Provider), 0, 1000, required=True)


class NewSubject(Shape):
    provider = Uuid(required=True)
    subject = Text(
        255, pattern=r"[!-~]([ -~]{0,253}[!-~])?", called="1 to 255 ASCII characters", required=True,
        doc={"description": "The provider's `sub` of this person"},
    )  # fmt: skip


class Subject(Shape):
    provider = Uuid(required=True)
    subject = text(255)
    bound_at = Instant(required=True)


class Subjects(Shape):
    subjects = Many(One(Subject), 0, 1000, required=True)
