"""Messages to the staff: none is lost in a crash, the mail may come twice, a text never does."""

from datetime import timedelta

import pytest

from app.commands.accounts import add_account
from app.commands.staff_messages import tell_staff
from app.deliver.staff_messages import AGAIN_AFTER, GIVEN_UP_AFTER, StaffMessage, send_owed_staff_messages
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.store.posting_by_text import PostingNumberRow
from app.store.session import Database
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build


class Killed(BaseException):
    """The process ends here."""


class Post:
    """Takes messages; it can refuse mail, or the process can die with a message in hand."""

    def __init__(self, *, works: bool = True, dies: bool = False) -> None:
        self.taken: list[Channel] = []
        self._works, self._dies = works, dies

    def __call__(self, message: StaffMessage) -> bool:
        self.taken.append(message.channel)
        if self._dies:
            raise Killed
        return self._works


@pytest.fixture
def owed(database: Database) -> Database:
    """One message to Ines, who has a telephone."""
    with database.transaction() as session:
        build(session)
        ines = add_account(session, "ines@mls.example", "Ines", Role.COMMANDER, "gravel otter teapot", now=NOW)
        number = VAULT.seal("+12025550123")
        row = PostingNumberRow(account_id=ines.id, number_cipher=number, number_index="1", created_at=NOW)
        session.add(row)
        tell_staff(session, [Role.COMMANDER], "A message waits", "Look at it.", now=NOW)
    return database


def send(database: Database, post: Post, after: timedelta = timedelta(0)) -> list[Channel]:
    send_owed_staff_messages(database, VAULT, post, now=NOW + after)
    return post.taken


def test_it_goes_by_mail_and_by_text_once(owed: Database) -> None:
    assert sorted(send(owed, Post())) == [Channel.EMAIL, Channel.SMS]
    assert send(owed, Post(), AGAIN_AFTER * 2) == []


def test_what_a_crash_lost_comes_by_mail_and_no_text_comes_twice(owed: Database) -> None:
    with pytest.raises(Killed):
        send(owed, Post(dies=True))
    assert send(owed, Post(), AGAIN_AFTER / 2) == []
    assert send(owed, Post(), AGAIN_AFTER * 2) == [Channel.EMAIL]
    assert send(owed, Post(), AGAIN_AFTER * 4) == []


def test_what_could_not_be_sent_is_tried_again_until_it_is_old(owed: Database) -> None:
    send(owed, Post(works=False))
    assert send(owed, Post(works=False), AGAIN_AFTER * 2) == [Channel.EMAIL]
    assert send(owed, Post(), GIVEN_UP_AFTER + AGAIN_AFTER) == []
    assert send(owed, Post(), GIVEN_UP_AFTER + AGAIN_AFTER * 3) == []
