"""What all tests of the harness may use."""

pytest_plugins = ["pytester"]
