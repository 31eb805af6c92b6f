"""The recorder of any web page: a browser of its own for each recording, which brings the page into the capture."""
