"""Where the service may connect to: addresses, networks, deadlines and the policy of operators."""
