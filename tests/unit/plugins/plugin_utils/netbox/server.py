# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server that answers as the REST API of a NetBox of any version does, for faults to order.

What it does is what was seen at NetBox 4.7.3: an unknown filter is ignored, pages are cut at a
limit that the client does not know, `start` excludes `ordering`, a refused token is a 403 with a
`detail`. Before 4.6 it knows no `start`, and before 4.5 it fails a test that asks it for GraphQL.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.prime.netops.plugins.plugin_utils.netbox.client import Client, Connection
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.tokens import Token, fixed

Reply = tuple[int, str, bytes]
GOOD = "a" * 40


@dataclass
class Scene:
    """What the server has, and how it behaves."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By path below /api/."""
    version: str = "4.4"
    most: int = 1000
    """The server's own page limit."""
    tokens: set[str] = field(default_factory=lambda: {GOOD})
    known: set[str] = field(default_factory=lambda: {"id", "name", "id__gt"})
    on_request: Callable[[Scene, str, dict[str, str]], Reply | None] = lambda *_words: None
    seen: list[str] = field(default_factory=list)
    url: str = ""

    def client(self, token: str = GOOD) -> Client:
        """A client of this server."""
        return Client(Connection(self.url, timeout=10), fixed(Token(token), "the test"))

    def answer(self, path: str, words: list[tuple[str, str]], header: str) -> Reply:
        """One request's answer."""
        self.seen.append(path)
        if reply := self.on_request(self, path, dict(words)):
            return reply
        if header.partition(" ")[2] not in self.tokens:
            return told(403, {"detail": "Invalid v1 token"})
        if path == "schema/":
            return told(200, self._schema())
        if path not in self.rows:
            return told(404, {"detail": "Not found."})
        return told(200, self._page(self.rows[path], words))

    def _page(self, rows: list[dict[str, Any]], words: list[tuple[str, str]]) -> dict[str, Any]:
        asked = dict(words)
        chosen = sorted((row for row in rows if self._fits(row, words)), key=lambda row: row["id"])
        found = len(chosen)
        limit = min(int(asked.get("limit", 50)) or self.most, self.most)
        by_cursor = "start" in asked and self.version in ("4.6", "4.7")
        if by_cursor:
            chosen = [row for row in chosen if row["id"] >= int(asked["start"])]
        return {"count": None if by_cursor else found, "next": None, "results": chosen[:limit]}

    def _fits(self, row: dict[str, Any], words: list[tuple[str, str]]) -> bool:
        for name in {name for name, _value in words} & self.known:
            values = [value for word, value in words if word == name]
            text = str(row.get(name))
            if not (row["id"] > int(values[0]) if name == "id__gt" else text in values):
                return False
        return True

    def _schema(self) -> dict[str, Any]:
        words = [{"in": "query", "name": n, "schema": {"type": "array"}} for n in self.known]
        words.append({"in": "query", "name": "has_primary_ip", "schema": {"type": "boolean"}})
        return {"paths": {f"/api/{path}": {"get": {"parameters": words}} for path in self.rows}}


def told(status: int, content: Any) -> Reply:
    """A JSON answer."""
    return status, "application/json", json.dumps(content).encode()


@contextmanager
def serving(scene: Scene) -> Iterator[Scene]:
    """The scene on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet, or the second one waits for the first one's ACK

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api/")
            self._reply(scene.answer(path, parse_qsl(parts.query), self._token()))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(scene.answer(self.path, [], self._token()))

        def _token(self) -> str:
            return self.headers.get("Authorization", "")

        def _reply(self, reply: Reply) -> None:
            status, kind, content = reply
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("API-Version", scene.version)
            if status == 302:
                self.send_header("Location", "https://elsewhere.example/login/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    scene.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield scene
    finally:
        server.shutdown()
        server.server_close()
