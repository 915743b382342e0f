"""What `make run` prints: where everything is, and how to hold a token within a minute."""

from __future__ import annotations

import sys
from collections.abc import Mapping

RED = "\x1b[31m{}\x1b[0m"


def welcome(
    base_url: str,
    *,
    behind: str,
    identity: str,
    own: Mapping[str, str] | None = None,
    secure_url: str = "",
    authority: str = "",
) -> str:
    """Say where everything is; `secure_url` is the same over TLS, by the authority in a file, and
    `own` the issuer and audience of somebody's own provider.
    """
    api = f"{base_url}/api/v1/live-token"
    tls = OVER_TLS.format(secure_url=secure_url, authority=authority) if secure_url else ""
    if own:
        plain = own["issuer"].startswith("http:")
        page = OVER_HTTP if plain else BY_PAGE.format(base_url=base_url)
        return OWN.format(base_url=base_url, behind=behind, tls=tls, page=page, **own)
    return WELCOME.format(base_url=base_url, behind=behind, identity=identity, api=api, tls=tls)


def in_red(text: str) -> str:
    """Write in red, if this is a terminal."""
    return RED.format(text) if sys.stdout.isatty() else text


DEV = "DEV: no cooldown, high limits, and nobody is blocked. Not what a deployment does.\n"
OVER_TLS = """Over TLS, for what speaks nothing else, as Google's Python SDK: {secure_url}
Mint there (curl --cacert {authority}): the answer leads to where it was asked for.
  export SSL_CERT_FILE={authority}
"""
LAN = """
Anyone on this network can open {url} and sign in as anyone. It is this machine's address there: a
phone cannot reach 127.0.0.1, and browsers keep microphones from pages without TLS. The certificate
is this machine's own, so each browser asks once whether to continue. For programs:
  export SSL_CERT_FILE={authority}
"""
BY_PAGE = """Register for that client: redirect URI and post-logout redirect URI
{base_url}/index.html (the dashboard's: {base_url}/admin.html),
and the origin {base_url} (CORS)."""
OVER_HTTP = "The page cannot sign in there, since it calls providers over https only. Programs can."
OWN = """
Livepass is up: {base_url}
{tls}It talks to {behind}. Ctrl-C stops everything; data stays in .local/.
People sign in at {issuer}, as {audience} there.
{page}

A token without the page; register http://127.0.0.1:8765/callback, and in another terminal:

  PYTHONPATH=tests LIVEPASS={base_url} ISSUER={issuer} AUDIENCE={audience} \\
    python3 -m examples.sign_in
"""
WELCOME = """
Livepass is up: {base_url}
Admin dashboard (on this machine, everyone is an admin): {base_url}/admin.html
{tls}It talks to {behind}. Ctrl-C stops everything; data stays in .local/.

Paste these into another terminal:

  # sign in as alice
  ID=$(curl -s {base_url}{identity}/token -d '{{"user": "alice"}}' | cut -d'"' -f4)

  # mint a token: 201. Again: 429 until the cooldown is over
  MINTED=$(curl -s -X POST {api} -H "Authorization: Bearer $ID"); echo "$MINTED"
  curl -si -X POST {api} -H "Authorization: Bearer $ID"; echo

  # refresh it: 201
  SESSION=$(echo "$MINTED" | sed 's/.*"session":{{"id":"\\([^"]*\\).*/\\1/')
  refresh() {{ curl -si {api}/refresh -H "Authorization: Bearer $ID" \\
    -H "Content-Type: application/json" -d '{{"sessionId": "'$SESSION'"}}'; echo; }}; refresh

  # usage and what is left, and the sessions
  curl -s {api}/usage -H "Authorization: Bearer $ID"; echo
  curl -s {api}/sessions -H "Authorization: Bearer $ID"; echo

  # what an admin sees: the last 24 hours
  ADMIN=$(curl -s {base_url}{identity}/token -d '{{"user": "ada", "admin": true}}' | cut -d'"' -f4)
  curl -s {base_url}/api/v1/admin/overview -H "Authorization: Bearer $ADMIN"; echo

  # end the session: 204. Refresh it again: 409
  curl -si -X DELETE {api}/sessions/$SESSION -H "Authorization: Bearer $ID"
  refresh

"""
