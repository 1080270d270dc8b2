"""The read model: every job's newest state in SQLite beside each worker, projected from the output topics.

The web view, the API and the command line query this and nothing else, so every worker answers for all jobs.
"""
