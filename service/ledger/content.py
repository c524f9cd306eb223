"""The content of a request: the bytes by which a retry is recognised, kept as the record of what was asked."""

from hashlib import sha256

import orjson

from service.domain.commands import Command


def content_of(command: Command) -> bytes:
    """The command as JSON, members in the order of the dataclass.

    `from_` is spelled as at the door; inside a string its quotes would be escaped, so the replacement cannot touch what
    a client wrote. What is witnessed, as nearly everything is, does not say so: the content of what was recorded before
    there were imports stays the same.
    """
    members = orjson.dumps(command).replace(b'"from_":', b'"from":', 1).replace(b'"witnessed":true,', b"", 1)
    return b'{"type":"%s",%s' % (command.type.encode(), members[1:])


def content_hash(content: bytes) -> bytes:
    return sha256(content).digest()
