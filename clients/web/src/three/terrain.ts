/** Chunks as geometry: grids with skirts. */
import * as THREE from "three";
import type { Chunk } from "../chunk.js";

/** Depth of a skirt over the chunk's edge: more than the edges of two levels of detail can differ on walkable land. */
const SKIRT_SHARE = 0.06;

/** Attribute with the shares of soil, rock and snow. */
export const GROUND_ATTRIBUTE = "ground";

/**
 * The land of a chunk, its first vertex at the origin. Two chunks meet in all vertices that both have; the skirt, a strip
 * that hangs down from every edge, closes what the finer one's further vertices leave open.
 */
export function terrainGeometry({ vertices, edgeM, heightM, ground, normal }: Chunk): THREE.BufferGeometry {
  const { ring, index } = gridOf(vertices);
  const gridCount = vertices * vertices;
  const count = gridCount + ring.length;
  const spacingM = edgeM / (vertices - 1);
  const position = new Float32Array(3 * count);
  const normals = new Int8Array(4 * count);
  const shares = new Uint8Array(4 * count);
  for (let vertex = 0; vertex < count; vertex += 1) {
    const above = vertex < gridCount ? vertex : (ring[vertex - gridCount] as number);
    const depthM = vertex < gridCount ? 0 : SKIRT_SHARE * edgeM;
    position[3 * vertex] = (above % vertices) * spacingM;
    position[3 * vertex + 1] = (heightM[above] as number) - depthM;
    position[3 * vertex + 2] = Math.floor(above / vertices) * spacingM;
    for (let axis = 0; axis < 3; axis += 1) {
      normals[4 * vertex + axis] = Math.round(((normal?.[3 * above + axis] ?? 127.5) / 127.5 - 1) * 127);
      shares[4 * vertex + axis] = ground?.[3 * above + axis] ?? 0;
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(position, 3));
  geometry.setAttribute("normal", new THREE.BufferAttribute(normals, 4, true));
  geometry.setAttribute(GROUND_ATTRIBUTE, new THREE.BufferAttribute(shares, 4, true));
  geometry.setIndex(new THREE.BufferAttribute(index, 1));
  if (normal === undefined) {
    geometry.setAttribute("normal", new THREE.BufferAttribute(new Float32Array(3 * count), 3));
    geometry.computeVertexNormals();
  }
  geometry.computeBoundingBox();
  geometry.computeBoundingSphere();
  return geometry;
}

/** Rivers and lakes of a chunk above the sea, as a sheet; undefined if it has none. */
export function waterGeometry(chunk: Chunk, seaLevelM: number): THREE.BufferGeometry | undefined {
  const { vertices, edgeM, heightM, masks } = chunk;
  if (masks === undefined) {
    return undefined;
  }
  const depthM = (vertex: number) =>
    (heightM[vertex] as number) > seaLevelM ? ((masks[3 * vertex + 2] as number) / 255) * 16 : 0;
  const spacingM = edgeM / (vertices - 1);
  const numbers = new Map<number, number>();
  const position: number[] = [];
  const index: number[] = [];
  const number = (vertex: number) => {
    if (!numbers.has(vertex)) {
      numbers.set(vertex, numbers.size);
      const surfaceM = (heightM[vertex] as number) + (depthM(vertex) || -0.3);
      position.push((vertex % vertices) * spacingM, surfaceM, Math.floor(vertex / vertices) * spacingM);
    }
    return numbers.get(vertex) as number;
  };
  for (let row = 0; row + 1 < vertices; row += 1) {
    for (let column = 0; column + 1 < vertices; column += 1) {
      const corner = row * vertices + column;
      const corners = [corner, corner + vertices, corner + 1, corner + vertices + 1] as const;
      if (corners.some((vertex) => depthM(vertex) > 0)) {
        const [a, c, b, d] = corners.map(number) as [number, number, number, number];
        index.push(a, c, b, b, c, d);
      }
    }
  }
  if (index.length === 0) {
    return undefined;
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(position, 3));
  geometry.setIndex(index);
  geometry.computeVertexNormals();
  return geometry;
}

interface Grid {
  /** The vertices along the edge, once around, clockwise seen from above; the first one again at the end. */
  readonly ring: Uint32Array;
  readonly index: Uint32Array;
}

const GRIDS = new Map<number, Grid>();

/** The triangles of a grid with its skirt; the same for all chunks with so many vertices. */
function gridOf(vertices: number): Grid {
  const known = GRIDS.get(vertices);
  if (known !== undefined) {
    return known;
  }
  const last = vertices - 1;
  const side = (at: (step: number) => number) => Array.from({ length: last }, (_, step) => at(step));
  const ring = Uint32Array.from([
    ...side((step) => step),
    ...side((step) => step * vertices + last),
    ...side((step) => last * vertices + last - step),
    ...side((step) => (last - step) * vertices),
    0,
  ]);
  const index = new Uint32Array(6 * last * last + 6 * (ring.length - 1));
  let at = 0;
  const triangles = (...corners: number[]) => {
    index.set(corners, at);
    at += corners.length;
  };
  for (let row = 0; row < last; row += 1) {
    for (let column = 0; column < last; column += 1) {
      const a = row * vertices + column;
      const [b, c, d] = [a + 1, a + vertices, a + vertices + 1];
      if ((row + column) % 2 === 0) {
        triangles(a, c, b, b, c, d);
      } else {
        triangles(a, c, d, a, d, b);
      }
    }
  }
  for (let step = 0; step + 1 < ring.length; step += 1) {
    const lower = vertices * vertices + step;
    const [a, b] = [ring[step] as number, ring[step + 1] as number];
    triangles(a, b, lower, b, lower + 1, lower);
  }
  const grid = { ring, index };
  GRIDS.set(vertices, grid);
  return grid;
}
