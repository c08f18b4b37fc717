"""Create the coupons

Revision ID: 47a8b3e6901d
Revises: 3c7e19d4f052
Create Date: 2023-02-06 09:15:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "47a8b3e6901d"
down_revision = "3c7e19d4f052"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("coupons", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("coupons")
