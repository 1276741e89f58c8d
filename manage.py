#!/usr/bin/env python
"""The command line of the product; the README describes each command."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from satisfaction.core.commands import refuse_unreachable


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "satisfaction.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        refuse_unreachable()
        raise


if __name__ == "__main__":
    main()
