"""
Collections of the document store: a name, what a document must look like, how it is found, when it goes.

Each app lists its own in `documents.COLLECTIONS`; the setting DOCUMENT_APPS names the apps, so that one command
makes them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bson.codec_options import CodecOptions
from django.conf import settings
from django.utils.module_loading import import_string
from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.errors import CollectionInvalid

from uma.kernel import mongo
from uma.kernel.mongo import Document

NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
TEXT, TIME, YES = {"bsonType": "string"}, {"bsonType": "date"}, {"bsonType": "bool"}
DEGREES = {"bsonType": "double"}
MAYBE_NUMBER = {"bsonType": ["int", "long", "null"], "minimum": 0}
MAYBE_TEXT, MAYBE_TIME = {"bsonType": ["string", "null"]}, {"bsonType": ["date", "null"]}


def shape(**fields: object) -> dict[str, object]:
    """Return the schema of an object that has exactly these fields."""
    return {
        "bsonType": "object",
        "required": sorted(fields),
        "properties": fields,
        "additionalProperties": False,
    }


def many(of: object) -> dict[str, object]:
    """Return the schema of a list."""
    return {"bsonType": "array", "items": of}


@dataclass(frozen=True, slots=True)
class Kept:
    """A collection: its name, what a document of it must look like, and how it is looked up."""

    name: str
    shape: Mapping[str, object]
    indexes: tuple[tuple[tuple[str, int], ...], ...] = ()
    # The field that says when a document is of no use any more; the store deletes it soon after.
    expires: str = ""


def collection(kept: Kept) -> Collection[Document]:
    """Return a collection whose instants carry their time zone and whose writes are durable."""
    options: CodecOptions[Document] = CodecOptions(tz_aware=True)
    return mongo.database().get_collection(
        kept.name, codec_options=options, write_concern=mongo.DURABLE
    )


def prepare(collections: Iterable[Kept]) -> list[str]:
    """Make the collections with their shapes and indexes, or bring them up to date; return their names."""
    names = []
    with mongo.within(mongo.JOB_MS):
        database = mongo.database()
        for kept in collections:
            validator = {"$jsonSchema": dict(kept.shape)}
            try:
                database.create_collection(kept.name, validator=validator)
            except CollectionInvalid:
                database.command("collMod", kept.name, validator=validator)
            for index in kept.indexes:
                collection(kept).create_index(list(index))
            if kept.expires:
                collection(kept).create_index([(kept.expires, ASCENDING)], expireAfterSeconds=0)
            names.append(kept.name)
    return names


def prepare_all() -> list[str]:
    """Make the collections of every app, or bring them up to date; return their names."""
    return [
        name
        for app in settings.DOCUMENT_APPS
        for name in prepare(import_string(f"{app}.documents.COLLECTIONS"))
    ]


def drop(collections: Iterable[Kept]) -> None:
    """Throw every document of these away."""
    with mongo.within(mongo.JOB_MS):
        for kept in collections:
            mongo.database().drop_collection(kept.name)
