"""Create the staff

Revision ID: 13e8d0b6a5f7
Revises: 
Create Date: 2023-06-18 09:27:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "13e8d0b6a5f7"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("staff", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("staff")
