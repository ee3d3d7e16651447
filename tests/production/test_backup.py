"""A copy is taken from the standby, sealed and noted; what is restored from it is a primary; half a copy is none."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.notifications.queueing import until
from tests.production.test_standby import DEPLOY, Pair, pair, unprivileged
from tests.tools import tool
from uma.stack import ports, process
from uma.stack.folder import ROOT
from uma.stack.postgres import find_binaries, needs_chown
from uma.stack.process import Program

__all__ = ["pair"]
pytestmark = pytest.mark.timeout(300)
COUNTS = (
    "SELECT (SELECT count(*) FROM wallet_transfer), (SELECT sum(amount_paise) FROM wallet_transfer)"
)
NOTED = "SELECT name, size_bytes FROM jobs_backup ORDER BY began_at DESC LIMIT 1"
# The sentence of operations.md that somebody follows in the worst of nights.
SAID = re.search(r"`(age --decrypt .* PGDATA)`", (ROOT / "docs" / "operations.md").read_text())


def ask(url: str, query: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as one:
        return one.execute(query.encode()).fetchone()


def back_up(pair: Pair, folder: Path, recipient: str, **said: str) -> int:
    """Run the script that operators run; compose's part in it is done here."""
    primary = pair.platform.cluster
    standby = primary.url.replace(f":{primary.port}/", f":{pair.standby_port}/")
    copy = f"pg_basebackup --dbname '{standby}' --pgdata - --format tar --wal-method fetch"
    done = subprocess.run(
        [str(DEPLOY / "backup"), str(folder)],
        env={
            **os.environ,
            **pair.platform.environment,
            "DATABASE_URL": primary.url,
            "PATH": f"{find_binaries().folder}:{tool('age', 'age', 'age-keygen')}:{os.environ['PATH']}",
            "RECIPIENT": recipient,
            "COPY": f"{copy} --checkpoint fast",
            "NOTE": f"{sys.executable} {ROOT / 'manage.py'} note_backup",
            **said,
        },
        check=False,
    )
    return done.returncode


def test_what_is_restored_from_a_copy_of_the_standby_is_a_primary(
    pair: Pair, tmp_path: Path
) -> None:
    programs = tool("age", "age", "age-keygen")
    key, copies = tmp_path / "key", tmp_path / "copies"
    copies.mkdir()
    subprocess.run([programs / "age-keygen", "-o", key], check=True, capture_output=True)
    recipient = key.read_text().partition("public key: ")[2].splitlines()[0]
    pair.prepare_primary()
    pair.start_standby()
    until(lambda: answers(pair.platform.cluster.url, pair.standby_port))
    primary = pair.platform.cluster

    assert back_up(pair, copies, recipient, COPY="head -c 100000 /dev/zero; false") != 0
    assert list(copies.iterdir()) == []
    before = ask(primary.url, NOTED)
    assert back_up(pair, copies, recipient) == 0

    (copy,) = copies.iterdir()
    assert ask(primary.url, NOTED) == (copy.name, copy.stat().st_size) != before
    restored = tmp_path / "restored"
    restore(programs, key, copy, restored)
    port = ports.any_free()
    server = process.start(
        Program(
            name="restored",
            command=[
                *(*unprivileged(), str(find_binaries()["postgres"]), "-D", str(restored)),
                *("-c", f"port={port}", "-c", f"listen_addresses={ports.HOST}"),
                *("-c", "unix_socket_directories="),
            ],
            log=tmp_path / "restored.log",
        )
    )
    try:
        there = primary.url.replace(f":{primary.port}/", f":{port}/")
        until(lambda: answers(primary.url, port))
        assert ask(there, "SELECT pg_is_in_recovery()") == (False,)
        assert ask(there, COUNTS) == ask(primary.url, COUNTS) != (0, None)
        # It has forgotten who followed it, and is told.
        prepare = ["sh", str(DEPLOY / "postgres" / "prepare-primary")]
        subprocess.run(prepare, env=pair.said_to(port), check=True)
        assert ask(there, "SELECT slot_name FROM pg_replication_slots") == ("standby",)
    finally:
        server.kill()


def restore(programs: Path, key: Path, copy: Path, folder: Path) -> None:
    """Unpack a copy by the words of operations.md, where whoever PostgreSQL runs as may look."""
    assert SAID is not None
    for outer in (folder.parent, folder.parent.parent):
        outer.chmod(0o711)
    folder.mkdir(mode=0o700)
    words = {"KEY": str(key), "FILE": str(copy), "PGDATA": str(folder)}
    said = re.sub(r"\b(KEY|FILE|PGDATA)\b", lambda word: words[word[0]], SAID[1])
    found = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-o", "pipefail", "-c", said], env=found, check=True)
    owner = "nobody" if needs_chown(unprivileged()) else str(os.geteuid())
    subprocess.run(["chown", "-R", owner, folder], check=True)


def answers(url: str, port: int) -> bool:
    try:
        with psycopg.connect(url, port=port):
            return True
    except psycopg.OperationalError:
        return False
