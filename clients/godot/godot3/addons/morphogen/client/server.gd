extends Reference
## Where a server is, and its connections that wait for their next request.

const Errors := preload("errors.gd")
const Platform := preload("../platform.gd")

const LOOPBACK := ["localhost", "127.0.0.1", "::1"]
## A server closes connections that nobody uses, and a request must not meet that.
const IDLE_MAX_MS := 2000

var host := ""
var port := 80
var tls := false
var base_path := ""
var token := ""
## What is wrong with URL or token; null: nothing.
var error: Reference = null
var _idle := []


## "https://host:port/path"; with a token only over https or to this machine.
func configure(url: String, bearer_token: String) -> void:
	var rest := url.strip_edges()
	token = bearer_token
	tls = rest.begins_with("https://")
	if not tls and not rest.begins_with("http://"):
		error = Errors.invalid("url", url, "http://HOST:PORT or https://HOST:PORT")
		return
	rest = rest.substr(rest.find("://") + 3, rest.length())
	var slash := rest.find("/")
	if slash >= 0:
		base_path = rest.substr(slash, rest.length()).rstrip("/")
		rest = rest.substr(0, slash)
	_read_authority(url, rest)
	if error == null and token != "" and not tls and not LOOPBACK.has(host):
		error = Errors.invalid("token", "a token without https", "https, or a server on this machine")


func _read_authority(url: String, authority: String) -> void:
	port = 443 if tls else 80
	host = authority
	var colon := authority.rfind(":")
	if colon > authority.rfind("]"):
		host = authority.substr(0, colon)
		var digits := authority.substr(colon + 1, authority.length())
		port = int(digits) if Platform.is_whole(digits) else 0
	host = host.trim_prefix("[").trim_suffix("]")
	if host == "" or port < 1 or port > 65535:
		error = Errors.invalid("url", url, "http://HOST:PORT or https://HOST:PORT")


## A connection, open or opening. Null if there is none.
func take_connection() -> HTTPClient:
	while _idle.size() > 0:
		var kept: Dictionary = _idle.pop_back()
		var waiting: HTTPClient = kept.connection
		waiting.poll()
		if OS.get_ticks_msec() - kept.since_ms < IDLE_MAX_MS and waiting.get_status() == HTTPClient.STATUS_CONNECTED:
			return waiting
		waiting.close()
	return Platform.connect_http(host, port, tls)


## Take back a connection whose response has been read to its end.
func give_back(connection: HTTPClient) -> void:
	_idle.append({"connection": connection, "since_ms": OS.get_ticks_msec()})


func close() -> void:
	for kept in _idle:
		kept.connection.close()
	_idle.clear()


## Headers of a call; a timeout of 0: none.
func headers(timeout_ms: int) -> PoolStringArray:
	var lines := PoolStringArray(["Content-Type: application/grpc-web+proto", "X-Grpc-Web: 1"])
	if token != "":
		lines.append("Authorization: Bearer " + token)
	if timeout_ms > 0:
		lines.append("Grpc-Timeout: %dm" % min(timeout_ms, 99999999))
	return lines
