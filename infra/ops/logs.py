"""`make logs ENV=...`: what the function wrote, and what the budget guard warned of, oldest first.

SINCE=2h looks further back than an hour; FILTER='severity>=ERROR' narrows it.
"""

from __future__ import annotations

import os
from typing import Any

from ops.gcloud import told
from ops.smoke import deployed_in
from ops.stop import make_command
from ops.terminal import environment_asked

MOST = 500
SHOWN = ("user", "session", "code", "violated", "detail", "reason")
# The guard checks once a minute; only what it warns of is of use here.
WANTED = (
    'resource.type="cloud_run_revision" (resource.labels.service_name="{0.service_name}"'
    ' OR (resource.labels.service_name="{0.guard_name}" severity>=WARNING))'
)


@make_command
def main() -> None:
    """Print the audit lines, and whatever else it wrote."""
    env = environment_asked("logs", __doc__)
    wanted = WANTED.format(deployed_in(env))
    if narrower := os.environ.get("FILTER"):
        wanted += f" ({narrower})"
    since = f"--freshness={os.environ.get('SINCE', '1h')}"
    entries = told(env, "logging", "read", wanted, since, f"--limit={MOST}", "--order=desc")
    for entry in reversed(entries):
        print(line(entry))
    if len(entries) == MOST:
        print(f"These are the newest {MOST} entries; narrow them down with SINCE= and FILTER=.")


def line(entry: dict[str, Any]) -> str:
    """An entry, for people; a traceback below it."""
    payload = entry.get("jsonPayload", {})
    said = payload.get("message") or entry.get("textPayload") or _request(entry)
    facts = [f"{name}={payload[name]}" for name in SHOWN if name in payload]
    took = [f"{name}={ms:.0f}ms" for name, ms in payload.get("latencyMs", {}).items()]
    head = [entry.get("timestamp", ""), entry.get("severity", ""), said, *facts, *took]
    return "\n    ".join([" ".join(head).rstrip(), *payload.get("traceback", "").splitlines()])


def _request(entry: dict[str, Any]) -> str:
    """What Cloud Run wrote of a request, which may have reached no instance.

    docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry, HttpRequest
    """
    asked = entry.get("httpRequest", {})
    told = [asked.get(name) for name in ("status", "requestMethod", "requestUrl", "latency")]
    return " ".join(str(each) for each in told if each) or str(entry.get("logName", ""))


if __name__ == "__main__":
    main()
