import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const WEB = join(import.meta.dirname, "..");

test("the types are those of functions/openapi.yaml; if not, run `npm run api`", () => {
  const generator = join(WEB, "api-types/node_modules/openapi-typescript/bin/cli.js");
  const contract = join(WEB, "../functions/openapi.yaml");

  const types = execFileSync(process.execPath, [generator, contract, "--default-non-nullable=false"], {
    cwd: join(WEB, "api-types"),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });

  expect(types).toBe(readFileSync(join(WEB, "client/api/api.d.ts"), "utf8"));
}, 60_000);
