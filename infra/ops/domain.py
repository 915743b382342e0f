"""Whether a domain leads to its load balancer yet; until then people keep the plain addresses.

Closing those before the domain works would be an outage: a certificate is ready up to an hour
after the record is set, and the record takes as long as its zone says.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from ops.environment import Environment
from ops.terraform import Deployment

TIMEOUT_S = 10


def addresses_of(name: str) -> set[str]:
    """Where a name leads; nowhere if it does not exist."""
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def has_certificate(name: str) -> bool:
    """Whether HTTPS is answered with a certificate for it."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((name, 443), timeout=TIMEOUT_S) as connection,
            context.wrap_socket(connection, server_hostname=name),
        ):
            return True
    except OSError:
        return False


def waits_for(
    env: Environment,
    deployed: Deployment | None,
    addresses: Callable[[str], set[str]] = addresses_of,
    certified: Callable[[str], bool] = has_certificate,
) -> str | None:
    """What a domain lacks, and what to do; None without a domain, or if it lacks nothing."""
    if env.domain is None:
        return None
    if deployed is None or deployed.address is None:
        return f"{env.domain} has no load balancer yet"
    if deployed.site_url == f"https://{env.domain}/":
        return None  # it was there: what is wrong with it now, the smoke test tells
    if deployed.address not in (found := addresses(env.domain)):
        leads = f"now it leads to {', '.join(sorted(found))}" if found else "now it leads nowhere"
        return f"set the record\n\n    {env.domain}.  A  {deployed.address}\n\n({leads})"
    if not certified(env.domain):
        return f"the record is right; the certificate of {env.domain} takes up to an hour"
    return None
