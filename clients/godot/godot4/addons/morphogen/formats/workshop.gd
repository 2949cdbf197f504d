extends RefCounted
## A thread for what takes longer than a frame may: pictures and meshes are made there while the game runs.

var _thread := Thread.new()
var _mutex := Mutex.new()
var _semaphore := Semaphore.new()
var _waiting := []
var _finished := []
var _closing := false


func open() -> void:
	_thread.start(_run)


## Have `target.method(arguments...)` called; its result comes by `take_finished`, with `ticket`.
func ask(ticket: Variant, target: Object, method: String, arguments: Array) -> void:
	_mutex.lock()
	_waiting.append([ticket, target, method, arguments])
	_mutex.unlock()
	_semaphore.post()


## What has been made, oldest first: [ticket, result].
func take_finished() -> Array:
	_mutex.lock()
	var taken := _finished
	_finished = []
	_mutex.unlock()
	return taken


## Wait for what is being made, and end the thread. What waits is not made.
func close() -> void:
	_mutex.lock()
	_closing = true
	_waiting = []
	_mutex.unlock()
	_semaphore.post()
	_thread.wait_to_finish()


func _run(_unused: Variant = null) -> void:
	while true:
		_semaphore.wait()
		_mutex.lock()
		var job: Variant = _waiting.pop_front()
		var closing := _closing
		_mutex.unlock()
		if closing:
			return
		if job != null:
			var result: Variant = job[1].callv(job[2], job[3])
			_mutex.lock()
			_finished.append([job[0], result])
			_mutex.unlock()
