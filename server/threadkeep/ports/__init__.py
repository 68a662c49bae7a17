"""What the use cases need from outside, one noun a file."""
