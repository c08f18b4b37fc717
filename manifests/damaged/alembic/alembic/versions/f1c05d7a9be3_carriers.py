"""Create the carriers

Revision ID: f1c05d7a9be3
Revises: e95b3c0d4a72
Create Date: 2023-06-17 09:26:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "f1c05d7a9be3"
down_revision = "e95b3c0d4a72"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("carriers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("carriers")
