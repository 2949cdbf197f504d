// Puts the example pages into examples/dist, for a server's web.static_folder:
//
//     npm run build && npm run pages
//     MORPHOGEN__WEB__PORT=8080 MORPHOGEN__WEB__STATIC_FOLDER=clients/web/examples/dist morphogen serve
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const pages = fileURLToPath(new URL("pages", import.meta.url));
const out = fileURLToPath(new URL("dist", import.meta.url));
const names = await readdir(pages);

await rm(out, { recursive: true, force: true });
await mkdir(out);
await build({
  entryPoints: names.filter((name) => /^\d.*\.js$/.test(name)).map((name) => join(pages, name)),
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
for (const name of names.filter((each) => each.endsWith(".html"))) {
  await copyFile(join(pages, name), join(out, name));
}
