"""Posts that were made while the database was away: one file each, written whole before anything is shown.

DATA_DIR/spool/20261121T211500000000-<key>.json            waits for the database
DATA_DIR/spool/refused/20261121T211500000000-<key>.json    the database would not take it; a person must look
"""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.domain.errors import UnavailableError
from app.domain.spooled_posts import SpooledPost
from app.publish.kept_snapshot import write_whole

_POST = TypeAdapter(SpooledPost)
_STAMP = "%Y%m%dT%H%M%S%f"


class Spool:
    """The folder of posts that wait. Several processes may share one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, post: SpooledPost) -> None:
        """Keep a post, on disk before this returns.

        Raises:
            UnavailableError: the disk is full or away; nothing was kept.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._folder / f"{self._turn(post.at):{_STAMP}}-{post.key}.json", _POST.dump_json(post))
        except OSError as error:
            raise UnavailableError(
                f"Nothing was published: {self._folder} cannot be written ({error.strerror})."
            ) from error

    def waiting(self) -> list[SpooledPost]:
        """What waits, in the order in which it was said; a file that is none is passed over."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(_POST.validate_json(path.read_bytes()))
            except (OSError, ValidationError):
                continue
        return found

    def has(self, key: str) -> bool:
        """Whether a post with this key waits."""
        return bool(self._files_of(key))

    def take_off(self, post: SpooledPost) -> None:
        """The database has it."""
        for path in self._files_of(post.key):
            path.unlink(missing_ok=True)

    def set_aside(self, post: SpooledPost) -> None:
        """The database would not take it; the file stays for a person."""
        refused = self._folder / "refused"
        refused.mkdir(mode=0o700, exist_ok=True)
        for path in self._files_of(post.key):
            path.replace(refused / path.name)

    def _files_of(self, key: str) -> list[Path]:
        return list(self._folder.glob(f"*-{key}.json"))

    def _turn(self, at: datetime) -> datetime:
        """The moment that a post is filed under: after all that wait, also where the clock stood still or went back."""
        newest = max((path.name.partition("-")[0] for path in self._folder.glob("*.json")), default="")
        if newest < f"{at:{_STAMP}}":
            return at
        return datetime.strptime(newest, _STAMP).replace(tzinfo=at.tzinfo) + timedelta(microseconds=1)
