"""Reads one uploaded file in a process of its own, under limits of time and memory (§11).

What a file asks for ends this process, never the application. Nothing in here imports Django, so that the
process starts in about 50 ms.
"""
