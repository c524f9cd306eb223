"""Events and documents as a partner's system sends them, about the goods of the furnished parties."""

import json
from typing import Any
from uuid import uuid4

from tests.service.api.conftest import Caller
from tests.tools.waiting import eventually

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = {"lotproof": "urn:lotproof:epcis:", "cbvmda": "urn:epcglobal:cbv:mda:"}
GTIN = "09506000210018"
HOST = "https://log.example.com"


def lot(number: str, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/10/{number}"


def at(party: str, place: str = "SX/A-01") -> dict[str, str]:
    return {"id": f"{HOST}/party/{party}/{place}"}


def event(biz_step: str, goods: dict[str, float] | None = None, **changes: Any) -> dict[str, Any]:
    """An ObjectEvent that observes these quantities of lots."""
    made = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": biz_step, "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-01-05T10:00:00.000+08:00", "eventTimeZoneOffset": "+08:00",
        "quantityList": [{"epcClass": uri, "quantity": amount} for uri, amount in (goods or {}).items()],
    }  # fmt: skip
    return {name: value for name, value in (made | changes).items() if value is not None}


def received(party: str, number: str, quantity: float = 100, **changes: Any) -> dict[str, Any]:
    return event(
        "receiving", {lot(number): quantity}, readPoint=at(party), bizLocation=at(party),
        sourceList=[{"type": "owning_party", "source": "https://id.gs1.org/417/4012345000009"}],
        **{"lotproof:lot1": {"epcClass": lot(number), "cbvmda:itemExpirationDate": "2099-12-31"}} | changes,
    )  # fmt: skip


def document(*events: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": [CONTEXT, OWN], "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": "2026-01-05T12:00:00Z", "epcisBody": {"eventList": list(events)}, **changes,
    }  # fmt: skip


def send(caller: Caller, path: str, body: Any, media: str = "application/json", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given["Authorization"] = f"Bearer {caller.key}"
    return caller.client.post("/api/v1/epcis" + path, data=data, content_type=media, headers=given)


def begun(caller: Caller, body: Any, media: str = "application/json", **headers: str) -> str:
    answer = send(caller, "/capture", body, media, **headers)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def path_of(location: str) -> str:
    return location[location.index("/epcis/") :]


def ended(caller: Caller, location: str) -> Any:
    """The job, once it is over."""
    path = path_of(location)
    eventually(lambda: not caller.get(path)["running"])
    return caller.get(path)


def captured(caller: Caller, body: Any, media: str = "application/json", **headers: str) -> Any:
    return ended(caller, begun(caller, body, media, **headers))
