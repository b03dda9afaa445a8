"""Stands in for the package of this name: PyTorch's test data imports it and uses nothing of it."""
import unittest

ACCEPT = False


class TestCase(unittest.TestCase):
    longMessage = True
