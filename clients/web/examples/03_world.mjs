// Walks east through a world, and tells the height of the land below:
//
//     node examples/03_world.mjs http://127.0.0.1:8080
import { MorphogenClient, decodeChunk, heightIn } from "@morphogen/client";

const [url = "http://127.0.0.1:8080"] = process.argv.slice(2);
const chunks = new Map();
const world = new MorphogenClient(url).exploreWorld({
  landscape: { seed: 7 },
  viewer: { xM: 256, zM: 256 },
  viewDistanceM: 200,
  verticesMax: 65,
  maps: ["height"],
});
let steps = 0;
for await (const event of world) {
  if (event.kind === "chunk") {
    const chunk = await decodeChunk(event.files);
    chunks.set(`${chunk.row} ${chunk.column}`, chunk);
  } else if (event.kind === "evicted") {
    event.places.forEach(({ row, column }) => chunks.delete(`${row} ${column}`));
  } else if (event.kind === "settled") {
    const xM = 256 + 250 * steps;
    const chunk = chunks.get(`0 ${Math.floor(xM / 512)}`);
    console.log(`at ${xM} m: ${heightIn(chunk, xM - chunk.xM, 256).toFixed(1)} m high, ${chunks.size} chunks`);
    steps += 1;
    if (steps === 5) {
      break;
    }
    world.move({ xM: 256 + 250 * steps, zM: 256, velocityX: 20 });
  }
}
