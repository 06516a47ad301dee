import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The application is served by the program itself. While developing, `npm run dev` serves it, and passes what is the
// program's on to one that runs (KASKAD_URL).
const program = process.env.KASKAD_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  base: "/app/",
  server: { proxy: { "/api": program, "/assets": program, "/sign-in": program } },
  build: {
    // Their names hold a mark of their content: the program lets browsers keep them for ever.
    assetsDir: "assets",
    // No map: the source is public, and maps would double the program.
    sourcemap: false,
    chunkSizeWarningLimit: 1500,
  },
});
