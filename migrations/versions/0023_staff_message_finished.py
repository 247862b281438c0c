"""when a message to somebody of the staff was handed over, so that one which a crash lost is sent again"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_message", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_staff_message_finished_at", "staff_message", ["finished_at"])
    op.execute("UPDATE staff_message SET finished_at = sent_at")


def downgrade() -> None:
    op.drop_index("ix_staff_message_finished_at", "staff_message")
    op.drop_column("staff_message", "finished_at")
