"""Spreadsheets: reading uploaded tables, parsing cells, writing workbooks (domain §11).

This package has no business rules and no models: a table is a header and rows of raw cells.
"""
