import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { StreamAssembler, type StreamMessage, sha256 } from "../src/assembly.js";
import { PartChunkSchema, StreamHeaderSchema, StreamTrailerSchema } from "../src/gen/morphogen/v1/common_pb.js";
import { BrokenStreamError, ChecksumMismatchError, UnavailableError, errorFrom } from "../src/index.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const sum = async (data: Uint8Array<ArrayBuffer>) => (await sha256(data)) as Uint8Array<ArrayBuffer>;

const header = (fields: { assetId?: string; firstSequence?: number } = {}): StreamMessage => ({
  payload: { case: "header", value: create(StreamHeaderSchema, { assetId: "a", partCount: 2, ...fields }) },
});

async function chunks(sequence: number, ...pieces: string[]): Promise<StreamMessage[]> {
  const whole = bytes(pieces.join(""));
  const partSha256 = await sum(whole);
  return pieces.map((piece, chunkIndex) => ({
    payload: {
      case: "part",
      value: create(PartChunkSchema, {
        sequence,
        map: "albedo",
        partSizeBytes: whole.length,
        chunkIndex,
        chunkCount: pieces.length,
        data: bytes(piece),
        ...(chunkIndex === pieces.length - 1 ? { partSha256, resumeToken: bytes(`token ${sequence}`) } : {}),
      }),
    },
  }));
}

async function trailer(...payloads: string[]): Promise<StreamMessage> {
  let digest: Uint8Array<ArrayBuffer> = new Uint8Array(32);
  for (const payload of payloads) {
    digest = await sum(new Uint8Array([...digest, ...(await sum(bytes(payload)))]));
  }
  const value = create(StreamTrailerSchema, { sha256: digest, partCount: payloads.length });
  return { payload: { case: "trailer", value } };
}

async function receive(messages: StreamMessage[], assembler = new StreamAssembler()): Promise<string[]> {
  const parts: string[] = [];
  for (const message of messages) {
    const taken = await assembler.receive(message);
    if (taken !== undefined && "part" in taken) {
      parts.push(new TextDecoder().decode(taken.part.data));
    }
  }
  return parts;
}

it("puts parts together and checks them against the trailer", async () => {
  const messages = [header(), ...(await chunks(0, "ab", "cd")), ...(await chunks(1, "e")), await trailer("abcd", "e")];
  expect(await receive(messages)).toEqual(["abcd", "e"]);
});

it("goes on where it was cut, in the middle of a part", async () => {
  const assembler = new StreamAssembler();
  const [first, second] = await chunks(1, "e", "f");
  const before = await receive([header(), ...(await chunks(0, "abcd")), first as StreamMessage], assembler);
  expect(new TextDecoder().decode(assembler.resumeToken)).toBe("token 0");
  assembler.restart();
  const rest = [header({ firstSequence: 1 }), first as StreamMessage, second as StreamMessage];
  const after = await receive([...rest, await trailer("abcd", "ef")], assembler);
  expect([...before, ...after]).toEqual(["abcd", "ef"]);
});

it("refuses damaged bytes before anybody sees them", async () => {
  const messages = [header(), ...(await chunks(0, "abcd"))];
  (messages[1]?.payload.value as { data: Uint8Array }).data[2] = 0;
  await expect(receive(messages)).rejects.toBeInstanceOf(ChecksumMismatchError);
});

it.each(["../../probe", "/etc/passwd", "a/b", "a\\b", "..", "", "C:a", "a".repeat(65)])(
  "refuses a part whose name is no name of a file: %j",
  async (map) => {
    const messages = [header(), ...(await chunks(0, "abcd"))];
    (messages[1]?.payload.value as { map: string }).map = map;
    await expect(receive(messages)).rejects.toThrow("is no name of a part");
  },
);

it("refuses an end before the last part that was announced", async () => {
  const messages = [header(), ...(await chunks(0, "a")), await trailer("a")];
  await expect(receive(messages)).rejects.toBeInstanceOf(BrokenStreamError);
});

it("takes a response that ends inside of a message for a broken connection", () => {
  const reasons = ["protocol error: incomplete envelope", "missing EndStreamResponse", "premature end of stream"];
  for (const reason of reasons) {
    expect(errorFrom(new ConnectError(reason, Code.InvalidArgument))).toBeInstanceOf(UnavailableError);
  }
});

it("refuses a trailer over other parts", async () => {
  const parts = [...(await chunks(0, "a")), ...(await chunks(1, "b"))];
  await expect(receive([header(), ...parts, await trailer("a", "c")])).rejects.toBeInstanceOf(ChecksumMismatchError);
  await expect(receive([header(), ...parts, await trailer("a")])).rejects.toBeInstanceOf(BrokenStreamError);
});

it("takes parts that a live server leaves out for granted, but none twice", async () => {
  const [one, late] = [await chunks(1, "a"), await chunks(5, "b", "c")];
  const all = [header(), ...one, ...late];
  expect(await receive([...all, await trailer("a", "bc")], new StreamAssembler({ gaps: true }))).toEqual(["a", "bc"]);
  await expect(receive([...all, ...one], new StreamAssembler({ gaps: true }))).rejects.toBeInstanceOf(
    BrokenStreamError,
  );
});

it.each([
  ["no header", async () => chunks(0, "a")],
  ["two headers", async () => [header(), header()]],
  ["a missing part", async () => [header(), ...(await chunks(1, "a"))]],
  ["a missing chunk", async () => [header(), ...(await chunks(0, "a", "b", "c")).filter((_, index) => index !== 1)]],
  [
    "a trailer inside of a part",
    async () => [header(), (await chunks(0, "a", "b"))[0] as StreamMessage, await trailer()],
  ],
  ["something after the trailer", async () => [header(), await trailer(), ...(await chunks(0, "a"))]],
])("refuses %s", async (_, messages) => {
  await expect(receive(await messages())).rejects.toBeInstanceOf(BrokenStreamError);
});

it("refuses to go on with another asset, or elsewhere", async () => {
  for (const again of [header({ assetId: "b", firstSequence: 1 }), header({ firstSequence: 0 })]) {
    const assembler = new StreamAssembler();
    await receive([header(), ...(await chunks(0, "a"))], assembler);
    assembler.restart();
    await expect(receive([again], assembler)).rejects.toBeInstanceOf(BrokenStreamError);
  }
});
