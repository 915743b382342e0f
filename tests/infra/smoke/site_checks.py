"""What the site owes its visitors: the page, its policy, files and headers, its config.json."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from infra.smoke.page import chunks, directives
from infra.smoke.report import Broken, DoesNotApply, NotChecked
from infra.smoke.visit import Visit, expect, is_loopback

NOSNIFF = {"x-content-type-options": "nosniff"}
HEADERS = {
    "local": NOSNIFF,
    "plain": {},  # a bucket sends none of its own: what it can do is in the page's policy
    "domain": {
        **NOSNIFF,
        "strict-transport-security": r"max-age=\d{8,}",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": r"microphone=\(self\)",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": "frame-ancestors 'none'",
    },
}
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "base-uri": {"'none'"},
    "form-action": {"'none'"},
    "require-trusted-types-for": {"'script'"},
}
TYPES = {".js": "javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
SIGN_IN = {
    "local": {"url"},
    "identity-platform": {"apiKey", "ways"},
    "oidc": {"issuer", "clientId"},
}


def page_is_fresh(visit: Visit) -> None:
    """The page opens, and is asked for anew each time"""
    if "text/html" not in visit.index.headers.get("content-type", ""):
        raise Broken(f"{visit.site_url} is {visit.index.headers.get('content-type')}, not HTML")
    _cached(visit.site_url, visit.index.headers.get("cache-control", ""), "no-cache")


def policy_is_strict(visit: Visit) -> None:
    """The page's Content-Security-Policy lets in nobody else's script"""
    if not visit.page.policies:
        raise Broken(f"{visit.site_url} has no Content-Security-Policy in its head")
    policy = directives(visit.page.policies[0])
    for name, wanted in POLICY.items():
        if set(policy.get(name, ())) != wanted:
            told = " ".join(policy.get(name, ["nothing"]))
            raise Broken(f"the policy's {name} is {told}; it must be {' '.join(wanted)}")


def files_are_there(visit: Visit) -> None:
    """Every file the page and its scripts point to is there, the hashed ones for ever"""
    waiting = {urljoin(visit.index_url, address) for address in visit.page.files}
    seen: set[str] = set()
    while waiting:
        url = waiting.pop()
        seen.add(url)
        answer = visit.fetch("GET", url)
        if answer.status_code != 200:
            told = f"answers {answer.status_code}: the page is newer or older than its files"
            raise Broken(f"{url}, which the page needs, {told}")
        _typed(url, answer.headers.get("content-type", ""))
        if "/assets/" in url:
            _cached(url, answer.headers.get("cache-control", ""), "immutable")
            waiting |= {urljoin(url, name) for name in chunks(answer.text)} - seen


def headers_are_set(visit: Visit) -> None:
    """The site's security headers are those of its shape"""
    for name, pattern in HEADERS[visit.shape].items():
        value = visit.index.headers.get(name)
        if value is None:
            raise Broken(f"{visit.site_url} answers without {name}")
        if not re.search(pattern, value):
            raise Broken(f"{visit.site_url} answers with {name}: {value}; wanted is {pattern}")


def absent_is_absent(visit: Visit) -> None:
    """An address that is not there is not answered with a page"""
    url = visit.beside("assets/no-such-file-00000000.js")
    if (status := visit.fetch("GET", url).status_code) not in (403, 404):  # 403: a bucket's way
        raise Broken(f"{url} answers {status}; a page for everything hides files that are gone")


def http_leads_to_https(visit: Visit) -> None:
    """http:// leads to https://"""
    parts = urlsplit(visit.site_url)
    if visit.shape != "domain" or parts.scheme != "https":
        raise DoesNotApply
    answer = visit.fetch("GET", parts._replace(scheme="http").geturl())
    if not answer.headers.get("location", "").startswith("https://"):
        raise Broken(f"http://{parts.netloc} answers {answer.status_code}, and leads nowhere")


def config_leads_to_the_api(visit: Visit) -> None:
    """config.json is as the page reads it, and leads to the API"""
    url = visit.beside("config.json")
    _cached(url, visit.fetch("GET", url).headers.get("cache-control", ""), "no-cache")
    if visit.expected not in (None, visit.web_config):
        raise Broken(f"config.json is {visit.web_config}, not as it was deployed: {visit.expected}")
    if not isinstance(visit.web_config.get("api"), str):
        raise Broken("config.json has no api, the address before /api/v1")
    for address in (visit.api, *_sign_in_address(visit)):
        parts = urlsplit(address)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise Broken(f"config.json names {address}, which is not https")
    sign_in = visit.web_config.get("signIn")
    if not isinstance(sign_in, dict) or sign_in.get("kind") not in SIGN_IN:
        raise Broken(f"config.json has no signIn of a known kind: {', '.join(SIGN_IN)}")
    if missing := SIGN_IN[sign_in["kind"]] - sign_in.keys():
        raise Broken(f"config.json's signIn has no {min(missing)}")
    expect(visit.ask("GET", "/config"), 200)


def _sign_in_address(visit: Visit) -> list[str]:
    sign_in = visit.web_config.get("signIn") or {}
    if sign_in.get("kind") == "local" and not is_loopback(urlsplit(visit.site_url).hostname or ""):
        raise Broken("config.json signs people in locally: that is for one machine only")
    return [visit.beside(sign_in[name]) for name in ("url", "issuer") if name in sign_in]


def public_key_opens_no_gemini(visit: Visit) -> None:
    """The site's public key opens no Gemini"""
    key = visit.web_config["signIn"].get("apiKey")
    if not key:
        raise DoesNotApply
    url, referred = f"{visit.gemini}/v1beta/models", {"Referer": visit.index_url}
    answer = visit.fetch("GET", url, params={"key": key}, headers=referred)
    if answer.is_success:
        raise Broken("anybody can use Gemini with the key in config.json: restrict that key")
    if answer.status_code not in (400, 401, 403):
        raise NotChecked(f"{url} answered {answer.status_code}")


def _cached(url: str, told: str, wanted: str) -> None:
    if wanted not in told:
        raise Broken(f"{url} has Cache-Control '{told}'; it must be {wanted}")


def _typed(url: str, told: str) -> None:
    for suffix, wanted in TYPES.items():
        if url.endswith(suffix) and wanted not in told:
            raise Broken(f"{url} is said to be {told or 'nothing'}; browsers want {wanted}")


CHECKS = (
    page_is_fresh,
    policy_is_strict,
    files_are_there,
    headers_are_set,
    absent_is_absent,
    http_leads_to_https,
    config_leads_to_the_api,
    public_key_opens_no_gemini,
)
