"""A checkout of one's own, with the stand-ins first in its PATH."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.rehearsal.address import Address
from infra.rehearsal.cloud import Cloud
from support.servers.fleet import ROOT, clean_environment

STANDINS = Path(__file__).with_name("standins")
ENVIRONMENT = """project_id = "dev-project"
region = "europe-west1"
deletion_protection = true
"""


ENDPOINTS = "CLOUDSDK_API_ENDPOINT_OVERRIDES"
SERVICES = ("CLOUDRESOURCEMANAGER", "FIRESTORE", "IDENTITYTOOLKIT")

ASKED: set[str] = set()
"""Every gcloud command that was asked so far; the real one is asked about them at the end."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command said, and its exit status."""

    status: int
    said: str


class Checkout:
    """What commands run in, and the cloud they think they work on."""

    def __init__(self, folder: Path, reached: Address, *, anew: bool = True) -> None:
        self.folder = folder
        self.cloud = Cloud(folder / "cloud")
        self.reached = reached
        self.env: dict[str, str] = {}
        if anew:
            _copy(folder)
            self.cloud.begin()
        reached.lead_to(self.cloud)

    def copied_to(self, folder: Path) -> Checkout:
        """Another one, with all that was done in this one."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Checkout(folder, self.reached, anew=False)

    def make(self, command: str, stdin: str = "", **variables: str) -> Done:
        """Run a command of the Makefile for the environment dev."""
        given = [f"{name}={value}" for name, value in {"ENV": "dev", **variables}.items()]
        return self.run(["make", "--no-print-directory", command, *given], stdin)

    def run(self, argv: list[str], stdin: str = "") -> Done:
        """Run a program where the stand-ins are first in its PATH."""
        environ = {
            **clean_environment(),
            **{f"{ENDPOINTS}_{each}": f"{self.reached.url}/google/" for each in SERVICES},
            "MAKEFLAGS": "",  # not those of the make that runs the tests
            "PATH": f"{STANDINS}:{ROOT}/.venv/bin:{os.environ['PATH']}",
            "REHEARSAL_CLOUD": str(self.cloud.folder),
            "REHEARSAL_DIST": str(ROOT / "web" / "dist"),
            "REHEARSAL_OUTPUTS": json.dumps(self._outputs()),
            "REHEARSAL_TESTS": str(ROOT / "tests"),
            **self.env,
        }
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=environ,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        asked = (shlex.join(call) for call in self.cloud.calls() if call[0] == "gcloud")
        own = rf"{self.folder}|(?<=/releases/)[^/]+(?=/)|(?<=token-api-)\d+"
        ASKED.update(re.sub(own, "X", command) for command in asked)  # each kind once
        return Done(done.returncode, done.stdout)

    def without(self, tool: str) -> None:
        """Take a tool away: everything else of the PATH is linked in one folder."""
        bin_ = self.folder / "bin"
        bin_.mkdir()
        for place in [str(STANDINS), *os.environ["PATH"].split(":")]:
            for path in Path(place).glob("*"):
                if path.name != tool and not (bin_ / path.name).is_symlink():
                    (bin_ / path.name).symlink_to(path)
        self.env["PATH"] = str(bin_)

    def change_code(self, comment: str) -> None:
        """A commit to the function."""
        main = self.folder / "functions" / "main.py"
        main.write_text(f"{main.read_text()}# {comment}\n")

    def change_site(self, comment: str) -> None:
        """A commit to the site."""
        (self.folder / "web" / "page" / "main.ts").write_text(f"// {comment}\n")

    def _outputs(self) -> dict[str, object]:
        sign_in = {"kind": "local", "url": f"{self.reached.url}/local/identity/token"}
        return {
            "address": None,
            "api_key_secret": "gemini-api-key",
            "api_url": self.reached.url,
            "function_region": "europe-west1",
            "guard_name": "budget-guard",
            "project_id": "dev-project",
            "service_name": "token-api",
            "shape": "plain",
            "site_bucket": "dev-site",
            "site_url": f"{self.reached.url}/index.html",
            "source_bucket": "dev-source",
            "url_map": "livepass",
            "web_config": {"api": self.reached.url, "signIn": sign_in},
        }


def _copy(folder: Path) -> None:
    """What the commands read is copied, what they only run is linked."""
    caches = shutil.ignore_patterns("__pycache__", ".terraform*")
    for name in ("functions", "infra/ops"):
        shutil.copytree(ROOT / name, folder / name, ignore=caches)
    for name in ("Makefile", "infra/function.tf", "infra/tools.json"):
        shutil.copy2(ROOT / name, folder / name)
    (folder / "tests").symlink_to(ROOT / "tests")
    _lend_python(folder / ".venv")
    web = folder / "web"
    for name in ("page/main.ts", "public/robots.txt", "index.html", "vite.config.ts"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text("")
    for room in ("client", "site", "admin"):
        (web / room).mkdir()
    (web / "package-lock.json").write_text("{}")
    envs = folder / "infra" / "envs"
    envs.mkdir()
    (envs / "dev.tfvars").write_text(ENVIRONMENT)
    (envs / "dev.gcs.tfbackend").write_text('bucket = "dev-state"\nprefix = "livepass"\n')


def _lend_python(venv: Path) -> None:
    """Ours, and up to date whatever make thinks of ours: a rehearsal installs nothing."""
    venv.mkdir()
    for path in (ROOT / ".venv").iterdir():
        if path.name not in ("runs", "installed"):
            (venv / path.name).symlink_to(path)
    (venv / "runs").touch()
    (venv / "installed").touch()
