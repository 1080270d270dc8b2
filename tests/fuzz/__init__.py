"""Shows that no input breaks a parser: events, fingerprint files, requests, manifests and media headers, bent and torn.

`make fuzz` runs it. Inputs that are right are changed in every way, those that lead somewhere new are changed further.
What is found is an exception that a parser does not declare, an answer that the fault is the service's, too much time,
or too much memory. With atheris installed the lines of code that an input reaches lead the way; without it, what became
of the input.
"""

from __future__ import annotations
