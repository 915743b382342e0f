import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["client/**/*.test.ts", "tests/**/*.test.ts"],
    environment: "node",
    testTimeout: 30_000, // three suites run beside it
    silent: "passed-only",
  },
});
