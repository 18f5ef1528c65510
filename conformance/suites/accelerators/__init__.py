"""What a pod gets when it asks for an accelerator."""
