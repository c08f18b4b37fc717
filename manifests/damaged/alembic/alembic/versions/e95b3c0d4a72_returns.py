"""Create the returns

Revision ID: e95b3c0d4a72
Revises: d7206f8be1c
Create Date: 2023-06-16 09:25:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "e95b3c0d4a72"
down_revision = "d7206f8be1c"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("returns", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("returns")
