"""HTTP plumbing: authentication, body limits, lifecycle, metrics, static files, WebSocket."""
