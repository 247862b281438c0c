"""keys for programs, and records that were taken off the page"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=4), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("caught_up_at", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.add_column("incident", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("maintenance", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("maintenance", sa.Column("details", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("maintenance", "details")
    op.drop_column("maintenance", "hidden_at")
    op.drop_column("incident", "hidden_at")
    op.drop_table("api_key")
