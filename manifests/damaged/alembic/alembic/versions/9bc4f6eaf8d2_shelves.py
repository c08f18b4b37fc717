"""Create the shelves

Revision ID: 9bc4f6eaf8d2
Revises: 8ab3e5d9f7c1
Create Date: 2023-09-26 09:35:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "9bc4f6eaf8d2"
down_revision = "8ab3e5d9f7c1"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("shelves", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("shelves")
