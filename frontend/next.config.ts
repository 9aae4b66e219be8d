import path from "node:path";
import type { NextConfig } from "next";
import { buildId } from "./scripts/build-id.mjs";
import { serverOrigin } from "./src/chat/server-url";

// Refuses a malformed server URL here, where the build can say so, rather than
// in a browser that would show a page that never connects.
serverOrigin(process.env.NEXT_PUBLIC_SERVER_URL);

const config: NextConfig = {
  output: "export",
  images: { unoptimized: true },
  reactStrictMode: true,
  // Files under _next/static are cached for a year, so an id that names
  // different content must differ, and one that names the same must not.
  generateBuildId: () => buildId(import.meta.dirname),
  turbopack: { root: path.resolve(import.meta.dirname) },
};

export default config;
