"""The command line: `mediadna`."""
