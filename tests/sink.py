"""An HTTP server that takes whatever is posted to it, as other people's collectors of errors and traces do."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Sink:
    """What came, unpacked: path and body, in order of arrival."""

    def __init__(self) -> None:
        self.came: list[tuple[str, bytes]] = []
        came = self.came

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                came.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"

    def wait(self, count: int = 1, *, within_s: float = 20) -> list[tuple[str, bytes]]:
        until = time.monotonic() + within_s
        while len(self.came) < count:
            assert time.monotonic() < until, f"{len(self.came)} of {count} came"
            time.sleep(0.02)
        return self.came


@contextmanager
def sink() -> Iterator[Sink]:
    one = Sink()
    thread = Thread(target=one.server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join()
