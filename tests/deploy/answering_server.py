"""HTTP server that is always ready, for tests of the supervisor: `python -m tests.deploy.answering_server PORT`.

After the port it may be told to be `deaf` to SIGTERM, or to end at once with the words that follow `fail`.
"""

import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    """Handler that answers 200 to every request."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def main(port: str, manner: str = "", *words: str) -> None:
    if manner == "fail":
        sys.exit(" ".join(words))
    signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "deaf" else lambda *_: sys.exit(0))
    HTTPServer(("127.0.0.1", int(port)), Ready).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
