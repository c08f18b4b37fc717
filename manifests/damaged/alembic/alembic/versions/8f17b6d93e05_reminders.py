"""Create the reminders

Revision ID: 8f17b6d93e05
Revises: 7d4c80a2e6f1
Create Date: 2023-04-10 09:19:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "8f17b6d93e05"
down_revision = "7d4c80a2e6f1"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("reminders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("reminders")
