"""The pages: report, sweep, audit, and the model card, each from its template."""
