"""Create the holidays

Revision ID: 35d1c8e0f7a6
Revises: 24f5a97c1eb0
Create Date: 2023-07-20 09:29:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "35d1c8e0f7a6"
down_revision: Union[str, Sequence[str], None] = "24f5a97c1eb0"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("holidays", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("holidays")
