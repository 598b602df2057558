"""Files made from a bundle for others: packed bundle, model card, HTML report."""
