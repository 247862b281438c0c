"""social posts: where a person posted the words of a notice by hand"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "social_post",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_social_post_notice_id", "social_post", ["notice_id"])


def downgrade() -> None:
    op.drop_table("social_post")
