"""Create the wishes

Revision ID: 7d4c80a2e6f1
Revises: 6a913f5be0c2
Create Date: 2023-03-09 09:18:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "7d4c80a2e6f1"
down_revision = "6a913f5be0c2"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("wishes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("wishes")
