"""Judges manifests by the policies under `policies/`, with no cluster."""
