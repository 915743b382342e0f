"""What the operator decides: environment variables, read once and checked together.

`settings.Settings` has a row for each variable; `issuers`, `tiers`, `urls` and `values` parse their
text. Whatever is missing, wrong, unknown or in conflict is listed in one error, by variable name,
and nothing starts.
"""

from vending.settings.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError"]
