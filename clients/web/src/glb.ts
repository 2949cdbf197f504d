/** Binary glTF before an engine reads it. */
import { BrokenStreamError } from "./errors.js";

interface Node {
  children?: number[];
  readonly extensions?: { readonly MSFT_lod?: { readonly ids: readonly number[] } };
}

interface Document {
  readonly scenes?: readonly { nodes?: number[] }[];
  readonly nodes?: readonly Node[];
}

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const HEADER_BYTES = 20;

/**
 * The same file with a coarser model wherever it has several (MSFT_lod): 0 is the finest, 1 the next one, or the coarsest
 * there is. Throws BrokenStreamError for what is no binary glTF.
 */
export function glbAtLod(file: Uint8Array<ArrayBuffer>, lod: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC || view.getUint32(16, true) !== JSON_CHUNK) {
    throw new BrokenStreamError("this is no binary glTF");
  }
  const jsonEnd = HEADER_BYTES + view.getUint32(12, true);
  const document = JSON.parse(new TextDecoder().decode(file.subarray(HEADER_BYTES, jsonEnd))) as Document;
  substitute(document, lod);
  const text = new TextEncoder().encode(JSON.stringify(document));
  const jsonBytes = 4 * Math.ceil(text.length / 4);
  const rest = file.subarray(jsonEnd);
  const changed = new Uint8Array(HEADER_BYTES + jsonBytes + rest.length).fill(0x20); // JSON is padded with spaces
  changed.set(file.subarray(0, HEADER_BYTES));
  changed.set(text, HEADER_BYTES);
  changed.set(rest, HEADER_BYTES + jsonBytes);
  const header = new DataView(changed.buffer);
  header.setUint32(8, changed.length, true);
  header.setUint32(12, jsonBytes, true);
  return changed;
}

function substitute({ scenes = [], nodes = [] }: Document, lod: number): void {
  const instead = (index: number) => nodes[index]?.extensions?.MSFT_lod?.ids.slice(0, lod).at(-1) ?? index;
  for (const scene of scenes) {
    scene.nodes = scene.nodes?.map(instead) ?? [];
  }
  for (const node of nodes) {
    if (node.children !== undefined) {
      node.children = node.children.map(instead);
    }
  }
  for (const { extensions } of nodes) {
    delete (extensions as { MSFT_lod?: unknown } | undefined)?.MSFT_lod; // the choice has been made
  }
}
