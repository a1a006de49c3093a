"""What is put together from the stages: household, recogniser, pipeline, service."""
