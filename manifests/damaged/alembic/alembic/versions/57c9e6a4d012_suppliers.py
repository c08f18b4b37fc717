"""Create the suppliers

Revision ID: 57c9e6a4d012
Revises: 
Create Date: 2023-08-22 09:31:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "57c9e6a4d012"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("suppliers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("suppliers")
