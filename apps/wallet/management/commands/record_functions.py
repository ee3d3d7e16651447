"""Record what the functions of the ledger and of the guards are, after a migration that changes one."""

from typing import Any

from django.core.management import BaseCommand

from apps.wallet.installed import RECORD, functions


class Command(BaseCommand):
    help = (
        "Write the hashes of the functions of the ledger and of the guards, as this database has them, to"
        f" {RECORD.name}."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:  # Any: Django's signature
        lines = [f"{name} {digest}\n" for name, digest in functions().items()]
        RECORD.write_text("".join(lines), encoding="utf-8")
        self.stdout.write(f"{len(lines)} functions are on record.")
