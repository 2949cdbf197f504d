/**
 * The error tree, and how a failed call becomes one of its members. Only this module knows which code and which
 * google.rpc detail stands for what.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

/** Root of every error that this package throws on purpose. `message` is one line for a person. */
export class MorphogenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The request names something that does not exist or lies outside its range; sending it again is pointless. */
export class InvalidRequestError extends MorphogenError {
  constructor(
    message: string,
    /** The dotted request field. */
    readonly field: string,
    /** What was given. */
    readonly value: string,
    /** The accepted values in words. */
    readonly allowed: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** There is no generator, or no running session, of that name. */
export class NotFoundError extends InvalidRequestError {}

/** The server is full, or cannot make this within the call's time beside what it has promised to others. */
export class OverloadedError extends MorphogenError {
  constructor(
    message: string,
    /** The wait that the server suggests, in milliseconds. */
    readonly retryAfterMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The server cannot be reached, is starting or is draining, or the connection broke; another attempt may succeed. */
export class UnavailableError extends MorphogenError {}

/** The server wants a token, refused the one it was given, or does not let pages of this site call. */
export class UnauthenticatedError extends MorphogenError {}

/** The call's time was up before its last message. */
export class DeadlineExceededError extends MorphogenError {
  constructor(
    message: string,
    /** Why, if the server said so: "DEADLINE_EXCEEDED", or "IDLE_TIMEOUT" where it was the client that took nothing. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The call was cancelled: by its signal, by leaving the loop early, or by the server. */
export class CancelledError extends MorphogenError {}

/** The generator failed on the server. */
export class GenerationError extends MorphogenError {}

/** Any other failed call. */
export class ServerError extends MorphogenError {
  constructor(
    message: string,
    /** The code's name in Connect, e.g. "data_loss". */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** This server does not have that call, or not the way it runs now. */
export class UnsupportedError extends ServerError {}

/** The messages of a stream do not fit together. What was received before must not be used. */
export class BrokenStreamError extends MorphogenError {}

/** Received bytes do not have the SHA-256 that the server announced, or changed between two attempts. */
export class ChecksumMismatchError extends BrokenStreamError {}

const UNSERIALIZABLE = "serialize binary: ";

/** The member of the error tree that stands for what a call threw. */
export function errorFrom(reason: unknown): MorphogenError {
  if (reason instanceof MorphogenError) {
    return reason;
  }
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new DeadlineExceededError(reason.message, "", { cause: reason });
  }
  const error = ConnectError.from(reason);
  const [info] = error.findDetails(ErrorInfoSchema);
  const options = { cause: error };
  const text = error.rawMessage;
  if (info === undefined && isConnectionLoss(error)) {
    return new UnavailableError(`the connection broke: ${text}`, options);
  }
  if (text.startsWith(UNSERIALIZABLE)) {
    return unserializable(text.slice(UNSERIALIZABLE.length), options);
  }
  switch (error.code) {
    case Code.InvalidArgument:
    case Code.OutOfRange:
    case Code.NotFound: {
      const kind = error.code === Code.NotFound ? NotFoundError : InvalidRequestError;
      const told = info?.metadata ?? {};
      return new kind(text, told["field"] ?? "", told["value"] ?? "", told["allowed"] ?? "", options);
    }
    case Code.ResourceExhausted:
      return new OverloadedError(text, retryAfterMs(error), options);
    case Code.Unavailable:
      return new UnavailableError(text, options);
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return new UnauthenticatedError(text, options);
    case Code.DeadlineExceeded:
      return new DeadlineExceededError(text, info?.reason ?? "", options);
    case Code.Canceled:
      return new CancelledError(text, options);
    case Code.Internal:
      return new GenerationError(text, options);
    case Code.Unimplemented:
      return new UnsupportedError(text, "unimplemented", options);
    default:
      return new ServerError(text, Code[error.code]?.toLowerCase() ?? String(error.code), options);
  }
}

/**
 * Whether the transport failed, and not the call: `fetch` throws a TypeError for every network error, and a response
 * that was cut lacks its last frame. What a server means to say comes with an ErrorInfo.
 */
function isConnectionLoss(error: ConnectError): boolean {
  if (error.cause instanceof TypeError) {
    return true;
  }
  return /missing (EndStreamResponse|trailer)|incomplete envelope|premature|unexpected end|protocol error: promised/i.test(
    error.rawMessage,
  );
}

/** A request that no message can carry, e.g. with a negative count. */
function unserializable(text: string, options: ErrorOptions): InvalidRequestError {
  const [, field = "", reason = text] = /field [\w.]+\.(\w+)(?: to binary)?:? (.*)$/.exec(text) ?? [];
  const [, allowed = "what its message can carry", value = ""] = /^invalid (\w+): (.*)$/.exec(reason) ?? [];
  return new InvalidRequestError(`${field || "request"}: ${reason}`, field, value, allowed, options);
}

function retryAfterMs(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay === undefined ? undefined : Number(delay.seconds) * 1e3 + delay.nanos / 1e6;
}
