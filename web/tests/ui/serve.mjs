/**
 * Serves the page as `make run` does, with the functions and the emulated Gemini, on a port and a ledger
 * of its own.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY_MS = 60_000;

/**
 * `settings` are environment variables for the functions; `seed` names a module that writes a day into
 * the ledger's file.
 */
export async function serve({ seed, settings = {}, port } = {}) {
  port ??= await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "livepass-"));
  const cwd = join(import.meta.dirname, "../../..");
  const env = {
    ...process.env,
    ...settings,
    PYTHONPATH: "functions:tests",
    GEMINI_API_KEY: "",
    LIVE_API_LEDGER: `sqlite:///${folder}/l.sqlite3`,
  };
  if (seed !== undefined)
    execFileSync(".venv/bin/python", ["-m", seed, `${folder}/l.sqlite3`], { cwd, env });
  const server = spawn(".venv/bin/python", ["-m", "emulator.run", "--port", String(port)], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  server.stderr.on("data", (data) => (told = `${told}${data}`.slice(-2000)));
  const close = () => {
    server.kill("SIGINT");
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    if (
      await fetch(`${url}/index.html`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, close };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  close();
  throw new Error(`nobody answers at ${url}: ${told}`);
}

export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
