"""Create the invoices

Revision ID: b83f04e2d5a7
Revises: a16d37f8c0e8
Create Date: 2023-05-13 09:22:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "b83f04e2d5a7"
down_revision = "a16d37f8c0e8"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("invoices", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("invoices")
