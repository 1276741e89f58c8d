"""The audit trail: every act that changed a number, a right or a secret, from the rows that keep it (domain §12)."""
