"""The pages: both languages, complete, and nothing that a browser would fetch from another host."""

import io
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.web import words
from verifier.policy import PolicyError, load_policy

PAGES = ["/", "/api/docs"]


def test_both_catalogues_have_the_same_words() -> None:
    assert words.EN.keys() == words.ZH.keys()
    assert all(words.EN.values()) and all(words.ZH.values())


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("query", "accepts", "language"),
    [("", None, "en"), ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("", "fr, en", "en"), ("?lang=zh", "en", "zh-CN"),
     ("?lang=en", "zh", "en"), ("?lang=xx", "zh-Hans", "zh-CN")],
)  # fmt: skip
def test_a_page_speaks_the_readers_language(
    client: FlaskClient, path: str, query: str, accepts: str | None, language: str
) -> None:
    headers = {"Accept-Language": accepts} if accepts else {}
    answer = client.get(path + query, headers=headers)
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    catalogue = words.ZH if language == "zh-CN" else words.EN
    page = answer.get_data(as_text=True)
    assert f'<html lang="{language}">' in page and catalogue["not_proven"] in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_script_and_no_other_host(client: FlaskClient, path: str) -> None:
    page = client.get(path).get_data(as_text=True)
    assert "<script" not in page and "style=" not in page and " on" not in re.sub(r">[^<]*<", "><", page)
    fetched = re.findall(r'<(?:link|img)[^>]*(?:href|src)="([^"]+)"', page)
    assert fetched and all(address.startswith("/static/") for address in fetched)
    for address in fetched:
        assert client.get(address).status_code == 200


def test_every_link_of_a_page_leads_somewhere(client: FlaskClient) -> None:
    for path in PAGES:
        for address in set(re.findall(r'<a [^>]*href="(/[^"#]*)', client.get(path).get_data(as_text=True))):
            assert client.get(address.replace("&amp;", "&"), follow_redirects=True).status_code in (
                200,
                404 if address == "/checkpoint" else 200,
            ), address


def test_the_docs_page_shows_every_operation_and_shape(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    page = client.get("/api/docs").get_data(as_text=True)
    for path, methods in document["paths"].items():
        for verb in methods.keys() - {"parameters"}:
            assert f'id="{verb.upper()}-{path}"' in page
    for shape in document["components"]["schemas"]:
        assert f'id="shape-{shape}"' in page


def test_the_verifier_to_take_away_is_one_file_and_always_the_same(client: FlaskClient) -> None:
    first, second = client.get("/lotproof-verify.pyz"), client.get("/lotproof-verify.pyz")
    assert first.data == second.data and first.headers["Content-Disposition"].startswith("attachment")
    names = zipfile.ZipFile(io.BytesIO(first.data)).namelist()
    assert "__main__.py" in names and "verifier/verify.py" in names
    assert not [name for name in names if not name.startswith(("__main__", "verifier/"))]


def test_a_policy_of_a_log_without_contract_is_refused_by_the_verifier(app: Flask, client: FlaskClient) -> None:
    draft = client.get("/api/v1/policy")
    assert draft.mimetype == "application/toml"
    with pytest.raises(PolicyError, match="chain_id"):
        load_policy(draft.get_data(as_text=True))
