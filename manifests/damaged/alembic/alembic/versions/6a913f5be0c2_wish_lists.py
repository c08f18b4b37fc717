"""Create the wish lists

Revision ID: 6a913f5be0c2
Revises: 5e02c4d97fb8
Create Date: 2023-03-08 09:17:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "6a913f5be0c2"
down_revision: Union[str, Sequence[str], None] = "5e02c4d97fb8"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("wish_lists", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("wish_lists")
