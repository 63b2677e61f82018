"""A result as one self-contained page: inline style, script and figures, no network."""

from unheard.reports.page import render, write_report

__all__ = ["render", "write_report"]
