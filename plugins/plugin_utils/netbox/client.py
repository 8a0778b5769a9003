# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to one NetBox: session, token, and what answers mean.

The session is pynetbox's. Its records are not used: they cost 0.7 ms of CPU an object, plain JSON
costs 0.03.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pynetbox
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .problems import BadAnswer, BadOption, Forbidden, OutOfReach, Rejected, TokenRefused
from .tokens import Token, TokenSource

Params = Iterable[tuple[str, str]]

_REPEATS = 2
_BACKOFF = 0.5
"""Seconds before the second repetition; the first one comes at once."""
_PASSING = (502, 503, 504)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,200}?)\s*</title", re.I)


@dataclass(frozen=True, slots=True)
class Connection:
    """How NetBox is reached. Paths are files; ``timeout`` is in seconds."""

    endpoint: str
    validate_certs: bool = True
    ca_path: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 60.0

    @property
    def shown(self) -> str:
        """The endpoint without a password that somebody put into it."""
        parts = urlsplit(self.endpoint)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Client:
    """Asks NetBox, from any thread.

    ``version`` is NetBox's, as (4, 7), known after the first answer of REST. ``received`` counts
    the bytes of all answers. ``token``: what the source gave already.
    """

    def __init__(
        self, connection: Connection, source: TokenSource | None, token: Token | None = None
    ) -> None:
        self.connection = connection
        self.version: tuple[int, int] = (0, 0)
        self.received = 0
        self._source = source
        self._token = token or (source.read() if source else None)
        self._renewing = threading.Lock()
        self._api = pynetbox.api(_checked_endpoint(connection.endpoint))
        self._session = _prepared(self._api.http_session, connection)
        # With each request: what stands in the environment would win over the session's own.
        self._words = _words(connection)

    @property
    def token(self) -> Token | None:
        """The token that is in use."""
        return self._token

    def get(self, path: str, params: Params = ()) -> Any:
        """The JSON of a REST address below ``/api/``.

        Raises:
            TokenRefused, Forbidden, OutOfReach, BadAnswer, Rejected: what became of the request.
        """
        url = f"{self._api.base_url}/{path}"
        return self._json(self._send("GET", url, params=list(params)))

    def graphql(self, query: str) -> dict[str, Any]:
        """The ``data`` of a GraphQL query; errors in it are `Rejected`, 404 is `Rejected` too."""
        url = f"{self._api.base_url.removesuffix('/api')}/graphql/"
        answer = self._json(self._send("POST", url, json={"query": query}))
        if not isinstance(answer, dict) or answer.get("errors") or "data" not in answer:
            errors = answer.get("errors") if isinstance(answer, dict) else None
            raise Rejected(f"{self.connection.shown}: GraphQL answered: {_first_error(errors)}")
        data: dict[str, Any] = answer["data"]
        return data

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _send(self, method: str, url: str, **words: Any) -> requests.Response:
        used = self._token
        response = self._once(method, url, used, **words)
        if response.status_code in (401, 403) and self._renewed(used):
            response = self._once(method, url, self._token, **words)
        self._judge(response)
        return response

    def _once(self, method: str, url: str, token: Token | None, **words: Any) -> requests.Response:
        headers = {"Authorization": token.header} if token else {}
        try:
            response = self._session.request(
                method,
                url,
                headers=headers,
                timeout=self.connection.timeout,
                allow_redirects=False,
                **self._words,
                **words,
            )
        except requests.RequestException as error:
            raise OutOfReach(f"{self.connection.shown}: {_reason(error)}") from error
        self.received += len(response.content)
        return response

    def _renewed(self, refused: Token | None) -> bool:
        """Whether another token than the refused one is at hand now."""
        if self._source is None or not self._source.rotates:
            return False
        with self._renewing:
            if self._token is refused:
                self._token = self._source.read()
            return self._token != refused

    def _judge(self, response: requests.Response) -> None:
        """Raise what the status means; note the version."""
        if response.is_redirect:
            target = response.headers.get("Location", "")
            raise BadAnswer(
                f"{self.connection.shown} redirects to {target}; set api_endpoint to where "
                "NetBox itself is"
            )
        if response.status_code in (401, 403):
            raise self._refusal(response)
        if response.status_code >= 500:
            raise OutOfReach(f"{self.connection.shown}: {self._told(response)}")
        if response.status_code >= 400:
            raise Rejected(f"{self.connection.shown}: {self._told(response)}")
        if found := re.match(r"(\d+)\.(\d+)", response.headers.get("API-Version", "")):
            self.version = (int(found[1]), int(found[2]))

    def _refusal(self, response: requests.Response) -> TokenRefused | Forbidden:
        told = self._told(response)
        path = urlsplit(response.url).path
        if "permission" in told.lower():
            return Forbidden(
                f"{self.connection.shown}: {told} ({path}); give the token's owner the permission "
                "to view it, or leave it out of the inventory's options"
            )
        origin = self._source.origin if self._source else "no token is set"
        return TokenRefused(
            f"{self.connection.shown}: {told} ({origin}); set token, token_file, token_command or "
            "NETBOX_TOKEN to a token that is enabled, not expired, and allowed from this address"
        )

    def _told(self, response: requests.Response) -> str:
        """What an error answer says, in one line."""
        try:
            answer = response.json()
        except ValueError:
            return f"status {response.status_code}, {_kind(response)}"
        if isinstance(answer, dict) and isinstance(answer.get("detail"), str):
            return f"status {response.status_code}: {answer['detail']}"
        return f"status {response.status_code}: {json.dumps(answer)[:300]}"

    def _json(self, response: requests.Response) -> Any:
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise BadAnswer(
                f"{self.connection.shown}: {urlsplit(response.url).path} answered with "
                f"{_kind(response)} in place of JSON; check api_endpoint, and any proxy before "
                "NetBox"
            ) from error


def _checked_endpoint(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadOption(
            f"api_endpoint {endpoint!r} is no address; write it like https://netbox.example.com"
        )
    return endpoint.rstrip("/").removesuffix("/api")


def _prepared(session: requests.Session, connection: Connection) -> requests.Session:
    retry = Retry(
        total=_REPEATS,
        backoff_factor=_BACKOFF,
        status_forcelist=_PASSING,
        allowed_methods=None,  # a GraphQL query is a POST, and changes nothing
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    session.headers.update({"Accept": "application/json", **connection.headers})
    if connection.cert:
        files = (str(connection.cert), str(connection.key)) if connection.key else None
        session.cert = files or str(connection.cert)
    # An entry in .netrc would replace the header Authorization.
    session.auth = _keep
    return session


def _words(connection: Connection) -> dict[str, Any]:
    words: dict[str, Any] = {"verify": connection.validate_certs}
    if connection.ca_path and connection.validate_certs:
        words["verify"] = str(connection.ca_path)
    if connection.proxy:
        words["proxies"] = {"http": connection.proxy, "https": connection.proxy}
    return words


def _keep(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _kind(response: requests.Response) -> str:
    """What came: its type, and the title of a page."""
    kind = response.headers.get("Content-Type", "").partition(";")[0] or "nothing known"
    title = _TITLE.search(response.content[:20000])
    if title:
        return f"{kind} ({title[1].decode('utf-8', 'replace')!r})"
    text = response.content[:200].decode("utf-8", "replace").strip()
    # NetBox's GraphQL refuses a token in plain words, which it calls HTML.
    plain = kind.startswith("text/") and text and "<" not in text
    return f"{kind} ({text!r})" if plain else kind


def _first_error(errors: Any) -> str:
    try:
        return str(errors[0]["message"])[:300]
    except (TypeError, LookupError):
        return "neither data nor errors"


def _reason(error: requests.RequestException) -> str:
    """The innermost cause in one line, and what to look at."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(error, requests.exceptions.SSLError):
        hint = "set ca_path to the authority that signed its certificate"
    elif isinstance(error, requests.exceptions.Timeout):
        hint = "raise timeout, or look at NetBox's load"
    else:
        hint = "check api_endpoint, the proxy, and whether NetBox runs"
    return f"no answer: {type(cause).__name__}: {cause}; {hint}"
