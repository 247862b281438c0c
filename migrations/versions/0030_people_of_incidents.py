"""the first word, the plan of messages, and where people meet"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_word",
        sa.Column("incident_id", sa.String(length=12), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.PrimaryKeyConstraint("incident_id"),
    )
    op.create_table(
        "first_word_rule",
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("wait_minutes", sa.Integer(), nullable=False),
        sa.Column("confirm_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("severity"),
    )
    op.create_table(
        "plan_item",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("incident_id", sa.String(length=12), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["done_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_plan_item_incident_id", "plan_item", ["incident_id"])
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("bridge_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("link_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("chat_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("incident_decision") as batch:
        batch.add_column(sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("incident_decision") as batch:
        batch.drop_column("asked_again_at")
    for table in ("meeting", "plan_item", "first_word_rule", "first_word"):
        op.drop_table(table)
