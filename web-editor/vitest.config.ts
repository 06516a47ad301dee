import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The tests that need no browser: logic, and components in a pretended page.
export default defineConfig({
  plugins: [react()],
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    reporters: ["./e2e/reporter.ts"],
    environment: "jsdom",
    setupFiles: ["./src/test/setup.ts"],
  },
});
