import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["client/**/*.test.ts", "tests/**/*.test.ts"],
    environment: "node",
    silent: "passed-only",
  },
});
