import { defineConfig } from "vitest/config";

// The browser's tests: one program and one browser for each file, two files at once: a page waits for its program and the
// program for its page, so one file leaves half of two processors idle.
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    reporters: ["./e2e/reporter.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // A busy machine is slow; what is waited for ends a wait at once.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
});
