"""Where exported files lie: a folder that every web server and worker of the platform shares."""

from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """Return the folder, which only the platform's own user may read."""
    place = Path(settings.EXPORTS_FOLDER)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(name: str) -> Path:
    assert name.strip("."), "no file"
    assert "/" not in name, name
    return folder() / name


def part_of(name: str) -> Path:
    """Return where a file is written until it is whole."""
    return folder() / f"{name}.part"


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)
