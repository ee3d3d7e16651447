"""Places at which a process stands until a test lets it go: in the database, and at somebody else's door."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import psycopg
from django.db import connection

from tests.ondc.ours import until

_LOCK = 571_120
_ACK = b'{"message":{"ack":{"status":"ACK"}}}'


class Threshold:
    """
    Just before COMMIT: whoever changes or makes a row of these tables has done all its work, and waits there.

    A trigger of the test's own asks for a lock that the test holds while it wants somebody to stand. Each table
    comes with the condition on its row. (In COMMIT itself the server would go on without its client.)
    """

    def __init__(self, address: str, *, changed: dict[str, str], made: dict[str, str]) -> None:
        self._address = address
        self._events = [("UPDATE", table, condition) for table, condition in changed.items()]
        self._events += [("INSERT", table, condition) for table, condition in made.items()]

    def __enter__(self) -> Self:
        self._here = psycopg.connect(self._address, autocommit=True)
        with connection.cursor() as cursor:
            # The wait is the test's, so the platform's own patience does not end it.
            cursor.execute(
                "CREATE FUNCTION test_stand() RETURNS trigger LANGUAGE plpgsql"
                " SET lock_timeout = '60s' AS $$ BEGIN"
                f" PERFORM pg_advisory_xact_lock_shared({_LOCK}); RETURN NULL; END $$"
            )
            for event, table, condition in self._events:
                cursor.execute(
                    f"CREATE TRIGGER test_stand_{event} AFTER {event} ON {table} FOR EACH ROW"
                    f" WHEN ({condition}) EXECUTE FUNCTION test_stand()"
                )
        return self

    def __exit__(self, *_: object) -> None:
        self._here.close()
        with connection.cursor() as cursor:
            for event, table, _condition in self._events:
                cursor.execute(f"DROP TRIGGER test_stand_{event} ON {table}")
            cursor.execute("DROP FUNCTION test_stand()")

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Keep everybody standing; at the end wait until whoever stood has come or gone."""
        self._here.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            standing = self.standing
            self._here.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            until(lambda: not self._at_work(standing))

    @property
    def standing(self) -> list[int]:
        """The server's processes that wait here."""
        found = self._here.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
            [_LOCK],
        )
        return [pid for (pid,) in found]

    def _at_work(self, pids: list[int]) -> bool:
        found = self._here.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
            " AND (state <> 'idle' OR xact_start IS NOT NULL)",
            [pids],
        ).fetchone()
        assert found is not None
        return bool(found[0])


class Peer:
    """A party of the network that takes every request, and keeps the caller waiting when told to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.standing = threading.Event()
        self._open = threading.Event()
        self._open.set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                peer.received.append((self.path, raw))
                peer.standing.set()
                peer._open.wait(30)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(_ACK)))
                    self.end_headers()
                    self.wfile.write(_ACK)
                except OSError:
                    # The caller is dead: that is what it was kept waiting for.
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Take requests and answer none of them."""
        self.standing.clear()
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def stop(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()
