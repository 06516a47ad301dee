import { defineConfig } from "vitest/config";

// What the canvas costs a frame, and the application its first load: a part of `make bench`, no part of the tests.
export default defineConfig({ test: { include: ["e2e/frames.ts"], reporters: ["default"] } });
