"""Merge deliveries and stock

Revision ID: 8ab3e5d9f7c1
Revises: 68e0b5f71c3d, 79a2d4c8e6b0
Create Date: 2023-09-25 09:34:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "8ab3e5d9f7c1"
down_revision: Union[str, Sequence[str], None] = ("68e0b5f71c3d", "79a2d4c8e6b0")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
