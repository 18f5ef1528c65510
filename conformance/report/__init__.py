"""What a run found, rolled up and told in the forms that CI and people read."""
