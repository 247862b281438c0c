"""the escalation matrix, call-outs, the steps that were taken, and pages"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "escalation_step",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("only_unanswered", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.JSON(), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outside_contact",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("email_cipher", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outside_contact_kind", "outside_contact", ["kind"])
    op.create_table(
        "call_out",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("suspicion_id", sa.String(length=12), nullable=True),
        sa.Column("incident_id", sa.String(length=12), nullable=True),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=12), nullable=True),
        sa.Column("answered_as", sa.String(length=12), nullable=True),
        sa.Column("answered_how", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["suspicion_id"], ["suspicion.id"]),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["answered_as"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("suspicion_id"),
        sa.UniqueConstraint("incident_id"),
    )
    op.create_index("ix_call_out_ended_at", "call_out", ["ended_at"])
    op.create_table(
        "call_out_step",
        sa.Column("call_out_id", sa.String(length=12), nullable=False),
        sa.Column("step_id", sa.String(length=12), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_out_id"], ["call_out.id"]),
        sa.PrimaryKeyConstraint("call_out_id", "step_id"),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("call_out_id", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.String(length=12), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("paged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_out_id"], ["call_out.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_page_call_out_id", "page", ["call_out_id"])
    op.create_index("ix_page_person_id", "page", ["person_id"])
    op.create_index("ix_page_state_taken_at", "page", ["state", "taken_at"])


def downgrade() -> None:
    for table in ("page", "call_out_step", "call_out", "outside_contact", "escalation_step"):
        op.drop_table(table)
