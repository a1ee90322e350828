"""What both viewers share: the session, the panel, work in another process."""
