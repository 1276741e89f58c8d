"""Test data: people, orders and their states. The fixtures are in tests/conftest.py."""
