"""One self-contained HTML page on where the predictions differ from gold."""
