"""Create the refunds

Revision ID: d7206f8be1c5
Revises: b83f04e2d5a7
Create Date: 2023-05-15 09:24:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "d7206f8be1c5"
down_revision = "c4e9a1b7063f"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("refunds", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("refunds")
