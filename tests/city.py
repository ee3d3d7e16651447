"""The demo city as a folder of PostgreSQL's that platforms are copied from: it is made once in a while."""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests import migrated
from uma.stack import ports, programs
from uma.stack.folder import ROOT
from uma.stack.postgres import Cluster

# Whatever takes part in making it.
_MADE_OF = ("apps/**/*.py", "apps/**/*.sql", "uma/**/*.py", "requirements.lock")
_KEPT_S = 3_600


def copy_city(into: Path) -> None:
    """Fill the folder of a cluster that has not been started yet."""
    shared = Path(os.environ["UMA_TEST_FOLDER"])
    with (shared / "city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        city = shared / f"city-{migrated.digest(ROOT, _MADE_OF)}"
        if not _is_fresh(city):
            for old in shared.glob("city-*"):
                shutil.rmtree(old)
            unfinished = city.with_name("city-unfinished")
            _make(unfinished)
            unfinished.rename(city)
    into.parent.mkdir(parents=True, exist_ok=True)
    # Whom the files belong to matters: where PostgreSQL does not run as us, they are not ours.
    subprocess.run(["cp", "-a", "--reflink=auto", str(city / "postgres"), str(into)], check=True)
    (into / "port").unlink()


def _is_fresh(city: Path) -> bool:
    """Deals and missions begin when they are made: what was made yesterday is another city."""
    return city.exists() and time.time() - city.stat().st_mtime < _KEPT_S


def _make(folder: Path) -> None:
    cluster = Cluster(folder=folder / "postgres")
    cluster.start()
    environment = {
        "UMA_DEBUG": "1",
        "DATABASE_URL": cluster.serving_url,
        "DATABASE_OWNER_URL": cluster.url,
        # Nobody listens at either: neither the ledger nor the city waits for them.
        "REDIS_URL": f"redis://{ports.HOST}:{ports.any_free()}/0",
        "MONGODB_URL": f"mongodb://{ports.HOST}:{ports.any_free()}/uma?w=majority&journal=true",
    }
    try:
        # A badge's money would come while a test counts what a visit pays.
        for command in (("migrate", "--no-input"), ("grant",), ("seed_demo", "--empty-pools")):
            program = programs.python(
                name=command[0],
                arguments=["manage.py", *command],
                environment=environment,
                logs=folder / "log",
            )
            programs.run_to_end(program, title=" ".join(command))
    finally:
        cluster.stop(within=30)
