"""An environment: infra/envs/NAME.tfvars and NAME.gcs.tfbackend, and where its work lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ops.stop import Stop

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
ENVS = INFRA / "envs"


@dataclass(frozen=True, slots=True)
class Environment:
    """Which project is meant. `folder` keeps what a command makes on the way."""

    name: str
    project: str
    region: str

    @classmethod
    def named(cls, name: str) -> Self:
        """Find it by its name. Raises Stop, with the names there are."""
        known = sorted(path.stem for path in ENVS.glob("*.tfvars"))
        if name not in known:
            which = f"there is no infra/envs/{name}.tfvars" if name else "say which environment"
            raise Stop(f"{which}: ENV={' or ENV='.join(known)}")
        path = ENVS / f"{name}.tfvars"
        return cls(name, _text(path, "project_id"), _text(path, "region"))

    @property
    def folder(self) -> Path:
        """Plans, packages, staged sites: may be deleted at any time."""
        return ROOT / ".local" / "ops" / self.name

    @property
    def tfvars(self) -> Path:
        """Its variables."""
        return ENVS / f"{self.name}.tfvars"

    @property
    def backend(self) -> Path:
        """Where its state is."""
        return ENVS / f"{self.name}.gcs.tfbackend"

    @property
    def domain(self) -> str | None:
        """The name people open, if there is one."""
        found = re.search(r'^domain\s*=\s*"([^"]+)"', self.tfvars.read_text(), re.MULTILINE)
        return found[1] if found else None

    @property
    def state_bucket(self) -> str:
        """The bucket of its state."""
        return _text(self.backend, "bucket")


def _text(path: Path, name: str) -> str:
    """A setting of a file as plain as ours are: name = "value"."""
    if not path.exists():
        raise Stop(
            f"{path.relative_to(ROOT)} is missing; see infra/README.md for what goes into it"
        )
    found = re.search(rf'^{name}\s*=\s*"([^"]+)"', path.read_text(), re.MULTILINE)
    if found is None:
        raise Stop(f'{path.relative_to(ROOT)} has no line {name} = "..."')
    return found[1]
