"""The daily fault workbook in and out (三.10.1, §11)."""
