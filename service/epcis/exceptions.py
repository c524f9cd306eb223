"""Refusals in the words of EPCIS 2.0: `type` is one of its exceptions, `reason` the problem of our own behind it."""

from collections.abc import Mapping
from typing import Any

from service.api.problem import Problem

_OF_STATUS: Mapping[int, str] = {
    400: "ValidationException", 401: "SecurityException", 403: "SecurityException", 404: "NoSuchResourceException",
    405: "ValidationException", 406: "NotAcceptableException", 409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException", 414: "URITooLongException", 415: "UnsupportedMediaTypeException",
    422: "ValidationException", 429: "ImplementationException", 500: "ImplementationException",
    501: "ImplementationException", 503: "ImplementationException",
}  # fmt: skip
PREFIX = "epcisException:"
_OF_THE_HAND = ("urn:lotproof:problem:sign-this", "urn:lotproof:problem:overtaken")
"""No refusals of EPCIS: who signs for himself goes on by them, here as everywhere (`service.auth.own_hand`)."""


class EpcisProblem(Problem):
    """`exception` without its prefix, `ValidationException`."""

    def __init__(self, status: int, exception: str, detail: str, *, reason: str | None = None, **extra: Any) -> None:
        super().__init__(status, reason or exception, detail, **extra)
        self.exception, self.reason = exception, reason

    def document(self) -> dict[str, Any]:
        return epcis_document(super().document(), self.exception)


def invalid(detail: str, **extra: Any) -> EpcisProblem:
    return EpcisProblem(400, "ValidationException", detail, **extra)


def epcis_document(document: Mapping[str, Any], exception: str | None = None) -> dict[str, Any]:
    """A problem document of this service as EPCIS spells it."""
    if str(document["type"]).startswith((PREFIX, *_OF_THE_HAND)):
        return dict(document)
    named = exception or _OF_STATUS.get(document["status"], "ImplementationException")
    return {**document, "type": PREFIX + named, "reason": document["type"]}
