"""What a partner's capture interface answered, and what that means for a document."""

from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import orjson

LONGEST = 2000
AGAIN = (408, 425, 429)


class Verdict(NamedTuple):
    """`state` of the transmission from now on; `receipt`: where its job is, or what was said."""

    state: str
    receipt: str | None


def of_capture(url: str, status: int, headers: dict[str, str], body: bytes) -> Verdict | None:
    """After POST: None where it must be sent again."""
    if status == 202 and "location" in headers:
        return Verdict("sent", urljoin(url, headers["location"])[:LONGEST])
    if 200 <= status < 300:
        return Verdict("accepted", None)
    if status >= 500 or status in AGAIN:
        return None
    return Verdict("refused", _text(body) or f"status {status}")


def of_job(status: int, body: bytes) -> Verdict | None:
    """After GET of the capture job: None while it runs, or where nobody can tell."""
    if status != 200:
        return Verdict("refused", f"the capture job answers {status}") if status in (404, 410) else None
    try:
        job: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(job, dict) or job.get("running") is not False:
        return None
    if job.get("success") is True:
        return Verdict("accepted", None)
    return Verdict("refused", _text(orjson.dumps(job.get("errors"))))


def same_host(url: str, location: str) -> bool:
    """A partner may not send us, with its key, to somebody else."""
    one, other = urlsplit(url), urlsplit(location)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").replace("\0", "")[:LONGEST]
