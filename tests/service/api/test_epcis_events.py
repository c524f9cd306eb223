"""EPCIS events over HTTP: pages, media types, headers, top-level resources, exceptions, and who sees what."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from tests.service.api.conftest import Caller
from tests.service.epcis_query.world import BEGAN, World, gtin_lot, insert

LOT = gtin_lot("Q/1 é").replace("/1 é", "%2F1")
SGTIN, URN = "https://id.gs1.org/01/10614141073464/21/2017", "urn:epc:id:sgtin:0614141.107346.2017"
PLACE = "https://id.gs1.org/414/9506000134376/254/A-01"


@pytest.fixture(scope="module")
def books(owner: Engine, maker: Caller, trader: Caller, outsider: Caller) -> World:
    """Events of the maker: 70 observations of a lot, a pallet with a thing, one that names the trader."""
    world = World(owner)
    with owner.connect() as connection:
        for caller in (maker, trader, outsider):
            world.parties[caller.party] = connection.scalar(
                text("SELECT id FROM warehouse.party WHERE code = :code"), {"code": caller.party}
            )
    seen = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "storing",
        "disposition": "in_progress",
        "readPoint": {"id": PLACE},
        "quantityList": [{"epcClass": LOT, "quantity": 1.50, "uom": "KGM"}],
    }
    world.capture(maker.party, *[seen] * 70)
    packed = {
        "type": "AggregationEvent",
        "action": "ADD",
        "bizStep": "ex:stacking",
        "parentID": SGTIN,
        "@context": [{"ex": "https://ns.example.com/epcis/"}],
    }
    named = {
        **seen,
        "bizStep": "shipping",
        "eventID": "urn:uuid:named",
        "quantityList": [{"epcClass": gtin_lot("N"), "quantity": 2}],
        "destinationList": [{"type": "owning_party", "destination": uri(owner, trader)}],
    }
    wrong = {
        **seen,
        "eventID": "urn:uuid:named",
        "bizStep": "shipping",
        "errorDeclaration": {"declarationTime": BEGAN.isoformat(timespec="milliseconds")},
    }
    world.capture(maker.party, packed, named, wrong)
    return world


def uri(owner: Engine, caller: Caller) -> str:
    with owner.connect() as connection:
        return str(connection.scalar(text("SELECT uri FROM warehouse.party WHERE code = :c"), {"c": caller.party}))


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [event.get("eventID", "?") for event in events(answer)]


def events(answer: TestResponse) -> list[dict[str, Any]]:
    return answer.get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]  # type: ignore[no-any-return]


def follow(caller: Caller, path: str, between: Callable[[], Any] = lambda: None) -> list[TestResponse]:
    """This page and all that its links lead to; `between` happens before each of them is asked for."""
    answers = [caller.send("GET", path)]
    while link := answers[-1].headers.get("Link"):
        target, _, rel = link.partition(">; ")
        assert rel == 'rel="next"' and answers[-1].headers["GS1-Next-Page-Token-Expires"].endswith("Z")
        parts = urlsplit(target.removeprefix("<"))
        between()
        answers.append(caller.send("GET", f"{parts.path.removeprefix('/api/v1')}?{parts.query}"))
    return answers


def test_a_page_holds_thirty_events_and_its_link_leads_on(books: World, maker: Caller) -> None:
    pages = follow(maker, f"/epcis/events?MATCH_anyEPCClass={quote(LOT, safe='')}&EQ_bizStep=storing")
    assert [len(ids(page)) for page in pages] == [30, 30, 10]
    all_ids = [id for page in pages for id in ids(page)]
    assert len(set(all_ids)) == 70
    document = pages[0].get_json()
    assert document["type"] == "EPCISQueryDocument" and document["schemaVersion"] == "2.0"
    assert document["epcisBody"]["queryResults"]["queryName"] == "SimpleEventQuery"
    assert b'"quantity":1.5}' in pages[0].data


def test_what_arrives_between_two_pages_moves_nothing(books: World, maker: Caller, owner: Engine) -> None:
    """Before each page more events come before, at and behind where the reader stands, three of them at one moment: all
    that were there at first are told, and none comes twice."""
    lot = gtin_lot("P")
    one = {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [{"epcClass": lot, "quantity": 1}]}
    early, late = ({**one, "eventTime": f"{year}-01-01T00:00:00.000+00:00"} for year in (2020, 2025))
    books.capture(maker.party, *[one] * 20, *[late] * 10)
    path = f"/epcis/events?MATCH_anyEPCClass={quote(lot, safe='')}&perPage="
    for order in ("", *(f"&orderBy={name}&orderDirection={way}" for name in ("eventTime", "recordTime")
                        for way in ("ASC", "DESC"))):  # fmt: skip
        there = set(ids(maker.send("GET", f"{path}1000")))
        pages = follow(maker, f"{path}{len(there) // 4}{order}", lambda: books.capture(maker.party, early, late, one))
        seen = [id for page in pages for id in ids(page)]
        assert len(seen) == len(set(seen)) and there <= set(seen) and len(pages) >= 4, order


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("WD_readPoint={site}", True),
        ("WD_readPoint=https://id.gs1.org/414/9506000134352", False),
        ("HASATTR_readPoint=kind", True),
        ("HASATTR_readPoint=urn:epcglobal:cbv:mda%23kind", True),
        ("HASATTR_readPoint=timeZone", False),
        ("HASATTR_readPoint=colour", False),
        ("HASATTR_bizLocation=kind", True),
        ("EQATTR_readPoint_kind=storage", True),
        ("EQATTR_readPoint_kind=dock|storage", True),
        ("EQ_ATTR_readPoint_kind=storage", True),
        ("EQATTR_readPoint_kind=dock", False),
    ],
)
def test_what_is_known_of_a_place_can_be_asked_for(books: World, maker: Caller, asked: str, found: bool) -> None:
    """Of the places that the asker keeps himself."""
    maker.receive("KNOWN")
    event, = events(maker.send("GET", "/epcis/events?EQ_bizStep=receiving&perPage=1"))
    place = event["readPoint"]["id"]
    site = place.rpartition("/")[0].removesuffix("/254")
    path = f"/epcis/events?EQ_readPoint={quote(place, safe='')}&perPage=1&"
    assert bool(ids(maker.send("GET", path + asked.format(site=quote(site, safe=""))))) == found


def test_a_limit_holds_over_pages(books: World, maker: Caller) -> None:
    pages = follow(maker, "/epcis/events?EQ_bizStep=storing&eventCountLimit=45&perPage=20")
    assert [len(ids(page)) for page in pages] == [20, 20, 5]
    too_many = maker.send("GET", "/epcis/events?EQ_bizStep=storing&maxEventCount=45")
    assert too_many.status_code == 413 and too_many.get_json()["type"] == "epcisException:QueryTooLargeException"


def test_a_token_is_of_its_asker_and_question_and_can_be_ended(books: World, maker: Caller, trader: Caller) -> None:
    token = maker.send("GET", "/epcis/events?EQ_bizStep=storing").headers["Link"].rpartition("nextPageToken=")[2]
    token = token.partition(">")[0]
    for caller, asked in ((trader, "EQ_bizStep=storing"), (maker, "EQ_bizStep=shipping"), (maker, "")):
        answer = caller.send("GET", f"/epcis/events?{asked}&nextPageToken={token}")
        assert answer.status_code == 400, asked
    assert maker.send("GET", f"/epcis/events?EQ_bizStep=storing&nextPageToken={token[:-2]}aa").status_code == 400
    assert maker.send("GET", f"/epcis/events?EQ_bizStep=storing&nextPageToken={token}").status_code == 200
    assert maker.send("DELETE", f"/epcis/nextPageToken/{token}").status_code == 204
    assert maker.send("GET", f"/epcis/events?EQ_bizStep=storing&nextPageToken={token}").status_code == 400
    assert maker.send("DELETE", "/epcis/nextPageToken/nonsense").status_code == 404


def test_media_types_and_spellings(books: World, maker: Caller) -> None:
    path = f"/epcis/events?MATCH_anyEPC={quote(URN, safe='')}"
    assert events(maker.send("GET", path))[0]["parentID"] == SGTIN
    urns = maker.send("GET", path, **{"GS1-EPC-Format": "Always_EPC_URN"})
    assert events(urns)[0]["parentID"].endswith((SGTIN, URN))
    as_xml = maker.send("GET", path, Accept="application/xml", **{"GS1-CBV-XML-Format": "Always_URN"})
    assert as_xml.content_type.startswith("application/xml")
    root = ElementTree.fromstring(as_xml.data)
    assert root.tag.endswith("EPCISQueryDocument") and root.find(".//parentID").text == SGTIN  # type: ignore[union-attr]
    assert maker.send("GET", path, Accept="application/ld+json").content_type == "application/ld+json"


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"Accept": "text/csv"}, "text/csv"),
        ({"GS1-EPC-Format": "Sometimes"}, "Sometimes"),
        ({"GS1-EPCIS-Min": "2.1"}, "2.1"),
        ({"GS1-EPCIS-Max": "1.2"}, "1.2"),
        ({"GS1-CBV-Min": "9"}, "9"),
        ({"GS1-EPCIS-Version": "1.2.0"}, "1.2.0"),
        ({"GS1-CBV-XML-Format": "x"}, "x"),
        ({"GS1-EPCIS-Max": "many"}, "many"),
    ],
)
def test_what_we_do_not_speak_is_not_acceptable(maker: Caller, headers: dict[str, str], seen: str) -> None:
    answer = maker.send("GET", "/epcis/events", **headers)
    assert answer.status_code == 406 and answer.get_json()["type"] == "epcisException:NotAcceptableException"
    assert answer.get_json()["seen"] == seen


def test_exceptions_are_named_as_the_standard_names_them(books: World, maker: Caller, stranger: Caller) -> None:
    asked = {
        "/epcis/events?EQ_nonsense=1": (400, "QueryParameterException"),
        "/epcis/events?eventCountLimit=1&maxEventCount=1": (400, "QueryParameterException"),
        "/epcis/events?perPage=0": (400, "QueryParameterException"),
        f"/epcis/events?EQ_bizStep={'x' * 9000}": (414, "URITooLongException"),
        "/epcis/events/urn:uuid:none": (404, "NoSuchResourceException"),
        "/epcis/bizSteps/urn:no:such": (404, "NoSuchResourceException"),
        "/epcis/epcs?EQ_bizStep=shipping": (400, "QueryParameterException"),
    }
    for path, (status, name) in asked.items():
        answer = maker.send("GET", path)
        assert (answer.status_code, answer.get_json()["type"]) == (status, f"epcisException:{name}"), path
        assert answer.content_type == "application/problem+json" and answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert stranger.send("GET", "/epcis/events").get_json()["type"] == "epcisException:SecurityException"
    bad = maker.send("GET", "/epcis/events", **{"GS1-Extensions": "no namespace"})
    assert bad.status_code == 400 and bad.get_json()["type"] == "epcisException:ValidationException"


def test_discovery(maker: Caller) -> None:
    members = maker.get("/epcis/")["member"]
    assert {"events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"} <= set(members)
    for path in ("/epcis/", "/epcis/events", "/epcis/epcs/x/events", "/epcis/bizSteps"):
        answer = maker.send("OPTIONS", path)
        assert answer.status_code == 204 and {"GET", "OPTIONS"} <= set(answer.headers["Allow"].split(", ")), path
        assert answer.headers["GS1-EPCIS-Min"] == answer.headers["GS1-CBV-Max"] == "2.0.0"
        assert "Always_EPC_URN" in answer.headers["GS1-EPC-Format"]


def test_top_level_resources(books: World, maker: Caller) -> None:
    def members(path: str) -> list[str]:
        return [member for page in follow(maker, path) for member in page.get_json()["member"]]

    assert members("/epcis/eventTypes") == [
        "AggregationEvent",
        "AssociationEvent",
        "ObjectEvent",
        "TransactionEvent",
        "TransformationEvent",
    ]
    steps = members("/epcis/bizSteps?perPage=7")
    assert steps == sorted(set(steps)) and {"ex:stacking", "storing", "void_shipping"} <= set(steps)
    assert {LOT, SGTIN} <= set(members("/epcis/epcs?perPage=1")) and members("/epcis/readPoints") == [PLACE]
    assert "in_progress" in members("/epcis/dispositions") and members("/epcis/bizLocations") == []
    for path in (
        f"epcs/{quote(LOT, safe='')}",
        f"epcs/{quote(URN, safe='')}",
        "bizSteps/storing",
        "eventTypes/ObjectEvent",
        f"readPoints/{quote(PLACE, safe='')}",
        "dispositions/in_progress",
        f"epcs/{SGTIN}",
    ):
        assert maker.get(f"/epcis/{path}")["member"] == ["events"], path
        assert ids(maker.send("GET", f"/epcis/{path}/events")), path
    assert ids(maker.send("GET", "/epcis/bizSteps/storing/events?EQ_bizStep=shipping")) == []
    found = maker.send("GET", f"/epcis/epcs/{quote(LOT, safe='')}/events?EQ_bizStep=shipping")
    assert ids(found) == ["urn:uuid:named"] and "errorDeclaration" in events(found)[0]


def test_one_event_and_its_error_declaration(books: World, maker: Caller) -> None:
    found = events(maker.send("GET", "/epcis/events/urn:uuid:named"))
    assert sorted("errorDeclaration" in event for event in found) == [False, True]


def test_a_party_sees_its_own_and_what_names_it(
    books: World, maker: Caller, trader: Caller, outsider: Caller, regulator: Caller
) -> None:
    named = trader.send("GET", "/epcis/events")
    assert ids(named) == ["urn:uuid:named"] and events(named)[0]["readPoint"] == {"id": PLACE}
    assert ids(outsider.send("GET", "/epcis/events")) == []
    assert outsider.send("GET", "/epcis/events/urn:uuid:named").status_code == 404
    assert outsider.get("/epcis/epcs")["member"] == outsider.get("/epcis/readPoints")["member"] == []
    assert gtin_lot("N") in trader.get("/epcis/epcs")["member"] and LOT not in trader.get("/epcis/epcs")["member"]
    assert len(ids(regulator.send("GET", "/epcis/events?EQ_bizStep=storing&perPage=1000"))) >= 70


def test_an_event_that_came_as_a_document_too_is_seen_once(books: World, maker: Caller, trader: Caller) -> None:
    """Whichever came first: the other's event in this ledger, or one's own capture of it."""
    found = books.ask(maker.party, {"EQ_eventID": "urn:uuid:named"})
    (named,) = [row.event for row in found if "errorDeclaration" not in row.event]
    for order in ((maker, trader), (trader, maker)):
        event = {**named, "eventID": f"urn:uuid:twice-{order[0].party}"}
        for caller in order:
            books.capture(caller.party, event)
        assert len(ids(trader.send("GET", f"/epcis/events/{event['eventID']}"))) == 1


def test_of_a_lot_that_was_handed_over_a_part_is_shown_and_found(
    books: World, owner: Engine, maker: Caller, trader: Caller, outsider: Caller
) -> None:
    """What is hidden of an event is not found by a question about it either."""
    lot, other = gtin_lot("H"), gtin_lot("H-2")
    event = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": "available",
        "eventID": "urn:uuid:h",
        "quantityList": [{"epcClass": lot, "quantity": 7}, {"epcClass": other, "quantity": 9}],
        "readPoint": {"id": PLACE},
        "lotproof:lot1": {"epcClass": lot, "cbvmda:lotNumber": "H"},
        "lotproof:lot2": {"epcClass": other, "cbvmda:lotNumber": "H-2"},
        "lotproof:supplier": "Acme",
    }
    with owner.begin() as connection:
        insert(connection, books.parties[maker.party], books._completed(event))
        hand_over(connection, books.parties, maker.party, trader.party, lot)
        insert(connection, books.parties[maker.party], books._completed({**event, "eventID": "urn:uuid:h2"}))
    asked = f"/epcis/events?MATCH_anyEPCClass={quote(lot, safe='')}"
    found = events(trader.send("GET", asked))
    assert len(found) == 2 and outsider.send("GET", asked).get_json() and events(outsider.send("GET", asked)) == []
    for shown in found:
        assert shown["quantityList"] == [{"epcClass": lot}] and shown["lotproof:lots"] == [lot]
        assert shown["disposition"] == "available" and "lotproof:lot1" in shown
        assert not {"eventID", "readPoint", "lotproof:supplier", "lotproof:lot2"} & shown.keys()
        assert other not in str(shown) and "Acme" not in str(shown)
    for hidden in (
        "EQ_quantity=7",
        f"EQ_readPoint={quote(PLACE, safe='')}",
        "EQ_eventID=urn:uuid:h",
        f"MATCH_epcClass={quote(lot, safe='')}",
        f"MATCH_anyEPCClass={quote(other, safe='')}",
        "EXISTS_lotproof:supplier=true",
        "orderBy=lotproof:supplier",
        "EQ_lotproof:supplier=Acme",
    ):
        joined = (
            hidden if hidden.startswith("MATCH_anyEPCClass") else f"MATCH_anyEPCClass={quote(lot, safe='')}&{hidden}"
        )
        assert events(trader.send("GET", f"/epcis/events?{joined}")) == [], hidden
    assert events(trader.send("GET", "/epcis/events?EQ_disposition=available")) != []
    assert lot in trader.get("/epcis/epcs")["member"] and other not in trader.get("/epcis/epcs")["member"]
    assert trader.send("GET", "/epcis/events/urn:uuid:h").status_code == 404


def hand_over(connection: Any, parties: dict[str, int], sender: str, receiver: str, lot: str) -> None:
    """As an accepted handoff leaves the tables."""
    binds = {"sender": parties[sender], "receiver": parties[receiver], "lot": lot}
    for statement in _HANDED:
        connection.execute(text(statement), binds)


_HANDED = (
    "SET LOCAL session_replication_role = replica",
    """INSERT INTO warehouse.lot (id, party_id, item_id, number, uri) SELECT nextval('warehouse.lot_id'), :sender, id,
        'H', :lot FROM warehouse.item WHERE party_id = :sender LIMIT 1""",
    """INSERT INTO warehouse.handoff (movement, id, sender_id, receiver_id, from_location_id, statement_hash)
        SELECT 999999, gen_random_uuid(), :sender, :receiver, id, sha256('x') FROM warehouse.location
        WHERE party_id = :sender LIMIT 1""",
    """INSERT INTO warehouse.handoff_line (movement, line, lot_id, units, status)
        SELECT 999999, 0, id, 1, 'available' FROM warehouse.lot WHERE uri = :lot""",
    "UPDATE warehouse.handoff SET state = 'accepted', answer = 999999 WHERE movement = 999999",
    "SET LOCAL session_replication_role = origin",
)
