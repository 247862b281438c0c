"""vendors, their contracts, and the alarms before the last day for giving notice"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vendor",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("supplies", sa.JSON(), nullable=False),
        sa.Column("escalation", sa.String(), nullable=False),
        sa.Column("status_page", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "contract",
        sa.Column("vendor_key", sa.String(length=40), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("last_review_on", sa.Date(), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("uptime_promise", sa.String(), nullable=False),
        sa.Column("outage_notice", sa.String(), nullable=False),
        sa.Column("export_tested_on", sa.Date(), nullable=True),
        sa.Column("exit_help_days", sa.Integer(), nullable=False),
        sa.Column("fallback", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_key"], ["vendor.key"]),
        sa.PrimaryKeyConstraint("vendor_key"),
    )
    op.create_table(
        "contract_alarm",
        sa.Column("vendor_key", sa.String(length=40), nullable=False),
        sa.Column("notice_by", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["vendor_key"], ["vendor.key"]),
        sa.PrimaryKeyConstraint("vendor_key", "notice_by", "days"),
    )


def downgrade() -> None:
    op.drop_table("contract_alarm")
    op.drop_table("contract")
    op.drop_table("vendor")
