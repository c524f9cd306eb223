"""The draft of a verifier's policy: what this service claims of itself."""

from flask import Response

from service import standpoint
from service.api.door import PUBLIC, Door
from service.api.house import House
from service.publish import policy


def door(house: House) -> Door:
    drafts = house.door("policy", "The policy with which a regulator begins")

    @drafts.operation("GET", "/policy", roles=PUBLIC, answers={200: "application/toml"})
    def draft_policy() -> Response:
        """A draft of the policy

        TOML for the verifier. Compare every line with what you were given in another way before you use it.
        """
        with standpoint.on("directory"), house.engine.connect() as connection:
            text = policy.draft(policy.claims(connection, house.settings))
        headers = {"Content-Disposition": 'attachment; filename="policy.toml"', "Cache-Control": "no-cache"}
        return Response(text, headers=headers, content_type="application/toml; charset=utf-8")

    return drafts
