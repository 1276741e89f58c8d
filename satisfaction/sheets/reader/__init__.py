"""Reads one uploaded file in a separate process with limits of time and memory (domain §11.4).

A malicious file ends this process, not the application. The package imports no Django, so that the process
starts in about 50 ms.
"""
