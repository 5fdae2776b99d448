"""Programs that measure; none is run by the tests."""
