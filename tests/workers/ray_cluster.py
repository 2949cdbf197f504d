"""A Ray cluster of two nodes on this machine: prints its address, is renewed at that address for every line it reads.

The end of its input ends it.
"""

import sys
from typing import Any

from ray.cluster_utils import Cluster

NODE: dict[str, Any] = {"num_cpus": 2, "node_ip_address": "127.0.0.1", "object_store_memory": 80 * 1024 * 1024}


def started(port: int) -> Any:
    """A new cluster; port 0 takes a free one."""
    head = {**NODE, "include_dashboard": False, **({"gcs_server_port": port} if port else {})}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(**NODE)
    return cluster


def main() -> None:
    cluster, port = started(0), 0
    while True:
        port = port or int(cluster.address.rpartition(":")[2])
        sys.stdout.write(f"{cluster.address}\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            cluster.shutdown()
            return
        for node in reversed(cluster.list_all_nodes()):
            node.kill_all_processes(check_alive=False, allow_graceful=False)
        cluster = started(port)


if __name__ == "__main__":
    main()
