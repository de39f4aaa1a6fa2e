// Builds the site from the output of the compiler and bindgen: `node site.mjs PACKAGE SITE HASH_FILE [NAME STYLE]`.
//   PACKAGE    the folder that holds NAME.js and NAME_bg.wasm, where NAME is multi-session
//   SITE       the folder to make
//   HASH_FILE  the manifest for the server, with the hash in the name of each file
//   NAME       what the files are called, and
//   STYLE      their style sheet, if it is not our own site
// The settings are those of cargo-leptos, in Cargo.toml.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = join(import.meta.dirname, "..");
const require = createRequire(join(root, "tools/package.json"));
const { transformSync } = require("esbuild");
const sass = require("sass");

const [made, site, hashFile, ...other] = process.argv.slice(2);
const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version=1"], { cwd: root, maxBuffer: 1 << 26 });
const settings = JSON.parse(metadata).metadata.leptos[0];
const [name, style, assets] = other.length > 0 ? other : ["output-name", "style-file", "assets-dir"].map((key) => settings[key]);

// The folder may be in use by a server, so a new one is built next to it and replaces it in one step.
const next = `${site}.next`;
const pkg = join(next, settings["site-pkg-dir"]);
rmSync(next, { recursive: true, force: true });
if (assets) cpSync(join(root, assets), next, { recursive: true });
mkdirSync(pkg, { recursive: true });

// The browsers of `settings.browserquery` that support what the WebAssembly and the styles need: `light-dark()`.
const target = ["chrome123", "edge123", "firefox128", "safari17.5"];
const minified = (text, loader) => transformSync(text, { loader, minify: true, target, format: loader === "js" ? "esm" : undefined }).code;

const wasm = join(pkg, `${name}.wasm`);
execFileSync("wasm-opt", [...settings["wasm-opt-features"], join(made, `${name}_bg.wasm`), "-o", wasm], { stdio: "inherit" });
const files = {
  js: minified(readFileSync(join(made, `${name}.js`), "utf8"), "js"),
  wasm: readFileSync(wasm),
  css: minified(sass.compile(join(root, style)).css, "css"),
};
rmSync(wasm);

let hashes = "";
for (const [kind, content] of Object.entries(files)) {
  const hash = createHash("md5").update(content).digest("base64url");
  writeFileSync(join(pkg, `${name}.${hash}.${kind}`), content);
  hashes += `${kind}: ${hash}\n`;
}

const compressible = new Set([".css", ".js", ".svg", ".wasm", ".webmanifest"]);
for (const entry of readdirSync(next, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
}

rmSync(site, { recursive: true, force: true });
renameSync(next, site);
writeFileSync(hashFile, hashes);
