"""How much of functions/ the tests ran, by lines and by branches: `-m tools.mutants.covered`.

Reads what `coverage run` left. Ends with 1 below 95 % of the lines or 90 % of the branches.
"""

from __future__ import annotations

import json
import subprocess
import sys

LEAST = {"statements": 95, "branches": 90}


def main() -> int:
    """Print both figures and the files that lack most."""
    command = [sys.executable, "-m", "coverage"]
    subprocess.run([*command, "combine", "--quiet"], check=True)
    report = subprocess.run([*command, "json", "-o", "-"], check=True, capture_output=True).stdout
    figures = json.loads(report)
    for name, file in figures["files"].items():
        if missing := file["missing_lines"]:
            print(f"  {name}: lines {', '.join(map(str, missing))} did not run")
    covered = {kind: figures["totals"][f"percent_{kind}_covered"] for kind in LEAST}
    for kind, least in LEAST.items():
        print(f"{covered[kind]:.1f} % of the {kind}, at least {least} % is asked for")
    return 0 if all(covered[kind] >= least for kind, least in LEAST.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
