"""The audit trail, read from the rows that record actions on numbers, rights and secrets (domain §12)."""
