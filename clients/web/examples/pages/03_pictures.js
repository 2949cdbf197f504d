// A character as pictures, drawn by the server: arrow keys walk and turn it, A and D go around it. Needs no three.js.
import { Delivery, FrameFormat, MorphogenClient } from "@morphogen/client";

const options = new URLSearchParams(location.search);
const client = new MorphogenClient(options.get("server") ?? location.origin);
const canvas = document.querySelector("canvas");
const drawing = canvas.getContext("2d");
const note = document.querySelector("#note");
const wanted = { identity: { seed: 3 }, format: FrameFormat.WEBP, sizePx: 256, delivery: Delivery.LIVE };
const stream = client.playFrames(wanted, { credit: 2 });

const keys = new Set();
let [headingDeg, yawDeg] = [0, 30];
function steer() {
  const held = (name) => keys.has(name);
  headingDeg += (held("ArrowLeft") ? 15 : 0) - (held("ArrowRight") ? 15 : 0);
  yawDeg += (held("KeyD") ? 15 : 0) - (held("KeyA") ? 15 : 0);
  stream.control({ headingDeg, speedMps: held("ArrowUp") ? 1.5 : 0, camera: { yawDeg } });
}
addEventListener("keydown", ({ code }) => steer(keys.add(code)));
addEventListener("keyup", ({ code }) => steer(keys.delete(code)));
steer();

globalThis.example = { done: () => Number(canvas.dataset.frame) > 5 };
try {
  for await (const { number, picture } of stream) {
    const bitmap = await createImageBitmap(new Blob([picture.data], { type: picture.mediaType }));
    drawing.clearRect(0, 0, canvas.width, canvas.height);
    drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    canvas.dataset.frame = number;
    note.textContent = `frame ${number}`;
  }
} catch (error) {
  note.textContent = `${error.name}: ${error.message}`;
}
