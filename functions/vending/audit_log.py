"""Choose where audit lines go: to the log, and on one machine to a file that admins read, too."""

from __future__ import annotations

from pathlib import Path

from vending.audit.log import AuditLog
from vending.setting_values import SQLITE
from vending.settings import Settings


def audit_log(settings: Settings) -> AuditLog:
    """Build the log; nothing is opened yet."""
    project, key = settings.google_cloud_project, settings.gemini_api_key
    trail = settings.audit_trail
    if not trail.startswith(SQLITE):
        return AuditLog(project, secret=key)
    from vending.audit.sqlite_reader import KeptAuditLog, SqliteTrail  # noqa: PLC0415 - one machine only

    return KeptAuditLog(project, SqliteTrail(Path(trail.removeprefix(SQLITE))), secret=key)
