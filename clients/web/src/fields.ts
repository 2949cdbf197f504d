/** How requests are written: plain objects with the fields of a proto's message, each of which may be left out. */
import type { DescMessage, Message, MessageInitShape } from "@bufbuild/protobuf";

export type Fields<Schema extends DescMessage> = Exclude<MessageInitShape<Schema>, Message>;
