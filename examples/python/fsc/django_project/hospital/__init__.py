"""A Django project that also computes with others."""
