// Prints the Khronos validator's report on one GLB file as JSON: node validate_gltf.mjs FILE
import { readFile } from "node:fs/promises";
import { validateBytes } from "gltf-validator";

const [path] = process.argv.slice(2);
const report = await validateBytes(new Uint8Array(await readFile(path)), { maxIssues: 0 });
console.log(JSON.stringify(report));
