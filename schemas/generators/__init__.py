"""The documents of the topics, made from the code: JSON Schemas, AsyncAPI, and an example of every message.

Nothing that runs needs this package.
"""
