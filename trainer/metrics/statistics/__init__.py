"""Intervals, significance and effective sample sizes."""
