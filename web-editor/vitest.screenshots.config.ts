import { defineConfig } from "vitest/config";

// Pictures of the screens; no part of the tests.
export default defineConfig({ test: { include: ["e2e/screenshots.ts"], reporters: ["default"] } });
