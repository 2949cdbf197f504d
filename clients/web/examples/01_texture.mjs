// Streams a material and keeps its files:
//
//     node examples/01_texture.mjs http://127.0.0.1:8080 brick out
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MorphogenClient, MorphogenError } from "@morphogen/client";

const [url = "http://127.0.0.1:8080", textureClass = "brick", folder = "out"] = process.argv.slice(2);
const client = new MorphogenClient(url);
try {
  const stream = client.generateTexture({ textureClass, seed: 7, sizePx: 256 });
  for await (const update of stream) {
    console.log(`${update.lodPx} px: ${[...update.maps.keys()].join(", ")}`);
  }
  const { files, sha256 } = await stream.result();
  await mkdir(folder, { recursive: true });
  for (const [name, { data }] of files) {
    await writeFile(join(folder, `${name}.png`), data);
  }
  console.log(`${files.size} files in ${folder}, ${sha256}`);
} catch (error) {
  if (!(error instanceof MorphogenError)) {
    throw error;
  }
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
