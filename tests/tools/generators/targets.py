"""Each generator: how its client is generated, compiled and run, in a folder of its own.

All tell the same story: mint with an `Idempotency-Key`, have the lost answer again, be refused by
the cooldown, refresh, read the usage, end the session, and read its state and the health.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[3]
CONTRACT = ROOT / "functions" / "openapi.yaml"
STORIES = Path(__file__).with_name("stories")
NODE = ROOT / "tests" / "node_modules"
LOCAL = ROOT / ".local" / "generators"
JAR = LOCAL / "openapi_generator_cli" / "openapi-generator.jar"
DEADLINE_S = 600
_COMPILER = ("--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10")
_CHECKS = ("--strict", "--skipLibCheck", "--lib", "es2022,dom,dom.iterable", "--types", "node")

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A generator for a language; commands run in its folder, one after another."""

    name: str
    story: str
    generate: tuple[Command, ...]
    compile: tuple[Command, ...]
    run: Command

    def make(self, folder: Path) -> None:
        """Generate and compile."""
        (folder / "node_modules").symlink_to(NODE)
        shutil.copy(STORIES / self.story, folder)
        for command in (*self.generate, *self.compile):
            done(command, folder)

    def tell(self, folder: Path, url: str, id_token: str) -> dict[str, object]:
        """Run the story against a Livepass; return what it printed."""
        environ = {"LIVEPASS": url, "ID_TOKEN": id_token, "KEY": uuid4().hex}
        return dict(json.loads(done(self.run, folder, **environ)))


class GeneratorFailed(Exception):
    """A command of a generator, compiler or client failed; the message is what it printed."""


def done(command: Command, folder: Path, **environ: str) -> str:
    """Run a command and return its output."""
    path = f"{Path(sys.executable).parent}:{NODE / '.bin'}:{os.environ['PATH']}"
    ran = subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": f".:{LOCAL}",
            "GOFLAGS": "-mod=mod",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if ran.returncode:
        raise GeneratorFailed(f"{' '.join(command[:4])}: {(ran.stdout + ran.stderr)[-3000:]}")
    return ran.stdout


def _tsc(story: str) -> Command:
    return ("tsc", *_COMPILER, *_CHECKS, "--outDir", "built", story)


def in_tests() -> Iterator[Target]:
    """Those whose tools are Python and Node packages, which `make test` has."""
    spec = str(CONTRACT)
    yield Target(
        "openapi-python-client",
        "python_client.py",
        (("openapi-python-client", "generate", "--path", spec, "--meta", "none",
          "--output-path", "livepass_client"),),
        ((sys.executable, "-m", "compileall", "-q", "livepass_client"),),
        (sys.executable, "python_client.py"),
    )  # fmt: skip
    yield Target(
        "openapi-typescript",
        "openapi_typescript.ts",
        (("openapi-typescript", spec, "-o", "client/schema.ts"),),
        (_tsc("openapi_typescript.ts"),),
        ("node", "built/openapi_typescript.js"),
    )
    yield Target(
        "Hey API",
        "hey_api.ts",
        (("openapi-ts", "-i", spec, "-o", "client", "--no-log-file"),),
        (_tsc("hey_api.ts"),),
        ("node", "built/hey_api.js"),
    )


def by_openapi_generator() -> Iterator[Target]:
    """openapi-generator's languages."""
    jar = _jar()
    yield Target(
        "openapi-generator python",
        "openapi_generator.py",
        (_generated(jar, "python", "."),),
        ((sys.executable, "-m", "compileall", "-q", "openapi_client"),),
        (sys.executable, "openapi_generator.py"),
    )
    yield Target(
        "openapi-generator typescript-fetch",
        "typescript_fetch.ts",
        (_generated(jar, "typescript-fetch", "client"),),
        (_tsc("typescript_fetch.ts"),),
        ("node", "built/typescript_fetch.js"),
    )
    yield Target(
        "openapi-generator go",
        "story.go",
        (_generated(jar, "go", "client", "--additional-properties=withGoMod=false"),
         ("rm", "-rf", "client/test"), ("go", "mod", "init", "livepass")),
        (("go", "build", "-o", "story", "story.go"),),
        ("./story",),
    )  # fmt: skip
    # The generator's own jar has the libraries that its clients are compiled with.
    path = ("-cp", f"built:{jar}")
    yield Target(
        "openapi-generator java (native)",
        "Story.java",
        (_generated(jar, "java", "client", "--library", "native",
                    "--additional-properties=openApiNullable=false"),
         ("cp", str(STORIES / "Generated.java"), ".")),
        (("javac", "-nowarn", "-d", "built", *path, "-sourcepath", "client/src/main/java",
          "Generated.java", "Story.java"),),
        ("java", *path, "Story"),
    )  # fmt: skip


def _jar() -> str:
    if not JAR.exists():
        raise GeneratorFailed("openapi-generator is missing: make generators installs it")
    return str(JAR)


def _generated(jar: str, language: str, folder: str, *more: str) -> Command:
    return ("java", "-jar", jar, "generate", "-g", language, "-i", str(CONTRACT), "-o", folder,
            *more)  # fmt: skip


LINTERS: dict[str, Callable[[Path], str]] = {
    "spectral": lambda folder: done(
        ("spectral", "lint", "--fail-severity", "warn", "--ruleset", str(STORIES / "spectral.yaml"),
         str(CONTRACT)), folder),
    "redocly": lambda folder: done(("redocly", "lint", str(CONTRACT)), folder),
}  # fmt: skip
