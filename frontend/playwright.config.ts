import { defineConfig, type ReporterDescription } from "@playwright/test";

const reporter: ReporterDescription[] = [["list"]];
if (process.env.E2E_JSON) reporter.push(["json", { outputFile: process.env.E2E_JSON }]);

// With NUDGE_E2E_LONG set, the tests that take minutes run, and no others.
const takesLong = /@long/;

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  ...(process.env.NUDGE_E2E_LONG ? { grep: takesLong } : { grepInvert: takesLong }),
  // One after the other: a test holds port 8000, and machines that run them are small.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  snapshotPathTemplate: "{testDir}/screenshots/{arg}{ext}",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter,
  use: {
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium-headless-shell",
      args: [
        // Chromium refuses to run its sandbox for root.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
      ],
    },
  },
});
