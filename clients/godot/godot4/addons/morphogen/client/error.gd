class_name MorphogenError
extends RefCounted
## Why something failed. `message` is one line for a person; `kind` is for the game.

enum Kind {
	## The request names something that does not exist or lies outside its range: see `field`, `value`, `allowed`.
	INVALID_REQUEST,
	## There is no generator, or no running session, of that name. Is an INVALID_REQUEST.
	NOT_FOUND,
	## The server is full: see `retry_after_ms`.
	OVERLOADED,
	## The server cannot be reached, is starting or stopping, or the connection broke; another attempt may succeed.
	UNAVAILABLE,
	## The server wants a token, or refused the one that it was given.
	UNAUTHENTICATED,
	## The caller may not do that.
	PERMISSION_DENIED,
	## The call's time was up before its last message.
	DEADLINE_EXCEEDED,
	## The call was cancelled, here or by the server.
	CANCELLED,
	## The generator failed on the server.
	GENERATION,
	## Any other failed call: see `code`.
	SERVER,
	## This server does not have that call. Is a SERVER.
	UNSUPPORTED,
	## The messages of a stream do not fit together. What was received before must not be used.
	BROKEN_STREAM,
	## Bytes do not have the SHA-256 that the server announced. Is a BROKEN_STREAM.
	CHECKSUM_MISMATCH,
}

## One of `Kind`.
var kind: int = Kind.SERVER
var message: String = ""
## The dotted request field, of INVALID_REQUEST.
var field: String = ""
## What was given.
var value: String = ""
## The accepted values in words.
var allowed: String = ""
## The wait that the server suggests, of OVERLOADED; -1: none.
var retry_after_ms: int = -1
## The canonical gRPC code, e.g. 15 for DATA_LOSS; -1 where no server spoke.
var code: int = -1
## The server's word for it, e.g. "IDLE_TIMEOUT"; may be empty.
var reason: String = ""


## Whether it is of that kind or of one below it.
func is_a(other: int) -> bool:
	if kind == other:
		return true
	match kind:
		Kind.NOT_FOUND:
			return other == Kind.INVALID_REQUEST
		Kind.UNSUPPORTED:
			return other == Kind.SERVER
		Kind.CHECKSUM_MISMATCH:
			return other == Kind.BROKEN_STREAM
	return false
