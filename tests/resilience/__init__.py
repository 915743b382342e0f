"""What happens when a service Livepass depends on fails, or when there is too much load."""
