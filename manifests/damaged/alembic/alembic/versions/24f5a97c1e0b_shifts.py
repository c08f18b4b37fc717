"""Create the shifts

Revision ID: 24f5a97c1e0b
Revises: 13e8d0b6a5f7
Create Date: 2023-07-19 09:28:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "24f5a97c1e0b"
down_revision = "13e8d0b6a5f7"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("shifts", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("shifts")
