"""evidence of AS2: what was encrypted, certificates, the chain of digests"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_certificate")),
    )
    op.create_table(
        "link",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("exchange", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_link")),
        sa.UniqueConstraint("exchange", "step", name=op.f("uq_link_exchange_step")),
    )
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_line", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("answer_line", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("receipt_mic", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("digests", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("received_at", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("sealed", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_exchange_sealed"), ["sealed"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_sealed"))
        for name in ("sealed", "received_at", "digests", "receipt_mic", "answer_line", "request_line"):
            batch_op.drop_column(name)
    op.drop_table("link")
    op.drop_table("certificate")
