"""A test user: given by the environment, of the local issuer, or made for the moment.

An Identity Platform user is made and deleted with the operator's own login (gcloud), and signs in
as the page would, with the site's public key.
https://cloud.google.com/identity-platform/docs/use-rest-api
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2

from infra.smoke.report import Broken, NotChecked

if TYPE_CHECKING:
    from infra.smoke.visit import Visit

ID_TOKEN = "LIVEPASS_SMOKE_ID_TOKEN"
APP_CHECK_TOKEN = "LIVEPASS_SMOKE_APP_CHECK_TOKEN"
TOOLKIT = "https://identitytoolkit.googleapis.com"
FIREBASE = "https://securetoken.google.com/"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in. `new` when nobody has minted as them before."""

    id_token: str = field(repr=False)
    new: bool = True
    app_check_token: str = field(default="", repr=False)
    leave: Callable[[], None] = lambda: None

    @property
    def headers(self) -> dict[str, str]:
        """What their requests carry."""
        headers = {"Authorization": f"Bearer {self.id_token}"}
        if self.app_check_token:
            headers["X-Firebase-AppCheck"] = self.app_check_token
        return headers

    def refused_for_reasons_of_its_own(self, answer: httpx2.Response) -> None:
        """Tell a refusal of this person at this time from a fault. Raises NotChecked."""
        if answer.status_code < 400 or "problem" not in answer.headers.get("content-type", ""):
            return
        problem = answer.json()
        if problem["code"] == "quota-exceeded" and not self.new:
            wait = f"free again in {problem['retryAfterSeconds']} s"
            raise NotChecked(f"the user of {ID_TOKEN} is at a limit, {wait}")
        if problem["code"] == "minting-paused":
            raise NotChecked("minting is paused (LIVE_API_MINTING_PAUSED)")
        if problem["code"] == "app-check-failed" and not self.app_check_token:
            raise NotChecked(f"App Check is enforced; give a debug token in {APP_CHECK_TOKEN}")


def sign_in(visit: Visit) -> Person:
    """Sign somebody in, by the first way there is. Raises NotChecked when there is none."""
    attested = visit.environ.get(APP_CHECK_TOKEN, "")
    if given := visit.environ.get(ID_TOKEN):
        return Person(given, new=False, app_check_token=attested)
    settings = visit.web_config["signIn"]
    if settings["kind"] == "local":
        user = {"user": f"smoke-{secrets.token_hex(6)}"}
        token = _answer(visit, visit.beside(settings["url"]), user)["idToken"]
        return Person(token, app_check_token=attested)
    if settings["kind"] == "identity-platform":
        return _made_for_now(visit, settings, attested)
    raise NotChecked(f"nobody to sign in as; give an ID token in {ID_TOKEN}")


def _made_for_now(visit: Visit, settings: dict[str, Any], attested: str) -> Person:
    toolkit = _Toolkit(visit, settings)
    if "email" in settings["ways"]:
        token, leave = toolkit.by_email()
    elif "anonymous" in settings["ways"]:
        token, leave = toolkit.anonymously()
    else:
        raise NotChecked(f"people sign in with Google only; give an ID token in {ID_TOKEN}")
    return Person(token, app_check_token=attested, leave=leave)


class _Toolkit:
    """Identity Toolkit's accounts: with the site's key as the page, with a login as operator."""

    def __init__(self, visit: Visit, settings: dict[str, Any]) -> None:
        self._visit = visit
        self._key = settings["apiKey"]
        self._url = settings.get("url", TOOLKIT).removesuffix("/")

    def by_email(self) -> tuple[str, Callable[[], None]]:
        """Make a user with a password, and sign in."""
        password = secrets.token_urlsafe(24)
        email = f"livepass-smoke-{secrets.token_hex(6)}@example.com"
        account = {"email": email, "password": password}
        admin = {"Authorization": f"Bearer {_login()}", "X-Goog-User-Project": self._project()}
        users = f"{self._url}/v1/projects/{self._project()}/accounts"
        made = _answer(self._visit, users, account, admin)

        def leave() -> None:
            _answer(self._visit, f"{users}:delete", {"localId": made["localId"]}, admin)

        try:
            return self._sign_in("signInWithPassword", account), leave
        except Broken:
            leave()
            raise

    def anonymously(self) -> tuple[str, Callable[[], None]]:
        """Come in as a guest."""
        token = self._sign_in("signUp", {})

        def leave() -> None:
            self._as_page("delete", {"idToken": token})

        return token, leave

    def _sign_in(self, method: str, account: dict[str, Any]) -> str:
        token: str = self._as_page(method, {**account, "returnSecureToken": True})["idToken"]
        return token

    def _as_page(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        referred = {"Referer": self._visit.index_url}  # a web key may be for this site only
        url = f"{self._url}/v1/accounts:{method}?key={self._key}"
        return _answer(self._visit, url, body, referred)

    def _project(self) -> str:
        for issuer in self._visit.offer["signIn"]["issuers"]:
            if issuer["issuer"].startswith(FIREBASE):
                return str(issuer["audience"])
        raise Broken("the page signs in by Identity Platform, but the API believes no such issuer")


def _login() -> str:
    """The operator's access token."""
    if not shutil.which("gcloud"):
        raise NotChecked(f"gcloud is not here to make a test user; give an ID token in {ID_TOKEN}")
    command = ["gcloud", "auth", "print-access-token"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise NotChecked(
            f"nobody is logged in to make a test user: gcloud auth login, or {ID_TOKEN}"
        )
    return told.stdout.strip()


def _answer(
    visit: Visit, url: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = visit.fetch("POST", url, json=body, headers=headers)
    if answer.is_error:
        shown = url.partition("?")[0]
        raise Broken(f"no test user: {shown} answered {answer.status_code}: {answer.text[:200]}")
    value: dict[str, Any] = answer.json()
    return value
