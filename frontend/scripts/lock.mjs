// Completes package-lock.json: a registry that does not carry every platform's
// optional package makes `npm install` leave those out, and `npm ci` then
// refuses the lock. The entries added here name the version the parent asks for
// and the platform it is for, so that every platform finds its own.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/** The os, cpu and libc a package name such as "@next/swc-linux-x64-musl" stands for. */
function platform(name) {
  const words = name.split("/").at(-1).split("-");
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (cpu.length !== 1 || os.length > 1) {
    throw new Error(`lock: no platform can be read from the package name ${name}; add it by hand`);
  }
  const libc = words.some((word) => word.startsWith("musl"))
    ? ["musl"]
    : words.some((word) => word.startsWith("gnu")) && os[0] === "linux"
      ? ["glibc"]
      : undefined;
  return { cpu, libc, os: os.length > 0 ? os : undefined };
}

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`node_modules/${name}`, `${path}/node_modules/${name}`];
    if (places.some((place) => place in lock.packages)) continue;
    if (!/^\d+\.\d+\.\d+/.test(version)) {
      throw new Error(`lock: ${path} wants ${name}@${version}, not one exact version`);
    }
    const { cpu, libc, os } = platform(name);
    // In npm's own order, so that npm has nothing to rewrite.
    lock.packages[places[0]] = {
      version,
      cpu,
      ...(entry.dev && { dev: true }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os }),
    };
    added++;
  }
}

for (const entry of Object.values(lock.packages)) delete entry.resolved;

const sorted = Object.keys(lock.packages).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
lock.packages = Object.fromEntries(sorted.map((path) => [path, lock.packages[path]]));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`lock: ${added} platform packages added`);
