"""A company that records: one item with a GTIN, one site with two places."""

from bench.product import Client, Json, Product


def company(running: Product, name: str = "bench") -> str:
    """Register it; its API key."""
    operator = Client(running.port, running.operator_key)
    key = str(operator.post("/parties", {"id": name, "name": name.title()})["api_key"])
    owner = Client(running.port, key)
    owner.post("/items", {"code": "PILL", "name": "Pill", "gtin": "09506000134352", "unit": "EA"})
    owner.post("/sites", {"code": "S", "name": "Site", "zone": "Europe/Berlin"})
    for code in ("A", "B"):
        owner.post("/locations", {"site": "S", "code": code, "kind": "storage"})
    return key


def expect_recorded(answer: Json) -> None:
    """Of a bulk request; raises AssertionError naming the first that was refused."""
    refused = next((each for each in answer["results"] if each["status"] > 201), None)
    assert refused is None, f"expected every movement to be recorded, got {refused}"
