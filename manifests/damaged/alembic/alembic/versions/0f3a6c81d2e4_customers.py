"""Create the customers

Revision ID: 0f3a6c81d2e4
Revises: 
Create Date: 2023-01-02 09:11:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "0f3a6c81d2e4"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
