#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

# These change tables and rights, so they run as the tables' owner (DATABASE_OWNER_URL); all others serve.
OWNERS_COMMANDS = {"migrate", "grant", "pgtrigger"}

if __name__ == "__main__":
    if OWNERS_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["UMA_ACTS_AS_OWNER"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")
    execute_from_command_line(sys.argv)
