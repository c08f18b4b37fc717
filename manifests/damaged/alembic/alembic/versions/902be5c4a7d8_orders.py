"""Create the orders

Revision ID: 902be5c4a7d8
Revises: 1b94e7a05c36
Create Date: 2023-04-11 09:20:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "902be5c4a7d8"
down_revision = "1b94e7a05c36"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("orders")
