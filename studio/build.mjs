// Builds the page into mock/zeroscope_mock/ui. With --check, compares it with what is there instead; with --watch, goes on.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const LIMIT = 200_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = here("../mock/zeroscope_mock/ui/");

const options = {
  absWorkingDir: here("."),
  entryPoints: { app: "src/main.tsx" },
  outdir: folder,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  write: false,
};

/** The licenses of the packages that the page contains, which must go where it goes. */
async function licenses(inputs) {
  const names = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const texts = [...new Set(names)]
    .filter(Boolean)
    .sort()
    .map(async (name) => {
      const text = await readFile(here(`node_modules/${name}/LICENSE`), "utf8");
      return `${name}\n\n${text.replaceAll("*/", "").trim()}`;
    });
  return `/*!\n${(await Promise.all(texts)).join("\n\n")}\n*/\n`;
}

async function makeFiles() {
  const { metafile } = await build({ ...options, metafile: true });
  const { outputFiles } = await build({ ...options, banner: { js: await licenses(metafile.inputs) } });
  const files = new Map(outputFiles.map((file) => [file.path.slice(folder.length), file.text]));
  files.set("index.html", await readFile(here("src/index.html"), "utf8"));
  return files;
}

async function compare(files) {
  const stale = [];
  for (const [name, text] of files) {
    if ((await readFile(folder + name, "utf8").catch(() => null)) !== text) stale.push(name);
  }
  return stale;
}

const mode = process.argv[2];
if (mode === "--watch") {
  await writeFile(`${folder}index.html`, await readFile(here("src/index.html"), "utf8"));
  await (await context({ ...options, write: true, logLevel: "info" })).watch();
} else {
  const files = await makeFiles();
  const size = [...files.values()].reduce((total, text) => total + Buffer.byteLength(text), 0);
  const failures = size > LIMIT ? [`The page has ${size} bytes, more than ${LIMIT}.`] : [];
  if (mode === "--check") {
    const stale = await compare(files);
    if (stale.length > 0) failures.push(`${stale.join(", ")} in ${folder} is not what studio/ gives: run make studio.`);
  } else {
    for (const [name, text] of files) await writeFile(folder + name, text);
    console.log([...files].map(([name, text]) => `${name} ${Buffer.byteLength(text)} bytes`).join(", "));
  }
  for (const failure of failures) console.error(failure);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
