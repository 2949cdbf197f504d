extends RefCounted
## What tests share: a client, checks, waiting.

const Client := preload("res://addons/morphogen/morphogen_client.gd")
const MadeError := preload("res://addons/morphogen/client/error.gd")
const Platform := preload("res://addons/morphogen/platform.gd")

const TIMEOUT_MS := 60000

var failures := []
var client: Node
var _root: Node


func open(root: Node) -> void:
	_root = root
	client = Client.new()
	client.name = "Client"
	client.url = OS.get_environment("MORPHOGEN_URL")
	root.add_child(client)


func close() -> void:
	client.cancel_all()
	client.free()


func check(holds: bool, what: String) -> void:
	if not holds:
		failures.append(what)


func check_equal(given: Variant, wanted: Variant, what: String) -> void:
	if given != wanted:
		failures.append("%s: %s, not %s" % [what, str(given), str(wanted)])


## Threads that have ended are counted for a moment more.
func check_threads(wanted: int) -> void:
	var since_ms := Time.get_ticks_msec()
	while Platform.thread_count() != wanted and Time.get_ticks_msec() - since_ms < 1000:
		OS.delay_msec(5)
	check_equal(Platform.thread_count(), wanted, "threads")


## Go on until a task is done; it has to go well.
func result_of(task: RefCounted) -> Variant:
	wait(task)
	check(task.error == null, "the call went well" if task.error == null else task.error.message)
	var result: Variant = task.get("result")
	return result if result != null else task.get("answer")


func wait(task: RefCounted) -> void:
	var since_ms := Time.get_ticks_msec()
	while not task.done and Time.get_ticks_msec() - since_ms < TIMEOUT_MS:
		client.poll(10.0)
		OS.delay_usec(200)
	check(task.done, "it ended in time")
