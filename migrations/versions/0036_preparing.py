"""tests of copies and stand-ins, the plan for when systems fail, drills, and counts of what a vendor hands over"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "safeguard_test",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("component_id", sa.String(length=12), nullable=False),
        sa.Column("safeguard", sa.String(), nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("noted_by", sa.String(length=12), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["component.id"]),
        sa.ForeignKeyConstraint(["noted_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_safeguard_test_component_id", "safeguard_test", ["component_id"])
    op.create_table(
        "plan_section",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("live", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "plan_edition",
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "printed_copy",
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("printed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_table(
        "plan_reminder",
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("due_on", "days"),
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.String(length=12), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.Column("score", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drill_planned_on", "drill", ["planned_on"])
    op.create_table(
        "copy_count",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("incident_id", sa.String(length=12), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("copied", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.String(length=12), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["counted_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_copy_count_incident_id", "copy_count", ["incident_id"])


def downgrade() -> None:
    op.drop_table("copy_count")
    op.drop_table("drill")
    op.drop_table("plan_reminder")
    op.drop_table("printed_copy")
    op.drop_table("plan_edition")
    op.drop_table("plan_section")
    op.drop_table("safeguard_test")
