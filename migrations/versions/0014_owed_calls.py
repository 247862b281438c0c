"""calls that are owed after a surprise went out unseen"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owed_call",
        sa.Column("approval_id", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["called_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("approval_id", "account_id"),
    )
    op.create_index("ix_owed_call_called_at", "owed_call", ["called_at"])


def downgrade() -> None:
    op.drop_table("owed_call")
