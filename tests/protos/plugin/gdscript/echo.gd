extends SceneTree
# Answers messages over TCP: a decoded message is encoded again. Sizes are 4 bytes, the answer's first byte tells whether
# the message could be read.

const Everything = preload("res://protos/everything_pb.gd")


func _init():
	var peer = StreamPeerTCP.new()
	peer.connect_to_host("127.0.0.1", int(OS.get_environment("ECHO_PORT")))
	while peer.get_status() == StreamPeerTCP.STATUS_CONNECTING:
		OS.delay_msec(1)
	peer.set_no_delay(true)
	while true:
		var size = peer.get_data(4)
		if size[0] != OK:
			break
		var count = size[1][0] | size[1][1] << 8 | size[1][2] << 16 | size[1][3] << 24
		var data = peer.get_data(count)[1] if count > 0 else PoolByteArray()
		var message = Everything.Everything.new()
		var failed = message.decode(data) != OK
		var answer = PoolByteArray() if failed else message.encode()
		peer.put_u8(0 if failed else 1)
		peer.put_32(answer.size())
		if answer.size() > 0:
			peer.put_data(answer)
	quit()
