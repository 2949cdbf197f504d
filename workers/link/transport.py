"""What both ends of a link agree on: the method's name, the sizes of messages, the options of the connection."""

from morphogen.internal.v1 import worker_link_pb2

SERVICE = worker_link_pb2.DESCRIPTOR.services_by_name["WorkerLinkService"].full_name
METHOD = "Attach"

EVENTS_MAX_COUNT = 32
"""Parts in one message: more gain nothing, and delay the first of them."""

MESSAGE_GOAL_BYTES = 1024 * 1024
"""A message is sent when it has reached this size; one part or one request may be larger."""

COMMAND_MAX_BYTES = 8 * 1024 * 1024
"""Largest command. Requests that a generator can make are smaller; others end their own session, not the link."""

COMMANDS_MAX_BYTES = COMMAND_MAX_BYTES + 2 * MESSAGE_GOAL_BYTES
"""Largest message that a worker takes: also from callers that have not proved themselves yet."""

EVENTS_MAX_BYTES = 64 * 1024 * 1024
"""Largest message that a gateway takes."""

HEARTBEAT_INTERVAL_S = 0.25
"""A worker tells how it stands so often, also when nothing else is to be told."""

HEARTBEAT_MISSED_S = 2.0
"""A worker that tells nothing for so long is lost, however alive its connection looks."""

HANDSHAKE_TIMEOUT_S = 2.0
IDLE_CONNECTION_S = 2.0
"""A connection without an attached gateway is closed after the sum of both at the latest."""

KEEPALIVE_S = 5.0
"""A gateway whose host does not answer pings for so long, asked as often, is gone."""

UNAUTHENTICATED_CALLS_MAX = 16
"""Calls at one time; each takes at most one message before it has proved itself."""

Options = list[tuple[str, int]]

_FRAME_BYTES = 1024 * 1024
_BOTH: Options = [
    ("grpc.http2.max_frame_size", _FRAME_BYTES),
]

WORKER_OPTIONS: Options = [
    *_BOTH,
    ("grpc.max_receive_message_length", COMMANDS_MAX_BYTES),
    ("grpc.so_reuseport", 0),  # otherwise another process could take over the port
    ("grpc.max_concurrent_streams", 2),
    ("grpc.server_handshake_timeout_ms", round(1e3 * HANDSHAKE_TIMEOUT_S)),
    ("grpc.max_connection_idle_ms", round(1e3 * IDLE_CONNECTION_S)),
    ("grpc.keepalive_time_ms", round(1e3 * KEEPALIVE_S)),
    ("grpc.keepalive_timeout_ms", round(1e3 * KEEPALIVE_S)),
    ("grpc.http2.ping_timeout_ms", round(1e3 * KEEPALIVE_S)),  # of gRPC's other pings: a keepalive one waits for them
]

GATEWAY_OPTIONS: Options = [
    *_BOTH,
    ("grpc.max_receive_message_length", EVENTS_MAX_BYTES),
    ("grpc.enable_http_proxy", 0),  # whatever the environment says: the way to a worker is a direct one
    ("grpc.use_local_subchannel_pool", 1),  # one connection per link: a new link never waits for an old one's back-off
    ("grpc.enable_retries", 0),
]
