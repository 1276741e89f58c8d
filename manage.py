#!/usr/bin/env python
"""The product's command line; what each command does stands in the README."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "satisfaction.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
