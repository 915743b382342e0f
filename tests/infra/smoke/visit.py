"""A deployment as a visitor meets it: the page, its config.json, the API behind that, a person."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from infra.smoke.page import Page
from infra.smoke.report import Broken, Fact, NotReached
from infra.smoke.sign_in import Person, sign_in

TIMEOUT_S = 20
GEMINI = "https://generativelanguage.googleapis.com"


class Visit:
    """What is found out on the way. Each fact is asked for once.

    Args:
        site_url: what people open.
        shape: `plain` (a bucket and a function), `domain` (a load balancer) or `local` (make run);
            None takes it from the address.
        environ: where a test user's ID token may be.
        expected: what config.json must be, where that is known.
        source: the hash of the zip that the function must be built from, where that is known.
        gemini: where the site's public key must open nothing.
    """

    def __init__(
        self,
        site_url: str,
        *,
        shape: str | None = None,
        environ: Mapping[str, str],
        expected: object = None,
        source: str = "",
        gemini: str = GEMINI,
    ) -> None:
        self.site_url = site_url
        self.shape = shape or shape_of(site_url)
        self.environ = environ
        self.expected = expected
        self.source = source
        self.gemini = gemini
        self.http = httpx2.Client(timeout=TIMEOUT_S, verify=authorities())
        self._silent: set[str] = set()

    def fetch(self, method: str, url: str, **more: Any) -> httpx2.Response:
        """Ask. Raises Broken when nobody answers; NotReached when nobody did before."""
        host = urlsplit(url).netloc
        if host in self._silent:
            raise NotReached
        try:
            return self.http.request(method, url, **more)
        except httpx2.HTTPError as error:
            self._silent.add(host)
            raise Broken(f"{_shown(url)} does not answer: {error}{_hint(error)}") from error

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Ask the token API, by what comes after /api/v1/live-token."""
        return self.fetch(method, f"{self.api}/api/v1/live-token{path}", **more)

    def ask_as(self, person: Person, method: str, path: str, **more: Any) -> httpx2.Response:
        """The same, signed in."""
        headers = {**person.headers, **more.pop("headers", {})}
        return self.ask(method, path, headers=headers, **more)

    @Fact
    def index(self) -> httpx2.Response:
        """What people get when they open the address."""
        return expect(self.fetch("GET", self.site_url), 200)

    @Fact
    def page(self) -> Page:
        """The same, read."""
        return Page.of(self.index.text)

    @Fact
    def web_config(self) -> dict[str, Any]:
        """The page's config.json."""
        return document(expect(self.fetch("GET", self.beside("config.json")), 200))

    @Fact
    def api(self) -> str:
        """Where the API is, as the page works it out."""
        return self.beside(str(self.web_config.get("api"))).removesuffix("/")

    @Fact
    def offer(self) -> dict[str, Any]:
        """What the API's config has on offer."""
        return document(expect(self.ask("GET", "/config"), 200))

    @Fact
    def person(self) -> Person:
        """A test user, signed in."""
        return sign_in(self)

    @Fact
    def minted(self) -> dict[str, Any]:
        """The answer to the one mint."""
        answer = self.ask_as(self.person, "POST", "")
        self.person.refused_for_reasons_of_its_own(answer)
        return document(expect(answer, 201))

    def beside(self, name: str) -> str:
        """The address of a file beside the page."""
        return urljoin(self.index_url, name)

    @property
    def index_url(self) -> str:
        """The page's own address: a folder without its slash is still one."""
        named = self.site_url.endswith((".html", "/"))
        return self.site_url if named else f"{self.site_url}/"

    @property
    def origin(self) -> str:
        """The page's origin, as a browser sends it."""
        parts = urlsplit(self.site_url)
        return f"{parts.scheme}://{parts.netloc}"

    def close(self) -> None:
        """Leave nothing behind."""
        person = vars(self).get("_person")
        try:
            if person:
                person[0].leave()
        finally:
            self.http.close()


@cache
def authorities() -> ssl.SSLContext:
    """Whom to believe, read once: it takes longer than a whole check."""
    return httpx2.create_ssl_context()


def shape_of(url: str) -> str:
    """Tell a deployment's shape by its address."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host):
        return "local"
    return "plain" if host.endswith("storage.googleapis.com") else "domain"


def is_loopback(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def expect(answer: httpx2.Response, status: int) -> httpx2.Response:
    """Take an answer of that status. Raises Broken."""
    if answer.status_code != status:
        told = f"answered {answer.status_code} instead of {status}"
        raise Broken(f"{_asked(answer)} {told}{_reason(answer)}")
    return answer


def document(answer: httpx2.Response) -> dict[str, Any]:
    """Read an answer's JSON object. Raises Broken."""
    try:
        value = answer.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        kind = answer.headers.get("content-type", "no type")
        raise Broken(f"{_asked(answer)} answered no JSON object, but {kind}")
    return value


def _asked(answer: httpx2.Response) -> str:
    return f"{answer.request.method} {_shown(str(answer.request.url))}"


def _shown(url: str) -> str:
    """Without a query, where keys may be."""
    return url.partition("?")[0]


def _reason(answer: httpx2.Response) -> str:
    """Of a problem document, what it says."""
    if "json" not in answer.headers.get("content-type", ""):
        return ""
    problem = document(answer)
    return f": {problem['code']}, {problem.get('detail')}" if "code" in problem else ""


def _hint(error: httpx2.HTTPError) -> str:
    told = str(error).lower()
    if "certificate" in told or "ssl" in told or "tls" in told:
        return " (a new domain's certificate takes up to an hour after its DNS record is right)"
    return " (is its DNS record there?)" if "name" in told and "known" in told else ""
