"""Reports of runs in the formats that people and other programs read."""

from .github import to_github
from .har import to_har
from .junit import to_junit
from .page import to_html
from .sarif import to_sarif
from .terminal import format_report
from .values import to_json

__all__ = ["format_report", "to_github", "to_har", "to_html", "to_json", "to_junit", "to_sarif"]
