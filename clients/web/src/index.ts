export { type CallOptions, type RetryPolicy } from "./attempts.js";
export { type Part, hex, sha256 } from "./assembly.js";
export { type CharacterDescription, type Frame, JOINT_COUNT, type Pose } from "./character.js";
export { type Chunk, type Placements, decodeChunk, heightIn } from "./chunk.js";
export {
  type CharacterRequest,
  type ChunkRequest,
  type ClientOptions,
  type LevelRequest,
  MorphogenClient,
  type ProbeRequest,
  type SceneRequest,
  type TextureRequest,
  type WorldRequest,
} from "./client.js";
export * from "./errors.js";
export {
  type CharacterControl,
  FrameStream,
  type FrameStreamRequest,
  type FramesResult,
  type PlayOptions,
} from "./frames.js";
export { type Generator, type Parameter, type PatternDescription } from "./gen/morphogen/v1/catalog_pb.js";
export { FrameFormat, FrameRenderer } from "./gen/morphogen/v1/character_pb.js";
export { Delivery, Priority, type StreamHeader, type Timings } from "./gen/morphogen/v1/common_pb.js";
export { LevelStyle, Symmetry, Tile } from "./gen/morphogen/v1/scene_pb.js";
export { TextureMap, Wrap } from "./gen/morphogen/v1/texture_pb.js";
export { type Pixels, decodePng } from "./png.js";
export { type AssetFile, type FileUpdate, type Files, type LevelUpdate, type TextureUpdate } from "./readers.js";
export { type AssetResult, AssetStream } from "./stream.js";
export { type ChunkPlace, type ExploreStart, type Viewer, type WorldEvent, WorldStream } from "./world.js";
