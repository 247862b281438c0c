"""what the doctor found, kept for the console"""

import sqlalchemy as sa
from alembic import op

from app.store.columns import Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "examination",
        sa.Column("id", sa.String(length=12), primary_key=True),
        sa.Column("examined_at", Moment(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
    )
    op.create_index("ix_examination_examined_at", "examination", ["examined_at"])


def downgrade() -> None:
    op.drop_index("ix_examination_examined_at", "examination")
    op.drop_table("examination")
