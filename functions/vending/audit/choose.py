"""Where audit lines go, and where they are read back from: as LIVE_API_AUDIT_TRAIL says, by its
scheme. Importing this opens nothing, and loads neither of the trails.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vending.audit.log import AuditLog
from vending.settings.urls import SQLITE

if TYPE_CHECKING:
    from vending.audit.reader import AuditTrail
    from vending.settings import Settings


def choose_log(settings: Settings) -> AuditLog:
    """Build what writes the lines: to the log, and on one machine to a file that admins read, too.
    Nothing is opened yet.
    """
    project, key = settings.google_cloud_project, settings.gemini_api_key
    trail = settings.audit_trail
    if not trail.startswith(SQLITE):
        return AuditLog(project, secret=key)
    from vending.audit.sqlite_reader import KeptAuditLog, SqliteTrail  # noqa: PLC0415 - one machine only

    return KeptAuditLog(project, SqliteTrail(Path(trail.removeprefix(SQLITE))), secret=key)


def choose_trail(url: str) -> AuditTrail:
    """Build what reads them: sqlite:///PATH or logging://PROJECT/LOCATION/BUCKET/VIEW; none."""
    if url.startswith(SQLITE):
        from vending.audit.sqlite_reader import SqliteTrail  # noqa: PLC0415 - only the one in use

        return SqliteTrail(Path(url.removeprefix(SQLITE)))
    if url:
        from vending.audit.cloud_reader import CloudTrail  # noqa: PLC0415 - a third of a second

        parts = urlsplit(url)
        location, bucket, view = parts.path.strip("/").split("/")
        name = f"projects/{parts.netloc}/locations/{location}/buckets/{bucket}/views/{view}"
        return CloudTrail(name)
    from vending.audit.reader import NoTrail  # noqa: PLC0415 - only the one in use

    return NoTrail()
