"""What `workers/ray.py` does, without Ray: starts worker processes on this machine. Speaks the same JSON lines."""

import json
import subprocess
import sys
import threading
from typing import Any

processes: dict[str, "subprocess.Popen[str]"] = {}
lock = threading.Lock()


def tell(**event: str) -> None:
    with lock:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def keep(name: str, config: str) -> None:
    """One worker from its start to its end."""
    command = [sys.executable, "-m", "workers.process"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        processes[name] = process
        process.stdin.write(config + "\n")
        process.stdin.flush()
        words = process.stdout.readline().split()
        if words:
            tell(event="started", name=name, address=words[-1])
        exit_code = process.wait()
        tell(event="ended" if words else "failed", name=name, cause=f"exit code {exit_code}")


def main() -> None:
    config = ""
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        match command["command"]:
            case "configure":
                config = command["worker"]
                tell(event="ready")
            case "start":
                threading.Thread(target=keep, args=(command["name"], config)).start()
            case "stop" if command["name"] in processes:
                processes[command["name"]].kill()
    for process in processes.values():
        process.kill()


if __name__ == "__main__":
    main()
