"""What can stand between a client and NetBox, or befall it in the middle of an answer.

    with proxy(lab.url) as front:
        front.at_page(3, Down())          # from the third page on nobody answers
        front.at_page(3, Page(502))       # ... a load balancer's page comes in its place
        front.at_page(3, rotate)          # ... any function is called first, once
        run_ansible(inventory(front.url))

Everything else is NetBox's own answer. A page is a request for machines: of GraphQL, or of one of
the two lists in REST.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
"""Headers that belong to one connection, or that this server writes itself."""


@dataclass(frozen=True, slots=True)
class Down:
    """The connection closes without an answer, and so does every later one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A web page in place of an answer: of a load balancer with its status, of a login with 200."""

    status: int
    text: str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    kind: str = "text/html"


Fault = Down | Page | Callable[[], None]
"""A function is called once before the request goes on; the others stay from then on."""


@dataclass
class Proxy:
    """A front of NetBox. `seen` are the requests that came, as `METHOD path`."""

    url: str
    seen: list[str] = field(default_factory=list)
    pages: int = 0
    _faults: dict[int, list[Fault]] = field(default_factory=dict)
    _lasting: Down | Page | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at_page(self, number: int, fault: Fault) -> None:
        """Let it happen when this page is asked for, counted from now; the first is 1."""
        self._faults.setdefault(self.pages + number, []).append(fault)

    def from_now_on(self, fault: Down | Page) -> None:
        """Let it happen to whatever is asked for."""
        self._lasting = fault

    def well(self) -> None:
        """Take all faults back."""
        self._lasting = None
        self._faults.clear()

    def arrive(self, line: str, is_page: bool) -> Down | Page | None:
        """Note a request; what happens in place of an answer. Pages wait for each other here, so
        that what a function does is done before any later one is answered."""
        with self._lock:
            self.seen.append(line)
            if is_page:
                self.pages += 1
                for fault in self._faults.pop(self.pages, ()):
                    if isinstance(fault, Down | Page):
                        self._lasting = fault
                    else:
                        fault()
            return self._lasting


@contextmanager
def proxy(upstream: str, certificate: Path | None = None) -> Iterator[Proxy]:
    """Run a front of the NetBox at a URL, over TLS where there is a certificate with its key."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream = urlsplit(upstream).netloc
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if certificate else "http"
    server.proxy = Proxy(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients may keep idle connections
    upstream: str
    proxy: Proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Ask for something."""
        self._pass_on()

    def do_POST(self) -> None:
        """Ask for something, by a query in the body."""
        self._pass_on()

    def log_message(self, *_words: object) -> None:
        """Say nothing: `Proxy.seen` knows."""

    def handle(self) -> None:
        """Serve a connection; a client that goes in the middle, or does not trust us, may."""
        with suppress(OSError):
            super().handle()

    def _pass_on(self) -> None:
        # Whoever takes this for a forward proxy names the whole URL (RFC 9112, 3.2.2).
        self.path = re.sub(r"^http://[^/]*", "", self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.proxy.arrive(f"{self.command} {self.path}", _is_page(self.path, body))
        if isinstance(fault, Down):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif isinstance(fault, Page):
            self._answer(fault.status, [("Content-Type", fault.kind)], fault.text.encode())
        else:
            self._answer(*self._ask(body))

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """NetBox's own answer. The host is that of the client, so that NetBox's links lead here."""
        netbox = http.client.HTTPConnection(self.server.upstream, timeout=120)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            netbox.request(self.command, self.path, body or None, headers)
            answer = netbox.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            netbox.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _is_page(path: str, body: bytes) -> bool:
    """Whether a request wants machines. One that only counts them does not: it wants one row, and
    does not say from where."""
    if path.startswith("/graphql/"):
        return b"device_list" in body or b"virtual_machine_list" in body
    is_list = re.match(r"/api/(?:dcim/devices|virtualization/virtual-machines)/\?", path)
    return bool(is_list) and ("start=" in path or not re.search(r"[?&]limit=[01](?:&|$)", path))


def self_signed(directory: Path) -> Path:
    """A file with a certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "netbox")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = directory / "netbox.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
