extends Reference
## Makes errors. Only this script knows which gRPC code and which google.rpc detail stands for what.

const MadeError := preload("error.gd")
const StatusPb := preload("../protos/google_rpc_status_pb.gd")
const DetailsPb := preload("../protos/google_rpc_error_details_pb.gd")

const UNAVAILABLE_CODE := 14
const CODE_NAMES := [
	"ok",
	"cancelled",
	"unknown",
	"invalid_argument",
	"deadline_exceeded",
	"not_found",
	"already_exists",
	"permission_denied",
	"resource_exhausted",
	"failed_precondition",
	"aborted",
	"out_of_range",
	"unimplemented",
	"internal",
	"unavailable",
	"data_loss",
	"unauthenticated",
]


static func of(kind: int, message: String) -> Reference:
	var error: Reference = MadeError.new()
	error.kind = kind
	error.message = message
	return error


static func invalid(field: String, value: String, allowed: String) -> Reference:
	var error: Reference = of(MadeError.Kind.INVALID_REQUEST, "%s: %s is not %s" % [field, value, allowed])
	error.field = field
	error.value = value
	error.allowed = allowed
	return error


static func unavailable(message: String) -> Reference:
	return of(MadeError.Kind.UNAVAILABLE, message)


static func broken(message: String) -> Reference:
	return of(MadeError.Kind.BROKEN_STREAM, message)


## What trailers say; null if the call went well. `details` is a google.rpc.Status.
static func from_status(code: int, message: String, details: PoolByteArray):
	if code == 0:
		return null
	var error: Reference = of(_kind_of(code), message if message != "" else code_name(code))
	error.code = code
	_read_details(error, details)
	return error


## What an HTTP response without gRPC in it says.
static func from_http(http_code: int) -> Reference:
	var codes := {401: 16, 403: 7, 404: 12, 413: 3, 429: 14, 502: 14, 503: 14, 504: 14}
	var code: int = codes.get(http_code, 2)
	var error: Reference = of(_kind_of(code), "the server answered HTTP %d" % http_code)
	error.code = code
	return error


static func code_name(code: int) -> String:
	return CODE_NAMES[code] if code >= 0 and code < CODE_NAMES.size() else str(code)


static func _kind_of(code: int) -> int:
	match code:
		1:
			return MadeError.Kind.CANCELLED
		3, 11:
			return MadeError.Kind.INVALID_REQUEST
		4:
			return MadeError.Kind.DEADLINE_EXCEEDED
		5:
			return MadeError.Kind.NOT_FOUND
		7:
			return MadeError.Kind.PERMISSION_DENIED
		8:
			return MadeError.Kind.OVERLOADED
		_:
			return _rarer_kind_of(code)


static func _rarer_kind_of(code: int) -> int:
	match code:
		12:
			return MadeError.Kind.UNSUPPORTED
		13:
			return MadeError.Kind.GENERATION
		14:
			return MadeError.Kind.UNAVAILABLE
		16:
			return MadeError.Kind.UNAUTHENTICATED
	return MadeError.Kind.SERVER


static func _read_details(error: Reference, data: PoolByteArray) -> void:
	var status: Reference = StatusPb.Status.new()
	if data.size() == 0 or status.decode(data) != OK:
		return
	for detail in status.details:
		if detail.type_url.ends_with("/google.rpc.ErrorInfo"):
			var info: Reference = DetailsPb.ErrorInfo.new()
			if info.decode(detail.value) == OK:
				error.reason = info.reason
				error.field = info.metadata.get("field", "")
				error.value = info.metadata.get("value", "")
				error.allowed = info.metadata.get("allowed", "")
		elif detail.type_url.ends_with("/google.rpc.RetryInfo"):
			var retry: Reference = DetailsPb.RetryInfo.new()
			if retry.decode(detail.value) == OK and retry.retry_delay != null:
				error.retry_after_ms = retry.retry_delay.seconds * 1000 + int(retry.retry_delay.nanos / 1000000.0)
