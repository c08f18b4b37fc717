"""Create the gifts

Revision ID: 5e02c4d97fb8
Revises: 47a8b3e6901d
Create Date: 2023-03-07 09:16:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "5e02c4d97fb8"
down_revision = "47a8b3e6901d"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("gifts", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("gifts")
