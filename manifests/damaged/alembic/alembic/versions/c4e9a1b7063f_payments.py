"""Create the payments

Revision ID: c4e9a1b7063f
Revises: b83f04e2d57a
Create Date: 2023-05-14 09:23:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "c4e9a1b7063f"
down_revision = "b83f04e2d57a"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("payments", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payments")
