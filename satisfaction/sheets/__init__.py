"""Spreadsheets in and out: reading whatever people upload, coercing cells, writing workbooks.

No business rule and no model in here: a table is a header and rows of raw cells (§11).
"""
