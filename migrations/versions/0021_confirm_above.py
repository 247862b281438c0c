"""how many subscribers a message may reach before its writer shows that it is still them"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("confirm_above", sa.Integer(), nullable=False, server_default="500"))


def downgrade() -> None:
    op.drop_column("organisation", "confirm_above")
