"""Making media that a browser can show. Runs in the cage, but for `client` and `lane`, which ask for it."""
