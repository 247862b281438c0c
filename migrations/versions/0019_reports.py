"""members' reports, and suspicions with their signs"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_report",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("component_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["component.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_member_report_at", "member_report", ["at"])
    op.create_index("ix_member_report_component_id_at", "member_report", ["component_id", "at"])
    op.create_table(
        "suspicion",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_suspicion_closed_at", "suspicion", ["closed_at"])
    op.create_index("ix_suspicion_incident_id", "suspicion", ["incident_id"])
    op.create_table(
        "suspicion_sign",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("suspicion_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["suspicion_id"], ["suspicion.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_suspicion_sign_suspicion_id", "suspicion_sign", ["suspicion_id"])
    op.create_index("ix_suspicion_sign_kind_ref_ended_at", "suspicion_sign", ["kind", "ref", "ended_at"])


def downgrade() -> None:
    op.drop_table("suspicion_sign")
    op.drop_table("suspicion")
    op.drop_table("member_report")
