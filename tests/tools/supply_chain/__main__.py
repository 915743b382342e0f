"""The whole audit: `python -m tools.supply_chain`, with tools in a place of their own.

Known vulnerabilities of every lock, a bill of materials (CycloneDX) of what people get, in
.local/sbom. A database that cannot be reached is said so, and fails with CI=true; a tool that
breaks fails everywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support.runs import tables
from tools.supply_chain.locks import NODE, PYTHON, ROOT, TOOLS, without_extras
from tools.supply_chain.reach import UNREACHABLE, unaudited, why_not

VENV = ROOT / ".local" / "audit"
SBOM = ROOT / ".local" / "sbom"
TITLE, HEADS = "Supply chain", ("what", "of", "cases", "passed", "worst", "seed")
LOUD = "KNOWN VULNERABILITIES WERE NOT LOOKED UP, their databases are out of reach from here."


def main() -> None:
    """Audit, list, print, and fail where something is wrong."""
    _install()
    SBOM.mkdir(parents=True, exist_ok=True)
    told = [_pip_audit(lock) for lock in PYTHON] + [_npm_audit(lock) for lock in NODE]
    told += [_python_sbom(), _node_sbom()]
    print(*tables.lines(), sep="\n")
    if UNREACHABLE in told:
        print(f"\n*** {told.count(UNREACHABLE)} of {len(PYTHON + NODE)} locks: {LOUD} ***")
    unreached = UNREACHABLE in told and os.environ.get("CI") == "true"
    wrong = [line for line in told if line not in ("none", UNREACHABLE)]
    sys.exit("; ".join(wrong) or (UNREACHABLE if unreached else 0))


def _install() -> None:
    """Put the tools in place, anew when their lock changed."""
    venv = ROOT / "tests/tools/install/venv.sh"
    subprocess.run([venv, VENV, ROOT / TOOLS], check=True)


def _run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _brought_nothing(tool: str, lock: str, ran: subprocess.CompletedProcess[str]) -> str:
    print(f"{tool} on {lock} ended with {ran.returncode}:\n{ran.stderr.strip()}", file=sys.stderr)
    return _row("known vulnerabilities", lock, 0, 0, why_not(tool, ran.stdout, ran.stderr))


def _row(what: str, of: str, packages: int, passed: int, worst: str) -> str:
    tables.add(TITLE, HEADS, (what, of, packages, passed, worst, "none"))
    return worst


def _pip_audit(lock: str) -> str:
    options = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
    ran = _run(str(VENV / "bin" / "pip-audit"), *options, "-r", lock)
    try:
        found = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _brought_nothing("pip-audit", lock, ran)
    audited = [package for package in found if "skip_reason" not in package]
    bad = [f"{p['name']}: {v['id']}" for p in audited for v in p["vulns"]]
    skipped = [package["name"] for package in found if "skip_reason" in package]
    worst = ", ".join(bad) or unaudited(len(found), skipped)
    return _row("known vulnerabilities", lock, len(found), len(audited) - len(bad), worst)


def _npm_audit(lock: str) -> str:
    ran = _run("npm", "audit", "--json", "--package-lock-only", cwd=(ROOT / lock).parent)
    try:
        told = json.loads(ran.stdout)["metadata"]
    except (ValueError, KeyError):
        return _brought_nothing("npm audit", lock, ran)
    counts, size = told["vulnerabilities"], told["dependencies"]["total"]
    bad = {name: n for name, n in counts.items() if n and name in ("high", "critical")}
    worst = ", ".join(f"{n} {name}" for name, n in bad.items()) or "none"
    return _row("known vulnerabilities", lock, size, size - counts["total"], worst)


def _python_sbom() -> str:
    path = SBOM / "functions.cdx.json"
    tool = str(VENV / "bin" / "cyclonedx-py")
    once = SBOM / "functions.txt"  # a lock has some packages twice, with an extra and without
    once.write_text(without_extras((ROOT / PYTHON[0]).read_text()))
    ran = _run(tool, "requirements", str(once), "--of", "JSON", "-o", str(path))
    return _listed(PYTHON[0], path, "" if ran.returncode == 0 else ran.stderr)


def _node_sbom() -> str:
    path, options = SBOM / "web.cdx.json", ("--package-lock-only", "--omit", "dev")
    ran = _run("npm", "sbom", "--sbom-format", "cyclonedx", *options, cwd=ROOT / "web")
    path.write_text(ran.stdout)
    return _listed(NODE[0], path, "" if ran.returncode == 0 else ran.stderr)


def _listed(lock: str, path: Path, problem: str) -> str:
    components: Sequence[object] = [] if problem else json.loads(path.read_text())["components"]
    worst = problem.strip() or ("none" if components else "an empty list")
    return _row(f"bill of materials: {path.name}", lock, len(components), len(components), worst)


if __name__ == "__main__":
    main()
