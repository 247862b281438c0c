"""Invitations that were not taken up do not stay for ever."""

from datetime import timedelta

from app.commands.accounts import add_account
from app.commands.invitations import LASTS, invite, withdraw_invitation
from app.commands.sign_up_limits import INVITATIONS_KEPT, forget_old_traces
from app.domain.accounts import Role
from app.store.invitations import InvitationRow
from app.store.session import Database
from tests.commands.world import NOW, build


def test_it_forgets_who_never_came_and_keeps_who_may_still_come(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        ada = add_account(session, "ada@mls.example", "Ada", Role.ADMINISTRATOR, "gravel otter teapot", now=NOW)
        never = invite(session, "never@mls.example", "Never", Role.VIEWER, by=ada, now=NOW).id
        gone = invite(session, "gone@mls.example", "Gone", Role.VIEWER, by=ada, now=NOW).id
        withdraw_invitation(session, gone, now=NOW)
        later = NOW + INVITATIONS_KEPT + timedelta(hours=1)
        fresh = invite(session, "fresh@mls.example", "Fresh", Role.VIEWER, by=ada, now=later).id
    with database.transaction() as session:
        forget_old_traces(session, now=later)
        assert session.get(InvitationRow, gone) is None
        assert session.get(InvitationRow, never) is not None
        forget_old_traces(session, now=later + LASTS)
        assert session.get(InvitationRow, never) is None
        assert session.get(InvitationRow, fresh) is not None
