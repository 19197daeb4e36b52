import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and hands /api to a controller, by default the one of `./dev demo`.
const controller = process.env.SLUICE_CONTROLLER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Every file of the first load is fetched at once instead of one after the other.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: "manifest.json",
  },
  css: {
    preprocessorOptions: {
      scss: { quietDeps: true, silenceDeprecations: ["import", "global-builtin", "if-function"] },
    },
  },
  server: { host: "127.0.0.1", proxy: { "/api": controller } },
  test: { include: ["src/**/*.test.ts"] },
});
