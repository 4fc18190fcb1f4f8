"""Stands before the package of this name, which jsonschema does without.

That one builds a parser for IRIs when it is imported, which takes two thirds of the time
that a Jupyter server needs to start; the tests start a hundred, and check no IRI.
"""

raise ImportError("not wanted in tests")
