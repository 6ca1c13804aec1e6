"""The fixture that the tests of the store share."""

import pytest
from tests.store.store_helpers import Store

from filmgate.store.db import Database


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
