import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "vite";
import type { Running } from "./process";

/** The page of the Node deployment, built and served from a port of its own. */
export interface OriginalPage extends Running {
  readonly url: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** Builds the page with React's development build, whose StrictMode mounts twice. */
export async function startOriginalPage(): Promise<OriginalPage> {
  const directory = await mkdtemp(path.join(tmpdir(), "nudge-original-"));
  await build({
    root: path.resolve(import.meta.dirname, "../original"),
    configFile: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": JSON.stringify("development") },
    build: { outDir: directory, emptyOutDir: true, minify: false, modulePreload: false },
  });

  const server = createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : path.normalize(request.url ?? "");
    readFile(path.join(directory, name)).then(
      (body) => response.setHeader("Content-Type", types[path.extname(name)] ?? "").end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  return {
    url: `http://localhost:${address.port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    },
  };
}
