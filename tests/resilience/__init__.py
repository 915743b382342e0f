"""What happens when a service that Livepass needs fails, or when there is too much to do."""
