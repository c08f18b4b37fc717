"""Create the lines of orders

Revision ID: a16d37f8c0e9
Revises: 902be5c4a7d8_orders
Create Date: 2023-04-12 09:21:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "a16d37f8c0e9"
down_revision = "902be5c4a7d8_orders"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("order_lines", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("order_lines")
