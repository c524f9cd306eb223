"""The JSON-RPC by which the launchers talk to a development chain. (The product's own client is `anchoring.rpc`.)"""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit


class RpcError(Exception):
    """The node answered with an error object."""


def call(url: str, method: str, *params: object, timeout: float = 30) -> Any:
    """The result of one call; OSError if the node cannot be reached, RpcError if it refuses."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
    try:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    except (http.client.HTTPException, ValueError) as broken:
        raise OSError(f"{url} gave no JSON-RPC answer to {method}: {broken!r}") from broken
    finally:
        connection.close()
    if "error" in answer:
        raise RpcError(f"{method}: {answer['error']}")
    return answer["result"]
