"""How fast the product is, each beside what cannot be undercut; `make bench`."""
