"""Create the deliveries

Revision ID: 68e0b5f71c3d
Revises: 57c9e6a4d012
Create Date: 2023-08-23 09:32:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "68e0b5f71c3d"
down_revision = "57c9e6a4d012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("deliveries", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("deliveries")
