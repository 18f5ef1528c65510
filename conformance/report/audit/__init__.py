"""Renderings of an audit, one module for each form: `render(audit, policies)` returns all of it as text."""
