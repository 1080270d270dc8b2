"""Who may use the API, and how often: tokens for REST and web, access keys for the vendor's SDKs, roles."""
