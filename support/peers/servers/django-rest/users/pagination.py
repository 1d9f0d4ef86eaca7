# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from rest_framework.pagination import PageNumberPagination


class StandardResultsSetPagination(PageNumberPagination):
    """Page as the example in the framework's own documentation does."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
