"""A lot as one file for a partner: its EPCIS document with its proof."""

from typing import Any

from flask import Response, request

from service import standpoint
from service.api.door import Door
from service.api.epcis_speech import check_versions
from service.api.fields import Choice, Shape, Uri
from service.api.house import House
from service.api.problem import not_found
from service.auth.keys import Caller
from service.epcis.documents import JSON_TYPES, XML_TYPES, write
from service.epcis.exceptions import EpcisProblem, invalid
from service.epcis.exported import document_of_lot
from service.epcis.proof import Log
from service.proof.proofs import Wanted

MEDIA = (*JSON_TYPES, XML_TYPES[0])
CBV_FORMATS = ("Always_Web_URI", "Always_URN", "No_Preference", "Never_Translates")


class LotQuery(Shape):
    lot = Uri(required=True, doc={"description": "URI of the lot"})
    under = Choice("final", "latest", load_default="final")


def door(house: House) -> Door:
    made = house.door("epcis exchange", "A lot's EPCIS document with its proof, in one file")

    @made.operation("GET", "/epcis/lots", roles=("party",), query=LotQuery, problems=(404, 406, 409),
                    answers={200: MEDIA})  # fmt: skip
    def export_lot(caller: Caller, query: dict[str, Any]) -> Response:
        """A lot's EPCIS document with its lot proof inside

        What your company said of the lot, event by event, and in the header the proof: `lotproof-verify --as epcis`
        checks both. 503 with Retry-After until the lot's newest entry is anchored.
        """
        check_versions()
        media, urns = wanted_media(), wanted_urns()
        assert caller.party_id is not None
        file = house.proofs.answer(caller, Wanted(query["lot"], query["under"] == "final")).get_data()
        log = Log(house.origin, house.settings.public_url)
        with standpoint.of_parties({caller.party_id}), house.engine.connect() as connection:
            document = document_of_lot(connection, log, caller.party_id, query["lot"], file, house.now())
        if not document.events:
            raise not_found("lot", query["lot"])
        return Response(write(document, media, cbv_urns=urns), content_type=media)

    return made


def wanted_media() -> str:
    """The first of what can be given that the client takes; raises Problem 406."""
    found = request.accept_mimetypes.best_match(MEDIA) if request.accept_mimetypes else MEDIA[0]
    if found is None:
        seen = str(request.accept_mimetypes)
        raise EpcisProblem(406, "NotAcceptableException", f"expected one of {', '.join(MEDIA)}, got {seen}", seen=seen)
    return found


def wanted_urns() -> bool:
    """Whether `GS1-CBV-XML-Format` asks for the words of the CBV as URNs; raises Problem 400."""
    asked = request.headers.get("GS1-CBV-XML-Format", CBV_FORMATS[0])
    if asked not in CBV_FORMATS:
        expected = ", ".join(CBV_FORMATS)
        raise invalid(f"GS1-CBV-XML-Format: expected one of {expected}, got {asked[:40]}", expected=expected)
    return asked == "Always_URN"
