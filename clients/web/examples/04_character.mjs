// Makes a character, and steers it through three seconds of poses:
//
//     node examples/04_character.mjs http://127.0.0.1:8080 out
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MorphogenClient } from "@morphogen/client";

const [url = "http://127.0.0.1:8080", folder = "out"] = process.argv.slice(2);
const client = new MorphogenClient(url);
const identity = { seed: 3, kind: "goblin" };

const { files } = await client.generateCharacter({ identity, clips: ["walk"] }).result();
await mkdir(folder, { recursive: true });
await writeFile(join(folder, "goblin.glb"), files.get("character").data);

const stream = client.playFrames({ identity, poses: true, frameCount: 90, bestEffort: true }, { credit: 2 });
for await (const { number, pose, controlCount } of stream) {
  if (number === 10) {
    stream.control({ speedMps: 1.5 });
  } else if (number === 45) {
    stream.control({ headingDeg: 90 });
  }
  if (number % 15 === 0) {
    const [x, , z] = pose.rootM;
    console.log(
      `frame ${number}: ${x.toFixed(2)} m to its left, ${z.toFixed(2)} m ahead, after ${controlCount} controls`,
    );
  }
}
console.log(`${stream.description.joints.length} joints; the model is in ${join(folder, "goblin.glb")}`);
