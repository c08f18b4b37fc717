"""Create the baskets

Revision ID: 2d60f8b1a947
Revises: 8f17b6d93e05
Create Date: 2023-02-04 09:13:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "2d60f8b1a947"
down_revision = "8f17b6d93e05"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("baskets", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("baskets")
