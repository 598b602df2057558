"""Report figures as Plotly JSON."""
