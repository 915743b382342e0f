"""Which revision of the function people reach."""

from __future__ import annotations

from typing import Any

from ops.environment import Environment
from ops.gcloud import gcloud, told
from ops.stop import Stop
from ops.terraform import Deployment


class Traffic:
    """The Cloud Run service behind the function. Revisions are kept; traffic moves at once."""

    def __init__(self, env: Environment, deployed: Deployment) -> None:
        self._env = env
        self._service = (deployed.service_name, f"--region={deployed.function_region}")

    def serving(self) -> str:
        """The revision that answers. Raises Stop when several share the traffic."""
        targets = _targets(self._status())
        if len(targets) != 1:
            raise Stop(
                f"{len(targets)} revisions share the traffic of {self._service[0]}: "
                "send all of it to one first (gcloud run services update-traffic)"
            )
        return str(targets[0]["revisionName"])

    def newest(self) -> str:
        """The newest revision that is ready."""
        return str(self._status()["latestReadyRevisionName"])

    def to_newest(self) -> str:
        """Have the newest revision answer, now and after the next one; returns its name."""
        status = self._status()
        if not any(target.get("latestRevision") for target in _targets(status)):
            self._update("--to-latest")
        return str(status["latestReadyRevisionName"])

    def to(self, revision: str) -> None:
        """Have one revision answer, until the next deployment."""
        self._update(f"--to-revisions={revision}=100")

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = told(self._env, "run", "services", "describe", *self._service)[
            "status"
        ]
        return status

    def _update(self, where: str) -> None:
        gcloud(self._env, "run", "services", "update-traffic", *self._service, where)


def _targets(status: dict[str, Any]) -> list[dict[str, Any]]:
    """Where traffic goes; a revision may also be there for its tag alone."""
    return [target for target in status["traffic"] if target.get("percent")]
