"""Who may use the API: access keys for the vendor's SDKs, and the roles that they give."""
