// Fills dist/, which the Go package embeds: the page's export at its root and
// the browser bundles of the installed socket.io-client under socket.io/.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const out = path.join(root, "out");
const dist = path.join(root, "dist");

const bundles = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
].flatMap((name) => [name, `${name}.map`]);

if (!existsSync(path.join(out, "index.html"))) {
  console.error(
    `dist: ${out} holds no index.html; run "npm run build", which exports the page first`,
  );
  process.exit(1);
}

mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) {
  if (name !== ".gitkeep") rmSync(path.join(dist, name), { recursive: true });
}
// 404.html is what a server answers with; _not-found is Next.js's own name for it.
cpSync(out, dist, {
  recursive: true,
  filter: (source) => !path.relative(out, source).startsWith("_not-found"),
});

const require = createRequire(import.meta.url);
const client = path.dirname(require.resolve("socket.io-client/package.json"));
mkdirSync(path.join(dist, "socket.io"));
for (const name of bundles) {
  cpSync(path.join(client, "dist", name), path.join(dist, "socket.io", name));
}
console.log(`dist: the page and ${bundles.length} files of socket.io-client are in ${dist}`);
