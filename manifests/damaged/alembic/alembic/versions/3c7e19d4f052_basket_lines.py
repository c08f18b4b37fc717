"""Create the lines of baskets

Revision ID: 3c7e19d4f052
Revises: 2d60f8b1a947
Create Date: 2023-02-05 09:14:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "3c7e19d4f052"
down_revision: Union[str, Sequence[str], None] = "2d60f8b1a947"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("basket_lines", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("basket_lines")
