"""What a caller may ask for, whichever way it comes: REST, the vendor's calls, the web view, the command line."""
