// Makes a level that can be won, and shows how it came about:
//
//     node examples/02_level.mjs http://127.0.0.1:8080
import { MorphogenClient } from "@morphogen/client";

const [url = "http://127.0.0.1:8080"] = process.argv.slice(2);
const stream = new MorphogenClient(url).generateLevel({ seed: 2, size: 24, enemies: 4, keys: 1 });
let rows = [];
for await (const update of stream) {
  if (update.kind === "refinement") {
    rows = update.rows;
    console.log(`step with ${rows.join("").replaceAll("?", "").length} cells decided`);
  } else {
    console.log(`${update.name}: ${update.file.mediaType}, ${update.file.data.length} bytes`);
  }
}
console.log(rows.join("\n"));
