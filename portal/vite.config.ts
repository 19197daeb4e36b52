import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the sources and hands /api to a controller, by default the one of `./dev demo`.
const controller = process.env.SLUICE_CONTROLLER ?? "http://127.0.0.1:8080";

// The browser itself refuses every request to another origin and every script that is not ours.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export default defineConfig({
  plugins: [
    react(),
    {
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" }],
    },
  ],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: "manifest.json",
    // The controller tells names with a hash, which may be cached for ever, by their form.
    rollupOptions: { output: { hashCharacters: "base36" } },
  },
  css: {
    preprocessorOptions: {
      scss: { quietDeps: true, silenceDeprecations: ["import", "global-builtin", "if-function"] },
    },
  },
  server: { host: "127.0.0.1", proxy: { "/api": controller } },
  test: { include: ["src/**/*.test.ts"] },
});
