"""What an attacker sends, and that nothing comes of it."""
