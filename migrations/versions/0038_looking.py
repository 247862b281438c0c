"""what is usual for a check, what it signs in with, since when it is silent, and how it changed"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = ("lately", "usually", "by_hour", "secrets_cipher", "silent_at", "began_at")


def upgrade() -> None:
    with op.batch_alter_table("probe") as probe:
        probe.add_column(sa.Column("lately", sa.Float(), nullable=False, server_default="0"))
        probe.add_column(sa.Column("usually", sa.Float(), nullable=False, server_default="0"))
        probe.add_column(sa.Column("by_hour", sa.JSON(), nullable=False, server_default="{}"))
        probe.add_column(sa.Column("secrets_cipher", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
        probe.add_column(sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True))
        probe.add_column(sa.Column("began_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE probe SET began_at = created_at")
    with op.batch_alter_table("probe") as probe:
        probe.alter_column("began_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_table(
        "probe_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("probe_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["probe_id"], ["probe.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_probe_change_probe_id", "probe_change", ["probe_id"])
    op.create_index("ix_probe_change_at", "probe_change", ["at"])


def downgrade() -> None:
    op.drop_table("probe_change")
    # The older version knows three kinds less: it must neither lose these checks nor fail over them.
    op.execute(
        "UPDATE probe SET kind = 'heartbeat', is_paused = TRUE WHERE kind IN ('login_journey', 'feed_age', 'count')"
    )
    with op.batch_alter_table("probe") as probe:
        for column in COLUMNS:
            probe.drop_column(column)
