"""Distributed training: jobs of many processes that must find each other."""
