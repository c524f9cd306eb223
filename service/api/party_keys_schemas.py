"""Keys of a party on the wire: 32 bytes, signatures and thumbprints in base64url, as in the statements."""

from typing import Any

from service.api.fields import Choice, Field, Instant, Many, One, Shape, Text, Uuid, Whole
from service.api.schemas import MOST, Nullable, number, text
from service.ledger.key_changes import OwnKey
from verifier.encoding import unb64url
from verifier.errors import Refuted

KEPT = ("as it is", "new", "none")
STATES = ("asked", "done", "withdrawn")
KID = {"description": "RFC 7638 thumbprint, as in `kid`"}


class Octets(Field):
    """So many bytes, in base64url without padding."""

    def __init__(self, length: int, **options: Any) -> None:
        self.length, self.characters = length, (length * 8 + 5) // 6
        self.expected = f"{length} bytes in base64url, {self.characters} characters"
        super().__init__(**options)

    def documentation(self) -> dict[str, Any]:
        pattern = f"^[A-Za-z0-9_-]{{{self.characters}}}$"
        return {"type": "string", "pattern": pattern, "minLength": self.characters, "maxLength": self.characters}

    def read(self, value: Any) -> bytes:
        try:
            found = unb64url(value) if isinstance(value, str) else b""
        except Refuted:
            raise self.refuse(value) from None
        if len(found) != self.length:
            raise self.refuse(value)
        return found


class NewOwnKey(Shape):
    makes = OwnKey
    public = Octets(32, required=True, data_key="x", doc={"description": "The public key, `x` of its JWK"})
    proof = Octets(64, required=True, doc={"description": "Its signature over `lotproof/possession/v1`"})


class NewKeyChange(Shape):
    """The whole set from now on: `keys` are its own, `kept_here` what becomes of the one that the service keeps."""

    id = Uuid(required=True)
    keys = Many(One(NewOwnKey), 0, 16, load_default=())
    kept_here = Choice(*KEPT, load_default="as it is")
    recovery = Octets(32, allow_none=True, load_default=None, doc=KID)
    reason = Text(200, required=True)
    by = Text(64, required=True, doc={"description": "Opaque id of a person, never a name"})


class KeyChangeAct(Shape):
    by = Text(64, required=True, doc={"description": "Another person than the one who asked, to approve"})


class KeyChangeApproval(KeyChangeAct):
    words = Text(200, load_default=None, doc={"description": "What this signature means, in the person's words"})
    shown = Text(
        43, pattern="[A-Za-z0-9_-]{43}", called="the change's `shown`, 43 characters", load_default=None,
        doc={"description": "The change's `shown`: hash of what was on the screen; refused if it is another by now"},
    )  # fmt: skip


class KeyChange(Shape):
    id = Uuid(required=True)
    keys = Many(Text(43, doc=KID), 0, 16, required=True)
    kept_here = Choice(*KEPT, required=True)
    recovery = Nullable(Text(43))
    reason = text(200)
    asked_by = text(64)
    asked_at = Instant(required=True)
    state = Choice(*STATES, required=True)
    closed_by = Nullable(Text(64))
    closed_at = Nullable(Instant())
    sequence = Nullable(Whole(1, MOST, doc={"description": "Of the key statement that came of it"}))
    shown = text(43)


class KeyChanges(Shape):
    changes = Many(One(KeyChange), 0, 1000, required=True)


class KeyShown(Shape):
    kid = text(43)
    x = text(43)
    kept_here = Choice("here", "by the party", required=True)


class KeySetShown(Shape):
    sequence = number()
    statement = text(43)
    keys = Many(One(KeyShown), 1, 16, required=True)
    recovery = Nullable(Text(43))


class KeySets(Shape):
    """The first is the set that signs now."""

    sets = Many(One(KeySetShown), 0, 1000, required=True)
