"""The resolver of Digital Links: links for machines, the page for people, and nothing about what is kept."""

from typing import Any

import pytest
from flask.testing import FlaskClient

LOT = "/01/09506000134352/10/L-1"
URI = f"https://id.gs1.org{LOT}"
VOC = "https://gs1.org/voc/"
LINKSET = {"Accept": "application/linkset+json"}


@pytest.mark.parametrize(
    "path", [LOT, "/01/9506000134352/10/L-1", f"{LOT}?17=271231", "/01/09506000134352/22/2A/10/L-1"]
)
def test_a_machine_gets_the_links_of_a_lot(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=LINKSET)
    assert answer.status_code == 200 and answer.content_type == "application/linkset+json"
    (links,) = answer.get_json()["linkset"]
    assert links["anchor"] == URI
    assert {name.removeprefix(VOC) for name in links if name != "anchor"} == {
        "defaultLink",
        "verificationService",
        "recallStatus",
        "traceability",
        "epcis",
    }
    (default,) = links[f"{VOC}defaultLink"]
    assert default["href"] == f"https://log.example.com{LOT}" and default["type"] == "text/html"
    assert {title["language"] for title in default["title*"]} == {"en", "zh"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(f"{path}{'&' if '?' in path else '?'}linkType=linkset").get_json() == answer.get_json()


def test_a_person_gets_the_page_which_leads_to_the_links(client: FlaskClient) -> None:
    for accept in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""):
        answer = client.get(LOT, headers={"Accept": accept} if accept else {})
        assert answer.status_code == 200 and answer.content_type.startswith("text/html")
        assert f'<{LOT}?linkType=linkset>; rel="linkset"; type="application/linkset+json"' in answer.headers["Link"]
        assert f'rel="{VOC}defaultLink"' in answer.headers["Link"]


@pytest.mark.parametrize(
    ("type", "accept", "leads_to"),
    [
        ("gs1:epcis", "*/*", "/api/v1/epcis/epcs/https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F10%2FL-1/events"),
        (f"{VOC}defaultLink", "*/*", LOT),
        ("gs1:verificationService", "application/json", "/verify/proof?lot="),
        ("gs1:verificationService", "text/html", LOT),
    ],
)
def test_a_link_type_leads_on(client: FlaskClient, type: str, accept: str, leads_to: str) -> None:
    answer = client.get(LOT, query_string={"linkType": type}, headers={"Accept": accept})
    assert answer.status_code == 307 and answer.headers["Location"].startswith(f"https://log.example.com{leads_to}")


def test_a_link_type_that_there_is_not_is_not_found(client: FlaskClient) -> None:
    answer = client.get(f"{LOT}?linkType=gs1:recipeInfo")
    assert answer.status_code == 404 and "gs1:epcis" in answer.get_json()["expected"]


@pytest.mark.parametrize(
    ("path", "expected", "seen"),
    [
        ("/01/09506000134353/10/L-1", "check digit 2", "09506000134353"),
        ("/01/1234/10/L-1", "14 digits", "1234"),
        ("/414/9506000134377", "check digit 6", "9506000134377"),
        ("/00/106141412345678900", "check digit", "1061414"),
        ("/01/09506000134352/10/%E6%89%B9", "", ""),
        ("/417/95060001343", "13 digits", "95060001343"),
    ],
)
def test_a_bad_key_is_refused_with_what_was_expected(client: FlaskClient, path: str, expected: str, seen: str) -> None:
    answer = client.get(path, headers=LINKSET)
    said: dict[str, Any] = answer.get_json()
    assert answer.status_code == 400 and answer.content_type == "application/problem+json"
    assert expected in said["expected"] and seen in said["seen"]


def test_other_keys_have_links_and_no_page(client: FlaskClient) -> None:
    for path in (
        "/414/9506000134376",
        "/414/9506000134376/254/A-01",
        "/00/106141412345678908",
        "/01/09506000134352/21/S1",
    ):
        (links,) = client.get(path, headers=LINKSET).get_json()["linkset"]
        assert links["anchor"] == f"https://id.gs1.org{path}" and links.keys() == {"anchor", f"{VOC}epcis"}
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 404


def test_the_answer_does_not_say_whether_there_is_such_a_lot(client: FlaskClient, maker: Any) -> None:
    maker.receive("THERE")
    one, other = "/01/09506000210018/10/THERE", "/01/09506000210018/10/NOWHERE"
    answers = [client.get(path, headers=LINKSET).text.replace(path.rsplit("/", 1)[1], "X") for path in (one, other)]
    assert answers[0] == answers[1]


def test_the_resolver_describes_itself(client: FlaskClient) -> None:
    said = client.get("/.well-known/gs1resolver").get_json()
    assert said["resolverRoot"] == "https://log.example.com" and "01" in said["supportedPrimaryKeys"]
