"""Create the products

Revision ID: 1b94e7a05c36
Revises: 0f3a6c81d2e4
Create Date: 2023-01-03 09:12:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "1b94e7a05c36"
down_revision = "0f3a6c81d2e4"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("products", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("products")
