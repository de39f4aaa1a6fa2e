import { defineConfig } from "@playwright/test";

/** This machine's Chromium. The tests start their own servers (fixtures/server.ts). */
export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  workers: 4,
  // Tests that mostly wait need no processor, so two of them run beside the others.
  projects: [
    { name: "waiting", grep: /@waits/, workers: 2 },
    { name: "browser", grepInvert: /@waits/, workers: 3 },
  ],
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 7_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 860 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
