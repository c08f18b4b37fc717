"""Create the stock

Revision ID: 79a2d4c8e6b0
Revises: 4de1f0b29c85
Create Date: 2023-08-24 09:33:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "79a2d4c8e6b0"
down_revision = "4de1f0b29c85"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("stock", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("stock")
