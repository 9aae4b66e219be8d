import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const inputs = ["src", "package-lock.json", "next.config.ts", "postcss.config.mjs"];

/**
 * An id of everything the export is made from: the same wherever and whenever
 * the same sources are built.
 * @param {string} root the directory of package.json
 * @returns {string} 16 hexadecimal digits
 */
export function buildId(root) {
  const hash = createHash("sha256");
  hash.update(`${process.env.NEXT_PUBLIC_SERVER_URL ?? ""}\0`);
  for (const file of inputs.flatMap((input) => filesUnder(root, input)).sort()) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(path.join(root, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The files at or below name, as slash-separated paths relative to root. */
function filesUnder(root, name) {
  if (path.extname(name) !== "") return [name];
  return readdirSync(path.join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"));
}
