/** A Quest 3 by iwer, for a page without one; installed before the page's own script. */
import { XRDevice, metaQuest3 } from "iwer";
import type * as THREE from "three";

const device = new XRDevice(metaQuest3);
[device.stereoEnabled, device.ipd] = [true, 0.063];
device.installRuntime({ forceInstall: true } as never);

interface Example {
  readonly renderer: THREE.WebGLRenderer;
  readonly camera: THREE.PerspectiveCamera;
  readonly world: THREE.Group & { readonly chunks: readonly unknown[] };
  readonly hero: { readonly frame: number };
  readonly rig: THREE.Group;
}

const headset = {
  /** Moves the head by 0.6 m to the right and holds the left stick forward, for so many frames. */
  async watch(frameCount: number) {
    const { renderer, camera, world, hero, rig } = Reflect.get(globalThis, "example") as Example;
    const session = renderer.xr.getSession() as XRSession;
    let ended = false;
    session.addEventListener("end", () => (ended = true));
    const before = { rig: rig.position.clone(), frame: hero.frame };
    const heads: number[] = [];
    const chunks = drawn(world);
    let [views, frames, startedAtMs] = [0, 0, 0];
    await new Promise<void>((resolve) => {
      const step = (_: number, frame: XRFrame) => {
        startedAtMs ||= performance.now();
        frames += 1;
        const pose = frame.getViewerPose(renderer.xr.getReferenceSpace() as XRReferenceSpace);
        views = Math.max(views, pose?.views.length ?? 0);
        heads.push(camera.position.x);
        device.position.set((0.6 * Math.min(frames, 50)) / 50, 1.7, 0);
        if (frames === 2) {
          device.controllers.left?.updateAxes("thumbstick", 0, -1);
        }
        if (frames >= frameCount) {
          resolve();
        } else {
          session.requestAnimationFrame(step);
        }
      };
      session.requestAnimationFrame(step);
    });
    const rateHz = ((frames - 1) * 1e3) / (performance.now() - startedAtMs);
    await session.end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [first, last] = [heads[1] as number, heads.at(-1) as number];
    const went = rig.position.clone().sub(before.rig).setY(0).length();
    return {
      frames,
      rateHz,
      views,
      chunks: chunks.size,
      headMovedM: last - first,
      wentM: went,
      poses: hero.frame - before.frame,
      ended,
    };
  },
};

/** The chunks of land that are drawn: three.js tells each object that it is about to draw. */
function drawn(world: THREE.Group): Set<THREE.Object3D> {
  const chunks = new Set<THREE.Object3D>();
  for (const each of world.children) {
    if ((each as THREE.Mesh).geometry?.hasAttribute("ground")) {
      each.onBeforeRender = () => chunks.add(each);
    }
  }
  return chunks;
}

Object.assign(globalThis, { headset });
