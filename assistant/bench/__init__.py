"""Measures Hearth on this machine: speed, latency, memory, size.

Each measurement runs in a fresh process on one processor core, so that neither memory nor time of
one shows in another's.
"""
