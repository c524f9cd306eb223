"""The official OpenAPI document of EPCIS 2.0 as a judge of answers: status, media type, headers, body."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
from werkzeug.test import TestResponse

DEFECTS = {("409", "status"), ("404", "type")}
"""The document's own mistakes: it says that the status of a 409 is 406, and allows for a 404 one exception and shows
another as its example."""

OPTIONAL = {"Link", "GS1-Next-Page-Token-Expires", "GS1-Query-Min-Record-Time", "Allow"}


class Contract:
    def __init__(self, data: Path) -> None:
        self.said = json.loads((data / "epcis" / "gs1" / "REST Bindings" / "openapi.json").read_text())
        # Another: "errors" or "errorFile" is written so that every job is both, and none is valid.
        job = self.said["components"]["schemas"]["CaptureJob"]["allOf"][1]
        job["anyOf"] = job.pop("oneOf")

    def operations(self) -> set[tuple[str, str]]:
        verbs = ("get", "post", "delete", "options")
        return {(verb, path) for path, found in self.said["paths"].items() for verb in verbs if verb in found}

    def check(self, answer: TestResponse, verb: str, path: str) -> None:
        """Raises AssertionError where the answer is none that the document knows."""
        responses = self.said["paths"][path][verb]["responses"]
        status = str(answer.status_code)
        assert status in responses, f"{verb} {path}: {status} is not among {sorted(responses)}"
        response = self._resolved(responses[status])
        for name in response.get("headers", {}):
            assert name in answer.headers or name in OPTIONAL, f"{verb} {path} {status}: expected the header {name}"
        content = response.get("content", {})
        if content and answer.mimetype in content:
            self._check_body(status, content[answer.mimetype].get("schema", {}), answer.get_json())
        elif content:
            raise AssertionError(f"{verb} {path} {status}: {answer.mimetype} is not among {sorted(content)}")

    def _check_body(self, status: str, schema: Any, body: Any) -> None:
        whole = {"components": self.said["components"], "allOf": [self._without_defects(status, schema)]}
        validator = jsonschema_rs.validator_for(whole, validate_formats=True)
        errors = [f"{each.instance_path}: {each.message[:300]}" for each in validator.iter_errors(body)]
        assert errors == [], errors[:5]

    def _without_defects(self, status: str, schema: Any) -> Any:
        made = json.loads(json.dumps(schema))
        for part in made.get("allOf", ()):
            for broken, name in DEFECTS:
                if broken == status:
                    part.get("properties", {}).pop(name, None)
        return made

    def _resolved(self, value: Any) -> Any:
        while "$ref" in value:
            found: Any = self.said
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value
