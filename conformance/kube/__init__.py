"""The Kubernetes API, what is recorded of it, its YAML and its certificates."""
