"""What the API itself refuses, before anything runs."""
