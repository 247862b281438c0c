"""planned work that recurs or is cancelled, days off, pronunciations, settings of the organisation"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = ("holiday_country", "holiday_subdivision", "service_manager", "service_manager_phone")


def upgrade() -> None:
    op.create_table(
        "maintenance_series",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("starts", sa.String(), nullable=False),
        sa.Column("ends", sa.String(), nullable=False),
        sa.Column("verify_minutes", sa.Integer(), nullable=False),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("announce_days", sa.Integer(), nullable=False),
        sa.Column("planned_until", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("maintenance", sa.Column("cancelled_at", MOMENT, nullable=True))
    op.add_column("maintenance", sa.Column("series_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_maintenance_series_id"), "maintenance", ["series_id"])
    op.create_table(
        "own_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("closes_at", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("on"),
    )
    op.create_table(
        "pronunciation",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("written", sa.String(), nullable=False),
        sa.Column("spoken", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("language", "written"),
    )
    op.add_column("component", sa.Column("link_reminded_at", MOMENT, nullable=True))
    for name in WORDS:
        op.add_column("organisation", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.add_column("organisation", sa.Column("prove_within_days", sa.Integer(), server_default="60", nullable=False))
    op.add_column("organisation", sa.Column("urgency_defaults", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    for name in (*WORDS, "prove_within_days", "urgency_defaults"):
        op.drop_column("organisation", name)
    op.drop_column("component", "link_reminded_at")
    op.drop_table("pronunciation")
    op.drop_table("own_day")
    op.drop_index(op.f("ix_maintenance_series_id"), "maintenance")
    op.drop_column("maintenance", "series_id")
    op.drop_column("maintenance", "cancelled_at")
    op.drop_table("maintenance_series")
