"""`classifier serve` tested against its OpenAPI by schemathesis: the real program over HTTP on loopback.

python fuzz/service_api.py [schemathesis's options, such as --max-examples=1000]
"""

import socket
import subprocess
import sys


def main() -> int:
    """Serve, test, stop. The exit code is schemathesis's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [sys.executable, "-m", "classifier", "serve", "--port", str(port)]
    test = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", f"http://127.0.0.1:{port}/openapi.json",
        "--wait-for-schema=30", "--checks=all", "--mode=all", *sys.argv[1:],
    ]  # fmt: skip
    with subprocess.Popen(serve) as service:
        try:
            return subprocess.run(test, check=False).returncode
        finally:
            service.terminate()


if __name__ == "__main__":
    sys.exit(main())
