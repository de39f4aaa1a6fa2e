import { defineConfig } from "@playwright/test";

import type { Engine } from "./engines/journey.spec";
import chromium from "./playwright.config";

/** One journey in other browser engines: scripts/engines.sh. One at a time, because only one window has the focus. */
export default defineConfig<Engine>({
  ...chromium,
  testDir: "engines",
  workers: 1,
  timeout: 180_000,
  use: {},
  projects: [
    { name: "firefox", use: { engine: "firefox" } },
    { name: "webkit", use: { engine: "webkit" } },
  ],
});
