// Runs the tests of what needs no browser; tests/studio at the root has those in one.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const built = here("node_modules/.tests/");

rmSync(built, { recursive: true, force: true });
const names = readdirSync(here("tests")).filter((name) => name.endsWith(".test.ts"));
buildSync({
  absWorkingDir: here("."),
  entryPoints: names.map((name) => `tests/${name}`),
  outdir: built,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // The page derives the server's address from its own.
  banner: { js: 'globalThis.document = { baseURI: "http://127.0.0.1:8000/_mock/ui/" };' },
});
const files = names.map((name) => built + name.replace(/ts$/, "mjs"));
const run = spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...files], { stdio: "inherit" });
process.exitCode = run.status ?? 1;
