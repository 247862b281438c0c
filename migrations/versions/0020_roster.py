"""roster: roles, people, shifts, swaps, and the alarms of coverage gaps"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "roster_role",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("console_role", sa.String(), nullable=False),
        sa.Column("falls_to", sa.String(), nullable=True),
        sa.Column("is_covered", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=True),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(), nullable=True),
        sa.Column("email_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("backup_email_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_account_id"), "person", ["account_id"])
    op.create_index(op.f("ix_person_phone_index"), "person", ["phone_index"])
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.String(length=12), nullable=False),
        sa.Column("role_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["role_key"], ["roster_role.key"]),
        sa.PrimaryKeyConstraint("person_id", "role_key"),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("role_key", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=12), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("is_override", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["role_key"], ["roster_role.key"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_shift_person_id"), "shift", ["person_id"])
    op.create_index(op.f("ix_shift_ends_at"), "shift", ["ends_at"])
    op.create_table(
        "shift_swap",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("role_key", sa.String(length=40), nullable=False),
        sa.Column("from_person_id", sa.String(length=12), nullable=False),
        sa.Column("to_person_id", sa.String(length=12), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["role_key"], ["roster_role.key"]),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_shift_swap_answered_at"), "shift_swap", ["answered_at"])
    op.create_table(
        "gap_alarm",
        sa.Column("role_key", sa.String(length=40), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("role_key", "starts_at", "days"),
    )


def downgrade() -> None:
    for table in ("gap_alarm", "shift_swap", "shift", "person_role", "person", "roster_role"):
        op.drop_table(table)
