"""A copy of the database is sealed and noted, a server starts from it, and half a copy is none."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.faults.conftest import Platform
from tests.notifications.queueing import until
from tests.tools import tool
from uma.stack import ports, process
from uma.stack.folder import ROOT
from uma.stack.postgres import find_binaries, needs_chown, unprivileged_prefix
from uma.stack.process import Program

pytestmark = pytest.mark.timeout(300)
COUNTS = (
    "SELECT (SELECT count(*) FROM wallet_transfer), (SELECT sum(amount_paise) FROM wallet_transfer)"
)
NOTED = "SELECT name, size_bytes FROM jobs_backup ORDER BY began_at DESC LIMIT 1"


def ask(url: str, query: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as one:
        return one.execute(query.encode()).fetchone()


def back_up(platform: Platform, folder: Path, recipient: str, **said: str) -> int:
    """Run the script that operators run; compose's part in it is done here."""
    copy = f"pg_basebackup --dbname '{platform.cluster.url}' --pgdata - --format tar --wal-method fetch"
    done = subprocess.run(
        [str(ROOT / "deploy" / "backup"), str(folder)],
        env={
            **os.environ,
            **platform.environment,
            "PATH": f"{find_binaries().folder}:{tool('age', 'age', 'age-keygen')}:{os.environ['PATH']}",
            "RECIPIENT": recipient,
            "COPY": f"{copy} --checkpoint fast",
            "NOTE": f"{sys.executable} {ROOT / 'manage.py'} note_backup",
            **said,
        },
        check=False,
    )
    return done.returncode


def test_a_server_starts_from_a_copy_with_the_key_that_is_elsewhere(
    platform: Platform, tmp_path: Path
) -> None:
    programs = tool("age", "age", "age-keygen")
    key, copies = tmp_path / "key", tmp_path / "copies"
    copies.mkdir()
    subprocess.run([programs / "age-keygen", "-o", key], check=True, capture_output=True)
    recipient = key.read_text().partition("public key: ")[2].splitlines()[0]

    assert back_up(platform, copies, recipient, COPY="head -c 100000 /dev/zero; false") != 0
    assert list(copies.iterdir()) == []
    before = ask(platform.cluster.url, NOTED)
    assert back_up(platform, copies, recipient) == 0

    (copy,) = copies.iterdir()
    assert ask(platform.cluster.url, NOTED) == (copy.name, copy.stat().st_size) != before
    unprivileged = unprivileged_prefix(find_binaries()["postgres"], as_root=os.geteuid() == 0)
    restored = tmp_path / "restored"
    restore(programs / "age", key, copy, restored)
    if needs_chown(unprivileged):
        subprocess.run(["chown", "-R", "nobody", restored], check=True)
    port = ports.any_free()
    server = process.start(
        Program(
            name="restored",
            command=[
                *(*unprivileged, str(find_binaries()["postgres"]), "-D", str(restored)),
                *("-c", f"port={port}", "-c", f"listen_addresses={ports.HOST}"),
                *("-c", "unix_socket_directories="),
            ],
            log=tmp_path / "restored.log",
        )
    )
    try:
        until(lambda: ports.is_open(port))
        there = platform.cluster.url.replace(f":{platform.cluster.port}/", f":{port}/")
        until(lambda: answers(there))
        assert ask(there, COUNTS) == ask(platform.cluster.url, COUNTS) != (0, None)
    finally:
        server.kill()


def restore(age: Path, key: Path, copy: Path, folder: Path) -> None:
    """Unpack a copy as operations.md says, where whoever PostgreSQL runs as may look."""
    for outer in (folder.parent, folder.parent.parent):
        outer.chmod(0o711)
    folder.mkdir(mode=0o700)
    opened = f"{age} --decrypt --identity {key} {copy} | tar --extract --gunzip --no-same-owner --directory {folder}"
    subprocess.run(["bash", "-o", "pipefail", "-c", opened], check=True)


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == (1,)
    except psycopg.OperationalError:
        return False
