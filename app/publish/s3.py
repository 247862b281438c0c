"""The S3 sink: an edition as objects, for a CDN in front, while every host of ours may be gone.

    PREFIX/index.html, PREFIX/history, ...   one object a document, under the path that readers ask for
    PREFIX/documents.jsonl                   what was stored last, and the ETag that S3 gave it
    PREFIX/manifest.json                     {"generation": 7, "as_of": "...", ...}, always written last
    PREFIX/pulse.json                        when the publisher was last seen alive, no part of an edition

S3 cannot turn a whole folder over at once, so the order does it: files that pages refer to first,
then the documents that the front pages lead to, then the front pages, then the manifest. A reader
may see yesterday's front page over today's details for a second, never a link to what is not there.

Every write is conditional on the ETag it replaces (`If-Match`, `If-None-Match`), and every `put`
begins with a listing of what is really there (one request for a thousand objects). A publisher that
was asleep while another went on meets 412, reads the manifest, and gives way to the newer
generation. What a publisher left behind when it died or woke too late is seen by the next listing,
and mended.

The objects are plain bytes: the CDN compresses. They keep what a bucket can of the page's headers
(type and caching); the rest is the CDN's (`deploy/`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import UnavailableError
from app.publish.documents import HTML, JSON, Document, Edition
from app.publish.manifest import LIST, MANIFEST
from app.publish.pulse import CACHING as PULSE_CACHING
from app.publish.pulse import PULSE, pulse

CACHING = "public, max-age=5, s-maxage=10, stale-while-revalidate=300, stale-if-error=86400"
IMMUTABLE = "public, max-age=31536000, immutable"

_ASSETS = "/static/"
_LINES = "application/jsonl; charset=utf-8"
_THREADS = 8
_ROUNDS = 3
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict"}
_ABSENT = {"NoSuchKey", "404"}
_DELETED_AT_ONCE = 1_000


class _Overtaken(Exception):
    """An object is not what we left: somebody else writes to this bucket."""


@dataclass
class _Bucket:
    """What is stored: the ETag of every object below the prefix, and of our documents what they are.

    `ours` has the digest of each document of the stored edition by its key; an empty one where the
    object is no longer what was written.
    """

    generation: int
    tags: dict[str, str]
    ours: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Record:
    """A small object of ours as it was last read or written: manifest or list."""

    tag: str
    body: bytes


class S3Sink:
    """Writes editions into a bucket below `prefix`. Address, region and credentials are boto3's own environment.

    Several publishers on several hosts may share a bucket.
    """

    def __init__(self, bucket: str, prefix: str = "", *, timeout: float = 10.0) -> None:
        self._name = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._records: dict[str, _Record] = {}
        config = Config(
            retries={"total_max_attempts": 2, "mode": "standard"},
            connect_timeout=timeout / 3,
            read_timeout=timeout,
            max_pool_connections=_THREADS,
        )
        self._s3 = boto3.session.Session().client("s3", config=config)

    def put(self, edition: Edition) -> None:
        """Store this edition, unless a newer one is there; uploads only what changed.

        Raises:
            UnavailableError: S3 refuses or cannot be reached. What readers get is the edition before,
                or documents of both in the order told above; the next `put` mends it.
        """
        try:
            for _ in range(_ROUNDS):
                bucket = self._found()
                if bucket.generation > edition.generation or self._is_stored(bucket, edition):
                    return
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"The bucket {self._name} cannot be written: {error}") from error
        raise UnavailableError(f"The bucket {self._name} keeps changing under us; another publisher writes to it.")

    def beat(self, at: datetime) -> None:
        """Say that the publisher was alive at that moment.

        Raises:
            UnavailableError: S3 refuses or cannot be reached.
        """
        place = {"Bucket": self._name, "Key": self._prefix + PULSE}
        try:
            self._s3.put_object(**place, Body=pulse(at), ContentType=JSON, CacheControl=PULSE_CACHING)
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"The bucket {self._name} cannot be written: {error}") from error

    def read(self, path: str) -> bytes | None:
        """A document as it is stored; None where there is none.

        Raises:
            UnavailableError: S3 refuses or cannot be reached.
        """
        try:
            found = self._read(keys_of(path)[0])
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"The bucket {self._name} cannot be read: {error}") from error
        return found.body if found.tag else None

    def _is_stored(self, bucket: _Bucket, edition: Edition) -> bool:
        """Write it all in order; False when somebody else was writing meanwhile."""
        stages = staged(edition.documents.values())
        wanted = {key: document for stage in stages for key, document in stage}
        changed = [[item for item in stage if not _is_there(bucket, *item)] for stage in stages]
        gone = bucket.ours.keys() - wanted.keys()
        if bucket.generation == edition.generation and not gone and not any(changed):
            return True
        try:
            with ThreadPoolExecutor(_THREADS, thread_name_prefix="s3") as threads:
                for stage in changed:
                    list(threads.map(lambda item: self._write_document(bucket, *item), stage))
            self._seal(bucket, edition, wanted)
        except _Overtaken:
            return False
        self._forget(gone)
        return True

    def _seal(self, bucket: _Bucket, edition: Edition, wanted: Mapping[str, Document]) -> None:
        lines = [
            json.dumps({"key": key, "digest": document.digest, "tag": bucket.tags[key]})
            for key, document in wanted.items()
        ]
        listed = "\n".join([*lines, ""]).encode()
        facts = {"generation": edition.generation, "as_of": edition.as_of.isoformat(), "documents": len(lines)}
        for key, body, kind in ((LIST, listed, _LINES), (MANIFEST, json.dumps(facts).encode(), JSON)):
            self._write(bucket, key, body, kind, "no-cache")
            self._records[key] = _Record(bucket.tags[key], body)

    def _write_document(self, bucket: _Bucket, key: str, document: Document) -> None:
        caching = IMMUTABLE if document.path.startswith(_ASSETS) else CACHING
        self._write(bucket, key, document.body, document.media_type, caching)

    def _write(self, bucket: _Bucket, key: str, body: bytes, media_type: str, caching: str) -> None:
        tag = bucket.tags.get(key)
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        place = {"Bucket": self._name, "Key": self._prefix + key}
        try:
            answer = self._s3.put_object(**place, Body=body, ContentType=media_type, CacheControl=caching, **condition)
        except ClientError as error:
            if _code(error) in _CONFLICTS or (tag and _code(error) in _ABSENT):
                raise _Overtaken from error
            raise
        bucket.tags[key] = answer["ETag"]

    def _forget(self, keys: Iterable[str]) -> None:
        """Delete documents that the edition no longer has; only such as an edition of ours had."""
        gone = [{"Key": self._prefix + key} for key in sorted(keys)]
        for start in range(0, len(gone), _DELETED_AT_ONCE):
            objects = gone[start : start + _DELETED_AT_ONCE]
            self._s3.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})

    def _found(self) -> _Bucket:
        """What is really stored, and what the last publisher says that it stored."""
        tags = dict(self._listing())
        manifest, listed = self._record(MANIFEST, tags), self._record(LIST, tags)
        generation = int(json.loads(manifest)["generation"]) if manifest else -1
        ours = {}
        for record in map(json.loads, listed.splitlines()):
            is_as_written = tags.get(record["key"]) == record["tag"]
            ours[record["key"]] = record["digest"] if is_as_written else ""
        return _Bucket(generation, tags, ours)

    def _listing(self) -> Iterator[tuple[str, str]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=self._prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                yield item["Key"].removeprefix(self._prefix), item["ETag"]

    def _record(self, key: str, tags: Mapping[str, str]) -> bytes:
        """A small object of ours; read only when it is not the one that we know."""
        known = self._records.get(key)
        if known is None or known.tag != tags.get(key):
            known = self._records[key] = self._read(key)
        return known.body

    def _read(self, key: str) -> _Record:
        try:
            answer: Any = self._s3.get_object(Bucket=self._name, Key=self._prefix + key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return _Record("", b"")
            raise
        return _Record(answer["ETag"], answer["Body"].read())


def staged(documents: Iterable[Document]) -> list[list[tuple[str, Document]]]:
    """Key and document in the order of writing: assets, then what front pages lead to, then front pages."""
    stages: list[list[tuple[str, Document]]] = [[], [], []]
    for document in documents:
        is_front = document.media_type == HTML and document.path.endswith("/")
        number = 0 if document.path.startswith(_ASSETS) else 2 if is_front else 1
        stages[number] += [(key, document) for key in keys_of(document.path)]
    return stages


def keys_of(path: str) -> list[str]:
    """Under which keys a document is found: its path; a folder also by the `index.html` that web hosting looks for."""
    key = path.removeprefix("/")
    if key and not key.endswith("/"):
        return [key]
    return [key, f"{key}index.html"] if key else ["index.html"]


def _is_there(bucket: _Bucket, key: str, document: Document) -> bool:
    """Whether the stored object has these bytes: by our own record, or by the MD5 that is most ETags."""
    if key not in bucket.tags:
        return False
    if bucket.ours.get(key) == document.digest:
        return True
    return bucket.tags[key] == f'"{hashlib.md5(document.body, usedforsecurity=False).hexdigest()}"'


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
