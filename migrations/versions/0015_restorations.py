"""restorations: what came from a backup, and the hold that stands until a person ends it"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", BIG, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_delivery_id", BIG, nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("notice", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # Without the mark, older code would send what a restore has left unclear: its record is ended first.
    op.execute(
        "UPDATE delivery SET state = 'ended', outcome = 'failed', reason = 'restored', due_at = NULL, owner = NULL"
        " WHERE state <> 'ended' AND notice_id IN (SELECT id FROM notice WHERE restored_at IS NOT NULL)"
    )
    op.execute(
        "UPDATE notice SET recalled_at = restored_at"
        " WHERE restored_at IS NOT NULL AND fanned_out_at IS NULL AND recalled_at IS NULL"
    )
    op.drop_column("notice", "restored_at")
    op.drop_table("restoration")
