"""Over TLS we speak with whom we meant: who shows a certificate of nobody we know, or another name, hears nothing."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from anchoring.rpc import Away, Rpc
from service.webhooks import sending
from service.webhooks.addresses import Target
from verifier.errors import Unavailable
from verifier.http import Deadline, fetch

HEARD: list[bytes] = []


class _Hears(BaseHTTPRequestHandler):
    """Whatever was asked is kept, and answered as a node would."""

    def do_POST(self) -> None:
        HEARD.append(self.rfile.read(int(self.headers["Content-Length"])))
        body = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path, name: str) -> Path:
    """Of this name, signed by itself; with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def serving(file: Path) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Hears)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def by_verifier(port: int) -> None:
    fetch(f"https://localhost:{port}/v3/key", Deadline(5), b"{}", secret=True)


def by_worker(port: int) -> None:
    Rpc(f"https://localhost:{port}").call("eth_chainId")


def by_webhook(port: int) -> None:
    sending.post(Target(True, "localhost", port, "/"), "127.0.0.1", b"{}", {})


ASKING: dict[str, tuple[Callable[[int], None], type[Exception]]] = {
    "verifier": (by_verifier, Unavailable), "worker": (by_worker, Away), "webhook": (by_webhook, sending.Unsent),
}  # fmt: skip


@pytest.mark.parametrize("who", ASKING)
@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("other.example", True)])
def test_who_is_not_known_or_is_another_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, who: str, name: str, trusted: bool
) -> None:
    asks, error = ASKING[who]
    file = certificate(tmp_path, name)
    _trust(monkeypatch, file if trusted else None)
    HEARD.clear()
    with serving(file) as port, pytest.raises(error):
        asks(port)
    assert HEARD == []


@pytest.mark.parametrize("who", ASKING)
def test_who_is_known_by_its_name_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, who: str) -> None:
    file = certificate(tmp_path, "localhost")
    _trust(monkeypatch, file)
    HEARD.clear()
    with serving(file) as port:
        ASKING[who][0](port)
    assert len(HEARD) == 1


def _trust(monkeypatch: pytest.MonkeyPatch, file: Path | None) -> None:
    """As an operator does who has a certificate authority of his own; webhooks read it when the process begins."""
    if file is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        monkeypatch.setattr(sending, "_TLS", ssl.create_default_context(cafile=file))
