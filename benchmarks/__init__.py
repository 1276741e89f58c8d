"""Benchmarks, each compared with a lower bound of its time; `make bench`."""
