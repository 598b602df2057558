"""HTTP infrastructure: authentication, body limits, lifecycle, logs, metrics, static files, WebSocket."""
