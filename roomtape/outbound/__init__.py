"""What Roomtape asks of other machines because a caller said so: every such address passes one guard."""
