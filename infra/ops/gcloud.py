"""gcloud, for one project and without its questions."""

from __future__ import annotations

import json
from typing import Any

from ops.command import read
from ops.environment import Environment


def gcloud(env: Environment, *arguments: str, stdin: str | None = None) -> str:
    """Run a command and return what it answers. Raises Failed."""
    return read("gcloud", *arguments, f"--project={env.project}", "--quiet", stdin=stdin)


def told(env: Environment, *arguments: str) -> Any:
    """The same, as JSON."""
    return json.loads(gcloud(env, *arguments, "--format=json"))
