"""what people write about an incident's course, and the stage it stands in"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("incident_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timeline_entry_incident_id_at", "timeline_entry", ["incident_id", "at"])
    op.add_column("incident", sa.Column("stage", sa.String(), nullable=True))
    op.add_column("incident", sa.Column("confirmed_at", MOMENT, nullable=True))
    op.add_column("incident", sa.Column("fix", sa.String(), nullable=True))
    op.add_column("incident", sa.Column("relieved_at", MOMENT, nullable=True))
    op.add_column("incident", sa.Column("fixed_at", MOMENT, nullable=True))
    op.add_column("incident", sa.Column("closed_at", MOMENT, nullable=True))
    # What is open stands at the beginning; what was over before there were stages has none.
    op.execute("UPDATE incident SET stage = 'triage' WHERE status NOT IN ('resolved', 'postmortem')")


def downgrade() -> None:
    for name in ("closed_at", "fixed_at", "relieved_at", "fix", "confirmed_at", "stage"):
        op.drop_column("incident", name)
    op.drop_table("timeline_entry")
