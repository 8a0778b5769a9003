"""Whom alerts are sent to: a mail server with STARTTLS and login, and web hooks that misbehave."""

from __future__ import annotations

import datetime
import email
import email.message
import email.policy
import http.server
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANG_SECONDS = 60.0


class WebHook:
    """A real HTTP server. ``behaviour`` is how it treats the next requests:

    ok, error (500), slow (answers after half a second), hang (takes the request and says nothing),
    drip (a byte of the answer a second), drop (closes the connection in mid-request), or
    once (500 for the first request, then ok).
    """

    def __init__(self) -> None:
        self.behaviour = "ok"
        self.requests: list[dict[str, Any]] = []
        self._over = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                if hook.behaviour == "drop":
                    self.rfile.read(length // 2)
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = json.loads(self.rfile.read(length))
                hook.requests.append({"path": self.path, **body})
                hook.answer(self)

            def log_message(self, *_words: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    def url(self, path: str = "hook") -> str:
        """Its URL for apprise."""
        return f"json://127.0.0.1:{self.port}/{path}"

    @property
    def titles(self) -> list[str]:
        """The titles of all messages, in their order."""
        return [request["title"] for request in self.requests]

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        """Do what the behaviour says."""
        if self.behaviour == "hang":
            self._over.wait(HANG_SECONDS)
            return
        if self.behaviour == "slow":
            time.sleep(0.5)
        failing = self.behaviour == "error" or (
            self.behaviour == "once" and len(self.requests) == 1
        )
        if self.behaviour == "drip":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self._over.wait(1.0):
                handler.wfile.write(b"X")
            return
        handler.send_response(500 if failing else 200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def close(self) -> None:
        """End it, and whoever still waits for an answer."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def web_hook() -> Iterator[WebHook]:
    """A web hook for as long as it is needed."""
    hook = WebHook()
    try:
        yield hook
    finally:
        hook.close()


class MailServer:
    """A real mail server: it wants STARTTLS, then a login, and keeps what it is sent.

    ``certificate`` is the file by which a client can check who it is.
    """

    USER = "noc-sender"
    PASSWORD = "mail-pass-7Jq2"  # planted: it may be seen nowhere

    def __init__(self, place: Path) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.logins: list[tuple[str, bool]] = []
        self.certificate, key = self_signed(place)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, key)
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            tls_context=context,
            require_starttls=True,
            authenticator=self._login,
            auth_required=True,
        )
        self._controller.start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._controller.port)

    def url(self, password: str = PASSWORD) -> str:
        """Its URL for apprise."""
        return (
            f"mailtos://{self.USER}:{password}@localhost:{self.port}"
            "?mode=starttls&from=netops@example.net&to=noc@example.net"
        )

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, email.message.EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def close(self) -> None:
        """End it."""
        self._controller.stop()

    def _login(
        self, _server: Any, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = (data.login.decode(), data.password.decode()) == (self.USER, self.PASSWORD)
        self.logins.append((data.login.decode(), good))
        return AuthResult(success=good, handled=False)  # else nobody says no


@contextmanager
def mail_server(place: Path) -> Iterator[MailServer]:
    """A mail server for as long as it is needed; its certificate lies in ``place``."""
    server = MailServer(place)
    try:
        yield server
    finally:
        server.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def self_signed(place: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = place / "mail.crt", place / "mail.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
