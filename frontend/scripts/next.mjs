// Runs Next.js with its telemetry off, on every system's shell.
process.env.NEXT_TELEMETRY_DISABLED = "1";
await import("next/dist/bin/next");
