"""The Faust agents: each takes events from a topic, decides or does one thing, and sends what follows."""
