"""Create the payrolls

Revision ID: 46b7f2093ed1
Revises: 35d1c8e0f7a6
Create Date: 2023-07-21 09:30:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "46b7f2093ed1"
down_revision = "35d1c8e0f7a6"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("payrolls", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payrolls")
