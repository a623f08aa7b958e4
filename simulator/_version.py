"""The version, and nothing else: read by the build, the command line and the reports."""

__version__ = "0.1.0"
