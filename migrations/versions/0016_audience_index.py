"""an index from which the composer counts whom a message reaches, without a look at the rows"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = ["status", "channel", "held_at", "outages", "maintenance", "all_components", "is_test"]


def upgrade() -> None:
    op.create_index("ix_subscription_audience", "subscription", COLUMNS)
    op.drop_index("ix_subscription_status_channel", "subscription")


def downgrade() -> None:
    op.create_index("ix_subscription_status_channel", "subscription", ["status", "channel"])
    op.drop_index("ix_subscription_audience", "subscription")
