"""What tests build on: people, orders and the states they are in. The fixtures stand in tests/conftest.py."""
